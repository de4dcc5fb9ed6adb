"""News of transfers to leaders on our own endpoint, and in the nightly listing.

Composes flows: what was sent first, then what came back of it.
"""

from __future__ import annotations

from chalicelib.flows.leaders import reversals, transfers
from chalicelib.rules.leaders.stripe_accounts import TransferObject, transfer_from
from chalicelib.rules.money.stripe_objects import Event
from chalicelib.wiring import Wired

HEARD = ("transfer.created", "transfer.reversed", "transfer.updated")


def hear(outside: Wired, event: Event) -> str:
    """One signed event about a transfer of our own account."""
    if event.livemode != outside.places.livemode or event.account is not None:
        return "not_ours"
    return _take_in(outside, transfer_from(event.object))


def look_at(outside: Wired, told: TransferObject) -> str:
    """A transfer of the listing; one that is not ours is remembered, so that reconciliation need
    not wonder whether it is."""
    word = _take_in(outside, told)
    if word == "not_ours":
        transfers.set_apart(outside, told)
    return word


def _take_in(outside: Wired, told: TransferObject) -> str:
    """A transfer, and whatever came back of it."""
    word = transfers.take_in(outside, told)
    back = reversals.take_in(outside, told) if told.reversed_minor else word
    return back if back == "came_back" else word

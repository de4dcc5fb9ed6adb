"""Money of transfers that comes back: asked for because of a clawback, found at Stripe, booked
once (L6).

The job that may reverse asks; events and the nightly listing find what others did, in the
Dashboard or before an answer was lost. What does not live here: transfers (transfers.py).
"""

from __future__ import annotations

import logging

from chalicelib.errors import AlreadyCounted, NotFound, StateChanged, StripeRefused, Trouble
from chalicelib.gateways.outside import Outside
from chalicelib.rules.books.reconciling import YOUNG
from chalicelib.rules.leaders import clawing, sending
from chalicelib.rules.leaders import reversing as rules
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.leaders.stripe_accounts import ReversalObject, TransferObject
from chalicelib.rules.money.stripe_objects import BalanceMovement
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import clawbacks, pay, transfers
from chalicelib.store.people import circle as circle_store

log = logging.getLogger("balint.transfers")
IN_ONE_GO = 20
TRIES_MAX = 6
NO_ANSWER = ("authentication_error", "permission_error", "idempotency_error")


# The job


def due(outside: Outside) -> list[Clawback]:
    """What is asked back; nothing while payouts are switched off."""
    circle = circle_store.settings()
    if circle is None or not circle.payouts:
        return []
    return transfers.due_clawbacks(outside.clock.now(), IN_ONE_GO)


def take_back(outside: Outside, due_row: Clawback) -> str:
    """Ask one back, once: what an earlier try has made is looked for first. Refused means that it
    is set off against the next fee instead."""
    row = reads.reread(due_row)
    if row is None or row.take_back_at is None or row.take_back_at > outside.clock.now():
        return "nothing"
    payouts = [one for one in pay.payouts(row.leader_id) if one.transfer_id]
    for payout in payouts:
        for made in outside.connect.reversals_of(payout.transfer_id):
            if rules.answers_to(row, made, outside.places.deployment):
                return _book(outside, payout, made)
    source = rules.source_of(row, payouts)
    if row.left_minor <= 0 or source is None:
        commit(clawing.reversal_refused(row, "nothing_left"))
        return "nothing_left"
    return _ask(outside, row, source)


def _ask(outside: Outside, row: Clawback, source: Payout) -> str:
    params = rules.reversal_params(row, source, outside.places.deployment)
    try:
        made = outside.connect.reverse(source.transfer_id, params, rules.asked_under(row))
    except StripeRefused as error:
        code = str(error.args[0])
        if code in NO_ANSWER:
            raise
        log.warning("reversal_refused clawback=%s code=%s", row.clawback_id, code)
        commit(clawing.reversal_refused(row, code))
        return "refused"
    return _book(outside, source, made)


# However it is heard of


def take_in(outside: Outside, told: TransferObject) -> str:
    """What came back of a transfer, as an event or a listing shows it: came_back, nothing, or
    not_ours."""
    known = transfers.lookup(told.id)
    payout = transfers.payout_of(known) if known else None
    if payout is None:
        return "not_ours"
    if told.reversed_minor <= payout.reversed_minor:
        return "nothing"
    words = [_book(outside, payout, one) for one in outside.connect.reversals_of(told.id)]
    return "came_back" if "came_back" in words else "nothing"


def take_in_movement(outside: Outside, movement: BalanceMovement) -> str:
    """Money that came back from some transfer: Stripe does not say from which, so ours are looked
    through, the newest first. One that is of none of them is remembered as not ours."""
    reversal_id = movement.source_id or ""
    if transfers.lookup(reversal_id) is not None:
        return "nothing"
    for payout in transfers.sent():
        for made in outside.connect.reversals_of(payout.transfer_id):
            if made.id == reversal_id:
                return _book(outside, payout, made)
    if movement.created_at > outside.clock.now() - YOUNG:
        return "nothing"
    commit(rules.not_ours(reversal_id))
    return "not_ours"


def _book(outside: Outside, payout: Payout, made: ReversalObject) -> str:
    for _ in range(TRIES_MAX):
        if transfers.lookup(made.id) is not None:
            return "nothing"
        current, now = reads.reread(payout), outside.clock.now()
        if current is None:
            raise NotFound
        try:
            commit(rules.came_back(current, made, _asked_by(outside, made), now))
        except AlreadyCounted:
            return "nothing"
        except StateChanged:
            continue
        return "came_back"
    raise Trouble("booking what came back did not come to rest")


def _asked_by(outside: Outside, made: ReversalObject) -> Clawback | None:
    """The clawback that asked for it."""
    ids = made.metadata
    if not sending.is_ours(ids, outside.places.deployment) or not ids.get("clawback_id"):
        return None
    return clawbacks.one(ids.get("leader_id", ""), ids["clawback_id"])

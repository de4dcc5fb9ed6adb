"""Addresses that mail does not reach, as the desk sees them and what it does about one.

What does not live here: how they come to be known (mail_news.py), the mails themselves (outbox.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.mail import Mail
from chalicelib.rules.people import correcting as rules
from chalicelib.rules.people.addresses import Address
from chalicelib.rules.people.correcting import CORRECT_FORM, Wrong
from chalicelib.rules.people.people import email_key
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.people import addresses as store
from chalicelib.store.people import people


@dataclass(frozen=True)
class Unreached:
    """The addresses that mail does not reach, the oldest first, and how many mails of the last
    seven days came back or were marked as unwanted."""

    addresses: tuple[Address, ...]
    counts: Mapping[str, int]


def show_addresses(outside: Outside) -> Unreached:
    """The list of the desk."""
    now = outside.clock.now()
    return Unreached(tuple(store.marked(now)), store.came_back(now))


def show_address(outside: Outside, hashed: str) -> Wrong:  # noqa: ARG001 - as every flow
    """One address: whose it is, what did not arrive. NotFound for one that lost nothing."""
    address = store.address(hashed)
    if address is None:
        raise NotFound
    owner = people.by_email(address.email)
    mails = reads.many(Mail, [(key,) for key in sorted(set(address.mails))])
    return Wrong(
        address=address,
        task=store.task(hashed),
        owner=owner,
        officer=people.officer(owner.person_id) if owner else None,
        mails=sorted(mails, key=lambda one: one.queued_at),
    )


def correct(outside: Outside, caller: Caller, hashed: str, values: Mapping[str, Any]) -> None:
    """Put another address in the place of this one, and send it what did not arrive.

    InvalidForm for the same address, for one that somebody else has, that bounces too, or of
    somebody at the desk; StateChanged when it was corrected meanwhile.
    """
    wrong, email = show_address(outside, hashed), str(values["email"])
    other = store.by_email(email)
    code = _refused(wrong, email, other)
    if code:
        raise CORRECT_FORM.invalid(values, {"email": code})
    if wrong.address.replaced_by:
        raise StateChanged
    now = outside.clock.now()
    change = rules.correct(wrong, email, other, outside.ids.new("change"), now)
    _commit(outside, caller, wrong, "address.corrected", change, str(values["reason"]))


def lift(outside: Outside, caller: Caller, hashed: str, reason: str) -> None:
    """Somebody says that mail reaches this address again. StateChanged when it is not marked."""
    wrong = show_address(outside, hashed)
    if not wrong.address.is_marked:
        raise StateChanged
    change = rules.lift(wrong, outside.clock.now())
    _commit(outside, caller, wrong, "address.lifted", change, reason)


def send_again(outside: Outside, caller: Caller, hashed: str) -> None:
    """Send what got lost once more, where it can arrive now. StateChanged where it cannot."""
    wrong = show_address(outside, hashed)
    if wrong.address.is_marked and not wrong.address.replaced_by:
        raise StateChanged
    change = rules.send_again(wrong, outside.clock.now())
    _commit(outside, caller, wrong, "address.sent_again", change)


def reached(outside: Outside, caller: Caller, hashed: str) -> None:
    """The person was told another way."""
    wrong = show_address(outside, hashed)
    _commit(outside, caller, wrong, "address.reached", rules.reached(wrong))


def _refused(wrong: Wrong, email: str, other: Address | None) -> str:
    """Why an address cannot take the place of this one; empty when it can."""
    if wrong.officer:
        return "officer"
    if email_key(email) == email_key(wrong.address.email):
        return "same"
    if other and other.is_marked:
        return "bounces_too"
    return "taken" if wrong.owner and people.by_email(email) else ""


def _commit(
    outside: Outside, caller: Caller, wrong: Wrong, action: str, change: Change, reason: str = ""
) -> None:
    now = outside.clock.now()
    person_id = wrong.owner.person_id if wrong.owner else wrong.address.person_id
    note = audit(
        f"address#{wrong.address.email_hash}",
        action,
        caller.actor,
        now,
        outside.ids.new("audit"),
        reason,
        person_id,
    )
    commit(change + note, caller, now)

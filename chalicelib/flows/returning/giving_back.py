"""Giving money back by decision of a person: a part, or all of it with the place; above the
circle's limit by two people. Nothing is sent here.

What does not live here: sending (refunds.py), leaving by the policy (leaving.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.errors import NotFound, StateChanged, SwitchedOff
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.books.shares import take
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.money.payments import Release
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.returning import outside_refunds, proposals, releases
from chalicelib.rules.returning.releases import Decision, Owed
from chalicelib.rules.returning.reserving import not_possible
from chalicelib.store.commit import commit
from chalicelib.store.money import payments
from chalicelib.store.people import circle as circle_store


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person decides: why, and how much in minor units; None is all that is left, and
    the place ends with it."""

    reason: str
    amount_minor: int | None = None


def request(outside: Outside, caller: Caller, obligation_id: str, wish: Wish) -> str:
    """Take an amount off a debt: `done`, or `proposed` when a second person has to agree.

    Raises NotFound, RefundNotPossible, DisputeOpen, ReleaseWaits, SwitchedOff, StateChanged.
    """
    circle, owed = _switched_on(), payments.owed(obligation_id)
    left = sum(owed.obligation.shares.values())
    amount = left if wish.amount_minor is None else wish.amount_minor
    if not 0 < amount <= left or not owed.obligation.billed_at:
        raise not_possible(owed.obligation, left)
    now, ends = outside.clock.now(), wish.amount_minor is None and owed.enrolment is not None
    decision = Decision(
        release_id=outside.ids.new("release"),
        cause="administrator",
        actor=caller.actor,
        now=now,
        reason=wish.reason,
        ends_seat="cancelled" if ends else "",
    )
    taken = take(owed.obligation.shares, amount, owed.held)
    if proposals.needs_a_second(circle, amount):
        row, change = proposals.propose(owed, taken, decision)
        _commit(outside, caller, owed, row, "refund.proposed", change)
        return "proposed"
    row, change = releases.release(owed, taken, decision)
    _commit(outside, caller, owed, row, "refund.requested", change + _place_settled(row))
    return "done"


def approve(outside: Outside, caller: Caller, obligation_id: str, release_id: str) -> None:
    """The second person agrees: decided again on how things stand now.

    Raises NotFound, SecondPersonNeeded, StateChanged, RefundNotPossible, DisputeOpen, SwitchedOff.
    """
    circle, owed = _switched_on(), payments.owed(obligation_id)
    proposal = _proposal(obligation_id, release_id)
    now = outside.clock.now()
    decision = proposals.approval(owed, proposal, circle, caller.actor, now)
    left = sum(owed.obligation.shares.values())
    if proposal.amount_minor > left:
        raise not_possible(owed.obligation, left)
    taken = take(owed.obligation.shares, proposal.amount_minor, owed.held)
    row, change = releases.release(owed, taken, decision)
    whole = change + proposals.task_gone(proposal) + _place_settled(row)
    _commit(outside, caller, owed, row, "refund.approved", whole)


def withdraw(outside: Outside, caller: Caller, obligation_id: str, release_id: str) -> None:
    """It is not to be given back: by whoever may, also the one who asked. Raises NotFound,
    StateChanged."""
    owed = payments.owed(obligation_id)
    proposal = _proposal(obligation_id, release_id)
    now = outside.clock.now()
    change = proposals.withdraw(owed.obligation, proposal, caller.actor, now)
    _commit(outside, caller, owed, proposal, "refund.withdrawn", change)


def _switched_on() -> CircleSettings:
    circle = circle_store.settings()
    if circle is None or not circle.refunds:
        raise SwitchedOff(switch="refunds")
    return circle


def _proposal(obligation_id: str, release_id: str) -> Release:
    row = payments.release(obligation_id, release_id)
    if row is None:
        raise NotFound
    if row.state != "proposed":
        raise StateChanged
    return row


def _place_settled(row: Release) -> Change:
    """Nobody has to ask any more whether the place stays, once it has ended."""
    found = payments.refunds_of(row.obligation_id) if row.ends_seat else []
    return outside_refunds.tasks_done(found)


def _commit(
    outside: Outside, caller: Caller, owed: Owed, row: Release, action: str, change: Change
) -> None:
    now = outside.clock.now()
    act = audit(
        owed.obligation.application_id,
        action,
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=row.reason,
        person_id=owed.obligation.person_id,
        release_id=row.release_id,
        amount_minor=row.amount_minor,
    )
    commit(change + act, caller, now)

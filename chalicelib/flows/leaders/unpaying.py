"""The treasurer takes back that a leader was paid from the bank, alone or with a second person.

What does not live here: what it writes (rules/leaders/unpaying.py), the bank list (bank_list.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.errors import NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.leaders import unpaying as rules
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.people.people import Person
from chalicelib.rules.returning.proposals import needs_a_second
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import gathering
from chalicelib.store.people import people
from chalicelib.store.people.circle import the_circle


@dataclass(frozen=True)
class Shown:
    """A payout that stands as paid from the bank, and what can be said about it."""

    payout: Payout
    asked_by: str  # the name of who says that it was not paid
    may_agree: bool
    needs_a_second: bool


def show(outside: Outside, me: Person, period: str, leader_id: str) -> Shown:  # noqa: ARG001
    """What the page says. NotFound when it does not stand as paid from the bank (any more)."""
    payout, circle = _paid(period, leader_id), the_circle()
    asked = people.several({payout.undo_asked_by} - {""})
    by = asked.get(payout.undo_asked_by)
    return Shown(
        payout=payout,
        asked_by=by.full_name if by else "",
        may_agree=rules.may_agree(payout, circle, me.person_id),
        needs_a_second=needs_a_second(circle, payout.amount_minor),
    )


def take_back(outside: Outside, caller: Caller, period: str, leader_id: str, reason: str) -> str:
    """It was not paid: `undone`, or `asked` when a second person has to agree. Raises NotFound,
    StateChanged."""
    payout, now = _paid(period, leader_id), outside.clock.now()
    if payout.undo_asked_by:
        raise StateChanged
    if needs_a_second(the_circle(), payout.amount_minor):
        change, word = rules.asked(payout, caller.actor, reason, now), "asked"
    else:
        change, word = _undone(outside, caller, payout), "undone"
    _commit(outside, caller, payout, f"payout.undo_{word}", change, reason)
    return word


def agree(outside: Outside, caller: Caller, period: str, leader_id: str) -> None:
    """The second person agrees. Raises NotFound, SecondPersonNeeded, StateChanged."""
    payout = _paid(period, leader_id)
    if not payout.undo_asked_by:
        raise StateChanged
    change = _undone(outside, caller, payout)
    _commit(outside, caller, payout, "payout.undo_undone", change, payout.undo_reason)


def leave(outside: Outside, caller: Caller, period: str, leader_id: str) -> None:
    """It was paid after all. Raises NotFound, StateChanged."""
    payout = _paid(period, leader_id)
    _commit(outside, caller, payout, "payout.undo_left", rules.left(payout, outside.clock.now()))


def _undone(outside: Outside, caller: Caller, payout: Payout) -> Change:
    run, leader = gathering.run(payout.period), reads.get(Person, payout.leader_id)
    if run is None:
        raise NotFound
    now = outside.clock.now()
    return rules.undone(payout, run, leader, the_circle(), caller.actor, now)


def _paid(period: str, leader_id: str) -> Payout:
    payout = reads.get(Payout, leader_id, f"payout#{period}")
    if payout is None or not rules.is_paid(payout):
        raise NotFound
    return payout


def _commit(
    outside: Outside, caller: Caller, payout: Payout, action: str, change: Change, reason: str = ""
) -> None:
    now = outside.clock.now()
    act = audit(
        payout.leader_id,
        action,
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        person_id=payout.leader_id,
        period=payout.period,
        amount_minor=payout.amount_minor,
    )
    commit(change + act, caller, now)

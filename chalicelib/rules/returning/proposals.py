"""Giving back more than one person may decide alone: proposed, approved by a second, or withdrawn.

A proposal books nothing; it is decided on the state of the moment of its approval. What does not
live here: what a release writes (releases.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.errors import ReleaseWaits, SecondPersonNeeded, StateChanged
from chalicelib.rules import states
from chalicelib.rules.books.shares import Taken
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.payments import Obligation, Release
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.returning.releases import Decision, Owed, as_read, release_row, split
from chalicelib.rules.returning.reserving import not_possible

DUE_AFTER = timedelta(days=3)
NOBODY_ELSE = "solo"  # the preset of a circle of one


def needs_a_second(circle: CircleSettings, amount_minor: int) -> bool:
    """Whether a person may not decide alone that so much is given back."""
    return circle.preset != NOBODY_ELSE and amount_minor > circle.refund_limit_minor


def propose(owed: Owed, taken: Taken, decision: Decision) -> tuple[Release, Change]:
    """A release that waits: one for each debt, conditional on the debt as read. Raises
    ReleaseWaits, RefundNotPossible."""
    obligation = owed.obligation
    if obligation.open_release:
        raise ReleaseWaits
    if not obligation.billed_at or not taken.amount_minor:
        raise not_possible(obligation, sum(obligation.shares.values()))
    row = _waiting(obligation, taken, decision)
    points = Update(
        obligation,
        {"open_release": row.release_id},
        when=(Is("open_release", None), *as_read(obligation)),
        refusal=ReleaseWaits,
    )
    return row, Change.of(points, Create(row), Create(_task(row, _name(owed))))


def _waiting(obligation: Obligation, taken: Taken, decision: Decision) -> Release:
    """The row as it would be decided now; what it gives to whom is decided again later."""
    row = release_row(obligation, taken, decision, split(obligation, taken.amount_minor))
    return Release(**{**vars(row), "state": "proposed", "decided_by": "", "decided_at": None})


def may_approve(row: Release, circle: CircleSettings, actor: str) -> bool:
    """Never who asked for it, except where there is nobody else."""
    return row.asked_by != actor or circle.preset == NOBODY_ELSE


def approval(
    owed: Owed, row: Release, circle: CircleSettings, actor: str, now: datetime
) -> Decision:
    """The decision that a second person makes. Raises StateChanged for a proposal that waits no
    more, SecondPersonNeeded for the one who made it."""
    _still_waits(owed.obligation, row)
    if not may_approve(row, circle, actor):
        raise SecondPersonNeeded
    return Decision(
        release_id=row.release_id,
        cause=row.cause,
        actor=actor,
        now=now,
        reason=row.reason,
        why=row.why,
        ends_seat=row.ends_seat if owed.enrolment else "",
        proposal=row,
    )


def withdraw(obligation: Obligation, row: Release, actor: str, now: datetime) -> Change:
    """It is not to be. Nothing was booked, nothing is undone. Raises StateChanged."""
    _still_waits(obligation, row)
    values = {
        "state": states.move("release", row.state, "withdrawn"),
        "decided_by": actor,
        "decided_at": now,
    }
    return Change.of(
        Update(row, values, when=(Is("state", "proposed"),)),
        Update(obligation, {"open_release": None}, when=(Is("open_release", row.release_id),)),
        task_gone(row),
    )


def task_gone(row: Release) -> Remove:
    """Nobody has to look at it any more."""
    return Remove(_task(row, ""))


def _still_waits(obligation: Obligation, row: Release) -> None:
    if row.state != "proposed" or obligation.open_release != row.release_id:
        raise StateChanged


def _name(owed: Owed) -> str:
    if owed.enrolment:
        return owed.enrolment.full_name
    if not owed.payments:
        return ""
    first = owed.payments[0]
    return first.on_behalf.member_name if first.on_behalf else first.full_name


def _task(row: Release, name: str) -> Task:
    return Task(
        task_id=f"refund_to_approve#{row.release_id}",
        code="refund_to_approve",
        facts={"name": name, "amount": str(Money(row.amount_minor, row.currency))},
        path=f"/admin/payments/{row.obligation_id}",
        owner="treasurer",
        opened_at=row.asked_at,
        due_at=row.asked_at + DUE_AFTER,
    )

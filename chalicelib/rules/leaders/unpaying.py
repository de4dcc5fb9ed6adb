"""A payout that was written down as paid from the bank and was not: taken back with a reason, above
the circle's limit by two people. It waits for the bank again, under its old name.

What does not live here: writing down that it was paid (bank_list.py), money that came back from a
leader's account at Stripe (reversing.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import SecondPersonNeeded, StateChanged
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.leaders.bank_list import FIRST_REMINDER
from chalicelib.rules.leaders.payouts import Payout, PayRun, bank_entries
from chalicelib.rules.mail import Standing, mail
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.people.people import Person
from chalicelib.rules.returning.proposals import NOBODY_ELSE
from chalicelib.rules.states import move

DUE_AFTER = timedelta(days=3)
NOT_ASKED: dict[str, Any] = {"undo_asked_by": "", "undo_asked_at": None, "undo_reason": ""}


def is_paid(payout: Payout) -> bool:
    """Whether it stands as paid from the bank."""
    return payout.state == "paid_manually" and payout.route == "bank"


def asked(payout: Payout, actor: str, reason: str, now: datetime) -> Change:
    """Somebody says that it was not paid; nothing is booked before a second person agrees.
    StateChanged when it does not stand as paid, or somebody has said so already."""
    if not is_paid(payout) or payout.undo_asked_by:
        raise StateChanged
    values = {"undo_asked_by": actor, "undo_asked_at": now, "undo_reason": reason}
    as_read = (*_as_read(payout), Is("undo_asked_by", payout.undo_asked_by))
    return Change.of(Update(payout, values, when=as_read), Create(_task(payout, now)))


def left(payout: Payout, now: datetime) -> Change:
    """It was paid after all: nobody has to agree to anything. StateChanged when nobody asks."""
    if not is_paid(payout) or not payout.undo_asked_by:
        raise StateChanged
    as_read = (*_as_read(payout), Is("undo_asked_by", payout.undo_asked_by))
    return Change.of(Update(payout, NOT_ASKED, when=as_read), Remove(_task(payout, now)))


def may_agree(payout: Payout, circle: CircleSettings, actor: str) -> bool:
    """Never who asked for it, except where there is nobody else."""
    return payout.undo_asked_by != actor or circle.preset == NOBODY_ELSE


def undone(
    payout: Payout,
    run: PayRun,
    leader: Person | None,
    circle: CircleSettings,
    actor: str,
    now: datetime,
) -> Change:
    """It was not paid: each entry is undone by a counter-entry, the payout is on the bank list of
    its run again, which is open again, and the leader is told. The next payment of it has entries
    of its own. Raises StateChanged, SecondPersonNeeded."""
    if not is_paid(payout):
        raise StateChanged
    if not may_agree(payout, circle, actor):
        raise SecondPersonNeeded
    values = {
        "state": move("payout", payout.state, "approved"),
        "paid_on": None,
        "paid_reference": "",
        "left_at": None,
        "undone": payout.undone + 1,
        "check_at": now + FIRST_REMINDER,
        **NOT_ASKED,
    }
    as_read = (*_as_read(payout), Is("undo_asked_by", payout.undo_asked_by))
    return Change.of(
        Update(payout, values, when=as_read),
        *_counter_entries(payout, now),
        _open_again(run, now),
        Remove(_task(payout, now)) if payout.undo_asked_by else None,
        unpaid_mail(payout, leader, now) if leader else None,
    )


def _counter_entries(payout: Payout, now: datetime) -> list[Create]:
    """What the payment booked, the other way round, under the name of its being undone."""
    return [
        replace(
            made,
            row=replace(
                made.row,
                entry_id=f"leader_unpaid#{payout.payout_id}-{payout.undone + 1}",
                lines=tuple(
                    replace(line, amount_minor=-line.amount_minor) for line in made.row.lines
                ),
            ),
        )
        for made in bank_entries(payout, now)
    ]


def _open_again(run: PayRun, now: datetime) -> Update | None:
    if run.state != "done":
        return None
    values = {"state": move("pay_run", run.state, "approved"), "next_at": now}
    return Update(run, values, when=(Is("state", "done"),))


def unpaid_mail(payout: Payout, leader: Person, now: datetime) -> Create:
    """The leader was told that the money is on its way, and it is not yet."""
    ids = {"leader_id": payout.leader_id, "period": payout.period}
    return mail(
        "leader_unpaid",
        f"{payout.payout_id}-{payout.undone + 1}",
        leader.email,
        now,
        {
            "full_name": leader.full_name,
            "period": payout.period,
            "amount_minor": payout.amount_minor,
            "currency": payout.currency,
            "reference": payout.paid_reference,
        },
        stands=(Standing(kind="Payout", ids=ids, name="state", values=("approved",)),),
        person_id=leader.person_id,
    )


def _as_read(payout: Payout) -> tuple[Is, ...]:
    return (Is("state", payout.state), Is("undone", payout.undone))


def _task(payout: Payout, now: datetime) -> Task:
    return Task(
        task_id=f"payout_to_undo#{payout.payout_id}",
        code="payout_to_undo",
        facts={
            "name": payout.name,
            "amount": str(Money(payout.amount_minor, payout.currency)),
            "period": payout.period,
        },
        path=f"/admin/payouts/{payout.period}/leaders/{payout.leader_id}/not-paid",
        owner="treasurer",
        opened_at=now,
        due_at=now + DUE_AFTER,
    )

"""When a part of a price is asked for, and what happens when it does not come (T4).

One mail before the day, two after it, then a person: nothing is suspended and nobody loses a
place by the clock. What does not live here: what the parts are (instalments.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Require, Update
from chalicelib.rules.joining.offers import Offer, answer_by
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.instalments import (
    LATER,
    MISSED,
    TOLD_BEFORE,
    Instalment,
    Part,
    months_after,
    task_id,
)
from chalicelib.rules.money.mails import instalment_mail
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import Task

# After the day it was due: when the first and the second mail say that it was missed, and when a
# person is called.
AFTER = (timedelta(days=3), timedelta(days=10), timedelta(days=17))
APART = timedelta(days=3)  # at least, between two mails about the same part
LOOK_AGAIN = timedelta(days=1)
TASK_DAYS = timedelta(days=3)


def chase(offer: Offer, obligation: Obligation, part: Part, now: datetime) -> Change:
    """The next step about a part that is open: a mail, and at last a task for a person.

    Conditional on the debt and the part as they were read.
    """
    row = part.instalment
    if row.chased > MISSED:
        return later(part, now)
    called = row.chased == MISSED
    told = (
        _call(offer, part, now)
        if called
        else instalment_mail(offer, obligation, part, obligation.outstanding_minor, now)
    )
    coming = now + LOOK_AGAIN if called else max(row.pay_by + AFTER[row.chased], now + APART)
    return Change.of(
        _as_it_is(obligation),
        Update(
            row,
            {"chased": row.chased + 1, "chase_at": coming},
            when=(Is("state", "due"), Is("chased", row.chased)),
        ),
        told,
    )


def later(part: Part, now: datetime) -> Change:
    """Money for it is on its way, or a person has it in hand: look again tomorrow, and say
    nothing."""
    row = part.instalment
    return Change.of(
        Update(row, {"chase_at": now + LOOK_AGAIN}, when=(Is("chase_at", row.chase_at),))
    )


def postponed(
    offer: Offer, instalments: Iterable[Instalment], begins_at: datetime | None
) -> Change:
    """The parts that follow the first session, when that is another one than was agreed: it was
    cancelled, and `begins_at` is the one that is left (R66). Nothing falls due earlier by it, and
    nobody is chased for the old day."""
    if offer.payment_due != LATER or begins_at is None:
        return Change()
    zone = str(offer.facts["zone"])
    first = answer_by(1, begins_at, zone)
    due = [one for one in instalments if one.state == "due"]
    days = [(one, months_after(first, one.number - 1, zone)) for one in due]
    return Change.of(*(_postponed(one, day) for one, day in days if day > one.pay_by))


def _postponed(row: Instalment, pay_by: datetime) -> Change:
    chased = min(row.chased, MISSED)
    chase_at = pay_by + AFTER[chased - 1] if chased else pay_by - TOLD_BEFORE
    names = ("state", "pay_by", "chased")
    return Change.of(
        Update(
            row,
            {"pay_by": pay_by, "chase_at": chase_at, "chased": chased},
            when=tuple(Is(name, getattr(row, name)) for name in names),
        ),
        Remove(Ref(Task, {"task_id": task_id(row)})) if row.chased > MISSED else None,
    )


def _as_it_is(obligation: Obligation) -> Require:
    names = ("state", "paid_minor", "released_minor", "refunded_minor")
    return Require(obligation, tuple(Is(name, getattr(obligation, name)) for name in names))


def _call(offer: Offer, part: Part, now: datetime) -> Create:
    row = part.instalment
    return Create(
        Task(
            task_id=task_id(row),
            code="instalment_missed",
            facts={
                "name": offer.full_name,
                "group": str(offer.facts["group_title"]),
                "amount": str(Money(part.open_minor, row.currency)),
            },
            path=f"/admin/payments/{row.obligation_id}",
            opened_at=now,
            due_at=now + TASK_DAYS,
        )
    )

"""Refunds that somebody made at Stripe itself: the money has left, so the books follow it.

Keyed by Stripe's refund id, reserved on the payment and taken from the debt like any release,
but out of Stripe's balance at once. The seat stays until a person says otherwise. What does not
live here: whose refund it is (flows/returning/refunds.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted, StateChanged
from chalicelib.rules.books.ledger import refund_sent_entry
from chalicelib.rules.books.shares import Taken, take
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.disputes.dispute_tasks import fraud_task
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.payments import Payment, Refund, StripeLookup
from chalicelib.rules.money.stripe_objects import RefundObject
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning.refund_entries import (
    come_to_nothing_entry,
    given_away_entry,
    outside_refund_entry,
    suspense_entry,
)
from chalicelib.rules.returning.refund_mails import refund_mail
from chalicelib.rules.returning.refunds import WATCH, refund_of, task_gone
from chalicelib.rules.returning.releases import (
    Decision,
    Owed,
    Parts,
    less_owed,
    moved_shares,
    recalled,
    release_row,
)
from chalicelib.rules.returning.reserving import refundable, reserved

GONE = ("failed", "canceled")  # its money is with us again, or never left
WITH_US = ("requested", "failed")  # refunds of ours whose money is still with us
CAUSE = "dashboard"
DUE_AFTER = timedelta(days=2)


def taken_in(
    owed: Owed, payment: Payment, told: RefundObject, refunds: Sequence[Refund], now: datetime
) -> tuple[str, Change]:
    """What a refund made outside means, in a word: `outside`, `carried_out` for one of ours that
    waited for the same money, `unexplained` for more than was left of the payment."""
    left = refundable(payment)
    if told.amount_minor > left:
        ours = _waiting(payment, told, refunds)
        if ours:
            return "carried_out", _carried_out(ours, told, now)
    part = min(left, told.amount_minor)
    refund = _row(payment, told, part, now)
    word = "unexplained" if refund.suspense_minor else "outside"
    return word, Change.of(
        _released(owed, payment, refund, now)
        if part
        else outside_refund_entry(refund, owed.obligation, None, now),
        suspense_entry(refund, f"refund#{told.id}", 1, now) if refund.suspense_minor else None,
        Create(refund, refusal=AlreadyCounted),
        _lookup(payment, told),
        refund_mail(refund, now),
        Create(_place_task(refund, now)) if part and owed.enrolment else None,
        Create(_suspense_task(refund, now)) if refund.suspense_minor else None,
    )


def came_to_nothing(payment: Payment, told: RefundObject, now: datetime) -> Change:
    """A refund made outside that had come back before we heard of it: nobody got anything, so the
    debt stays as it is. Both movements of Stripe's balance have their entry (T5)."""
    there_and_back = (
        come_to_nothing_entry(payment, f"{fact}#{told.id}", sign * told.amount_minor, now)
        for fact, sign in (("refund", 1), ("refund_failed", -1))
    )
    return Change.of(*there_and_back)


def _waiting(payment: Payment, told: RefundObject, refunds: Sequence[Refund]) -> Refund | None:
    """A refund of ours that has not gone out, over exactly this money."""
    found = (
        one
        for one in refunds
        if one.payment_id == payment.payment_id
        and one.state in WITH_US
        and one.method == "stripe"
        and one.amount_minor == told.amount_minor
    )
    return next(found, None)


def _carried_out(ours: Refund, told: RefundObject, now: datetime) -> Change:
    """Somebody did at Stripe what our books were waiting for: that refund is sent. One that came
    back before goes out anew; its payer was told of the first and is not told twice."""
    values: dict[str, Any] = {
        "state": _state(told),
        "stripe_refund_id": told.id,
        "check_at": now + WATCH,
    }
    sent = replace(ours, **values)
    return Change.of(
        Update(ours, {**values, "failure": ""}, when=(Is("state", ours.state),)),
        refund_sent_entry(sent, told.id, now),
        _lookup(ours, told),
        task_gone(ours),
        refund_mail(sent, now) if ours.stripe_refund_id is None else None,
    )


def _row(payment: Payment, told: RefundObject, part: int, now: datetime) -> Refund:
    row = refund_of(payment, told.id, part, "stripe", now)
    return replace(
        row,
        cause=CAUSE,
        method="stripe",
        release_id=told.id if part else "",
        state=_state(told),
        stripe_refund_id=told.id,
        intent_id=told.payment_intent_id or row.intent_id,
        suspense_minor=told.amount_minor - part,
        check_at=now + WATCH,
    )


def _state(told: RefundObject) -> str:
    return "succeeded" if told.status == "succeeded" else "sent"


def _released(owed: Owed, payment: Payment, refund: Refund, now: datetime) -> Change:
    """What left at Stripe leaves the debt: nothing unpaid is let go for it. A warning of fraud is
    answered once nothing is left to give back."""
    decision = Decision(release_id=refund.refund_id, cause=CAUSE, actor="stripe", now=now)
    obligation, amount = owed.obligation, refund.amount_minor
    taken: Taken = take(obligation.shares, amount, owed.held)
    row = release_row(obligation, taken, decision, Parts(0, 0, 0, amount))
    return Change.of(
        less_owed(obligation, taken, row),
        reserved(payment, amount),
        Create(row, refusal=AlreadyCounted),
        outside_refund_entry(refund, obligation, taken, now),
        moved_shares(owed, decision),
        Remove(fraud_task(payment, now)) if amount == refundable(payment) else None,
        recalled(owed, taken, row) if owed.clawbacks else None,
    )


def _lookup(about: Payment | Refund, told: RefundObject) -> Create:
    row = StripeLookup(stripe_id=told.id, owner_id=about.obligation_id, payment_id=about.payment_id)
    return Create(row, refusal=AlreadyCounted)


# What a person has to say about it


def place_stays(refund: Refund) -> Change:
    """Looked at: the place is as it was."""
    return Change.of(Remove(_place_task(refund, refund.requested_at)))


def in_suspense(refund: Refund) -> bool:
    """Whether some of it is still nobody's."""
    return bool(refund.suspense_minor) and not refund.given_away and refund.state != "failed"


def given_away(refund: Refund, now: datetime) -> Change:
    """Looked at: nobody will bring it back, the group bears it. StateChanged when nothing of it
    is in suspense any more."""
    if not in_suspense(refund):
        raise StateChanged
    return Change.of(
        Update(
            refund,
            {"given_away": True},
            when=(Is("given_away", False), Is("state", refund.state)),
        ),
        suspense_entry(refund, f"given_away#{refund.refund_id}", -1, now),
        given_away_entry(refund, now),
        Remove(_suspense_task(refund, now)),
    )


def tasks_done(refunds: Sequence[Refund]) -> Change:
    """The place has ended: nobody has to say whether it stays."""
    return Change.of(*(place_stays(one) for one in refunds if one.cause == CAUSE))


def place_task_id(refund_id: str) -> str:
    """Under which name the question about the place is open."""
    return f"refund_outside#{refund_id}"


def _place_task(refund: Refund, now: datetime) -> Task:
    return _task(refund, "refund_outside", refund.amount_minor, now)


def _suspense_task(refund: Refund, now: datetime) -> Task:
    return _task(refund, "refund_unexplained", refund.suspense_minor, now)


def _task(refund: Refund, code: str, amount_minor: int, now: datetime) -> Task:
    return Task(
        task_id=f"{code}#{refund.refund_id}",
        code=code,
        facts={"name": refund.full_name, "amount": str(Money(amount_minor, refund.currency))},
        path=f"/admin/payments/{refund.obligation_id}",
        opened_at=now,
        due_at=now + DUE_AFTER,
    )

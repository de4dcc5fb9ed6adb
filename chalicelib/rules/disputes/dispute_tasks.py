"""What people have to do about disputes and warnings of fraud: opened and closed with the news.

What does not live here: what the news does to debt, books and seat (disputing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.changes import Change, Create, Remove
from chalicelib.rules.disputes.disputes import TO_ANSWER, Dispute
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.payments import Payment
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning.reserving import refundable

EVIDENCE_AHEAD = timedelta(days=2)
SOON = timedelta(days=2)
OF_SEAT = ("dispute_lost", "dispute_reversed")  # cured by a word about the seat


def follow(
    payment: Payment, before: Dispute | None, row: Dispute, given_back: bool, now: datetime
) -> Change:
    """One task for as long as an answer is waited for, one when money was lost, one when it
    came back after all. A warning of fraud rests once there is a dispute."""
    old = TO_ANSWER.get(before.state) if before else None
    new = TO_ANSWER.get(row.state)
    newly_lost = row.booked_lost and not (before and before.booked_lost)
    return Change.of(
        Remove(task(row, old, now)) if old and old != new else None,
        Create(task(row, new, now)) if new and new != old else None,
        Create(task(row, "dispute_lost", now)) if newly_lost else None,
        Create(task(row, "dispute_reversed", now), refusal=AlreadyCounted) if given_back else None,
        Remove(fraud_task(payment, now)) if not row.is_inquiry else None,
    )


def decided(dispute: Dispute, now: datetime) -> Change:
    """A person has said what becomes of the seat."""
    return Change.of(*(Remove(task(dispute, code, now)) for code in OF_SEAT))


def task(dispute: Dispute, code: str, now: datetime) -> Task:
    """What a person has to do about a dispute. An answer is due two days before the bank wants
    it, so that there is time for a second look."""
    asked = code in TO_ANSWER.values() and dispute.due_by
    due = max(now, dispute.due_by - EVIDENCE_AHEAD) if asked and dispute.due_by else now + SOON
    return Task(
        task_id=f"{code}#{dispute.dispute_id}",
        code=code,
        facts=_facts(dispute.full_name, dispute.amount_minor, dispute.currency),
        path=f"/admin/payments/{dispute.obligation_id}",
        opened_at=now,
        due_at=due,
    )


def _facts(name: str, amount_minor: int, currency: str) -> dict[str, Any]:
    return {"name": name, "amount": str(Money(amount_minor, currency))}


def warned_of_fraud(payment: Payment, disputes: Sequence[Dispute], now: datetime) -> Create | None:
    """The card's bank believes that a payment was fraud: to give it back now is cheaper than a
    dispute. Nothing to do once nothing is left of it, or a dispute is there."""
    disputed = any(one.payment_id == payment.payment_id and not one.is_inquiry for one in disputes)
    if disputed or refundable(payment) <= 0:
        return None
    return Create(fraud_task(payment, now), refusal=AlreadyCounted)


def right_missing(now: datetime) -> Task:
    """Stripe does not let us ask for early fraud warnings: said once, until it does."""
    return Task(
        task_id="stripe_right#early_fraud_warnings",
        code="stripe_right",
        path="/admin/health",
        opened_at=now,
        due_at=now + timedelta(days=14),
    )


def fraud_task(payment: Payment, now: datetime) -> Task:
    """What a person has to look at when the card's bank warns of fraud; one for each payment."""
    return Task(
        task_id=f"fraud_warning#{payment.payment_id}",
        code="fraud_warning",
        facts=_facts(payment.full_name, payment.amount_minor, payment.currency),
        path=f"/admin/payments/{payment.obligation_id}",
        opened_at=now,
        due_at=now + SOON,
    )

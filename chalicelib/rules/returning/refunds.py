"""Money on its way back: who may have how much, and the rows that carry it.

A refund stands in our books before Stripe is asked; its id is Stripe's idempotency key. The sum
reserved on a payment never passes what was paid, so two administrators cannot refund twice.
What does not live here: what a refund takes from a debt (releases.py), refunds that somebody
made at Stripe or pays by hand (outside_refunds.py, refunds_by_hand.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted
from chalicelib.rules import states
from chalicelib.rules.books import ledger
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.money.payments import Payment, Refund, StripeLookup
from chalicelib.rules.money.stripe_objects import Checkout, RefundObject
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning.refund_entries import suspense_entry
from chalicelib.rules.returning.refund_mails import refund_failed_mail, refund_mail
from chalicelib.rules.returning.reserving import only_by_bank

RETRY = timedelta(minutes=5)
RETRY_MAX = timedelta(hours=6)
WATCH = timedelta(days=1)
WATCHED_FOR = timedelta(days=30)
PERSONS = {  # what a person does about a refund, and within which time
    "refund_failed": timedelta(days=2),
    "refund_by_bank": timedelta(days=7),
    "refund_unexplained": timedelta(days=2),
}
SURE_OF_KEY = timedelta(hours=12)  # Stripe may forget a key after twenty-four


def give_back(
    payment: Payment,
    checkout: Checkout,
    refund_id: str,
    cause: str,
    now: datetime,
    amount_minor: int | None = None,
) -> Change:
    """What bought nothing of a payment goes back, all of it unless an amount is named: `cause`
    is surplus or late_money."""
    known = replace(payment, intent_id=checkout.payment_intent_id)
    back = payment.amount_minor if amount_minor is None else amount_minor
    refund = replace(refund_of(known, refund_id, back, "stripe", now), cause=cause)
    return Change.of(Create(refund), ledger.surplus_back_entry(refund, now))


def refund_of(
    payment: Payment,
    refund_id: str,
    amount_minor: int,
    actor: str,
    now: datetime,
    disputes: Sequence[Dispute] = (),
) -> Refund:
    """The row of a refund of a part of a payment: by the way it came. What did not come through
    Stripe goes back by a transfer that the treasurer makes, and so does what is left after one of
    these disputes was lost."""
    by_stripe = payment.intent_id is not None and not only_by_bank(payment, disputes)
    return Refund(
        obligation_id=payment.obligation_id,
        refund_id=refund_id,
        payment_id=payment.payment_id,
        amount_minor=amount_minor,
        currency=payment.currency,
        cause="administrator",
        method="stripe" if by_stripe else "bank",
        requested_by=actor,
        requested_at=now,
        book=payment.book,
        term_id=payment.term_id,
        application_id=payment.application_id,
        email=payment.email,
        full_name=payment.full_name,
        on_behalf=payment.on_behalf,
        zone=payment.zone,
        title=payment.title,
        seller=payment.seller,
        person_id=payment.person_id,
        intent_id=payment.intent_id or "",
        check_at=now if by_stripe else None,
    )


def refund_params(refund: Refund, deployment: str) -> dict[str, Any]:
    """What Stripe is asked; `requested_by_customer`, since `fraudulent` would block the card."""
    return {
        "payment_intent": refund.intent_id,
        "amount": refund.amount_minor,
        "reason": "requested_by_customer",
        "metadata": {
            "app": TAG,
            "deployment": deployment,
            "obligation_id": refund.obligation_id,
            "refund_id": refund.refund_id,
        },
    }


def maybe_asked(refund: Refund, now: datetime) -> bool:
    """Whether Stripe may have been asked for it under a key that it has forgotten: after a try
    without an answer, or one we did not live to write down."""
    return refund.attempts > 0 or now > refund.requested_at + SURE_OF_KEY


def ours(refund: Refund, found: list[RefundObject]) -> RefundObject | None:
    """The Stripe refund that an earlier, unanswered try made, among those of the payment."""
    return next((one for one in found if one.metadata.get("refund_id") == refund.refund_id), None)


def sent(refund: Refund, answer: RefundObject, now: datetime) -> Change:
    """Stripe took it: booked, told to the payer as started, watched until it arrives."""
    state = "succeeded" if answer.status == "succeeded" else "sent"
    told = replace(refund, stripe_refund_id=answer.id)
    return Change.of(
        Update(
            refund,
            {"state": state, "stripe_refund_id": answer.id, "check_at": now + WATCH},
            when=(Is("state", "requested"),),
            refusal=AlreadyCounted,
        ),
        ledger.refund_sent_entry(refund, answer.id, now),
        Create(
            StripeLookup(
                stripe_id=answer.id, owner_id=refund.obligation_id, payment_id=refund.payment_id
            ),
            refusal=AlreadyCounted,
        ),
        refund_mail(told, now),
    )


def unanswered(refund: Refund, now: datetime) -> Change:
    """No answer: the same key again, later each time."""
    wait = min(RETRY * 2**refund.attempts, RETRY_MAX)
    return Change.of(
        Update(
            refund,
            {"attempts": refund.attempts + 1, "check_at": now + wait},
            when=(Is("state", "requested"), Is("attempts", refund.attempts)),
        )
    )


def refused(refund: Refund, failure: str, now: datetime) -> Change:
    """Stripe will not: the money is still owed, and a person is told by name."""
    return Change.of(
        Update(
            refund,
            {"state": states.move("refund", refund.state, "failed"), "failure": failure,
             "check_at": None},
            when=(Is("state", refund.state),),
        ),
        refund_task(refund, now),
    )  # fmt: skip


def news(refund: Refund, answer: RefundObject, now: datetime) -> Change:
    """Later news of a refund that was sent: arrived, or come back from a closed card (M7)."""
    if answer.status in ("failed", "canceled") and refund.state in ("sent", "succeeded"):
        return _came_back(refund, answer, now)
    if answer.status == "succeeded" and refund.state == "sent":
        values = {"state": "succeeded", "check_at": _next_look(refund, now)}
        return Change.of(Update(refund, values, when=(Is("state", "sent"),)))
    if refund.state in ("sent", "succeeded"):
        return look_later(refund, now)
    return Change.of()


def _came_back(refund: Refund, answer: RefundObject, now: datetime) -> Change:
    """The money is with us again: it is owed, a person is told by name, and so is the payer. What
    nobody was owed (`suspense_minor`) is nobody's to get."""
    values = {
        "state": "failed",
        "failure": answer.failure_reason or answer.status,
        "check_at": None,
    }
    owed = refund.amount_minor > 0
    return Change.of(
        Update(refund, values, when=(Is("state", refund.state),)),
        ledger.refund_failed_entry(refund, answer.id, now),
        suspense_entry(refund, f"refund_failed#{answer.id}", -1, now)
        if refund.suspense_minor and not refund.given_away
        else None,
        Remove(_task(refund, "refund_unexplained", now)) if refund.suspense_minor else None,
        refund_task(refund, now) if owed else None,
        refund_failed_mail(refund, answer.id, now) if owed else None,
    )


def look_later(refund: Refund, now: datetime) -> Change:
    """Nothing new: look at it again tomorrow."""
    values = {"check_at": _next_look(refund, now)}
    return Change.of(Update(refund, values, when=(Is("state", refund.state),)))


def _next_look(refund: Refund, now: datetime) -> datetime | None:
    """A refund can come back weeks later; after thirty days we stop asking."""
    return now + WATCH if now < refund.requested_at + WATCHED_FOR else None


def refund_task(refund: Refund, now: datetime) -> Create:
    """What a person must do when a refund did not arrive."""
    return Create(_task(refund, "refund_failed", now), refusal=AlreadyCounted)


def bank_task(refund: Refund, now: datetime) -> Create:
    """A refund that no machine can send: the treasurer makes the transfer."""
    return Create(_task(refund, "refund_by_bank", now), refusal=AlreadyCounted)


def task_gone(refund: Refund) -> Change:
    """Whatever a person had to do about a refund is done."""
    tasks = (_task(refund, code, refund.requested_at) for code in PERSONS)
    return Change.of(*(Remove(one) for one in tasks))


def _task(refund: Refund, code: str, now: datetime) -> Task:
    return Task(
        task_id=f"{code}#{refund.refund_id}",
        code=code,
        facts={
            "name": refund.full_name,
            "amount": str(Money(refund.amount_minor, refund.currency)),
        },
        path=f"/admin/payments/{refund.obligation_id}",
        owner="treasurer",
        opened_at=now,
        due_at=now + PERSONS[code],
    )

"""The mails of the money path: receipt, confirmation, on its way, failed, late, refund started.

Each is queued in the transaction of its fact, with the facts frozen as they were.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Create
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer, answer_by, application_link, offer_link
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.money.payments import Payment, Refund

CANCELLING_DAYS = 14  # the right to cancel ends with the last of them (D2)


def _facts(offer: Offer, **more: Any) -> dict[str, Any]:
    return {**offer.facts, "full_name": offer.full_name, "email": offer.email, **more}


def _payment_stands(payment: Payment, *states: str) -> Standing:
    ids = {"obligation_id": payment.obligation_id, "payment_id": payment.payment_id}
    return Standing(kind="Payment", ids=ids, name="state", values=states)


def receipt_mail(
    offer: Offer, payment: Payment, number: str, outcome: str, now: datetime
) -> Create:
    """At once, and fit for reimbursement: number, date, payer, supplier, line, amount, dates.
    `payment` as it was before: one that was on its way came by bank debit."""
    return mail(
        "receipt",
        payment.payment_id,
        offer.email,
        now,
        _facts(
            offer,
            number=number,
            paid_at=now,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            outcome=outcome,
            paid_with="bank_debit" if payment.state == "on_its_way" else "card",
        ),
        links={"application": application_link(offer)},
        stands=(_payment_stands(payment, "paid"),),
        person_id=payment.person_id,
    )


def confirmation_mail(offer: Offer, enrolment: Enrolment, now: datetime) -> Create:
    """The seat is certain. Once for each offer, so that who comes back is told again."""
    ids = {"term_id": enrolment.term_id, "person_id": enrolment.person_id}
    return mail(
        "enrolment_confirmation",
        offer.offer_id,
        offer.email,
        now,
        _facts(
            offer,
            agreed_at=enrolment.agreed_at,
            state=enrolment.state,
            start_at_once=offer.start_at_once,
            cancel_by=answer_by(CANCELLING_DAYS, now, str(offer.facts["zone"])),
            policy_version=offer.policy_version,
        ),
        links={"application": application_link(offer)},
        stands=(
            Standing(
                kind="Enrolment",
                ids=ids,
                name="state",
                values=("active", "awaiting_agreement", "suspended"),
            ),
        ),
        person_id=enrolment.person_id,
    )


def on_its_way_mail(offer: Offer, payment: Payment, now: datetime) -> Create:
    """A delayed payment was begun: nothing more to do, do not pay again."""
    return mail(
        "payment_on_its_way",
        payment.payment_id,
        offer.email,
        now,
        _facts(offer, amount_minor=payment.amount_minor, currency=payment.currency),
        links={"offer": offer_link(offer)},
        stands=(_payment_stands(payment, "on_its_way"),),
        person_id=payment.person_id,
    )


def failed_mail(offer: Offer, payment: Payment, hold_until: datetime, now: datetime) -> Create:
    """A delayed payment did not come: nothing was taken, here is how to try again, until when."""
    return mail(
        "payment_failed",
        payment.payment_id,
        offer.email,
        now,
        _facts(
            offer,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            offer_state=offer.state,
            hold_until=hold_until,
        ),
        links={"offer": offer_link(offer)},
        stands=(_payment_stands(payment, "failed"),),
        person_id=payment.person_id,
    )


def late_money_mail(offer: Offer, payment: Payment, waits: bool, now: datetime) -> Create:
    """The human apology: the seat had gone, all of the money goes back (A6)."""
    return mail(
        "late_money",
        payment.payment_id,
        offer.email,
        now,
        _facts(offer, amount_minor=payment.amount_minor, currency=payment.currency, waits=waits),
        links={"application": application_link(offer)},
        stands=(_payment_stands(payment, "paid"),),
        person_id=payment.person_id,
    )


def refund_mail(refund: Refund, now: datetime) -> Create:
    """Started, not done: how much, for what, how long it takes, what if the card is closed."""
    ids = {"obligation_id": refund.obligation_id, "refund_id": refund.refund_id}
    return mail(
        "refund_started",
        refund.refund_id,
        refund.email,
        now,
        {
            "full_name": refund.full_name,
            "zone": refund.zone,
            "title": refund.title,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "cause": refund.cause,
            "reason": refund.reason,
            "reference": refund.stripe_refund_id or "",
            "requested_at": refund.requested_at,
        },
        links={"application": LinkTo(purpose="application", subject=refund.application_id)},
        stands=(Standing(kind="Refund", ids=ids, name="state", values=("sent", "succeeded")),),
        person_id=refund.person_id,
    )

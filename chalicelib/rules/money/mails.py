"""The mails of the money path: receipt, confirmation, on its way, failed, late, instalments.

Each is queued in the transaction of its fact, with the facts frozen as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Create
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer, answer_by, application_link, offer_link
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.money.instalments import LATER, NOTHING_OWING, Owing, Part
from chalicelib.rules.money.payments import Obligation, Payment

CANCELLING_DAYS = 14  # the right to cancel ends with the last of them (D2)


def _facts(offer: Offer, **more: Any) -> dict[str, Any]:
    return {**offer.facts, "full_name": offer.full_name, "email": offer.email, **more}


def _payment_stands(payment: Payment, *states: str) -> Standing:
    ids = {"obligation_id": payment.obligation_id, "payment_id": payment.payment_id}
    return Standing(kind="Payment", ids=ids, name="state", values=states)


def receipt_mail(
    offer: Offer,
    payment: Payment,
    number: str,
    outcome: str,
    now: datetime,
    owing: Owing = NOTHING_OWING,
    back_minor: int = 0,
    more: Mapping[str, str] | None = None,
) -> Create:
    """At once, and fit for reimbursement: number, date, payer, supplier, line, amount, dates.
    `payment` as it was before: one that was on its way came by bank debit. `owing` is how the
    debt stands with it, `back_minor` what of it goes back. `more` is what is known of money by
    hand: its `payer`, and the receipt whose place this one `replaces`."""
    return mail(
        "receipt",
        payment.payment_id,
        offer.email,
        now,
        _facts(
            offer,
            number=number,
            paid_at=payment.paid_at or now,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            outcome=outcome,
            paid_with=_paid_with(payment),
            back_minor=back_minor,
            **owing.facts(),
            **(more or {}),
        ),
        links={"application": application_link(offer)},
        stands=(_payment_stands(payment, "paid"),),
        person_id=payment.person_id,
    )


def _paid_with(payment: Payment) -> str:
    if payment.method in ("bank", "cash"):
        return payment.method
    return "bank_debit" if payment.state == "on_its_way" else "card"


def confirmation_mail(
    offer: Offer, enrolment: Enrolment, now: datetime, owing: Owing = NOTHING_OWING
) -> Create:
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
            **owing.facts(),
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
        _facts(
            offer,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            offer_state=offer.state,
        ),
        links={"offer": offer_link(offer), "pay": debt_link(payment.obligation_id)},
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
        links={"offer": offer_link(offer), "pay": debt_link(payment.obligation_id)},
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


def instalment_mail(
    offer: Offer, obligation: Obligation, part: Part, left_minor: int, now: datetime
) -> Create:
    """A part of a price falls due soon, or was not paid: what, until when, one way to pay, and
    whom to ask if that is difficult (T4). Not sent once nothing of it is owed."""
    row = part.instalment
    missed = row.pay_by <= now
    ids = {"obligation_id": row.obligation_id}
    return mail(
        "instalment_missed" if missed else "instalment_due",
        f"{row.obligation_id}-{row.number}-{row.chased}",
        offer.email,
        now,
        _facts(
            offer,
            amount_minor=part.open_minor,
            currency=row.currency,
            number=row.number,
            due_at=row.pay_by,
            left_minor=left_minor,
            whole_minor=obligation.amount_minor,
            trial=offer.payment_due == LATER and not obligation.paid_minor,
        ),
        links={"pay": debt_link(row.obligation_id)},
        stands=(
            Standing(kind="Obligation", ids=ids, name="state", values=("due",)),
            Standing(
                kind="Instalment",
                ids={**ids, "number": str(row.number)},
                name="state",
                values=("due",),
            ),
        ),
        person_id=obligation.person_id,
    )


def debt_link(obligation_id: str) -> LinkTo:
    """The personal link on which a debt is paid, and on which everybody who has it can pay it."""
    return LinkTo(purpose="debt", subject=obligation_id)

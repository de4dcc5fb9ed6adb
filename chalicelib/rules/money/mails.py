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
from chalicelib.rules.money.behalf import facts_for_payer, facts_of, page_of, payer_link
from chalicelib.rules.money.instalments import LATER, NOTHING_OWING, Owing, Part
from chalicelib.rules.money.payments import Obligation, Payer, Payment

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
        payment.email,
        now,
        facts_of(
            offer,
            payment,
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
        links=page_of(payment),
        stands=(_payment_stands(payment, "paid"),),
        person_id=_person(payment),
    )


def _person(payment: Payment) -> str | None:
    """Whose mail it is: a payer apart from the member is none of our people."""
    return None if payment.on_behalf else payment.person_id


def _paid_with(payment: Payment) -> str:
    if payment.method in ("bank", "cash"):
        return payment.method
    return "bank_debit" if payment.state == "on_its_way" else "card"


def confirmation_mail(
    offer: Offer,
    enrolment: Enrolment,
    now: datetime,
    owing: Owing = NOTHING_OWING,
    payer_name: str = "",
) -> Create:
    """The seat is certain. Once for each offer, so that who comes back is told again. Always to
    the member; `payer_name` is who pays, where that is not the member."""
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
            payer_name=payer_name,
            **owing.facts(),
        ),
        links={"application": application_link(offer), "offer": offer_link(offer)},
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
        payment.email,
        now,
        facts_of(
            offer,
            payment,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            offer_state=offer.state,
        ),
        links=_where_it_is_paid(offer, payment),
        stands=(_payment_stands(payment, "on_its_way"),),
        person_id=_person(payment),
    )


def _where_it_is_paid(offer: Offer, payment: Payment) -> dict[str, LinkTo]:
    if payment.on_behalf:
        return page_of(payment)
    return {"offer": offer_link(offer), "pay": debt_link(payment.obligation_id)}


def failed_mail(offer: Offer, payment: Payment, hold_until: datetime, now: datetime) -> Create:
    """A delayed payment did not come: nothing was taken, here is how to try again, until when."""
    return mail(
        "payment_failed",
        payment.payment_id,
        payment.email,
        now,
        facts_of(
            offer,
            payment,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            offer_state=offer.state,
            hold_until=hold_until,
        ),
        links=_where_it_is_paid(offer, payment),
        stands=(_payment_stands(payment, "failed"),),
        person_id=_person(payment),
    )


def payer_failed_mail(
    offer: Offer, payment: Payment, hold_until: datetime, now: datetime
) -> Create | None:
    """To the member, when it was not she who paid: what it means for her place, and what she can
    do. None where she is told as the payer."""
    if payment.on_behalf is None or offer.state == "declined":
        return None
    return mail(
        "payer_failed",
        payment.payment_id,
        offer.email,
        now,
        _facts(offer, payer_name=payment.full_name, offer_state=offer.state, hold_until=hold_until),
        links={"offer": offer_link(offer)},
        stands=(_payment_stands(payment, "failed"),),
        person_id=payment.person_id,
    )


def late_money_mail(offer: Offer, payment: Payment, waits: bool, now: datetime) -> Create:
    """The human apology: the seat had gone, all of the money goes back (A6). Always to whose
    place it would have been; another payer has the receipt, which says the same of the money."""
    payer_name = payment.full_name if payment.on_behalf else ""
    return mail(
        "late_money",
        payment.payment_id,
        offer.email,
        now,
        _facts(
            offer,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            waits=waits,
            payer_name=payer_name,
        ),
        links={"application": application_link(offer)},
        stands=(_payment_stands(payment, "paid"),),
        person_id=payment.person_id,
    )


def instalment_mail(
    offer: Offer, obligation: Obligation, part: Part, left_minor: int, now: datetime
) -> Create:
    """A part of a price falls due soon, or was not paid: what, until when, one way to pay, and
    whom to ask if that is difficult (T4). To the payer, where that is not the member. Not sent
    once nothing of it is owed."""
    row, payer = part.instalment, obligation.payer
    missed = row.pay_by <= now
    where = payer_link(row.obligation_id, payer.link) if payer else debt_link(row.obligation_id)
    return mail(
        "instalment_missed" if missed else "instalment_due",
        f"{row.obligation_id}-{row.number}-{row.chased}",
        payer.email if payer else offer.email,
        now,
        _facts_of_part(offer, payer)
        | {
            "amount_minor": part.open_minor,
            "currency": row.currency,
            "number": row.number,
            "due_at": row.pay_by,
            "left_minor": left_minor,
            "whole_minor": obligation.amount_minor,
            "trial": offer.payment_due == LATER and not obligation.paid_minor,
        },
        links={"pay": where},
        stands=_still_asked(obligation, row.number),
        person_id=None if payer else obligation.person_id,
    )


def _still_asked(obligation: Obligation, number: int) -> tuple[Standing, ...]:
    """That the part is owed, and by the one the mail goes to."""
    ids, payer_email = {"obligation_id": obligation.obligation_id}, obligation.payer_email
    of_part = {**ids, "number": str(number)}
    return (
        Standing(kind="Obligation", ids=ids, name="state", values=("due",)),
        Standing(kind="Obligation", ids=ids, name="payer_email", values=(payer_email,)),
        Standing(kind="Instalment", ids=of_part, name="state", values=("due",)),
    )


def _facts_of_part(offer: Offer, payer: Payer | None) -> dict[str, Any]:
    if payer is None:
        return _facts(offer)
    who = {"full_name": payer.full_name, "email": payer.email}
    return {**facts_for_payer(offer), **who, "payer_reference": payer.reference}


def debt_link(obligation_id: str) -> LinkTo:
    """The personal link on which a debt is paid, and on which everybody who has it can pay it."""
    return LinkTo(purpose="debt", subject=obligation_id)

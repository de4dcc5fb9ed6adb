"""What a checkout's news means for a debt: the one place where money becomes a seat.

Pure: it is given the rows and the news and returns a Change. No order of arrival is assumed: the
change carries the conditions under which it holds, and the flow decides again when one fails.
What does not live here: reading, writing, money for a place that is taken (parts.py), money that
is not there yet (delayed.py), refunds on their way (refunds.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted, EnrolmentExists, NoSeatLeft, StateChanged
from chalicelib.rules import states
from chalicelib.rules.books import ledger
from chalicelib.rules.changes import Below, Change, Create, Is, Ref, Update
from chalicelib.rules.joining.applications import task_cured
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offer_endings import taken_up
from chalicelib.rules.joining.offers import Offer, early_count
from chalicelib.rules.money import instalments
from chalicelib.rules.money.instalments import NOTHING_OWING, Owing
from chalicelib.rules.money.mails import confirmation_mail, late_money_mail, receipt_mail
from chalicelib.rules.money.news import Debt, News, marker, markers, stripe_ids
from chalicelib.rules.money.payments import Payment, StripeLookup
from chalicelib.rules.returning.refunds import give_back
from chalicelib.rules.running.groups import Term

FEE_CHECK = timedelta(minutes=2)
COMES_BACK = (
    *("state", "application_id", "offer_id", "obligation_id", "enrolled_at", "paid_minor"),
    *("agreement_version", "agreed_at", "full_name", "email", "profession", "zone"),
)


def nothing_due(debt: Debt, agreed: Offer, now: datetime) -> Change:
    """A place without a price: the same settling without Stripe. `agreed` is the offer with the
    ticks of this press."""
    payment = debt.payment
    ticks = {
        "agreed_at": agreed.agreed_at,
        "start_at_once": agreed.start_at_once,
        "person_id": agreed.person_id,
    }
    paid = satisfied(debt) | {"person_id": payment.person_id}
    return Change.of(
        marker(f"{payment.payment_id}#paid", now),
        Create(payment),
        billed(debt, paid, now),
        offer_taken(debt.offer, ticks),
        seated(debt, {"taken": 1}),
        enrolled(replace(debt, offer=agreed), now),
    )


def unpaid_seat(debt: Debt, agreed: Offer, now: datetime) -> Change:
    """A place that is paid later: taken with nothing paid, and its whole price owed in the parts
    that were agreed (R66). `agreed` is the offer with the ticks of this press; the payment is of
    nothing and is not kept."""
    rows, owing = instalments.taken(debt.offer, debt.obligation, debt.payment, now)
    ticks = {
        "agreed_at": agreed.agreed_at,
        "start_at_once": agreed.start_at_once,
        "person_id": agreed.person_id,
    }
    return Change.of(
        billed(debt, {"person_id": debt.payment.person_id}, now),
        *(Create(row) for row in rows),
        offer_taken(debt.offer, ticks),
        seated(debt, {"taken": 1}),
        enrolled(replace(debt, offer=agreed), now, owing),
    )


def offer_taken(offer: Offer, ticks: Mapping[str, Any] | None = None) -> Update:
    """The open offer becomes a taken one, and its hold a taken seat."""
    return Update(
        offer,
        {
            "state": states.move("offer", offer.state, "taken"),
            "hold": states.move("hold", offer.hold, "taken"),
            **(ticks or {}),
        },
        when=(Is("state", "open"), Is("hold", "held")),
    )


def seat(debt: Debt, news: News) -> Change:
    """The offer is open: its held seat is taken, once, with everything that follows."""
    return Change.of(
        _bought(debt, news),
        offer_taken(debt.offer),
        seated(debt, {"taken": 1}),
    )


def _bought(debt: Debt, news: News) -> Change:
    """A seat is paid for, wholly or with its first part: what follows however it is held."""
    rows, owing = instalments.taken(debt.offer, debt.obligation, debt.payment, news.now)
    return Change.of(
        markers(news, "paid"),
        paid_in(debt, news, "seat", owing),
        billed(debt, satisfied(debt), news.now),
        *(Create(row) for row in rows),
        enrolled(debt, news.now, owing),
    )


def may_sit_late(debt: Debt) -> bool:
    """Whether late money can still mean a seat: the offer ran out, and the applicant still wants
    one and was offered no other since (A6)."""
    application = debt.application
    waits = application.state in ("accepted", "waitlisted") and application.offer_id is None
    return debt.offer.state == "expired" and waits


def late_seat(debt: Debt, news: News) -> Change:
    """The offer had run out, the money came all the same, and a seat is free: honour it (A6), at
    the price that was offered. A place at an early price is sold again with it, even if those have
    gone to others meanwhile.

    Conditional on the free seat: NoSeatLeft when there is none.
    """
    early = {early_count(debt.offer.category): 1} if debt.offer.early else {}
    return Change.of(
        _bought(debt, news),
        seated(debt, {"occupied": 1, "taken": 1, **early}, Below("occupied", "capacity")),
        _seated_late(debt),
        task_cured(debt.application) if debt.application.state == "accepted" else None,
    )


def _seated_late(debt: Debt) -> Update:
    """The application is where it would be, had the money come in time."""
    application = debt.application
    waits = application.state == "waitlisted"
    values = {"offer_id": debt.offer.offer_id} | ({"state": "accepted"} if waits else {})
    unchanged = (Is("state", application.state), Is("offer_id", None))
    return Update(application, values, when=unchanged)


def late_refund(debt: Debt, news: News) -> Change:
    """The offer is over and no seat is free: the money is recorded first, then all of it goes
    back, and the applicant stands at the top of the waitlist (A6)."""
    application = debt.application
    top = {"priority": 0, "state": "waitlisted", "waitlisted_at": news.now}
    waits = may_sit_late(debt)
    unchanged = (Is("state", application.state), Is("offer_id", None))
    return Change.of(
        markers(news, "paid"),
        paid_in(debt, news, "late"),
        give_back(debt.payment, news.checkout, news.refund_id, "late_money", news.now),
        Update(application, top, when=unchanged) if waits else None,
        task_cured(application) if waits else None,
        late_money_mail(debt.offer, debt.payment, waits, news.now),
    )


def surplus(debt: Debt, news: News) -> Change:
    """The debt was paid already: the second payment is recorded and goes back whole (A7)."""
    return Change.of(
        markers(news, "paid"),
        paid_in(debt, news, "surplus"),
        instalments.brought_up(debt.instalments, debt.obligation),
        give_back(debt.payment, news.checkout, news.refund_id, "surplus", news.now),
    )


def paid_in(
    debt: Debt, news: News, outcome: str, owing: Owing = NOTHING_OWING, over_minor: int = 0
) -> Change:
    """The payment's own rows: state, Stripe's ids, entry, lookup, receipt. `owing` is how the
    debt stands with it, `over_minor` what of it goes back because less was owed."""
    payment, checkout = debt.payment, news.checkout
    intent_id = checkout.payment_intent_id
    if intent_id is None:
        raise ValueError(f"{checkout.id} is paid without a payment intent")
    values: dict[str, Any] = {
        "state": states.move("payment", payment.state, "paid"),
        "outcome": outcome,
        "paid_at": news.now,
        "receipt_number": receipt_number(payment),
        "check_at": news.now + FEE_CHECK,
        **stripe_ids(payment, checkout),
    }
    counted = outcome in ("seat", "part")
    back = over_minor if counted else payment.amount_minor
    if back:
        values["refunded_minor"] = back
    lookup = StripeLookup(
        stripe_id=intent_id, owner_id=payment.obligation_id, payment_id=payment.payment_id
    )
    return Change.of(
        Update(payment, values, when=(Is("state", payment.state),)),
        ledger.payment_entry(payment, intent_id, news.now, outcome, over_minor),
        Create(lookup, refusal=AlreadyCounted),
        receipt_mail(debt.offer, payment, receipt_number(payment), outcome, news.now, owing, back),
    )


def satisfied(debt: Debt) -> dict[str, Any]:
    """What a debt says once this payment took its seat: paid, or due while parts are left."""
    left = debt.obligation.outstanding_minor - debt.payment.amount_minor
    return {"state": "due" if left > 0 else "paid", "paid_by": debt.payment.payment_id}


def billed(debt: Debt, values: Mapping[str, Any], now: datetime) -> Change:
    """From now on the price is owed, and is a liability to the term; what was paid counts."""
    obligation = debt.obligation
    paid = debt.payment.amount_minor
    return Change.of(
        Update(
            obligation,
            {**values, "billed_at": now},
            add={"paid_minor": paid} if paid else {},
            when=(Is("state", obligation.state), Is("billed_at", None)),
        ),
        ledger.seat_entry(obligation, debt.held, now),
        taken_up(debt.offer, obligation, now),
    )


def seated(debt: Debt, seats: Mapping[str, int], *room: Below) -> Update:
    """The seat in the term's counters. Where sessions may have been held already, none may be
    held or moved in between."""
    as_read = [] if debt.shares_moved is None else [Is("shares_moved", debt.shares_moved)]
    return Update(
        _term(debt.offer),
        add={"shares_moved": 1, **seats},
        when=(*room, *as_read),
        refusal=NoSeatLeft if room else StateChanged,
    )


def enrolled(debt: Debt, now: datetime, owing: Owing = NOTHING_OWING) -> Change:
    """The membership record and its confirmation, which says what is still to be paid.
    EnrolmentExists when the person came back."""
    enrolment = enrolment_of(debt, now)
    return Change.of(
        _back_again(debt.before, enrolment)
        if debt.before
        else Create(enrolment, refusal=EnrolmentExists),
        confirmation_mail(debt.offer, enrolment, now, owing, _payer_name(debt)),
    )


def _payer_name(debt: Debt) -> str:
    """Who pays or has paid for the member, if somebody does (N12)."""
    if debt.payment.on_behalf:
        return debt.payment.full_name
    return debt.obligation.payer_name


def _back_again(before: Enrolment, enrolment: Enrolment) -> Update:
    """Coming back moves the one row of person and term; its history is in the audit."""
    states.move("enrolment", before.state, enrolment.state)
    values = {name: getattr(enrolment, name) for name in COMES_BACK}
    return Update(before, values, when=(Is("state", before.state),))


def enrolment_of(debt: Debt, now: datetime) -> Enrolment:
    """The enrolment this debt pays for; it waits when the agreement was not accepted (R19)."""
    offer = debt.offer
    if debt.payment.person_id is None:
        raise ValueError(f"{debt.payment.payment_id} was begun by nobody")
    return Enrolment(
        term_id=offer.term_id,
        person_id=debt.payment.person_id,
        group_id=offer.group_id,
        application_id=offer.application_id,
        offer_id=offer.offer_id,
        obligation_id=offer.obligation_id,
        state="active" if offer.agreed_at else "awaiting_agreement",
        full_name=offer.full_name,
        email=offer.email,
        profession=str(offer.facts.get("profession", "")),
        zone=str(offer.facts.get("reader_zone", "Europe/London")),
        paid_minor=debt.payment.amount_minor,
        currency=debt.payment.currency,
        enrolled_at=now,
        agreement_version=offer.agreement_version,
        agreed_at=offer.agreed_at,
    )


def receipt_number(payment: Payment) -> str:
    """A number a person can read out; it follows from the payment."""
    return f"R-{payment.payment_id.rsplit('-', 1)[-1][-10:].upper()}"


def _term(offer: Offer) -> Ref:
    return Ref(Term, {"group_id": offer.group_id, "term_id": offer.term_id})

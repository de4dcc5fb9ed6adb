"""Whether and how an offer or a debt may be paid now, and exactly what Stripe is asked.

What does not live here: what the payment means once it is there (settling.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import (
    NothingOwed,
    OfferNotOpen,
    PayerChanged,
    PaymentOnItsWay,
    TooManyTries,
)
from chalicelib.rules.changes import Change, Create, Is, Require, Update
from chalicelib.rules.joining.offer_terms import seller_in
from chalicelib.rules.joining.offers import Offer, as_held
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.beginning import payment_for, title
from chalicelib.rules.money.instalments import first_minor
from chalicelib.rules.money.payments import Obligation, Payer, Payment

SESSION_LIFE = timedelta(minutes=60)
SESSION_LIFE_MIN = timedelta(minutes=31)  # Stripe asks for thirty, and clocks differ
HOLD_MARGIN = timedelta(minutes=10)
UNANSWERED_LIFE = timedelta(minutes=25)  # then the intent has failed and a new key is due
MINTS_MAX = 10
MINTS_WITHIN = timedelta(days=1)  # of a debt, which can be paid on for months
FIRST_CHECK = timedelta(minutes=3)
TAG = "balint"


@dataclass(frozen=True, kw_only=True)
class Pay:
    """The names and times of a payment about to begin."""

    payment_id: str
    person_id: str  # whom the offer's link has proven
    now: datetime
    base_url: str
    page: str = "/offers"  # the pages that the token below is of
    offer_token: str
    deployment: str
    start_at_once: bool
    bank_debit: bool  # whether the circle takes delayed methods too (D7)
    payer: Payer | None = None  # who pays, where that is not the member (N12)


def running(payments: Sequence[Payment], now: datetime) -> Payment | None:
    """The payment a second click goes on with: its session is open, or Stripe has not answered
    its intent yet. Raises PaymentOnItsWay while a delayed payment is not settled."""
    for payment in payments:
        if payment.state == "on_its_way":
            raise PaymentOnItsWay
        if payment.state != "pending":
            continue
        if payment.checkout_expires_at and payment.checkout_expires_at > now + timedelta(minutes=2):
            return payment
        if payment.checkout_id is None and payment.created_at > now - UNANSWERED_LIFE:
            return payment
    return None


def who_pays(offer: Offer, obligation: Obligation, link: int) -> Payer | None:
    """Who pays when somebody presses Pay: None is the member, `link` the generation of a payer's
    link. What is left of a place that is taken the member can always pay, too.

    Raises PayerChanged when somebody else is asked now, NothingOwed for a payer before the
    member has taken a place that is paid later.
    """
    payer, taken = obligation.payer, obligation.billed_at is not None
    later = not taken and first_minor(offer, obligation) == 0
    if not link and (payer is None or taken or later):
        return None
    if payer is None or payer.link != link:
        raise PayerChanged
    if later:
        raise NothingOwed
    return payer


def of_same(payment: Payment, payer: Payer | None) -> bool:
    """Whether the payment was begun by the one who pays now: the member, or this payer."""
    begun_by = payment.on_behalf.link if payment.on_behalf else 0
    return begun_by == (payer.link if payer else 0)


def shown_state(payments: Sequence[Payment], checkout_id: str) -> str:
    """How far a debt's payment is, in a word for its pages: "" before any, pending, on_its_way,
    failed, expired, paid, refunded, surplus or late. `checkout_id` picks the payment somebody
    came from."""
    of_session = [one for one in payments if checkout_id and one.checkout_id == checkout_id]
    every = of_session or sorted(payments, key=lambda one: one.created_at)
    if not every:
        return ""
    shown = next((one for one in every if one.state == "on_its_way"), every[-1])
    if shown.outcome in ("surplus", "late"):
        return shown.outcome
    counted = [one for one in of_session or payments if one.outcome in ("seat", "part")]
    paid = sum(one.amount_minor for one in counted)
    given_back = 0 < paid <= sum(one.refunded_minor for one in counted)
    return "refunded" if given_back else shown.state


def session_end(offer: Offer, now: datetime) -> datetime:
    """When the checkout session ends; the seat is held ten minutes longer.

    The hold is extended for a checkout once. After that a session must fit into the hold that
    is left. Raises OfferNotOpen when no session fits.
    """
    if offer.state != "open" or offer.hold_until <= now:
        raise OfferNotOpen(state=offer.state if offer.state != "open" else "expired")
    if offer.expires_at > now and not offer.checkout_extended:
        return now + SESSION_LIFE
    end = min(now + SESSION_LIFE, offer.hold_until - HOLD_MARGIN)
    if end < now + SESSION_LIFE_MIN:
        raise OfferNotOpen(state="expiring")
    return end


def begin(offer: Offer, obligation: Obligation, pay: Pay) -> tuple[Payment, Change]:
    """The pending payment with everything Stripe will be asked, and the hold that outlives it.

    Conditional on the offer as it was read, so that of two tabs one begins and the other finds
    it, and on who is asked to pay. What the member accepts, only the member's own press says.
    Raises OfferNotOpen, TooManyTries.
    """
    end = session_end(offer, pay.now)
    if offer.mints >= MINTS_MAX:
        raise TooManyTries(minutes=24 * 60)
    payment = _payment(offer, obligation, first_minor(offer, obligation), pay, end)
    hold_until = max(offer.hold_until, end + HOLD_MARGIN)
    change = Change.of(
        Update(
            offer,
            {
                **_accepted(offer, pay),
                "hold_until": hold_until,
                "checkout_extended": offer.checkout_extended or hold_until > offer.hold_until,
                "mints": offer.mints + 1,
                "person_id": pay.person_id,
            },
            when=(Is("state", "open"), as_held(offer), Is("mints", offer.mints)),
        ),
        _owed_by(obligation, pay.person_id),
        Create(payment),
    )
    return payment, change


def _accepted(offer: Offer, pay: Pay) -> dict[str, Any]:
    if pay.payer is not None:
        return {}
    return {"agreed_at": offer.agreed_at or pay.now, "start_at_once": pay.start_at_once}


def _owed_by(obligation: Obligation, person_id: str) -> Update | Require:
    """The debt is this person's, whoever pays; who is asked to has not changed."""
    as_read = (Is("state", obligation.state), Is("payer_named_at", obligation.payer_named_at))
    if obligation.person_id is None:
        return Update(obligation, {"person_id": person_id}, when=as_read)
    return Require(obligation, as_read)


def without_stripe(payment: Payment, now: datetime) -> Payment:
    """The same for a place that nothing is to be paid for, or nothing yet."""
    return replace(
        payment,
        method="nothing_due",
        state="paid",
        outcome="seat",
        paid_at=now,
        key="",
        params={},
        check_at=None,
        fee_minor=0,
    )


def agreed(offer: Offer, pay: Pay) -> Offer:
    """The offer with the ticks of this press."""
    return replace(
        offer, agreed_at=pay.now, start_at_once=pay.start_at_once, person_id=pay.person_id
    )


def begin_part(
    offer: Offer,
    obligation: Obligation,
    payments: Sequence[Payment],
    amount_minor: int,
    pay: Pay,
) -> tuple[Payment, Change]:
    """The pending payment of a part of a debt whose place is taken; it holds nothing.

    Conditional on the debt as it was read, and on its counter of sessions, so that of two tabs
    one begins and the other finds it. Raises NothingOwed, TooManyTries.
    """
    if amount_minor <= 0 or obligation.billed_at is None or obligation.state != "due":
        raise NothingOwed
    lately = [one for one in payments if one.created_at > pay.now - MINTS_WITHIN]
    if sum(one.state != "paid" for one in lately) >= MINTS_MAX:
        raise TooManyTries(minutes=24 * 60)
    payment = _payment(offer, obligation, amount_minor, pay, pay.now + SESSION_LIFE)
    names = ("state", "paid_minor", "released_minor", "refunded_minor", "mints", "payer_named_at")
    as_read = tuple(Is(name, getattr(obligation, name)) for name in names)
    return payment, Change.of(Update(obligation, add={"mints": 1}, when=as_read), Create(payment))


def _payment(
    offer: Offer, obligation: Obligation, amount_minor: int, pay: Pay, end: datetime
) -> Payment:
    ids = {
        "app": TAG,
        "deployment": pay.deployment,
        "obligation_id": obligation.obligation_id,
        "payment_id": pay.payment_id,
        "application_id": offer.application_id,
        "offer_id": offer.offer_id,
    }
    asked = Money(amount_minor, obligation.currency)
    return payment_for(
        offer,
        obligation,
        pay.payer,
        pay.payment_id,
        amount_minor,
        pay.now,
        seller=seller_in(offer.facts),
        person_id=pay.person_id,
        key=pay.payment_id,
        params=checkout_params(offer, asked, pay, end, ids),
        check_at=pay.now + FIRST_CHECK,
    )


def checkout_params(
    offer: Offer, asked: Money, pay: Pay, end: datetime, ids: Mapping[str, str]
) -> dict[str, Any]:
    """The Checkout Session we ask for; kept on the row, so that a retry sends the same.

    Ids only in the metadata, on the session and on its payment intent: refunds and disputes are
    tied to the debt by the latter.
    """
    back = f"{pay.base_url}{pay.page}/{pay.offer_token}"
    name = title(offer)
    return {
        "mode": "payment",
        "client_reference_id": pay.payment_id,
        "customer_email": (pay.payer or offer).email,
        "expires_at": int(end.timestamp()),
        "success_url": f"{back}/paid?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": back,
        "payment_method_types": ["card", "bacs_debit"] if pay.bank_debit else ["card"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": asked.currency.lower(),
                    "unit_amount": asked.amount_minor,
                    "product_data": {"name": name},
                },
            }
        ],
        "metadata": dict(ids),
        "payment_intent_data": {"metadata": dict(ids), "description": name},
    }

"""From "Pay" to Stripe's hosted page: the intent is committed first, then Stripe is asked.

What does not live here: what a payment means when it is there (payments.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.errors import (
    EnrolmentExists,
    NotFound,
    OfferNotOpen,
    StateChanged,
    StripeRefused,
    SwitchedOff,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Is, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money import checkout as rules
from chalicelib.rules.money import settling
from chalicelib.rules.money.news import Debt
from chalicelib.rules.money.payments import Obligation, Payment
from chalicelib.rules.money.stripe_objects import Checkout
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.people.rates import counted
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications, offers
from chalicelib.store.money.payments import WholeDebt, whole_debt, with_sessions

TRIES_MAX = 4


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A press of Pay: which offer, with which ticks."""

    application_id: str
    offer_id: str
    token: str
    start_at_once: bool
    address: str = ""  # the caller's network address, counted against card testing
    bank_debit: bool = False


def pay(outside: Outside, caller: Caller, wish: Wish) -> str:
    """Where the browser goes to pay: the hosted page, or the "paid" page when nothing is due.

    A second press, in this tab or another, goes on with the open session. Raises OfferNotOpen,
    PaymentOnItsWay, TooManyTries, SwitchedOff, StripeUnknown (press again: same key).
    """
    circle = reads.get(CircleSettings, "settings", "circle")
    if circle is None or not circle.selling:
        raise SwitchedOff(switch="selling")
    for _ in range(TRIES_MAX):
        try:
            return _pay_once(outside, caller, replace(wish, bank_debit=circle.bank_debit))
        except StateChanged:
            continue  # another tab was quicker: look again and go on with what it began
    raise StateChanged


def _pay_once(outside: Outside, caller: Caller, wish: Wish) -> str:
    application, offer, debt = _load(wish)
    if offer.state != "open":  # a session that is still open at Stripe leads nobody there
        raise OfferNotOpen(state=offer.state)
    now = outside.clock.now()
    running = rules.running(debt.payments, now)
    if running is None:
        running = _begin(outside, caller, wish, application, offer, debt.obligation)
    if running.method == "nothing_due":
        return f"/offers/{wish.token}/paid"
    if running.checkout_url:
        return running.checkout_url
    return _ask_stripe(outside, running).checkout_url or f"/offers/{wish.token}"


def _load(wish: Wish) -> tuple[Application, Offer, WholeDebt]:
    found = offers.with_offers(wish.application_id)
    offer = found.offer(wish.offer_id) if found else None
    debt = whole_debt(offer.obligation_id) if offer else None
    if found is None or offer is None or debt is None:
        raise NotFound
    return found.application, offer, debt


def _begin(
    outside: Outside,
    caller: Caller,
    wish: Wish,
    application: Application,
    offer: Offer,
    obligation: Obligation,
) -> Payment:
    """Commit the intent: payment, longer hold, and the person the offer link has proven."""
    now = outside.clock.now()
    binding, person_id = applications.binding(application, outside.ids.new("person"), now)
    commit(binding)  # a fact of its own: the link came by mail, so the address is proven
    press = rules.Pay(
        payment_id=outside.ids.new("pay"),
        person_id=person_id,
        now=now,
        base_url=outside.places.base_url,
        offer_token=wish.token,
        deployment=outside.places.deployment,
        start_at_once=wish.start_at_once,
        bank_debit=wish.bank_debit,
    )
    payment, change = rules.begin(offer, obligation, press)
    if obligation.amount_minor == 0:
        payment, change = _nothing_due(offer, obligation, application, payment, press)
    act = audit(
        offer.application_id,
        "payment.begun",
        caller.actor,
        now,
        outside.ids.new("act"),
        payment_id=payment.payment_id,
    )
    commit(change + act + counted("checkout", now, client=wish.address), caller, now)
    return payment


def _nothing_due(
    offer: Offer,
    obligation: Obligation,
    application: Application,
    payment: Payment,
    press: rules.Pay,
) -> tuple[Payment, Change]:
    free = replace(
        payment,
        method="nothing_due",
        state="paid",
        outcome="seat",
        paid_at=press.now,
        key="",
        params={},
        check_at=None,
        fee_minor=0,
    )
    agreed = replace(
        offer,
        agreed_at=press.now,
        start_at_once=press.start_at_once,
        person_id=press.person_id,
    )
    before = reads.get(Enrolment, offer.term_id, press.person_id)
    if before and before.state in IN_SEAT:
        raise EnrolmentExists
    debt = Debt(
        obligation=obligation, payment=free, offer=offer, application=application, before=before
    )
    return free, settling.nothing_due(with_sessions(debt, press.now), agreed, press.now)


def _ask_stripe(outside: Outside, payment: Payment) -> Payment:
    """Ask with the stored parameters and key; keep the session's id, written once."""
    try:
        session = outside.stripe.open_checkout(payment.params, payment.key)
    except StripeRefused:
        commit(Change.of(_given_up(payment)))
        raise
    return _keep_session(payment, session)


def _keep_session(payment: Payment, session: Checkout) -> Payment:
    values: dict[str, Any] = {
        "checkout_id": session.id,
        "checkout_url": session.url,
        "checkout_expires_at": session.expires_at,
        "check_at": session.expires_at,
    }
    unanswered = (Is("state", "pending"), Is("checkout_id", None))
    try:
        commit(Change.of(Update(payment, values, when=unanswered)))
    except StateChanged:
        now_there = reads.reread(payment)
        if now_there is None or now_there.checkout_id != session.id:
            raise
        return now_there
    return replace(payment, **values)


def _given_up(payment: Payment) -> Update:
    """An intent Stripe will never honour: a new one with a new key may replace it."""
    return Update(payment, {"state": "failed", "check_at": None}, when=(Is("state", "pending"),))


def close_sessions(outside: Outside, offer: Offer) -> list[Checkout]:
    """Before a hold is let go: close its open sessions at Stripe, so that nobody pays on them.

    Returns what Stripe says of each: one that is complete is money to be settled first.
    """
    debt = whole_debt(offer.obligation_id)
    open_ones = [one for one in (debt.payments if debt else ()) if one.state == "pending"]
    return [outside.stripe.expire_checkout(one.checkout_id) for one in open_ones if one.checkout_id]


def look_again(outside: Outside, payment: Payment) -> Checkout | None:
    """What Stripe says of a payment that has heard nothing.

    An intent that Stripe never answered is asked again with the same key, so that a lost reply
    is healed; after 25 minutes it has failed and None comes back.
    """
    if payment.checkout_id:
        return outside.stripe.checkout(payment.checkout_id)
    if payment.created_at < outside.clock.now() - rules.UNANSWERED_LIFE:
        commit(Change.of(_given_up(payment)))
        return None
    asked = _ask_stripe(outside, payment)
    return outside.stripe.checkout(asked.checkout_id) if asked.checkout_id else None

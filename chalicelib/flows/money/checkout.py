"""From "Pay" to Stripe's hosted page: the intent is committed first, then Stripe is asked.

`pay` takes the place of an offer, `pay_debt` pays a later part of its price, `pay_as_payer` is
either by somebody whom the member has named. What does not live here: what a payment means when it
is there (payments.py), what is owed (instalments.py), naming a payer (payers.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.errors import (
    EnrolmentExists,
    OfferNotOpen,
    PaymentOnItsWay,
    StateChanged,
    StripeRefused,
    SwitchedOff,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Is, Update
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money import checkout as rules
from chalicelib.rules.money import delayed, settling
from chalicelib.rules.money.instalments import first_minor, owing
from chalicelib.rules.money.news import Debt
from chalicelib.rules.money.payments import Payer, Payment
from chalicelib.rules.money.stripe_objects import Checkout
from chalicelib.rules.money.wishes import DebtWish, Wish
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.people.rates import counted
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications
from chalicelib.store.money.payments import Offered, of_debt, of_offer, whole_debt, with_sessions
from chalicelib.store.people import circle as circle_store

TRIES_MAX = 4


def pay(outside: Outside, caller: Caller, wish: Wish) -> str:
    """Where the browser goes to pay: the hosted page, or the "paid" page when nothing is due
    now. Only then the form is spent with the act: Stripe's page can be asked for again.

    A second press, in this tab or another, goes on with the open session. Raises OfferNotOpen,
    PayerChanged, PaymentOnItsWay, TooManyTries, SwitchedOff, StripeUnknown (the same key again).
    """
    ready = replace(wish, bank_debit=_selling().bank_debit)
    return _until_it_rests(lambda: _pay_once(outside, caller, ready))


def pay_debt(outside: Outside, caller: Caller, wish: DebtWish) -> str:
    """The hosted page for a later part of a price, or for all that is left of it.

    A session that is open for the same amount is gone on with; one for another amount is closed
    first. Raises NotFound, NothingOwed, PaymentOnItsWay, TooManyTries, SwitchedOff, StripeUnknown.
    """
    ready = replace(wish, bank_debit=_selling().bank_debit)
    return _until_it_rests(lambda: _pay_debt_once(outside, caller, ready))


def pay_as_payer(outside: Outside, caller: Caller, wish: DebtWish) -> str:
    """The hosted page for the payer whom a member has named: for the place of an open offer, or
    for what is left of one that is taken. Raises what `pay` and `pay_debt` raise."""
    found = of_debt(wish.obligation_id)
    if found.obligation.billed_at is not None:
        return pay_debt(outside, caller, wish)
    for_place = Wish(
        application_id=found.offer.application_id,
        offer_id=found.offer.offer_id,
        token=wish.token,
        start_at_once=False,  # the member's to say
        address=wish.address,
        payer_link=wish.payer_link,
    )
    return pay(outside, caller, for_place)


def _until_it_rests(once: Callable[[], str]) -> str:
    for _ in range(TRIES_MAX):
        try:
            return once()
        except StateChanged:
            continue  # another tab was quicker: look again and go on with what it began
    raise StateChanged


def _selling() -> CircleSettings:
    circle = circle_store.settings()
    if circle is None or not circle.selling:
        raise SwitchedOff(switch="selling")
    return circle


def _pay_debt_once(outside: Outside, caller: Caller, wish: DebtWish) -> str:
    found, now = of_debt(wish.obligation_id), outside.clock.now()
    payer = rules.who_pays(found.offer, found.obligation, wish.payer_link)
    owed = owing(found.offer, found.obligation, found.debt.instalments, now)
    amount = owed.left_minor if wish.all_of_it else owed.asked_minor
    running = rules.running(found.debt.payments, now)
    if running and (running.amount_minor != amount or not rules.of_same(running, payer)):
        _close(outside, running)
        running = None
    if running is None:
        press = _press(outside, wish, str(found.obligation.person_id), payer)
        every = found.debt.payments
        running, change = rules.begin_part(found.offer, found.obligation, every, amount, press)
        _commit_begun(outside, caller, running, change, wish.address)
    if running.checkout_url:
        return running.checkout_url
    return _ask_stripe(outside, running).checkout_url or f"{wish.page}/{wish.token}"


def _press(
    outside: Outside, wish: Wish | DebtWish, person_id: str, payer: Payer | None
) -> rules.Pay:
    return rules.Pay(
        payment_id=outside.ids.new("pay"),
        person_id=person_id,
        now=outside.clock.now(),
        base_url=outside.places.base_url,
        page=wish.page,
        offer_token=wish.token,
        deployment=outside.places.deployment,
        start_at_once=isinstance(wish, Wish) and wish.start_at_once,
        bank_debit=wish.bank_debit,
        payer=payer,
    )


def _close(outside: Outside, payment: Payment) -> None:
    """Let nobody pay on a session that asks for another amount, or somebody else, than is asked
    now. Raises PaymentOnItsWay when somebody has paid on it already."""
    asked = payment if payment.checkout_id else _ask_stripe(outside, payment)
    session = outside.stripe.expire_checkout(str(asked.checkout_id))
    if session.status == "complete":
        raise PaymentOnItsWay
    commit(delayed.closed(asked))


def _pay_once(outside: Outside, caller: Caller, wish: Wish) -> str:
    found, now = of_offer(wish.application_id, wish.offer_id), outside.clock.now()
    if found.offer.state != "open":  # a session that is still open at Stripe leads nobody there
        raise OfferNotOpen(state=found.offer.state)
    payer = rules.who_pays(found.offer, found.obligation, wish.payer_link)
    running = rules.running(found.debt.payments, now)
    if running and not rules.of_same(running, payer):
        _close(outside, running)
        running = None
    if running is None:
        running = _begin(outside, caller, wish, found, payer)
    if running.method == "nothing_due":
        return f"/offers/{wish.token}/paid"
    if running.checkout_url:
        return running.checkout_url
    return _ask_stripe(outside, running).checkout_url or f"{wish.page}/{wish.token}"


def _begin(
    outside: Outside, caller: Caller, wish: Wish, found: Offered, payer: Payer | None
) -> Payment:
    """Commit the intent: payment, longer hold, and the person the offer link has proven, be it
    that she pays or that she has named who does."""
    now, fresh = outside.clock.now(), outside.ids.new("person")
    binding, person_id = applications.binding(found.application, fresh, now)
    commit(binding)  # a fact of its own: the link came by mail, so the address is proven
    press = _press(outside, wish, person_id, payer)
    payment, change = rules.begin(found.offer, found.obligation, press)
    own = Caller(actor=caller.actor)
    if first_minor(found.offer, found.obligation) == 0:
        own = caller
        payment, change = _nothing_due(found, payment, press)
    _commit_begun(outside, own, payment, change, wish.address)
    return payment


def _commit_begun(
    outside: Outside, caller: Caller, payment: Payment, change: Change, address: str
) -> None:
    now = outside.clock.now()
    act = audit(
        payment.application_id,
        "payment.begun",
        caller.actor,
        now,
        outside.ids.new("act"),
        payment_id=payment.payment_id,
    )
    commit(change + act + counted("checkout", now, client=address), caller, now)


def _nothing_due(found: Offered, payment: Payment, press: rules.Pay) -> tuple[Payment, Change]:
    free, owed = rules.without_stripe(payment, press.now), found.obligation
    before = reads.get(Enrolment, found.offer.term_id, press.person_id)
    if before and before.state in IN_SEAT:
        raise EnrolmentExists
    debt = Debt(
        obligation=owed,
        payment=free,
        offer=found.offer,
        application=found.application,
        before=before,
    )
    taken = settling.nothing_due if owed.outstanding_minor <= 0 else settling.unpaid_seat
    return free, taken(with_sessions(debt, press.now), rules.agreed(found.offer, press), press.now)


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

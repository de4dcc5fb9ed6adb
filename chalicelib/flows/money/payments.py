"""News about money from Stripe, however it came: webhook, return page or reconciler.

One function for each type of event, and `settle` for every word about a checkout. Decide
(rules/money/settling.py), then one commit; when somebody was quicker, read again and decide again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from chalicelib.errors import (
    AlreadyCounted,
    EnrolmentExists,
    NoSeatLeft,
    StateChanged,
    Trouble,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.books import ledger
from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.money import delayed, parts, settling
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.money.news import Debt, News, marker, matches
from chalicelib.rules.money.payments import Payment, StripeLookup
from chalicelib.rules.money.stripe_objects import Checkout, Event, checkout_from
from chalicelib.rules.people.circle import Task
from chalicelib.rules.prices.means import taken_late
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import offers
from chalicelib.store.money.payments import by_stripe_id, whole_debt, with_sessions
from chalicelib.store.prices.means import means_again
from chalicelib.store.running import groups

log = logging.getLogger("balint.payments")

TRIES_MAX = 6
IN_ONE_GO = 50
FAILED_INTENT = ("requires_payment_method", "canceled")
FEE_RETRY = timedelta(minutes=30)


def hear(outside: Outside, event: Event) -> str:
    """Take in one signed event; returns what became of it, in a word, for the log.

    An event for another mode, another deployment or another use of the account is not ours.
    """
    if event.livemode != outside.places.livemode or event.account is not None:
        return "not_ours"
    handle = HEARD.get(event.type)
    if handle is None:
        return "unknown_type"
    return handle(outside, event)


def _hear_checkout(outside: Outside, event: Event) -> str:
    return settle(outside, checkout_from(event.object), event_id=event.id, event_type=event.type)


HEARD: dict[str, Callable[[Outside, Event], str]] = {
    "checkout.session.completed": _hear_checkout,
    "checkout.session.async_payment_succeeded": _hear_checkout,
    "checkout.session.async_payment_failed": _hear_checkout,
    "checkout.session.expired": _hear_checkout,
}


def settle(
    outside: Outside, checkout: Checkout, event_id: str | None = None, event_type: str = ""
) -> str:
    """Bring our books in line with what a checkout says, once, whatever was heard before.

    Returns: seat, part, late_seat, late_refund, surplus, on_its_way, failed, expired, nothing,
    not_ours, mismatch or unknown_payment.
    """
    ids = checkout.metadata
    if ids.get("app") != TAG or ids.get("deployment") != outside.places.deployment:
        return "not_ours"
    if checkout.livemode != outside.places.livemode:
        return "not_ours"
    look_for_enrolment = False
    for _ in range(TRIES_MAX):
        debt = _load(ids, look_for_enrolment, outside.clock.now())
        if debt is None:
            debt = _placed(checkout, look_for_enrolment, outside.clock.now())
        if debt is None:
            return _call_a_person(outside, "unknown_payment", checkout)
        if not matches(debt.payment, checkout):
            checkout = outside.stripe.checkout(checkout.id)
            if not matches(debt.payment, checkout):
                return _call_a_person(outside, "payment_mismatch", checkout)
        news = News(
            checkout=checkout,
            now=outside.clock.now(),
            refund_id=outside.ids.new("refund"),
            event_id=event_id,
        )
        try:
            failed = event_type.endswith("async_payment_failed") or _failed(outside, debt, news)
            return _decide_and_write(outside, debt, news, failed)
        except AlreadyCounted:
            return "nothing"
        except EnrolmentExists:
            look_for_enrolment = True
        except (StateChanged, NoSeatLeft):
            continue
    raise Trouble("settling did not come to rest")


def _load(ids: Mapping[str, str], look_for_enrolment: bool, now: datetime) -> Debt | None:
    """The debt in two reads. The enrolment only where the place is taken, or when a commit has
    found one in its way."""
    found = whole_debt(ids.get("obligation_id", ""))
    payment = found.payment(ids.get("payment_id", "")) if found else None
    owner = offers.with_offers(payment.application_id) if payment else None
    offer = owner.offer(payment.offer_id) if owner and payment else None
    if found is None or payment is None or owner is None or offer is None:
        return None
    before = None
    taken = found.obligation.billed_at is not None
    if look_for_enrolment or taken:
        before = reads.get(Enrolment, offer.term_id, str(payment.person_id))
    debt = Debt(
        obligation=found.obligation,
        payment=payment,
        offer=offer,
        application=owner.application,
        before=before,
        instalments=found.instalments,
    )
    return debt if taken else with_sessions(debt, now)


def _placed(checkout: Checkout, look_for_enrolment: bool, now: datetime) -> Debt | None:
    """The debt to which a person has put a payment whose own debt is lost."""
    found = by_stripe_id(checkout.id)
    if found is None:
        return None
    ids = {"obligation_id": found.owner_id, "payment_id": found.payment_id}
    return _load(ids, look_for_enrolment, now)


def _failed(outside: Outside, debt: Debt, news: News) -> bool:
    """Whether a delayed payment that nobody told us about has failed: its intent says so."""
    intent_id = news.checkout.payment_intent_id
    waits = debt.payment.state == "on_its_way" and news.checkout.payment_status == "unpaid"
    if not waits or intent_id is None or news.event_id:
        return False
    return outside.stripe.payment_intent(intent_id).status in FAILED_INTENT


def _decide_and_write(outside: Outside, debt: Debt, news: News, failed: bool) -> str:
    word, change = _decide(debt, news, failed)
    if not change.writes:
        return word
    act = audit(
        debt.offer.application_id,
        f"payment.{word}",
        "stripe",
        news.now,
        outside.ids.new("act"),
        person_id=debt.payment.person_id,
        payment_id=debt.payment.payment_id,
        checkout_id=news.checkout.id,
    )
    commit(change + act)
    return word


def _decide(debt: Debt, news: News, failed: bool) -> tuple[str, Change]:
    """Which rule the news falls under. Only `payment_status` says whether it is paid."""
    checkout, state = news.checkout, debt.payment.state
    if state == "paid":
        return "nothing", Change.of()
    if checkout.payment_status == "paid":
        return _money(debt, news)
    if checkout.status == "expired" and state == "pending":
        return "expired", delayed.expired(debt)
    if checkout.status == "complete" and failed:
        return ("failed", delayed.failed(debt, news)) if state != "failed" else _no_news()
    if checkout.status == "complete" and state in ("pending", "expired"):
        return "on_its_way", delayed.on_its_way(debt, news)
    return _no_news()


def _no_news() -> tuple[str, Change]:
    return "nothing", Change.of()


def _money(debt: Debt, news: News) -> tuple[str, Change]:
    """Money is there: a seat, a late seat, a part of the price, or all of it back."""
    if debt.obligation.billed_at is not None:
        if debt.obligation.outstanding_minor > 0:
            return "part", parts.part(debt, news)
        return "surplus", settling.surplus(debt, news)
    sits_already = debt.before is not None and debt.before.state in IN_SEAT
    if debt.obligation.state == "paid" or sits_already:
        return "surplus", settling.surplus(debt, news)
    if debt.offer.state == "open":
        return "seat", settling.seat(debt, news)
    again = _paid_beside_again(debt) if settling.may_sit_late(debt) and _has_room(debt) else None
    if again is not None:
        return "late_seat", settling.late_seat(debt, news) + again
    return "late_refund", settling.late_refund(debt, news)


def _paid_beside_again(debt: Debt) -> Change | None:
    """What paid a part of the price beside this money, taken once more; None where it is gone."""
    parts, owed = debt.offer.parts, debt.obligation
    ready = means_again(owed.bursary_code, list(parts.credits))
    return taken_late(owed.bursary_code, parts, owed.obligation_id, ready)


def _has_room(debt: Debt) -> bool:
    """Whether what was offered can still be had: a place, in a term that goes on, and every
    session that the price covers."""
    whole = groups.whole_term(debt.offer.group_id, debt.offer.term_id)
    if whole is None or whole.term.state not in ("recruiting", "running") or not whole.term.free:
        return False
    off = {one.session_id for one in whole.sessions if one.state == "cancelled"}
    return not off & set(debt.obligation.shares)


def _call_a_person(outside: Outside, code: str, checkout: Checkout) -> str:
    """Money we cannot place by rule: said by name, once, also after a person has answered."""
    now = outside.clock.now()
    log.error("%s checkout=%s", code, checkout.id)
    task = Task(
        task_id=f"{code}#{checkout.id}",
        code=code,
        facts={"checkout_id": checkout.id, "amount_minor": checkout.amount_minor},
        path=f"/admin/unknown-money/{checkout.id}",
        owner="treasurer",
        opened_at=now,
        due_at=now,
    )
    try:
        commit(Change.of(marker(task.task_id, now), Create(task, refusal=AlreadyCounted)))
    except AlreadyCounted:
        return code
    return code


def returned(outside: Outside, obligation_id: str, checkout_id: str) -> None:
    """The browser came back from Stripe: settle at once what the webhook may not have told yet.

    The session must belong to this debt; what Stripe cannot say now, webhook and reconciler will.
    """
    debt = whole_debt(obligation_id)
    known = [one for one in debt.payments if one.checkout_id == checkout_id] if debt else []
    if not known or known[0].state in ("paid", "on_its_way"):
        return
    try:
        settle(outside, outside.stripe.checkout(checkout_id))
    except Trouble as trouble:
        log.warning("return_page_waits code=%s obligation=%s", trouble.code, obligation_id)


def due(outside: Outside) -> list[Payment]:
    """Payments to be looked at again: pending ones, and paid ones whose fee is not known."""
    return reads.due(tables.Payments, "payment", outside.clock.now(), IN_ONE_GO)


def book_fee(outside: Outside, payment: Payment) -> str:
    """Book the processor's real fee of a payment, from the balance transaction of its charge."""
    now = outside.clock.now()
    intent = outside.stripe.payment_intent(str(payment.intent_id))
    movement = outside.stripe.movement_of_charge(intent.charge_id) if intent.charge_id else None
    if movement is None or intent.charge_id is None:
        put_off(payment, outside, FEE_RETRY)
        return "not_yet"
    lookup = StripeLookup(
        stripe_id=intent.charge_id, owner_id=payment.obligation_id, payment_id=payment.payment_id
    )
    values = {"fee_minor": movement.fee_minor, "charge_id": intent.charge_id, "check_at": None}
    change = Change.of(
        Update(payment, values, when=(Is("fee_minor", None),), refusal=AlreadyCounted),
        ledger.fee_entry(payment, intent.charge_id, movement.fee_minor, now),
        Create(lookup, refusal=AlreadyCounted),
    )
    try:
        commit(change)
    except AlreadyCounted:
        return "nothing"
    return "fee_booked"


def put_off(payment: Payment, outside: Outside, wait: timedelta) -> None:
    """Look at a payment again later, unless somebody has dealt with it meanwhile."""
    later = outside.clock.now() + wait
    unchanged = (Is("state", payment.state), Is("check_at", payment.check_at))
    try:
        commit(Change.of(Update(payment, {"check_at": later}, when=unchanged)))
    except StateChanged:
        log.info("moved_on payment=%s", payment.payment_id)

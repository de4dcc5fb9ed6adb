"""Whether an offer may be paid now, until when its session lives, and that no hold is for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import OfferNotOpen, PaymentOnItsWay, TooManyTries
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.checkout import (
    HOLD_MARGIN,
    MINTS_MAX,
    SESSION_LIFE,
    SESSION_LIFE_MIN,
    Pay,
    begin,
    running,
    session_end,
    shown_state,
)
from chalicelib.rules.money.delayed import DELAYED_HOLD, SECOND_CHANCE, failed, on_its_way
from chalicelib.rules.money.payments import Obligation, Payment
from chalicelib.store.commit import as_written
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, WEEK

MINUTE = timedelta(minutes=1)
DEADLINE = NOW + WEEK


def pay(now: datetime = NOW, **changed: Any) -> Pay:
    facts = {
        "payment_id": "pay-1",
        "person_id": "person-1",
        "now": now,
        "base_url": "https://circle.example",
        "offer_token": "token",
        "deployment": "test",
        "start_at_once": False,
        "bank_debit": False,
    }
    return Pay(**{**facts, **changed})


@pytest.mark.parametrize(
    ("offer", "now", "end"),
    [
        # long before the deadline: an hour
        ({}, NOW, NOW + SESSION_LIFE),
        # a minute before: an hour, and the hold is extended for it, once
        ({}, DEADLINE - MINUTE, DEADLINE + 59 * MINUTE),
        # extended already: only what fits into the hold that is left
        (
            {"checkout_extended": True, "hold_until": DEADLINE + 70 * MINUTE},
            DEADLINE - MINUTE,
            DEADLINE + 59 * MINUTE,
        ),
        (
            {"checkout_extended": True, "hold_until": DEADLINE + 70 * MINUTE},
            DEADLINE + 29 * MINUTE,
            DEADLINE + 60 * MINUTE,
        ),
        # a debit failed and there is a day for another try
        (
            {"checkout_extended": True, "hold_until": DEADLINE + SECOND_CHANCE},
            DEADLINE + MINUTE,
            DEADLINE + 61 * MINUTE,
        ),
    ],
)
def test_a_session_never_outlives_its_seat(
    offer: dict[str, Any], now: datetime, end: datetime
) -> None:
    assert session_end(a.offer(**offer), now) == end


@pytest.mark.parametrize(
    ("offer", "now", "state"),
    [
        ({"state": "taken"}, NOW, "taken"),
        ({"state": "withdrawn"}, NOW, "withdrawn"),
        ({"state": "declined"}, NOW, "declined"),
        ({"state": "expired"}, NOW, "expired"),
        ({}, DEADLINE, "expired"),  # nobody has swept it yet
        ({}, DEADLINE + MINUTE, "expired"),
        (
            {"checkout_extended": True, "hold_until": DEADLINE + 70 * MINUTE},
            DEADLINE + 30 * MINUTE,
            "expiring",
        ),
    ],
)
def test_no_session_opens_on_a_seat_that_is_gone_or_about_to_go(
    offer: dict[str, Any], now: datetime, state: str
) -> None:
    with pytest.raises(OfferNotOpen) as refused:
        session_end(a.offer(**offer), now)
    assert refused.value.facts == {"state": state}


@given(st.integers(0, 8 * 24 * 60), st.integers(0, 120), st.booleans())
def test_every_session_fits_stripes_limits_and_ends_before_its_hold(
    after: int, extended_by: int, extended: bool
) -> None:
    offer = a.offer(hold_until=DEADLINE + extended_by * MINUTE, checkout_extended=extended)
    now = NOW + after * MINUTE
    try:
        payment, change = begin(offer, a.obligation(), pay(now))
    except OfferNotOpen:
        return
    end = datetime.fromtimestamp(payment.params["expires_at"], now.tzinfo)
    assert now + SESSION_LIFE_MIN <= end <= now + SESSION_LIFE
    assert a.values(change, Offer)["hold_until"] >= end + HOLD_MARGIN


# A second click


def test_a_second_click_goes_on_with_what_is_open() -> None:
    open_session = a.payment(checkout_id="cs_1", checkout_expires_at=NOW + 30 * MINUTE)
    unanswered = a.payment(payment_id="pay-2", created_at=NOW - 24 * MINUTE)
    assert running([open_session], NOW) is open_session
    assert running([unanswered], NOW) is unanswered


@pytest.mark.parametrize(
    "over",
    [
        a.payment(checkout_id="cs_1", checkout_expires_at=NOW + 2 * MINUTE),
        a.payment(created_at=NOW - 25 * MINUTE),
        a.payment(state="failed"),
        a.payment(state="expired"),
        a.paid(),
    ],
)
def test_a_new_payment_begins_where_none_can_be_gone_on_with(over: Payment) -> None:
    assert running([over], NOW) is None


def test_nobody_pays_again_while_money_is_on_its_way() -> None:
    with pytest.raises(PaymentOnItsWay):
        running([a.payment(state="on_its_way")], NOW)


# The intent


def test_the_intent_stands_before_stripe_is_asked_with_what_it_is_asked() -> None:
    payment, change = begin(a.offer(), a.obligation(), pay())
    assert list(change.created(Payment)) == [payment]
    assert (payment.state, payment.key, payment.checkout_id) == ("pending", "pay-1", None)
    assert payment.params["metadata"] == payment.params["payment_intent_data"]["metadata"]
    (item,) = payment.params["line_items"]
    assert item["price_data"]["unit_amount"] == 21600
    assert item["price_data"]["currency"] == "gbp"
    assert payment.params["payment_method_types"] == ["card"]
    assert a.twice_written(change) == []


def test_the_amount_is_the_debts_and_never_a_forms() -> None:
    payment, _ = begin(a.offer(), a.obligation(amount_minor=5000, currency="EUR"), pay())
    (item,) = payment.params["line_items"]
    assert item["price_data"]["unit_amount"] == payment.amount_minor == 5000
    assert item["price_data"]["currency"] == "eur"
    assert payment.currency == "EUR"


def test_of_two_tabs_one_begins_and_no_longer_hold_is_cut() -> None:
    _, change = begin(a.offer(mints=3), a.obligation(), pay())
    assert a.conditions(change, Offer) == {"state": "open", "mints": 3, "hold_until": DEADLINE}


def test_the_debt_learns_once_who_owes_it() -> None:
    _, change = begin(a.offer(), a.obligation(person_id=None), pay())
    assert a.values(change, Obligation) == {"person_id": "person-1"}
    _, change = begin(a.offer(), a.obligation(), pay())
    assert a.updates(change, Obligation) == []


def test_card_testers_run_out_of_sessions() -> None:
    begin(a.offer(mints=MINTS_MAX - 1), a.obligation(), pay())
    with pytest.raises(TooManyTries):
        begin(a.offer(mints=MINTS_MAX), a.obligation(), pay())


def test_slow_methods_are_offered_where_the_circle_takes_them() -> None:
    payment, _ = begin(a.offer(), a.obligation(), pay(bank_debit=True))
    assert payment.params["payment_method_types"] == ["card", "bacs_debit"]


# How long a seat can be kept without paying

ACTS = st.lists(
    st.tuples(
        st.sampled_from(("press", "debit", "debit fails")),
        st.integers(0, 15 * 24 * 60),
    ),
    max_size=60,
)


@given(ACTS)
def test_nobody_can_hold_a_seat_for_ever_by_opening_sessions(acts: list[tuple[str, int]]) -> None:
    """Each session can hold the seat for a debit and the day after it, and there are ten."""
    offer, payment, now = a.offer(), a.payment(), NOW
    for act, later in acts:
        now += later * MINUTE
        try:
            offer, payment = _after(act, offer, payment, now)
        except (OfferNotOpen, TooManyTries, PaymentOnItsWay):
            continue
        assert offer.hold_until <= DEADLINE + MINTS_MAX * (DELAYED_HOLD + SECOND_CHANCE)


def _after(act: str, offer: Offer, payment: Payment, now: datetime) -> tuple[Offer, Payment]:
    debt = a.debt(offer=offer, payment=payment)
    if act == "press":
        if running([payment], now) and offer.mints:
            return offer, payment
        payment, change = begin(offer, a.obligation(), pay(now))
    elif act == "debit" and payment.state == "pending" and offer.mints:
        change = on_its_way(debt, a.news(now, payment_status="unpaid"))
        (update,) = a.updates(change, Payment)
        payment = as_written(update)
    elif act == "debit fails" and payment.state == "on_its_way":
        change = failed(debt, a.news(now, payment_status="unpaid"))
        (update,) = a.updates(change, Payment)
        payment = as_written(update)
    else:
        return offer, payment
    (held,) = a.updates(change, Offer)
    return as_written(held), payment


def test_cards_alone_hold_a_seat_seventy_minutes_past_its_deadline() -> None:
    offer, now = a.offer(), DEADLINE - MINUTE
    for _ in range(MINTS_MAX):
        try:
            _, change = begin(offer, a.obligation(), pay(now))
        except OfferNotOpen:
            break
        (held,) = a.updates(change, Offer)
        offer = as_written(held)
        now = min(now + SESSION_LIFE, offer.hold_until - MINUTE)
    assert offer.hold_until <= DEADLINE + SESSION_LIFE + HOLD_MARGIN


# What the pages say


@pytest.mark.parametrize(
    ("payments", "checkout_id", "word"),
    [
        ([], "", ""),
        ([a.payment()], "", "pending"),
        ([a.payment(state="on_its_way"), a.payment(payment_id="pay-2")], "", "on_its_way"),
        ([a.paid()], "", "paid"),
        ([a.paid(refunded_minor=21600)], "", "refunded"),
        ([a.paid(outcome="surplus", refunded_minor=21600)], "", "surplus"),
        ([a.paid(outcome="late", refunded_minor=21600)], "", "late"),
        ([a.payment(state="failed"), a.paid(created_at=NOW + WEEK)], "", "paid"),
        ([a.payment(state="expired", checkout_id="cs_1"), a.paid()], "cs_1", "expired"),
        ([a.paid(checkout_id="cs_1")], "cs_of_somebody", "paid"),
        ([a.paid(amount_minor=0, fee_minor=0)], "", "paid"),
    ],
)
def test_a_debts_payment_is_one_word(payments: list[Payment], checkout_id: str, word: str) -> None:
    assert shown_state(payments, checkout_id) == word

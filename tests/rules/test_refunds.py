"""Money back: who may have how much, when it is asked for again, and what its news means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.rules.books.ledger import Entry, balances
from chalicelib.rules.money.payments import Refund
from chalicelib.rules.money.stripe_objects import RefundObject
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning import refunds
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def told(status: str, **changed: Any) -> RefundObject:
    facts = {
        "id": "re_1",
        "amount_minor": 21600,
        "currency": "GBP",
        "payment_intent_id": "pi_1",
        "charge_id": "ch_1",
        "failure_reason": None,
        "metadata": {"refund_id": "refund-1"},
    }
    return RefundObject(**{**facts, "status": status, **changed})


# Asking Stripe


def test_the_refund_is_asked_for_under_its_own_name_and_blames_nobody() -> None:
    params = refunds.refund_params(a.refund(), "test")
    assert params["amount"] == 21600
    assert params["payment_intent"] == "pi_1"
    assert params["reason"] == "requested_by_customer"
    assert params["metadata"]["refund_id"] == "refund-1"


@pytest.mark.parametrize(
    ("attempts", "later", "maybe"),
    [(0, 0 * HOUR, False), (0, 11 * HOUR, False), (0, 13 * HOUR, True), (1, 0 * HOUR, True)],
)
def test_a_refund_that_may_have_been_asked_for_is_looked_for_first(
    attempts: int, later: timedelta, maybe: bool
) -> None:
    assert refunds.maybe_asked(a.refund(attempts=attempts), NOW + later) is maybe


def test_an_earlier_try_is_known_by_its_name() -> None:
    mine = told("succeeded")
    others = [told("succeeded", metadata={}), told("succeeded", metadata={"refund_id": "other"})]
    assert refunds.ours(a.refund(), [*others, mine]) is mine
    assert refunds.ours(a.refund(), others) is None


def test_without_an_answer_the_wait_grows_to_six_hours() -> None:
    waits = [
        a.values(refunds.unanswered(a.refund(attempts=tries), NOW), Refund)["check_at"] - NOW
        for tries in range(12)
    ]
    assert waits[0] == timedelta(minutes=5)
    assert waits == sorted(waits)
    assert waits[-1] == 6 * HOUR


# News


@pytest.mark.parametrize(("status", "state"), [("pending", "sent"), ("succeeded", "succeeded")])
def test_a_refund_stripe_took_is_booked_and_told_as_started(status: str, state: str) -> None:
    change = refunds.sent(a.refund(), told(status), NOW)
    assert a.values(change, Refund)["state"] == state
    assert a.conditions(change, Refund) == {"state": "requested"}
    assert balances(change.created(Entry)) == {
        ("group#group-1", "refunds_pending", "GBP"): 21600,
        ("group#group-1", "stripe", "GBP"): -21600,
    }
    assert a.mails(change) == ["refund_started#refund-1"]


def test_a_refund_stripe_refuses_stays_owed_and_a_person_is_told() -> None:
    change = refunds.refused(a.refund(), "charge_already_refunded", NOW)
    assert a.values(change, Refund)["state"] == "failed"
    assert [one.code for one in change.created(Task)] == ["refund_failed"]
    assert list(change.created(Entry)) == []


@pytest.mark.parametrize("state", ["sent", "succeeded"])
@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_comes_back_is_owed_again_and_a_person_is_told(
    state: str, status: str
) -> None:
    change = refunds.news(a.refund(state=state, stripe_refund_id="re_1"), told(status), NOW)
    assert a.values(change, Refund)["state"] == "failed"
    assert a.values(change, Refund)["check_at"] is None
    assert [one.entry_id for one in change.created(Entry)] == ["refund_failed#re_1"]
    assert len(list(change.created(Task))) == 1


@pytest.mark.parametrize(
    ("state", "status", "becomes"),
    [
        ("sent", "succeeded", "succeeded"),
        ("sent", "pending", None),
        ("succeeded", "succeeded", None),
        ("succeeded", "pending", None),  # old news
    ],
)
def test_other_news_moves_no_money_and_overtakes_nobody(
    state: str, status: str, becomes: str | None
) -> None:
    change = refunds.news(a.refund(state=state), told(status), NOW)
    assert a.values(change, Refund).get("state") == becomes
    assert a.conditions(change, Refund) == {"state": state}
    assert list(change.created(Entry)) == []


@pytest.mark.parametrize("status", ["pending", "succeeded", "failed", "canceled"])
@pytest.mark.parametrize("state", ["failed", "paid_manually"])
def test_a_refund_that_failed_stays_so_whatever_is_told(state: str, status: str) -> None:
    assert refunds.news(a.refund(state=state), told(status), NOW).writes == ()


def test_a_refund_is_watched_for_thirty_days() -> None:
    last = refunds.news(a.refund(state="succeeded"), told("succeeded"), NOW + 30 * DAY)
    assert a.values(last, Refund) == {"check_at": None}
    before = refunds.news(a.refund(state="succeeded"), told("succeeded"), NOW + 29 * DAY)
    assert a.values(before, Refund) == {"check_at": NOW + 30 * DAY}

"""What money means: a seat, a late seat, or all of it back; written once, under conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.errors import MoveNotDeclared, NoSeatLeft
from chalicelib.rules.books.ledger import Entry, balances
from chalicelib.rules.changes import Below, Change, Create, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money import delayed, settling
from chalicelib.rules.money.news import Debt, News, matches
from chalicelib.rules.money.payments import Marker, Obligation, Payment, Refund, StripeLookup
from chalicelib.rules.running.groups import Term
from chalicelib.store.commit import WRITES_MAX
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, WEEK

LATE = {
    "offer": a.offer(state="expired", hold="released"),
    "obligation": a.obligation(state="void"),
}
FREE = a.application(offer_id=None)


@pytest.mark.parametrize(
    ("payment", "told", "agrees"),
    [
        ({}, {}, True),
        ({"checkout_id": "cs_1", "intent_id": "pi_1"}, {}, True),
        ({}, {"amount_minor": 1}, False),
        ({}, {"amount_minor": 21601}, False),
        ({}, {"currency": "EUR"}, False),
        ({"checkout_id": "cs_other"}, {}, False),
        ({"intent_id": "pi_other"}, {}, False),
    ],
)
def test_what_is_told_must_be_what_was_asked_for(
    payment: dict[str, Any], told: dict[str, Any], agrees: bool
) -> None:
    assert matches(a.payment(**payment), a.checkout(**told)) is agrees


def test_money_in_time_is_a_seat() -> None:
    change = settling.seat(a.debt(), a.news())
    assert a.values(change, Payment)["outcome"] == "seat"
    assert a.values(change, Offer) == {"state": "taken", "hold": "taken"}
    assert a.conditions(change, Offer) == {"state": "open", "hold": "held"}
    assert a.values(change, Term) == {"taken": 1, "shares_moved": 1}  # it was held already
    settled = {"state": "paid", "paid_by": "pay-1", "billed_at": NOW, "paid_minor": 21600}
    assert a.values(change, Obligation) == settled
    assert a.conditions(change, Obligation) == {"state": "due", "billed_at": None}
    assert [one.state for one in change.created(Enrolment)] == ["active"]
    assert a.mails(change) == ["receipt#pay-1", "enrolment_confirmation#offer-1"]


def test_a_seat_waits_for_an_agreement_that_was_not_given() -> None:
    change = settling.seat(a.debt(offer=a.offer(agreed_at=None)), a.news())
    assert [one.state for one in change.created(Enrolment)] == ["awaiting_agreement"]


def test_late_money_takes_a_seat_only_if_one_is_free() -> None:
    change = settling.late_seat(a.debt(application=FREE, **LATE), a.news())
    (seat,) = a.updates(change, Term)
    assert seat.add == {"occupied": 1, "taken": 1, "shares_moved": 1}
    assert seat.when == (Below("occupied", "capacity"),)
    assert seat.refusal is NoSeatLeft
    assert a.updates(change, Offer) == []  # what was told as expired stays so
    assert a.values(change, Application) == {"offer_id": "offer-1"}
    assert a.conditions(change, Application) == {"state": "accepted", "offer_id": None}


@pytest.mark.parametrize(
    ("offer", "application", "may"),
    [
        ("expired", {}, True),
        ("expired", {"state": "waitlisted"}, True),
        ("expired", {"state": "withdrawn"}, False),
        ("expired", {"state": "declined"}, False),
        ("expired", {"state": "not_now"}, False),
        ("expired", {"offer_id": "offer-2"}, False),  # another offer stands: one seat is enough
        ("withdrawn", {}, False),
        ("declined", {}, False),
        ("taken", {}, False),
    ],
)
def test_late_money_seats_only_who_still_wants_to_come(
    offer: str, application: dict[str, Any], may: bool
) -> None:
    row = a.application(**{"offer_id": None, **application})
    assert settling.may_sit_late(a.debt(offer=a.offer(state=offer), application=row)) is may


def test_late_money_without_a_seat_goes_back_whole_and_leads_the_waitlist() -> None:
    change = settling.late_refund(a.debt(application=FREE, **LATE), a.news())
    (refund,) = change.created(Refund)
    assert (refund.amount_minor, refund.cause, refund.intent_id) == (21600, "late_money", "pi_1")
    assert a.values(change, Payment)["refunded_minor"] == 21600
    waiting = a.values(change, Application)
    assert (waiting["state"], waiting["priority"]) == ("waitlisted", 0)
    assert a.updates(change, Obligation) == a.updates(change, Term) == []
    assert a.mails(change) == ["receipt#pay-1", "late_money#pay-1"]


def test_late_money_moves_no_application_that_has_moved_on() -> None:
    other = a.application(offer_id="offer-2")
    change = settling.late_refund(a.debt(application=other, **LATE), a.news())
    assert a.updates(change, Application) == []
    assert len(list(change.created(Refund))) == 1


def test_a_second_payment_goes_back_whole_and_touches_no_seat() -> None:
    taken = {
        "offer": a.offer(state="taken", hold="taken"),
        "obligation": a.obligation(state="paid"),
    }
    change = settling.surplus(a.debt(**taken), a.news())
    (refund,) = change.created(Refund)
    assert (refund.amount_minor, refund.cause) == (21600, "surplus")
    for kind in (Offer, Term, Obligation, Enrolment, Application):
        assert a.updates(change, kind) == []


def test_who_comes_back_gets_the_same_row_again() -> None:
    before = a.enrolment(state="cancelled", offer_id="offer-0", obligation_id="debt-0")
    change = settling.seat(a.debt(before=before), a.news())
    back = a.values(change, Enrolment)
    assert (back["state"], back["offer_id"], back["obligation_id"]) == (
        "active",
        "offer-1",
        "debt-1",
    )
    assert a.conditions(change, Enrolment) == {"state": "cancelled"}
    with pytest.raises(MoveNotDeclared):
        settling.seat(a.debt(before=a.enrolment(state="completed")), a.news())


def test_a_seat_that_begins_late_holds_only_while_no_session_moves() -> None:
    held = frozenset({"session-1", "session-2"})
    change = settling.seat(a.debt(held=held, shares_moved=7), a.news())
    assert a.conditions(change, Term) == {"shares_moved": 7}
    sums = balances(change.created(Entry))
    assert sums["group#group-1", "fees", "GBP"] == -7200
    assert sums["group#group-1", "deferred/term-1", "GBP"] == -14400


def test_a_place_without_a_price_is_settled_with_an_entry_of_nothing() -> None:
    free = a.payment(method="nothing_due", state="paid", amount_minor=0)
    owed = a.obligation(amount_minor=0, shares=dict.fromkeys(a.SESSIONS, 0))
    change = settling.nothing_due(a.debt(payment=free, obligation=owed), a.offer(), NOW)
    assert a.values(change, Term) == {"taken": 1, "shares_moved": 1}
    assert balances(change.created(Entry)) == {}
    assert len(list(change.created(Entry))) == 1
    assert a.twice_written(change) == []


@pytest.mark.parametrize("paid_by", [None, "pay-0"])
def test_money_that_nobody_began_is_a_bug_and_no_seat(paid_by: str | None) -> None:
    nobody = a.payment(person_id=None)
    with pytest.raises(ValueError, match="begun by nobody"):
        settling.seat(a.debt(payment=nobody, obligation=a.obligation(paid_by=paid_by)), a.news())


# What holds for every outcome

OUTCOMES: dict[str, tuple[Callable[[Debt, News], Change], Debt]] = {
    "seat": (settling.seat, a.debt()),
    "late_seat": (settling.late_seat, a.debt(application=FREE, **LATE)),
    "late_refund": (settling.late_refund, a.debt(application=FREE, **LATE)),
    "surplus": (settling.surplus, a.debt(obligation=a.obligation(state="paid"))),
}


@pytest.mark.parametrize("word", OUTCOMES)
@pytest.mark.parametrize("state", ["pending", "on_its_way", "failed", "expired"])
def test_money_is_recorded_from_every_state_and_counts_once(word: str, state: str) -> None:
    settle, debt = OUTCOMES[word]
    told = Debt(**{**vars(debt), "payment": a.payment(state=state)})
    change = settle(told, a.news(event_id="evt_1"))
    assert {one.marker_id for one in change.created(Marker)} == {"evt_1", "cs_1#paid"}
    assert a.conditions(change, Payment) == {"state": state}
    assert a.values(change, Payment)["state"] == "paid"
    assert [one.stripe_id for one in change.created(StripeLookup)] == ["pi_1"]
    assert a.twice_written(change) == []
    assert len(change.writes) < WRITES_MAX


@pytest.mark.parametrize("word", OUTCOMES)
def test_every_outcome_is_booked_and_what_bought_nothing_is_owed_back(word: str) -> None:
    settle, debt = OUTCOMES[word]
    sums = balances(settle(debt, a.news()).created(Entry))
    seat = word in ("seat", "late_seat")
    against = "deferred/term-1" if seat else "refunds_pending"
    book = "group#group-1"
    assert sums == {(book, "stripe", "GBP"): 21600, (book, against, "GBP"): -21600}


@pytest.mark.parametrize("word", OUTCOMES)
def test_no_write_of_money_is_without_a_condition_but_counters(word: str) -> None:
    settle, debt = OUTCOMES[word]
    for write in settle(debt, a.news()).writes:
        if isinstance(write, Update) and write.values:
            assert write.when, write
        assert isinstance(write, Create | Update) or type(write).__name__ == "Remove"


def test_a_paid_payment_is_never_paid_again() -> None:
    with pytest.raises(MoveNotDeclared):
        settling.seat(a.debt(payment=a.paid()), a.news())


# Money that is not there


def test_a_debit_on_its_way_keeps_the_seat_for_a_fortnight() -> None:
    change = delayed.on_its_way(a.debt(), a.news(NOW + WEEK, payment_status="unpaid"))
    assert a.values(change, Offer)["hold_until"] == NOW + WEEK + delayed.DELAYED_HOLD
    assert a.conditions(change, Offer) == {"state": "open", "hold_until": NOW + WEEK}
    assert a.values(change, Payment)["state"] == "on_its_way"
    assert list(change.created(Entry)) == []


@pytest.mark.parametrize("over", ["expired", "withdrawn", "declined", "taken"])
def test_a_debit_that_fails_after_the_seat_was_given_back_moves_no_seat(over: str) -> None:
    told = a.debt(payment=a.payment(state="on_its_way"), offer=a.offer(state=over))
    change = delayed.failed(told, a.news(payment_status="unpaid"))
    assert a.updates(change, Offer) == a.updates(change, Term) == []
    assert a.values(change, Payment) == {"state": "failed", "check_at": None}


def test_a_debit_that_fails_leaves_a_day_to_try_again() -> None:
    late = NOW + 2 * WEEK
    told = a.debt(payment=a.payment(state="on_its_way"))
    change = delayed.failed(told, a.news(late, payment_status="unpaid"))
    assert a.values(change, Offer) == {"hold_until": late + delayed.SECOND_CHANCE}

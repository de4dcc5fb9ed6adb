"""Parts of a price: what they are, how they stand by their debt, and when they are asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import NothingOwed, TooManyTries
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.changes import Change, Create, Remove
from chalicelib.rules.mail import Mail
from chalicelib.rules.money import chasing, instalments, parts
from chalicelib.rules.money.amounts import in_parts_of
from chalicelib.rules.money.checkout import Pay, begin_part
from chalicelib.rules.money.instalments import Instalment, brought_up, owing, parts_of, plan
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.people.circle import Task
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

BEGINS = datetime(2027, 1, 14, 19, 0, tzinfo=UTC)
BILLED: dict[str, Any] = {"billed_at": NOW, "begins_at": BEGINS}


def rows(*amounts: int, **changed: Any) -> tuple[Instalment, ...]:
    """Parts of a debt, due a month apart from now on."""
    return tuple(
        replace(
            Instalment(
                obligation_id="debt-1",
                number=number,
                amount_minor=amount,
                currency="GBP",
                pay_by=NOW + timedelta(days=30 * number),
                term_id="term-1",
            ),
            **changed,
        )
        for number, amount in enumerate(amounts, 1)
    )


def opened(found: tuple[Instalment, ...], obligation: Obligation) -> list[int]:
    return [one.open_minor for one in parts_of(found, obligation)]


# What is agreed


@pytest.mark.parametrize(
    ("amount", "wanted", "found"),
    [
        (21600, 1, [21600]),
        (21600, 3, [7200, 7200, 7200]),
        (10001, 3, [3333, 3333, 3335]),  # the remainder pennies on the last
        (100, 4, [33, 33, 34]),  # four parts of 25p cannot be charged
        (59, 2, [59]),
        (0, 3, [0]),
    ],
)
def test_a_price_falls_into_as_many_parts_as_can_be_charged(
    amount: int, wanted: int, found: list[int]
) -> None:
    assert in_parts_of(amount, wanted, "GBP") == found


@given(st.integers(0, 1_000_000), st.integers(1, 4))
def test_the_parts_of_a_price_sum_to_it(amount: int, wanted: int) -> None:
    found = in_parts_of(amount, wanted, "GBP")
    assert sum(found) == amount
    assert max(found) - min(found) < 4


@pytest.mark.parametrize(
    ("offer", "days"),
    [
        ({}, []),  # paid once, with the place
        ({"payment_due": "after_first_session"}, ["2027-01-15"]),
        ({"instalments": 3}, ["2026-11-21", "2026-12-21", "2027-01-21"]),
        (
            {"payment_due": "after_first_session", "instalments": 2},
            ["2027-01-15", "2027-02-15"],
        ),
    ],
)
def test_a_plan_says_when_each_part_is_due(offer: dict[str, Any], days: list[str]) -> None:
    found = plan(a.offer(**offer), a.obligation(begins_at=BEGINS), NOW)
    assert [f"{one.pay_by:%Y-%m-%d}" for one in found] == days
    assert sum(one.amount_minor for one in found) == (21600 if days else 0)
    assert [one.chase_at for one in found] == [one.pay_by - timedelta(days=5) for one in found]


def test_a_month_that_is_too_short_ends_with_its_last_day() -> None:
    at = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)
    found = plan(a.offer(instalments=3), a.obligation(begins_at=BEGINS), at)
    assert [f"{one.pay_by:%m-%d %H:%M}" for one in found] == [
        "01-31 12:00", "02-28 23:59", "03-31 23:59",
    ]  # fmt: skip


def test_who_takes_a_place_after_the_first_session_pays_the_day_after() -> None:
    late = BEGINS + timedelta(days=3)
    (only,) = plan(a.offer(payment_due="after_first_session"), a.obligation(begins_at=BEGINS), late)
    assert f"{only.pay_by:%Y-%m-%d}" == "2027-01-18"


def test_nothing_to_pay_has_no_parts() -> None:
    free = a.obligation(amount_minor=0, begins_at=BEGINS)
    assert plan(a.offer(payment_due="after_first_session", instalments=3), free, NOW) == []


# How they stand


@pytest.mark.parametrize(
    ("debt", "still"),
    [
        ({}, [72, 72, 72]),
        ({"paid_minor": 72}, [0, 72, 72]),
        ({"paid_minor": 100}, [0, 44, 72]),
        ({"paid_minor": 216}, [0, 0, 0]),
        ({"paid_minor": 72, "released_minor": 72}, [0, 72, 0]),  # the last is let go first
        ({"released_minor": 216}, [0, 0, 0]),
        ({"paid_minor": 216, "refunded_minor": 72}, [0, 0, 72]),  # money that has gone again
    ],
)
def test_what_is_paid_fills_the_parts_in_order(debt: dict[str, int], still: list[int]) -> None:
    assert opened(rows(72, 72, 72), a.obligation(amount_minor=216, **BILLED, **debt)) == still


@given(
    st.lists(st.integers(30, 500), min_size=1, max_size=4),
    st.integers(0, 2000),
    st.integers(0, 2000),
)
def test_what_is_open_never_passes_what_is_owed(
    amounts: list[int], paid: int, released: int
) -> None:
    whole = sum(amounts)
    paid, released = min(paid, whole), min(released, whole - min(paid, whole))
    debt = a.obligation(amount_minor=whole, paid_minor=paid, released_minor=released, **BILLED)
    assert sum(opened(rows(*amounts), debt)) == debt.outstanding_minor


def test_what_lies_on_no_part_is_asked_for_at_once() -> None:
    debt = a.obligation(amount_minor=300, paid_minor=72, **BILLED)
    found = owing(a.offer(), debt, rows(72, 72, 72), NOW)
    assert (found.left_minor, found.asked_minor) == (228, 84)


@pytest.mark.parametrize(
    ("days", "asked"),
    [(0, 72), (26, 72), (30, 72), (56, 144), (100, 216)],
)
def test_the_page_asks_for_what_is_due_or_for_the_next_part(days: int, asked: int) -> None:
    debt = a.obligation(amount_minor=216, **BILLED)
    at = NOW + timedelta(days=days)
    assert owing(a.offer(), debt, rows(72, 72, 72), at).asked_minor == asked


def states(change: Change) -> dict[int, str]:
    return {one.row.number: one.values["state"] for one in a.updates(change, Instalment)}


@pytest.mark.parametrize(
    ("debt", "found"),
    [
        ({"paid_minor": 72}, {1: "paid"}),
        ({"paid_minor": 100}, {1: "paid"}),
        ({"paid_minor": 216}, {1: "paid", 2: "paid", 3: "paid"}),
        ({"paid_minor": 72, "released_minor": 144}, {1: "paid", 2: "void", 3: "void"}),
        ({"released_minor": 216}, {1: "void", 2: "void", 3: "void"}),
    ],
)
def test_the_rows_follow_the_debt(debt: dict[str, int], found: dict[int, str]) -> None:
    change = brought_up(rows(72, 72, 72), a.obligation(amount_minor=216, **BILLED, **debt))
    assert states(change) == found


def test_a_part_whose_money_has_gone_again_is_due_and_nobody_is_chased() -> None:
    paid = rows(216, state="paid")
    debt = a.obligation(amount_minor=216, paid_minor=216, refunded_minor=216, **BILLED)
    (update,) = a.updates(brought_up(paid, debt), Instalment)
    assert update.values == {"state": "due", "chase_at": None}


# Money that comes


@given(
    st.lists(st.integers(30, 500), min_size=1, max_size=4),
    st.lists(st.integers(30, 900), min_size=1, max_size=6),
)
def test_payments_in_any_order_count_up_to_what_is_owed_and_the_rest_goes_back(
    amounts: list[int], paid: list[int]
) -> None:
    debt, found, back, receivable = _billed(amounts), rows(*amounts), 0, sum(amounts)
    for number, minor in enumerate(paid):
        if not debt.outstanding_minor:
            break
        change = _part(debt, found, minor, number)
        assert a.twice_written(change) == []
        debt, found = _after(debt, change), _moved(found, change)
        back += sum(one.amount_minor for one in change.created(Refund))
        (entry,) = (one for one in change.created(Entry) if one.entry_id.startswith("payment#"))
        receivable += sum(one.amount_minor for one in entry.lines if one.account == "receivable")
    counted = debt.paid_minor - debt.refunded_minor
    assert debt.outstanding_minor == receivable == sum(amounts) - counted
    assert debt.refunded_minor == back
    assert debt.state == ("due" if debt.outstanding_minor else "paid")
    assert sum(opened(found, debt)) == debt.outstanding_minor
    assert [one.state == "paid" for one in found] == [not one for one in opened(found, debt)]


def test_a_missed_part_that_is_paid_takes_its_task_along() -> None:
    called = rows(21600, chased=4)
    change = _part(_billed([21600]), called, 21600, 1)
    assert [one.row.ids for one in change.writes if isinstance(one, Remove)] == [
        {"task_id": "instalment_missed#debt-1#1"}
    ]


def test_money_for_a_debt_of_which_nothing_is_left_is_no_part() -> None:
    with pytest.raises(ValueError, match="nothing is left"):
        _part(replace(_billed([100]), paid_minor=100), rows(100), 100, 1)


def _billed(amounts: list[int]) -> Obligation:
    return a.obligation(amount_minor=sum(amounts), **BILLED)


def _part(debt: Obligation, found: tuple[Instalment, ...], minor: int, number: int) -> Change:
    payment = a.payment(amount_minor=minor, payment_id=f"pay-{number}")
    whole = a.debt(
        obligation=debt, payment=payment, instalments=found, offer=a.offer(state="taken")
    )
    return parts.part(whole, a.news(amount_minor=minor))


def _after(debt: Obligation, change: Change) -> Obligation:
    (update,) = a.updates(change, Obligation)
    added = {name: getattr(debt, name) + minor for name, minor in update.add.items()}
    return replace(debt, **update.values, **added)


def _moved(found: tuple[Instalment, ...], change: Change) -> tuple[Instalment, ...]:
    now = states(change)
    return tuple(replace(one, state=now.get(one.number, one.state)) for one in found)


# Opening a checkout for it


def pay(**changed: Any) -> Pay:
    facts = {
        "payment_id": "pay-9",
        "person_id": "person-1",
        "now": NOW,
        "base_url": "https://circle.example",
        "page": "/pay",
        "offer_token": "token",
        "deployment": "test",
        "start_at_once": False,
        "bank_debit": False,
    }
    return Pay(**{**facts, **changed})


def test_the_payer_of_a_part_comes_back_to_the_page_of_the_debt() -> None:
    payment, change = begin_part(a.offer(), _billed([200, 100]), (), 200, pay())
    assert payment.params["cancel_url"] == "https://circle.example/pay/token"
    assert payment.params["line_items"][0]["price_data"]["unit_amount"] == 200
    assert a.values(change, Obligation) == {"mints": 1}
    assert a.conditions(change, Obligation)["mints"] == 0


@pytest.mark.parametrize(
    "debt", [{"billed_at": None}, {"state": "paid"}, {"state": "void"}], ids=str
)
def test_nothing_is_begun_where_nothing_is_owed(debt: dict[str, Any]) -> None:
    with pytest.raises(NothingOwed):
        begin_part(a.offer(), replace(_billed([100]), **debt), (), 100, pay())


def test_ten_tries_a_day_are_enough() -> None:
    tries: list[Payment] = [a.payment(payment_id=f"pay-{n}", state="expired") for n in range(10)]
    with pytest.raises(TooManyTries):
        begin_part(a.offer(), _billed([100]), tries, 100, pay())
    begin_part(a.offer(), _billed([100]), tries, 100, pay(now=NOW + timedelta(days=2)))


# The clock


def test_a_part_is_asked_for_once_missed_twice_and_then_a_person_is_called() -> None:
    debt, (row,) = _billed([21600]), rows(21600, chase_at=NOW)
    told = []
    for days in (25, 33, 40, 47):
        now = NOW + timedelta(days=days)
        (part,) = parts_of([row], debt)
        change = chasing.chase(a.offer(), debt, part, now)
        told += [
            one.row.template if isinstance(one.row, Mail) else one.row.code
            for one in change.writes
            if isinstance(one, Create) and isinstance(one.row, Mail | Task)
        ]
        (update,) = a.updates(change, Instalment)
        row = replace(row, **update.values)
    assert told == [
        "instalment_due", "instalment_missed", "instalment_missed", "instalment_missed",
    ]  # fmt: skip
    assert (row.chased, row.state) == (4, "due")


def test_a_person_has_it_in_hand_and_nothing_more_is_sent() -> None:
    debt, (row,) = _billed([21600]), rows(21600, chased=4, chase_at=NOW)
    (part,) = parts_of([row], debt)
    change = chasing.chase(a.offer(), debt, part, NOW)
    assert [type(one).__name__ for one in change.writes] == ["Update"]
    assert a.values(change, Instalment) == {"chase_at": NOW + chasing.LOOK_AGAIN}


def test_after_a_clock_that_stood_still_the_mails_keep_their_distance() -> None:
    debt, (row,) = _billed([21600]), rows(21600, chase_at=NOW)
    now = NOW + timedelta(days=60)
    (part,) = parts_of([row], debt)
    (update,) = a.updates(chasing.chase(a.offer(), debt, part, now), Instalment)
    assert update.values["chase_at"] == now + chasing.APART


def test_every_task_about_a_part_has_a_name_of_its_own() -> None:
    first, second = rows(100, 100)
    assert instalments.task_id(first) != instalments.task_id(second)

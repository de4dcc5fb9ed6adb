"""Entries: each sums to zero, bears the name of its fact, and a whole flow clears what it opens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import Entry, Line, balances
from chalicelib.rules.books.shares import earned, spread, unearned
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.money.payments import Obligation
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

AMOUNTS = st.integers(min_value=0, max_value=10**9)
BOOK = "group#group-1"


def debt_of(amount: int) -> Obligation:
    return a.obligation(amount_minor=amount, shares=spread(amount, a.SESSIONS))


def every_entry(amount: int, fee: int) -> dict[str, Create]:
    """One entry of each fact."""
    payment, refund = a.payment(amount_minor=amount), a.refund(amount_minor=amount)
    return {
        "payment#pi_1": ledger.payment_entry(payment, "pi_1", NOW, "seat"),
        "payment#pi_2": ledger.payment_entry(payment, "pi_2", NOW, "late"),
        "seat#debt-1": ledger.seat_entry(debt_of(amount), ("session-1",), NOW),
        "bursary#debt-1": ledger.bursary_entry(a.obligation(bursary_minor=amount), NOW),
        "fee#ch_1": ledger.fee_entry(payment, "ch_1", fee, NOW),
        "refund_requested#refund-1": ledger.surplus_back_entry(refund, NOW),
        "refund#re_1": ledger.refund_sent_entry(refund, "re_1", NOW),
        "refund_failed#re_1": ledger.refund_failed_entry(refund, "re_1", NOW),
    }


@given(AMOUNTS, AMOUNTS)
def test_every_entry_sums_to_zero_under_the_name_of_its_fact(amount: int, fee: int) -> None:
    for name, write in every_entry(amount, fee).items():
        assert write.row.entry_id == name
        assert sum(line.amount_minor for line in write.row.lines) == 0
        assert write.row.facts["obligation_id"] == "debt-1"
        assert write.refusal is AlreadyCounted


def test_an_entry_that_does_not_balance_cannot_be_made() -> None:
    lines = (Line(account="stripe", amount_minor=21600), Line(account="surplus", amount_minor=-1))
    with pytest.raises(ValueError, match="does not balance"):
        Entry(book=BOOK, entry_id="x", posted_at=NOW, currency="GBP", lines=lines)


def rows(*writes: Create) -> list[Entry]:
    return list(Change.of(*writes).created(Entry))


@given(AMOUNTS)
def test_money_that_came_too_late_leaves_nothing_behind(amount: int) -> None:
    payment, refund = a.payment(amount_minor=amount), a.refund(amount_minor=amount)
    entries = rows(
        ledger.payment_entry(payment, "pi_1", NOW, "late"),
        ledger.surplus_back_entry(refund, NOW),
        ledger.refund_sent_entry(refund, "re_1", NOW),
    )
    assert balances(entries) == {}


@given(AMOUNTS, st.sets(st.sampled_from(a.SESSIONS)))
def test_a_paid_seat_is_deferred_but_for_what_was_held_already(amount: int, held: set[str]) -> None:
    debt = debt_of(amount)
    entries = rows(
        ledger.seat_entry(debt, held, NOW),
        ledger.payment_entry(a.payment(amount_minor=amount), "pi_1", NOW, "seat"),
    )
    sums = balances(entries)
    assert sums.get((BOOK, "receivable", "GBP"), 0) == 0
    assert -sums.get((BOOK, "fees", "GBP"), 0) == earned(debt.shares, held)
    assert -sums.get((BOOK, "deferred/term-1", "GBP"), 0) == unearned(debt.shares, held)


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_a_refund_that_comes_back_is_owed_again(amount: int, fee: int) -> None:
    payment, refund = a.payment(amount_minor=amount), a.refund(amount_minor=amount)
    entries = rows(
        ledger.payment_entry(payment, "pi_1", NOW, "late"),
        ledger.fee_entry(payment, "ch_1", fee, NOW),
        ledger.surplus_back_entry(refund, NOW),
        ledger.refund_sent_entry(refund, "re_1", NOW),
        ledger.refund_failed_entry(refund, "re_1", NOW),
    )
    assert balances(entries) == {
        key: minor
        for key, minor in {
            (BOOK, "stripe", "GBP"): amount - fee,
            (BOOK, "processor_fees", "GBP"): fee,
            (BOOK, "refunds_pending", "GBP"): -amount,
        }.items()
        if minor
    }


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"currency": "EUR"}, (BOOK, "stripe", "EUR")),
        ({"book": "group#other"}, ("group#other", "stripe", "GBP")),
    ],
)
def test_currencies_and_books_are_never_added_up(
    changed: dict[str, Any], key: tuple[str, str, str]
) -> None:
    here = ledger.payment_entry(a.payment(), "pi_1", NOW, "seat")
    there = ledger.payment_entry(a.payment(**changed), "pi_2", NOW, "seat")
    sums = balances(rows(here, there))
    assert sums[BOOK, "stripe", "GBP"] == sums[key] == 21600

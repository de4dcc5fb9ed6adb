"""What explains a movement of Stripe's balance: its entry to the penny, its fee included."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.rules.books import ledger, reconciling
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.reconciling import Movement, booking, explains, fee_is_due, unexplained
from chalicelib.rules.money.stripe_objects import BalanceMovement
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

PAID: Entry = ledger.payment_entry(a.payment(), "pi_1", NOW, "seat").row
FEE: Entry = ledger.fee_entry(a.payment(), "ch_1", 344, NOW).row


def movement(kind: str = "charge", amount: int = 21600, fee: int = 344) -> BalanceMovement:
    return BalanceMovement(
        id="txn_1",
        kind=kind,
        amount_minor=amount,
        fee_minor=fee,
        net_minor=amount - fee,
        currency="GBP",
        source_id="ch_1",
        created_at=NOW,
    )


@pytest.mark.parametrize(
    ("entries", "moved", "explained", "fee_missing"),
    [
        ([PAID, FEE], movement(), True, False),
        ([PAID, None], movement(), False, True),  # its fee is not booked yet
        ([PAID, FEE], movement(fee=345), False, False),
        ([PAID, FEE], movement(amount=21601), False, False),
        ([PAID], movement(), False, False),
        ([None, None], movement(), False, False),
        ([PAID, None], movement(amount=21601), False, False),
    ],
)
def test_a_movement_is_explained_by_its_entries_to_the_penny(
    entries: list[Entry | None], moved: BalanceMovement, explained: bool, fee_missing: bool
) -> None:
    assert explains(entries, moved) is explained
    assert (len(entries) > 1 and fee_is_due(entries, moved)) is fee_missing


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        ("payout", "bank"),
        ("payout_failure", "bank"),
        ("stripe_fee", "account_fees"),
        ("transfer", "suspense"),
    ],
)
def test_what_no_debt_caused_is_booked_by_its_kind(kind: str, account: str) -> None:
    entry = booking(movement(kind, amount=-5000, fee=0), NOW).row
    assert {line.account: line.amount_minor for line in entry.lines} == {
        "stripe": -5000,
        account: 5000,
    }


def test_two_numbers_say_how_much_is_unexplained_and_for_how_long() -> None:
    def row(minor: int, hours: int) -> Movement:
        moved = movement(amount=minor, fee=0)
        found = reconciling.missing(moved, NOW)
        return Movement(**{**vars(found), "moved_at": NOW - timedelta(hours=hours)})

    assert unexplained([], NOW) == (0, 0)
    assert unexplained([row(100, 3), row(-250, 30)], NOW) == (350, 30)

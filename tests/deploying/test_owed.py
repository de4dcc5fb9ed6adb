"""A deployment is not taken away while its books say that anything is owed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.flows.books import books
from chalicelib.rules.books.ledger import Entry, Line
from local.tools.deploy import owed
from tests.shop import Shop
from tests.stories import a_recruiting_term

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def entry(**moves: int) -> Entry:
    lines = tuple(
        Line(account=name.replace("__", "/"), amount_minor=amount) for name, amount in moves.items()
    )
    return Entry(book="circle", entry_id="x", posted_at=NOW, currency="GBP", lines=lines)


@pytest.mark.parametrize("account", owed.OWED)
def test_every_account_that_somebody_waits_for_keeps_it(account: str) -> None:
    assert len(owed.still([entry(**{account: -500}, bank=500)])) == 1
    assert len(owed.still([entry(**{f"{account}__whose": 500}, bank=-500)])) == 1


def test_money_that_is_simply_ours_keeps_nothing() -> None:
    assert owed.still([entry(stripe=500, fees=-500), entry(costs__room=100, bank=-100)]) == []


def test_what_was_owed_and_is_settled_is_forgotten() -> None:
    assert owed.still([entry(receivable=500, fees=-500), entry(bank=500, receivable=-500)]) == []


def test_a_seat_that_was_paid_and_not_held_is_owed(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    assert owed.still(books.gather().entries) == []
    shop.pay(shop.offer(whole))
    shop.hear_all()
    [told] = owed.still(books.gather().entries)
    assert told.startswith("216.00 GBP on deferred/")
    assert "paid for sessions that were not held" in told

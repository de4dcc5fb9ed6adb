"""Money is whole minor units of one currency, and shares always sum to the whole (M3, M7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.rules.money.amounts import STRIPE_MINIMUM_MINOR, SYMBOLS, Money, sellable, share

AMOUNTS = st.integers(min_value=0, max_value=10**9)
SIGNED = st.integers(min_value=-(10**9), max_value=10**9)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=12)


@given(AMOUNTS, WEIGHTS)
def test_shares_sum_to_the_whole_and_none_is_negative(amount: int, weights: list[int]) -> None:
    assume(sum(weights) > 0)
    parts = share(amount, weights)
    assert sum(parts) == amount
    assert len(parts) == len(weights)
    assert all(part >= 0 for part in parts)


@given(AMOUNTS, WEIGHTS)
def test_a_share_is_fair_to_less_than_a_penny_and_the_last_takes_the_rest(
    amount: int, weights: list[int]
) -> None:
    assume(sum(weights) > 0)
    total = sum(weights)
    *parts, last = share(amount, weights)
    for part, weight in zip(parts, weights, strict=False):
        assert 0 <= amount * weight - part * total < total
    assert 0 <= last - amount * weights[-1] // total < len(weights)


@given(SIGNED, WEIGHTS)
def test_shares_of_a_debt_sum_to_the_debt(amount: int, weights: list[int]) -> None:
    assume(sum(weights) > 0)
    assert sum(share(amount, weights)) == amount


def test_the_pennies_that_are_left_go_to_the_last() -> None:
    assert share(21600, [1] * 6) == [3600] * 6
    assert share(100, [1, 1, 1]) == [33, 33, 34]
    assert share(1, [1, 1, 1]) == [0, 0, 1]
    assert share(0, [2, 1]) == [0, 0]


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 2], [2, -1]])
def test_nothing_can_be_shared_by_such_weights(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        share(100, weights)


@given(SIGNED, SIGNED)
def test_money_adds_and_takes_away(one: int, other: int) -> None:
    a, b = Money(one), Money(other)
    assert a + b == b + a == Money(one + other)
    assert a - b == a + -b == Money(one - other)
    assert (a + b) - b == a
    assert (a < b) == (one < other)
    assert bool(a) == (one != 0)


@pytest.mark.parametrize("act", [lambda a, b: a + b, lambda a, b: a - b])
def test_two_currencies_do_not_add(act: Any) -> None:
    with pytest.raises(ValueError, match="GBP and EUR do not add"):
        act(Money(1, "GBP"), Money(1, "EUR"))


@pytest.mark.parametrize("amount", [1.0, True, "1", Decimal(1), None])
def test_money_is_whole_numbers(amount: Any) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        Money(amount)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(21600), "£216.00"),
        (Money(5), "£0.05"),
        (Money(0), "£0.00"),
        (Money(-5), "-£0.05"),
        (Money(123456789), "£1,234,567.89"),
        (Money(100, "EUR"), "€1.00"),
        (Money(100, "CHF"), "CHF 1.00"),
    ],
)
def test_money_reads_as_people_write_it(money: Money, text: str) -> None:
    assert str(money) == text


@pytest.mark.parametrize("currency", sorted(STRIPE_MINIMUM_MINOR))
def test_a_price_is_nothing_or_what_stripe_can_charge(currency: str) -> None:
    least = STRIPE_MINIMUM_MINOR[currency]
    assert sellable(0, currency)
    assert sellable(least, currency)
    assert not sellable(least - 1, currency)
    assert not sellable(1, currency)
    assert not sellable(-least, currency)
    assert currency in SYMBOLS


def test_a_currency_without_a_known_least_price_is_taken_as_the_dearest() -> None:
    assert not sellable(49, "CHF")
    assert sellable(50, "CHF")
    assert max(STRIPE_MINIMUM_MINOR.values()) == 50

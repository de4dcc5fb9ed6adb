"""Prices: categories, early ones, who joins late, what people were told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidForm, TermNotOpen
from chalicelib.rules.joining.offer_terms import Choice, offered_now, terms_of
from chalicelib.rules.prices.prices import (
    CATEGORIES,
    Price,
    Tariff,
    for_the_rest,
    keeps_promises,
    without,
)
from chalicelib.rules.running.budget import budget_of
from chalicelib.rules.running.price_forms import (
    open_categories,
    prices_form,
    prices_from,
    prices_values,
)
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, WEEK

LAST = date(2026, 12, 1)
TRAINEE = Price(category="trainee", amount_minor=12000)
EARLY = Price(category="standard", amount_minor=19000, until=LAST)
FIRST = Price(category="trainee", amount_minor=10000, places=2)
BOTH = Price(category="standard", amount_minor=19000, until=LAST, places=2)


def tariff(*prices: Price, standard: int = 21600) -> Tariff:
    return Tariff(standard_minor=standard, prices=prices)


@given(st.integers(0, 100_000), st.sets(st.integers(0, 5)))
def test_without_what_was_called_off_a_price_is_what_an_offer_asks(
    amount: int, off: set[int]
) -> None:
    """Before the term begins; to the penny, whichever sessions are gone."""
    every = [f"session-{n}" for n in range(6)]
    left = [one for n, one in enumerate(every) if n not in off]
    quote = without(tariff(EARLY, standard=amount).on("standard", LAST), 6, off, "GBP")
    asked = for_the_rest(min(amount, EARLY.amount_minor), every, left, "GBP")
    assert quote.amount_minor == asked
    assert quote.usual_minor == for_the_rest(amount, every, left, "GBP")


@pytest.mark.parametrize(
    ("prices", "category", "day", "sold", "amount", "early"),
    [
        ((), "standard", LAST, 0, 21600, False),
        ((TRAINEE,), "trainee", LAST, 0, 12000, False),
        ((TRAINEE,), "standard", LAST, 9, 21600, False),
        # until a day: that day is still early
        ((EARLY,), "standard", LAST, 99, 19000, True),
        ((EARLY,), "standard", LAST + timedelta(days=1), 0, 21600, False),
        # for the first places
        ((TRAINEE, FIRST), "trainee", LAST, 1, 10000, True),
        ((TRAINEE, FIRST), "trainee", LAST, 2, 12000, False),
        # both: whichever ends first
        ((BOTH,), "standard", LAST, 1, 19000, True),
        ((BOTH,), "standard", LAST, 2, 21600, False),
        ((BOTH,), "standard", LAST + timedelta(days=1), 0, 21600, False),
        # another category's early price is nobody else's
        ((TRAINEE, EARLY), "trainee", LAST, 0, 12000, False),
        # an early price is never a dearer one
        ((Price(category="standard", amount_minor=30000, until=LAST),), "standard", LAST, 0, 21600,
         False),
        # nothing is a price too
        ((Price(category="solidarity", amount_minor=0),), "solidarity", LAST, 0, 0, False),
    ],
)  # fmt: skip
def test_a_category_costs_its_early_price_as_long_as_that_holds(
    prices: tuple[Price, ...], category: str, day: date, sold: int, amount: int, early: bool
) -> None:
    quote = tariff(*prices).on(category, day, sold)
    assert (quote.amount_minor, quote.early is not None) == (amount, early)


def test_the_standard_price_comes_first_and_a_category_without_a_price_is_none() -> None:
    found = tariff(Price(category="solidarity", amount_minor=30000), EARLY, TRAINEE)
    assert found.categories == ("standard", "trainee", "solidarity")
    assert found.average_minor == (21600 + 12000 + 30000) // 3
    with pytest.raises(KeyError):
        found.on("retired", LAST)


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        ((TRAINEE,), True),
        ((TRAINEE, Price(category="retired", amount_minor=15000)), True),
        (
            (
                TRAINEE,
                Price(category="retired", amount_minor=15000),
                Price(category="retired", amount_minor=12000, until=LAST),
            ),
            True,
        ),
        ((), False),
        ((Price(category="trainee", amount_minor=12100),), False),
        ((TRAINEE, FIRST), False),
        ((TRAINEE, EARLY), False),
    ],
)
def test_what_people_were_told_stays(new: tuple[Price, ...], kept: bool) -> None:
    assert keeps_promises(tariff(TRAINEE), tariff(*new)) is kept


@given(
    st.integers(0, 500_000),
    st.lists(st.sampled_from([f"s{n}" for n in range(12)]), min_size=1, unique=True),
    st.data(),
)
def test_who_joins_late_pays_a_part_that_a_card_can_pay(
    amount: int, every: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(every)))
    part = for_the_rest(amount, every, every[first:], "GBP")
    assert part == 0 or 30 <= part <= amount
    assert for_the_rest(amount, every, every, "GBP") == (amount if amount >= 30 else 0)
    exact = amount * (len(every) - first) / len(every)
    assert part == 0 or abs(part - exact) <= len(every)


@pytest.mark.parametrize(
    ("amount", "held", "part"), [(21600, 0, 21600), (21600, 2, 14400), (100, 4, 36), (100, 5, 0)]
)
def test_a_part_too_small_for_a_card_is_not_asked_for(amount: int, held: int, part: int) -> None:
    every = [f"s{n}" for n in range(6)]
    assert for_the_rest(amount, every, every[held:], "GBP") == part


# An offer's terms


def test_an_offer_takes_the_early_price_and_says_where_it_ends() -> None:
    whole = a.whole(prices=(TRAINEE, FIRST), early_trainee=1)
    terms = terms_of(whole, Choice(category="trainee"), NOW)
    assert (terms.parts.price_minor, terms.limited) == (10000, 2)
    sold_out = a.whole(prices=(TRAINEE, FIRST), early_trainee=2)
    assert terms_of(sold_out, Choice(category="trainee"), NOW).parts.price_minor == 12000


def test_the_last_day_is_one_of_the_groups_zone() -> None:
    early = Price(category="standard", amount_minor=19000, until=date(2026, 11, 21))
    whole = a.whole(prices=(early,), zone="Pacific/Auckland")  # there it is the 22nd already
    assert terms_of(whole, Choice(), NOW).parts.price_minor == 21600
    assert terms_of(a.whole(prices=(early,)), Choice(), NOW).parts.price_minor == 19000


def test_every_price_is_told_for_the_sessions_still_to_come() -> None:
    whole = a.whole(prices=(TRAINEE,))
    begun = NOW + 11 * WEEK  # two of six are over
    found = {one.quote.category: one.parts.price_minor for one in offered_now(whole, begun)}
    assert found == {"standard": 14400, "trainee": 8000}
    assert offered_now(whole, NOW + 30 * WEEK) == ()
    with pytest.raises(TermNotOpen):
        terms_of(whole, Choice(category="retired"), NOW)


# The desk's form


def typed(**answers: str) -> dict[str, Any]:
    return answers


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({"trainee_minor": "0.20"}, {"trainee_minor": "not_sellable"}),
        ({"trainee_early": "100", "trainee_until": "2026-12-01"}, {"trainee_early": "no_price"}),
        ({"trainee_until": "2026-12-01"}, {"trainee_early": "missing"}),
        ({"trainee_minor": "120", "trainee_early": "100"}, {"trainee_until": "when"}),
        (
            {"trainee_minor": "120", "trainee_early": "120", "trainee_places": "3"},
            {"trainee_early": "not_lower"},
        ),
        (
            {"standard_early": "190", "standard_until": "2027-02-01"},
            {"standard_until": "after_start"},
        ),
        ({"standard_early": "0.10", "standard_places": "3"}, {"standard_early": "not_sellable"}),
    ],
)
def test_a_price_that_cannot_be_is_named(answers: dict[str, str], errors: dict[str, str]) -> None:
    with pytest.raises(InvalidForm) as refused:
        prices_form(a.term(state="draft")).read(answers)
    assert refused.value.errors == errors


def test_answers_become_prices_and_prices_the_same_answers_again() -> None:
    term = a.term(state="draft")
    form = prices_form(term)
    answers = typed(
        standard_early="190",
        standard_until="2026-12-01",
        trainee_minor="120",
        trainee_early="100",
        trainee_places="2",
        solidarity_minor="300",
    )
    prices = prices_from(form.read(answers), term)
    assert set(prices) == {
        EARLY,
        TRAINEE,
        FIRST,
        Price(category="solidarity", amount_minor=30000),
    }
    again = form.write(prices_values(a.term(state="draft", prices=prices)))
    assert prices_from(form.read(again), term) == prices


def test_a_published_term_asks_only_for_prices_that_it_does_not_have() -> None:
    term = a.term(prices=(TRAINEE,))
    assert open_categories(term) == ("retired", "solidarity")
    names = [field.name for field in prices_form(term).fields]
    assert not [one for one in names if one.startswith(("standard", "trainee"))]
    nothing = prices_form(term).read({})
    assert prices_from(nothing, term) == (TRAINEE,)
    assert set(open_categories(a.term(state="draft"))) == set(CATEGORIES)


def test_the_break_even_counts_with_the_mean_of_the_prices() -> None:
    whole = a.whole(prices=(TRAINEE,), other_costs_minor=16500)
    assert budget_of(whole).price_minor == 16800
    assert budget_of(whole).break_even == 1
    assert budget_of(a.whole()).price_minor == 21600

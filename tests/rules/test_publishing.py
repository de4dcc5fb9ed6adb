"""What publication needs, what deserves a second look, and the arithmetic behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import PublishChecksFailed
from chalicelib.rules.running.budget import Budget, budget_of, processor_fee
from chalicelib.rules.running.groups import Group, Term, WholeTerm
from chalicelib.rules.running.leading import Leadership
from chalicelib.rules.running.publishing import missing, require_publishable, warnings
from chalicelib.rules.running.recurrence import Recurrence
from chalicelib.rules.running.term_sessions import dated, sessions_of

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


def a_leader(name: str, rate_minor: int = 6500, **changed: Any) -> Leadership:
    facts: dict[str, Any] = {
        "group_id": "g",
        "term_id": "t",
        "leader_id": name,
        "name": name,
        "accreditation": "accredited",
        "rate_minor": rate_minor,
    }
    return Leadership(**{**facts, **changed})


def a_term(
    first_date: date = date(2027, 1, 14),
    count: int = 6,
    minutes: int = 90,
    leaders: tuple[Leadership, ...] = (a_leader("Imelda"), a_leader("Barnaby")),
    group: dict[str, Any] | None = None,
    **changed: Any,
) -> WholeTerm:
    """The spring of G1, with other facts where the story needs them."""
    recurrence = Recurrence(
        first_date=first_date, local_time=time(19), minutes=minutes, interval=2, count=count
    )
    facts: dict[str, Any] = {
        "group_id": "g",
        "term_id": "t",
        "title": "Spring 2027",
        "recurrence": recurrence,
        "zone": "Europe/London",
        "starts_at": NOW,
        "ends_at": NOW,
        "capacity": 8,
        "min_members": 6,
        "price_minor": 21600,
        "other_costs_minor": 9000,
        "link_note": "By mail.",
        "created_at": NOW,
    }
    term = dated(Term(**{**facts, **changed}), recurrence)
    about: dict[str, Any] = {
        "group_id": "g",
        "slug": "lantern",
        "title": "Thursday Lantern Group",
        "audience": "Clinicians",
        "about": "We meet.",
        "contact_email": "lantern@example.org",
        "created_at": NOW,
    }
    return WholeTerm(
        group=Group(**{**about, **(group or {})}),
        term=term,
        sessions=sessions_of(term, [str(n) for n in range(count)]),
        tasters=(),
        leaders=leaders,
    )


def lacking(whole: WholeTerm) -> list[str]:
    return [one.code for one in missing(whole, NOW)]


def doubts(whole: WholeTerm) -> list[str]:
    return [one.code for one in warnings(whole)]


def test_a_term_with_everything_lacks_nothing_and_raises_no_doubt() -> None:
    whole = a_term(apply_by=date(2027, 1, 4))
    assert lacking(whole) == []
    assert doubts(whole) == []
    require_publishable(whole, NOW)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"group": {"title": " ", "audience": ""}}, ["group_title", "group_audience"]),
        ({"group": {"about": "", "contact_email": ""}}, ["group_about", "group_contact_email"]),
        ({"title": ""}, ["title"]),
        ({"first_date": date(2026, 11, 19)}, ["dates_past"]),
        ({"minutes": 45}, ["minutes"]),
        ({"minutes": 150}, ["minutes"]),
        ({"capacity": 0}, ["capacity"]),
        ({"min_members": 9}, ["min_members"]),
        ({"min_members": 0}, ["min_members"]),
        ({"price_minor": 29}, ["price"]),
        ({"apply_by": date(2027, 1, 15)}, ["apply_by_late"]),
        ({"apply_by": date(2026, 11, 20)}, ["apply_by_past"]),
        ({"mode": "in_person"}, ["venue"]),
        ({"mode": "hybrid", "link_note": ""}, ["venue", "link_note"]),
        ({"link_note": " "}, ["link_note"]),
        ({"leaders": ()}, ["leaders"]),
    ],
)
def test_what_is_missing_is_named(changed: dict[str, Any], codes: list[str]) -> None:
    whole = a_term(**changed)
    assert lacking(whole) == codes
    with pytest.raises(PublishChecksFailed) as refused:
        require_publishable(whole, NOW)
    assert refused.value.facts["missing"] == codes


def test_a_term_without_dates_says_so() -> None:
    assert lacking(replace(a_term(), sessions=())) == ["dates"]


def test_a_price_of_nothing_is_a_price() -> None:
    assert "price" not in lacking(a_term(price_minor=0))
    assert "price" not in lacking(a_term(price_minor=30))


def test_a_group_in_a_room_needs_no_word_about_a_link() -> None:
    assert lacking(a_term(mode="in_person", venue="The library", link_note="")) == []


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"leaders": (a_leader("Imelda"),)}, ["one_leader_online"]),
        (
            {"leaders": (a_leader("Imelda"),), "mode": "in_person"},
            ["one_leader"],
        ),
        (
            {"leaders": tuple(a_leader(n, accreditation="in_training") for n in "ab")},
            ["none_accredited"],
        ),
        ({"leaders": (a_leader("a", 5900), a_leader("b", 6500))}, ["rate_outside_band"]),
        ({"leaders": (a_leader("a", 0, pay="waived"), a_leader("b"))}, []),
        ({"capacity": 3, "min_members": 3, "price_minor": 50000}, ["few_members"]),
        ({"capacity": 11}, ["many_faces"]),
        ({"capacity": 11, "mode": "in_person"}, []),
        ({"price_minor": 21000}, ["below_break_even"]),
        ({"price_minor": 0}, ["paid_elsewhere"]),
        ({"capacity": 0}, []),
    ],
)
def test_what_deserves_a_second_look_is_named(changed: dict[str, Any], codes: list[str]) -> None:
    assert doubts(a_term(**changed)) == codes


def test_how_much_is_lacking_is_said_in_money() -> None:
    short = next(one for one in warnings(a_term(price_minor=21000)))
    assert short.facts == {"lacking": "£20.10", "members": 6}


def test_a_rate_is_held_against_the_british_band_in_pounds_only() -> None:
    dear = (a_leader("a", 20000), a_leader("b", 20000))
    assert "rate_outside_band" not in doubts(a_term(leaders=dear, currency="AUD"))


# The demo groups break even where PRODUCT says they do.


def test_the_lantern_group_breaks_even_with_six() -> None:
    budget = budget_of(a_term())
    assert (budget.leaders_minor, budget.costs_minor) == (117000, 126000)
    assert budget.break_even == 6
    assert (budget.per_session_minor, budget.per_90_minutes_minor) == (3600, 3600)
    assert not budget.short


def test_time_paid_beside_each_session_costs_as_much_as_the_session() -> None:
    budget = budget_of(a_term(leaders_extra_minutes=30))
    assert (budget.leaders_minor, budget.break_even) == (156000, 8)


def test_the_harbour_group_breaks_even_with_eight() -> None:
    percival = a_leader("Percival", 7000)
    clover = a_leader("Clover", 0, accreditation="in_training", pay="waived")
    whole = a_term(
        count=10,
        minutes=120,
        leaders=(percival, clover),
        mode="in_person",
        venue="Harbour Street",
        price_minor=25500,
        other_costs_minor=60000,
        capacity=10,
        min_members=8,
    )
    budget = budget_of(whole)
    assert budget.costs_minor == 200000
    assert budget.break_even == 8
    assert budget.per_90_minutes_minor == 1912
    assert doubts(whole) == []


def test_the_daybreak_group_breaks_even_with_seven() -> None:
    pair = (a_leader("Odalys", 7000), a_leader("Fergus", 7000))
    whole = a_term(
        count=3, leaders=pair, price_minor=9500, other_costs_minor=0, min_members=7, capacity=9
    )
    assert budget_of(whole).break_even == 7


def test_a_price_that_the_card_fee_eats_never_breaks_even() -> None:
    assert budget_of(a_term(price_minor=20)).break_even is None
    assert budget_of(a_term(price_minor=0)).break_even is None
    assert budget_of(a_term(leaders=(), other_costs_minor=0)).break_even == 0


COSTS = st.integers(0, 10_000_000)


@given(COSTS, st.integers(1, 40))
def test_the_price_for_a_number_of_members_covers_the_costs_and_a_penny_less_does_not(
    costs: int, members: int
) -> None:
    plan = Budget(
        price_minor=0,
        fee_minor=0,
        leaders_minor=costs,
        other_minor=0,
        minutes=540,
        sessions=6,
        min_members=members,
        capacity=members,
    )

    def at(price: int) -> Budget:
        return replace(plan, price_minor=price, fee_minor=processor_fee(price))

    price = plan.price_for(members)
    assert at(price).result_minor(members) >= 0
    if price > 0:
        assert at(price - 1).result_minor(members) < 0
        assert at(price).break_even is not None
        assert at(price).break_even <= members


@given(st.integers(0, 1_000_000))
def test_the_card_fee_is_never_more_than_two_parts_in_a_hundred_and_the_fixed_part(
    amount: int,
) -> None:
    assert 0 <= processor_fee(amount) <= amount * 2 // 100 + 21


def test_sessions_end_when_their_minutes_are_over() -> None:
    assert all(one.ends_at - one.starts_at == timedelta(minutes=90) for one in a_term().sessions)

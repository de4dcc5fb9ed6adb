"""What a leaver gets back by rule: the table of D2 and D5, and what holds for every case."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.returning.policy import ByRule, Leaver, RefundPolicy, by_policy

POLICY = RefundPolicy()
FIRST = date(2027, 1, 14)
LONG_AGO = date(2026, 10, 1)  # billed: the fourteen days are long over


def day(before_first: int) -> date:
    return FIRST - timedelta(days=before_first)


def leaver(**changed: Any) -> Leaver:
    facts = {
        "whole_minor": 21600,
        "unused_minor": 21600,
        "billed_on": LONG_AGO,
        "first_on": FIRST,
        "told_on": day(60),
        "begun": False,
        "start_at_once": False,
    }
    return Leaver(**{**facts, **changed})


BEGUN = {"begun": True, "unused_minor": 18000}

CASES: dict[str, tuple[dict[str, Any], ByRule]] = {
    "on the day it was bought": (
        {"billed_on": day(60), "told_on": day(60)},
        ByRule(21600, "cooling_off", "cooling_off"),
    ),
    "on the fourteenth day": (
        {"billed_on": day(60), "told_on": day(46)},
        ByRule(21600, "cooling_off", "cooling_off"),
    ),
    "on the fifteenth day, long before the term": (
        {"billed_on": day(60), "told_on": day(45)},
        ByRule(21600, "policy", "early"),
    ),
    "28 days before the term": ({"told_on": day(28)}, ByRule(21600, "policy", "early")),
    "27 days before the term: ten per cent is less than 25.00": (
        {"told_on": day(27)},
        ByRule(19440, "policy", "before_start"),
    ),
    "27 days before the term of a dear group: 25.00 is less than ten per cent": (
        {"told_on": day(27), "whole_minor": 108000},
        ByRule(105500, "policy", "before_start"),
    ),
    "on the day of the first session, before it": (
        {"told_on": day(0)},
        ByRule(19440, "policy", "before_start"),
    ),
    "after the first session has begun": (
        {"told_on": day(0), **BEGUN},
        ByRule(0, "policy", "begun"),
    ),
    "within the fourteen days, less than 28 before the term: D2 wins": (
        {"billed_on": day(20), "told_on": day(10)},
        ByRule(21600, "cooling_off", "cooling_off"),
    ),
    "within the fourteen days, a session was held, no tick: the whole fee": (
        {"billed_on": day(5), "told_on": day(-2), **BEGUN},
        ByRule(21600, "cooling_off", "cooling_off"),
    ),
    "within the fourteen days, a session was held, with the tick: less that session": (
        {"billed_on": day(5), "told_on": day(-2), "start_at_once": True, **BEGUN},
        ByRule(18000, "cooling_off", "cooling_off_used", only_unused=True),
    ),
    "within the fourteen days with the tick, nothing held yet: the whole fee": (
        {"billed_on": day(5), "told_on": day(2), "start_at_once": True},
        ByRule(21600, "cooling_off", "cooling_off"),
    ),
    "a free place": ({"whole_minor": 0, "unused_minor": 0}, ByRule(0, "policy", "early")),
    "a penny": (
        {"whole_minor": 1, "unused_minor": 1, "told_on": day(3)},
        ByRule(1, "policy", "before_start"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_leaver_gets_what_the_policy_says(case: str) -> None:
    changed, expected = CASES[case]
    assert by_policy(POLICY, leaver(**changed)) == expected


def test_the_numbers_of_the_debt_hold_not_todays() -> None:
    old = RefundPolicy.of({"days_full": 40, "keep_max_minor": 5000, "keep_bp": 5000})
    assert by_policy(old, leaver(told_on=day(39))) == ByRule(16600, "policy", "before_start")
    assert old.cooling_off_days == 14
    assert RefundPolicy.of(old.frozen()) == old
    assert RefundPolicy.of({}) == POLICY


@given(
    whole=st.integers(0, 500_000),
    sessions=st.integers(1, 30),
    billed=st.integers(-20, 200),
    tick=st.booleans(),
    days=st.lists(st.integers(-60, 200), min_size=2, max_size=2),
)
def test_never_more_than_the_fee_and_never_more_for_who_waits(
    whole: int, sessions: int, billed: int, tick: bool, days: list[int]
) -> None:
    """`days` before the first session; sessions are weekly from then on."""
    sooner, later = sorted((min(one, billed) for one in days), reverse=True)
    given_back = []
    for told in (sooner, later):
        held = min(sessions, max(0, -told // 7 + 1)) if told < 0 else 0
        case = leaver(
            whole_minor=whole,
            unused_minor=whole - whole * held // sessions,
            billed_on=day(billed),
            told_on=day(told),
            begun=told < 0,
            start_at_once=tick,
        )
        given_back.append(by_policy(POLICY, case).amount_minor)
    assert all(0 <= one <= whole for one in given_back)
    assert given_back[0] >= given_back[1]

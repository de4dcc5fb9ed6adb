"""What a session earns its leaders: rates, splits, and what held when it began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.leaders.accruals import Terms, earned_by, fee_of
from chalicelib.rules.running.leading import Leadership, Split, split_at

NOW = datetime(2027, 1, 14, 19, tzinfo=UTC)


def terms(name: str, rate_minor: int = 6500, pay: str = "fee", extra: int = 0) -> Terms:
    return Terms(leader_id=name, pay=pay, rate_minor=rate_minor, extra_minutes=extra)


@pytest.mark.parametrize(
    ("rate_minor", "minutes", "fee"),
    [(6500, 90, 9750), (7000, 120, 14000), (6501, 90, 9752), (6500, 0, 0), (1, 29, 0), (1, 30, 1)],
)
def test_a_fee_is_the_rate_for_the_time_and_half_a_penny_goes_up(
    rate_minor: int, minutes: int, fee: int
) -> None:
    assert fee_of(rate_minor, minutes) == fee


@pytest.mark.parametrize(
    ("led", "shares", "earned"),
    [
        # each the own rate
        ([terms("a"), terms("b", 7000)], {}, [9750, 10500]),
        # planning and debrief beside the session
        ([terms("a", extra=30)], {}, [13000]),
        # not paid by fee
        ([terms("a"), terms("b", pay="waived")], {}, [9750, 0]),
        ([terms("a", pay="paid_by_employer"), terms("b", pay="principal")], {}, [0, 0]),
        # a split of both fees together
        ([terms("a"), terms("b")], {"a": 6000, "b": 4000}, [11700, 7800]),
        # who led alone has the own fee, whatever the split says
        ([terms("a")], {"a": 6000, "b": 4000}, [9750]),
        # who waived takes no share, and who stands outside the split keeps the own rate
        ([terms("a"), terms("b", pay="waived")], {"a": 6000, "b": 4000}, [9750, 0]),
        ([terms("a"), terms("c", 8000)], {"a": 6000, "b": 4000}, [9750, 12000]),
        # nobody led
        ([], {"a": 10000}, []),
    ],
)
def test_who_led_earns(led: list[Terms], shares: dict[str, int], earned: list[int]) -> None:
    assert [one.amount_minor for one in earned_by(90, led, shares)] == earned


RATES = st.lists(st.integers(0, 20_000), min_size=1, max_size=4)


@given(RATES, st.lists(st.integers(0, 10_000), min_size=4, max_size=4), st.integers(1, 300))
def test_a_split_shares_what_the_fees_come_to_and_no_penny_more_or_less(
    rates: list[int], weights: list[int], minutes: int
) -> None:
    led = [terms(str(at), rate) for at, rate in enumerate(rates)]
    shares = {str(at): bp for at, bp in enumerate(weights)}
    found = earned_by(minutes, led, shares)
    assert sum(one.amount_minor for one in found) == sum(fee_of(r, minutes) for r in rates)
    assert all(one.amount_minor >= 0 for one in found)


def test_a_rate_changed_after_the_fact_changes_nothing_that_had_begun() -> None:
    first = Leadership(group_id="g", term_id="t", leader_id="a", name="A", rate_minor=6500)
    raised = Leadership(
        group_id="g",
        term_id="t",
        leader_id="a",
        name="A",
        rate_minor=7000,
        earlier=first.paid_from("fee", 7000, NOW),
    )
    gave_up = raised.paid_from("waived", 0, NOW + timedelta(days=10))
    assert raised.paid_at(NOW - timedelta(minutes=1)) == ("fee", 6500)
    assert raised.paid_at(NOW) == ("fee", 7000)
    assert [(one.pay, one.rate_minor) for one in gave_up] == [("fee", 6500), ("fee", 7000)]
    assert raised.paid_from("fee", 7000, NOW) == raised.earlier


def a_split(name: str, confirmed: dict[str, datetime], withdrawn: bool = False) -> Split:
    return Split(
        group_id="g",
        term_id="t",
        split_id=name,
        shares={"a": 6000, "b": 4000} if name == "1" else {"a": 5000, "b": 5000},
        proposed_by="a",
        proposed_at=NOW,
        confirmed=confirmed,
        withdrawn_at=NOW if withdrawn else None,
    )


def test_a_split_holds_for_sessions_after_the_last_has_confirmed_it() -> None:
    later = NOW + timedelta(days=3)
    half = a_split("1", {"a": NOW})
    whole = a_split("1", {"a": NOW, "b": later})
    newer = a_split("2", {"a": later, "b": later + timedelta(days=9)})
    assert split_at([half], later) == {}
    assert split_at([whole], later - timedelta(minutes=1)) == {}
    assert split_at([whole, newer], later) == whole.shares
    assert split_at([whole, newer], later + timedelta(days=9)) == newer.shares
    assert split_at([a_split("1", {"a": NOW, "b": NOW}, withdrawn=True)], later) == {}

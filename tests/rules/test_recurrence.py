"""Dates of terms: the rhythms of the demo circle, the exceptions, the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.running.recurrence import (
    Recurrence,
    dates_of,
    instant,
    is_fifth,
    is_last,
    plan,
    shifted,
)

LONDON = "Europe/London"


def rhythm(first: str, **changed: object) -> Recurrence:
    facts: dict[str, object] = {
        "first_date": date.fromisoformat(first),
        "local_time": time(19),
        "minutes": 90,
        "count": 6,
    }
    return Recurrence(**{**facts, **changed})  # type: ignore[arg-type]


def days(*texts: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(text) for text in texts)


# The demo circle's groups (PRODUCT section 6).
DEMO = {
    "G1 autumn, fortnightly": (
        rhythm("2026-09-24", interval=2),
        days("2026-09-24", "2026-10-08", "2026-10-22", "2026-11-05", "2026-11-19", "2026-12-03"),
    ),
    "G1 spring, fortnightly": (
        rhythm("2027-01-14", interval=2),
        days("2027-01-14", "2027-01-28", "2027-02-11", "2027-02-25", "2027-03-11", "2027-03-25"),
    ),
    "G2, the second Wednesday of the month": (
        rhythm("2026-09-09", rhythm="monthly", count=10, local_time=time(18, 30), minutes=120),
        days(
            *("2026-09-09", "2026-10-14", "2026-11-11", "2026-12-09", "2027-01-13"),
            *("2027-02-10", "2027-03-10", "2027-04-14", "2027-05-12", "2027-06-09"),
        ),
    ),
    "G3, fortnightly without the day before Christmas Eve": (
        rhythm(
            "2026-09-02",
            interval=2,
            count=10,
            local_time=time(15),
            skipped=days("2026-12-23"),
        ),
        days(
            *("2026-09-02", "2026-09-16", "2026-09-30", "2026-10-14", "2026-10-28"),
            *("2026-11-11", "2026-11-25", "2026-12-09", "2027-01-06", "2027-01-20"),
        ),
    ),
    "G4, the second Tuesday, not in January": (
        rhythm(
            "2026-10-13",
            rhythm="monthly",
            count=9,
            local_time=time(8),
            skipped=days("2027-01-12"),
        ),
        days(
            *("2026-10-13", "2026-11-10", "2026-12-08", "2027-02-09", "2027-03-09"),
            *("2027-04-13", "2027-05-11", "2027-06-08", "2027-07-13"),
        ),
    ),
    "G5, the last Friday of the month": (
        rhythm("2026-11-27", rhythm="monthly_last", count=4, local_time=time(12, 30)),
        days("2026-11-27", "2026-12-25", "2027-01-29", "2027-02-26"),
    ),
}


@pytest.mark.parametrize("name", DEMO)
def test_the_demo_groups_meet_on_their_dates(name: str) -> None:
    recurrence, expected = DEMO[name]
    assert dates_of(recurrence) == expected


def test_daybreak_is_at_eight_in_london_and_moves_about_in_hobart() -> None:
    recurrence, _ = DEMO["G4, the second Tuesday, not in January"]
    planned = plan(recurrence, LONDON)
    in_london = {one.starts_at.astimezone(ZoneInfo(LONDON)).time() for one in planned}
    in_hobart = [one.starts_at.astimezone(ZoneInfo("Australia/Hobart")).hour for one in planned]
    assert in_london == {time(8)}
    assert in_hobart == [18, 19, 19, 19, 19, 17, 17, 17, 17]


def test_a_session_stays_at_seven_over_the_change_of_the_clocks() -> None:
    planned = plan(rhythm("2027-03-25", count=2), LONDON)
    assert [one.starts_at.hour for one in planned] == [19, 18]
    assert all(one.ends_at - one.starts_at == timedelta(minutes=90) for one in planned)


def test_a_time_the_clocks_jump_over_comes_as_much_later() -> None:
    at = instant(date(2027, 3, 28), time(1, 30), LONDON)
    assert at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert at.astimezone(ZoneInfo(LONDON)).time() == time(2, 30)


def test_of_a_time_the_clocks_show_twice_the_first_is_meant() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(date(2026, 10, 25), time(1, 30), LONDON) == first
    assert instant(date(2026, 10, 25), time(1, 30, fold=1), LONDON) == first


def test_listed_dates_are_taken_as_they_are() -> None:
    listed = rhythm("2026-09-24", rhythm="listed", extra=days("2026-10-15", "2026-10-01"))
    assert dates_of(listed) == days("2026-09-24", "2026-10-01", "2026-10-15")


def test_an_extra_date_counts_and_a_skipped_first_date_does_not() -> None:
    with_extra = rhythm("2027-01-14", count=3, extra=days("2027-01-16"))
    assert dates_of(with_extra) == days("2027-01-14", "2027-01-16", "2027-01-21")
    without_first = rhythm("2027-01-14", count=2, skipped=days("2027-01-14"))
    assert dates_of(without_first) == days("2027-01-21", "2027-01-28")


def test_a_fifth_weekday_is_found_only_in_months_that_have_one() -> None:
    fifth = rhythm("2026-10-29", rhythm="monthly", count=3)
    assert dates_of(fifth) == days("2026-10-29", "2026-12-31", "2027-04-29")
    assert is_fifth(date(2026, 10, 29))
    assert not is_fifth(date(2026, 10, 28))
    assert is_last(date(2026, 10, 29))
    assert not is_last(date(2026, 10, 22))


def test_the_last_friday_before_the_first_date_is_not_meant() -> None:
    last = rhythm("2027-01-15", rhythm="monthly_last", count=2)
    assert dates_of(last) == days("2027-01-29", "2027-02-26")


def test_more_extra_dates_than_sessions_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="more extra"):
        dates_of(rhythm("2027-01-14", count=1, extra=days("2027-01-15", "2027-01-16")))
    with pytest.raises(ValueError, match="no rhythm"):
        dates_of(rhythm("2027-01-14", rhythm="daily"))


def test_a_copied_term_keeps_the_rhythm_and_leaves_the_holidays_behind() -> None:
    spring = rhythm("2027-01-14", interval=2, skipped=days("2027-02-11"))
    summer = shifted(spring, date(2027, 4, 15))
    assert (summer.interval, summer.skipped) == (2, ())
    assert dates_of(summer)[:2] == days("2027-04-15", "2027-04-29")


def test_listed_dates_of_a_copied_term_move_along() -> None:
    listed = rhythm("2027-01-14", rhythm="listed", count=2, extra=days("2027-01-28"))
    assert dates_of(shifted(listed, date(2027, 4, 15))) == days("2027-04-15", "2027-04-29")


DAYS = st.dates(date(2020, 1, 1), date(2060, 1, 1))


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    first = draw(DAYS)
    near = st.integers(0, 400).map(lambda days: first + timedelta(days=days))
    extra = draw(st.frozensets(near, max_size=4))
    return Recurrence(
        first_date=first,
        local_time=draw(st.times()).replace(second=0, microsecond=0),
        minutes=draw(st.integers(60, 120)),
        rhythm=draw(st.sampled_from(["weekly", "monthly", "monthly_last"])),
        interval=draw(st.integers(1, 6)),
        count=draw(st.integers(max(1, len(extra)), 48)),
        skipped=tuple(draw(st.frozensets(near, max_size=6))),
        extra=tuple(extra),
    )


@given(recurrences())
def test_the_dates_are_as_many_as_asked_in_order_and_never_a_skipped_one(
    recurrence: Recurrence,
) -> None:
    found = dates_of(recurrence)
    assert len(found) == recurrence.count
    assert all(one < another for one, another in pairwise(found))
    assert not set(found) & set(recurrence.skipped)
    assert set(recurrence.extra) - set(recurrence.skipped) <= set(found)


@given(recurrences())
def test_every_regular_date_keeps_its_weekday_and_its_place_in_the_month(
    recurrence: Recurrence,
) -> None:
    for day in set(dates_of(recurrence)) - set(recurrence.extra):
        assert day.weekday() == recurrence.first_date.weekday()
        assert day >= recurrence.first_date
        if recurrence.rhythm == "monthly":
            assert (day.day - 1) // 7 == (recurrence.first_date.day - 1) // 7
        if recurrence.rhythm == "monthly_last":
            assert is_last(day)


ZONES = st.sampled_from([LONDON, "Australia/Hobart", "America/New_York", "Asia/Kolkata", "UTC"])


@given(recurrences(), ZONES)
def test_every_session_shows_its_local_time_unless_the_clocks_jump_over_it(
    recurrence: Recurrence, zone: str
) -> None:
    for one in plan(recurrence, zone):
        there = one.starts_at.astimezone(ZoneInfo(zone))
        wanted = datetime.combine(one.local_date, recurrence.local_time)
        gap = there.replace(tzinfo=None) - wanted
        assert timedelta(0) <= gap <= timedelta(hours=1)
        if gap:
            before = wanted.replace(tzinfo=ZoneInfo(zone))
            assert before.utcoffset() != before.replace(fold=1).utcoffset()
        assert one.ends_at - one.starts_at == timedelta(minutes=recurrence.minutes)

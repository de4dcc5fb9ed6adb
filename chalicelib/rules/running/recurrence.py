"""The dates of a term: a weekly, fortnightly or monthly rhythm with exceptions (R42, R46, R88).

Local time and zone rule; instants follow from them, so a session stays at 19:00 over a change
of the clocks (M9). What does not live here: rows of sessions (term_sessions.py).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

RHYTHMS = ("weekly", "monthly", "monthly_last", "listed")


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """A rhythm: from `first_date`, every `interval` weeks or months, until `count` sessions are
    found. `skipped` dates do not count, `extra` dates do.

    `monthly` keeps the weekday and its place in the month (the second Tuesday), `monthly_last`
    the last such weekday of the month, `listed` takes `first_date` and `extra` as they are.
    """

    first_date: date
    local_time: time
    minutes: int
    rhythm: str = "weekly"  # weekly | monthly | monthly_last | listed
    interval: int = 1
    count: int
    skipped: tuple[date, ...] = ()
    extra: tuple[date, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One date of a plan as local day and instants."""

    number: int
    local_date: date
    starts_at: datetime
    ends_at: datetime


def dates_of(recurrence: Recurrence) -> tuple[date, ...]:
    """Exactly `count` dates in order, none of them skipped; for `listed` those that are listed.

    An extra date that is skipped as well stays out. Raises ValueError for a rhythm nobody knows,
    and for more extra dates than sessions.
    """
    skipped = frozenset(recurrence.skipped)
    extra = frozenset(recurrence.extra) - skipped
    if recurrence.rhythm == "listed":
        return tuple(sorted((extra | {recurrence.first_date}) - skipped))
    if len(extra) > recurrence.count:
        raise ValueError("more extra dates than sessions")
    regular = (day for day in _rhythm(recurrence) if day not in skipped and day not in extra)
    return tuple(sorted(extra | set(islice(regular, recurrence.count - len(extra)))))


def plan(recurrence: Recurrence, zone: str) -> tuple[Planned, ...]:
    """The dates as numbered sessions with their instants in UTC."""
    length = timedelta(minutes=recurrence.minutes)
    starts = [(day, instant(day, recurrence.local_time, zone)) for day in dates_of(recurrence)]
    return tuple(
        Planned(number=number, local_date=day, starts_at=at, ends_at=at + length)
        for number, (day, at) in enumerate(starts, 1)
    )


def instant(day: date, local_time: time, zone: str) -> datetime:
    """When the clocks of `zone` show this time on this day, in UTC.

    A time that the clocks jump over in spring becomes the time that long after the jump (01:30
    in London is 02:30); of a time they show twice in autumn, the first is meant (PEP 495).
    """
    naive = datetime.combine(day, local_time.replace(fold=0))
    return naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shifted(recurrence: Recurrence, first_date: date) -> Recurrence:
    """The same rhythm from another first date, for a copied term. Listed dates move along;
    exceptions of a rhythm stay behind, because holidays do not move with a term."""
    if recurrence.rhythm != "listed":
        return replace(recurrence, first_date=first_date, skipped=(), extra=())
    by = first_date - recurrence.first_date
    moved = tuple(day + by for day in dates_of(recurrence) if day != recurrence.first_date)
    return replace(recurrence, first_date=first_date, skipped=(), extra=moved)


def is_fifth(day: date) -> bool:
    """Whether it is the fifth such weekday of its month, which many months do not have."""
    return day.day > 28


def is_last(day: date) -> bool:
    """Whether it is the last such weekday of its month."""
    return day.day + 7 > monthrange(day.year, day.month)[1]


def _rhythm(recurrence: Recurrence) -> Iterator[date]:
    """The endless rhythm from the first date on, exceptions left aside."""
    first, interval = recurrence.first_date, max(1, recurrence.interval)
    if recurrence.rhythm == "weekly":
        while True:
            yield first
            first += timedelta(weeks=interval)
    if recurrence.rhythm not in ("monthly", "monthly_last"):
        raise ValueError(f"no rhythm {recurrence.rhythm!r}")
    place = None if recurrence.rhythm == "monthly_last" else (first.day - 1) // 7
    month = first.year * 12 + first.month - 1
    while True:
        day = _weekday_of_month(month, first.weekday(), place)
        if day is not None and day >= first:
            yield day
        month += interval


def _weekday_of_month(month: int, weekday: int, place: int | None) -> date | None:
    """The weekday at a place in the month (0: the first), the last one for None; None where the
    month has no fifth. `month` counts from the year 0."""
    year, before = divmod(month, 12)
    start, days = monthrange(year, before + 1)
    found = list(range(1 + (weekday - start) % 7, days + 1, 7))
    if place is None:
        return date(year, before + 1, found[-1])
    return date(year, before + 1, found[place]) if place < len(found) else None

"""When runs of payouts are prepared, and how they are called (D4).

What does not live here: what a run holds (pay_runs.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.rules.leaders.preparing import Preview
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import Term

FIRST_DAYS = 7  # of a month, on the circle's calendar, in which the clock prepares its run


def period_of(now: datetime, zone: str, taken: Collection[str]) -> str:
    """The name of the next run: `2026-12`, and `2026-12-2` for a second one in the same month."""
    month = f"{now.astimezone(ZoneInfo(zone)):%Y-%m}"
    names = (month if number == 1 else f"{month}-{number}" for number in range(1, 1000))
    return next(name for name in names if name not in taken)


def is_time(circle: CircleSettings, now: datetime, taken: Collection[str]) -> bool:
    """Whether the clock prepares a run now: in the first days of a month that has none yet."""
    there = now.astimezone(ZoneInfo(circle.zone))
    early = there.day <= FIRST_DAYS
    return circle.payouts_every != "by_hand" and early and f"{there:%Y-%m}" not in taken


def ends_a_term(previews: Iterable[Preview], terms: Iterable[Term], now: datetime) -> bool:
    """Whether anything that would be paid is of a term whose last session is over. Then a circle
    that pays once a term pays, whatever else is payable beside it."""
    over = {one.term_id for one in terms if one.ends_at <= now}
    return any(line.term_id in over for one in previews for line in one.lines)

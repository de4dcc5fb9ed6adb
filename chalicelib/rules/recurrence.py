"""The dates of a term: a weekly, fortnightly or monthly rhythm with exceptions (R42, R46, R88).

Local time and zone rule; instants follow from them, so a session stays at 19:00 over a change
of the clocks (M9). What does not live here: rows of sessions (groups.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """A rhythm: from `first_date`, every `interval` weeks, or monthly on the same weekday of the
    month, until `count` sessions are found; `skipped` dates do not count, `extra` dates do."""

    first_date: date
    local_time: time
    minutes: int
    rhythm: str = "weekly"  # weekly | monthly | listed
    interval: int = 1
    count: int
    skipped: tuple[date, ...] = ()
    extra: tuple[date, ...] = ()

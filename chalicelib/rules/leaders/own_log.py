"""A leader's own log of hours, for accreditation: led, co-led, supervised, and more (N11, R93).

What was led comes from the registers; the rest the leader writes down. No case, no member. What
does not live here: what any of it earned (accruals.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.rules import day_parsers as d
from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.running.groups import Group

WRITTEN = ("supervised", "led_elsewhere", "training")
WHATS = ("led", "co_led", *WRITTEN)
MINUTES_MAX = 12 * 60


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """Hours that a leader wrote down: supervision, groups led elsewhere, training."""

    leader_id: str
    entry_id: str
    what: str  # supervised | led_elsewhere | training
    day: date
    minutes: int
    note: str  # with whom or where
    made_at: datetime


@dataclass(frozen=True)
class LogLine:
    """One line of the log, from a register or written down."""

    day: date
    what: str  # of WHATS
    minutes: int
    about: str  # the group and the number of the session, or the leader's own words
    mode: str = ""  # of the group: online | in_person | hybrid
    entry_id: str = ""  # of a line that was written down


@dataclass(frozen=True)
class Log:
    """The lines of a period, the newest first."""

    lines: tuple[LogLine, ...]

    @property
    def minutes(self) -> dict[str, int]:
        """How many minutes of each kind; kinds without any are left out."""
        sums: Counter[str] = Counter()
        for line in self.lines:
            sums[line.what] += line.minutes
        return {what: sums[what] for what in WHATS if sums[what]}

    def within(self, first: date | None, last: date | None) -> Log:
        """The lines of these days, both included; None leaves a side open."""
        return Log(
            tuple(
                one
                for one in self.lines
                if (first is None or one.day >= first) and (last is None or one.day <= last)
            )
        )


def log_of(
    accruals: Iterable[Accrual], entries: Iterable[LogEntry], groups: Mapping[str, Group]
) -> Log:
    """Everything in one log. Days are those of the group's zone."""
    lines = [_led(one, groups[one.group_id]) for one in accruals if one.led]
    lines += [
        LogLine(
            day=one.day,
            what=one.what,
            minutes=one.minutes,
            about=one.note,
            entry_id=one.entry_id,
        )
        for one in entries
    ]
    return Log(tuple(sorted(lines, key=lambda one: (one.day, one.about), reverse=True)))


def _led(one: Accrual, group: Group) -> LogLine:
    return LogLine(
        day=one.session_at.astimezone(ZoneInfo(group.zone)).date(),
        what="led" if one.together == 1 else "co_led",
        minutes=one.minutes,
        about=f"{group.title}, {one.number}",
        mode=group.mode,
    )


def rows_of(log: Log, words: Mapping[str, str], modes: Mapping[str, str]) -> list[Sequence[str]]:
    """The log as cells of a table: day, what, hours with two decimals, about, mode."""
    return [
        (
            one.day.isoformat(),
            words[one.what],
            f"{one.minutes / 60:.2f}",
            one.about,
            modes.get(one.mode, ""),
        )
        for one in reversed(log.lines)
    ]


LOG_DAYS = Form(
    "log_days",
    (
        Field("log_first", d.day(), required=False),
        Field("log_last", d.day(), required=False),
    ),
)


def log_form(today: date) -> Form:
    """What a leader writes down: a day that has come, minutes, with whom or where."""

    def has_come(values: Mapping[str, Any]) -> dict[str, str]:
        return {} if values["day"] <= today else {"day": "to_come"}

    return Form(
        "log_entry",
        (
            Field("what", p.choice(*WRITTEN), words="log_what"),
            Field("day", d.day(), words="log_day"),
            Field("minutes", p.integer(5, MINUTES_MAX), words="log_minutes"),
            Field("note", p.text(100), words="log_note"),
        ),
        (Check(("day",), has_come),),
    )

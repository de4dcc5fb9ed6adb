"""Parsers of days, times of day and zones.

What does not live here: other kinds of answers (parsers), instants and how they read (rendering).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from zoneinfo import ZoneInfo

from chalicelib.rules.typed_text import (
    NUMBER_LENGTH_MAX,
    Parser,
    Unreadable,
    lines_of,
    number_line,
    plain_digits,
)

_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_SPOKEN_DAY = re.compile(
    r"(?:([a-z]{3,9}),? )?([0-9]{1,2})(?:st|nd|rd|th)?[ /.-]"
    r"([0-9]{1,2}|[a-z]{3,9}),?[ /.-]([0-9]{4})"
)
_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2})(?::[0-9]{2})?)? ?(am|pm)?")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_ZONE = re.compile(
    r"UTC|(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)"
    r"(?:/[A-Za-z0-9_+-]{1,30}){1,2}"
)


def day() -> Parser:
    """A calendar day: ISO from a date input, `14/1/2027`, `14 January 2027`, or three boxes."""
    return Parser(
        lambda raws: _read_day(number_line(raws[-1], "not_a_date")),
        date.isoformat,
        boxes=("day", "month", "year"),
    )


def days(at_most: int = 60) -> Parser:
    """Calendar days, one a line, none twice; the value is a tuple in order of time."""
    max_length = at_most * NUMBER_LENGTH_MAX

    def read(raws: list[str]) -> tuple[date, ...]:
        lines = lines_of(raws[-1], max_length).split("\n")
        found = [_read_listed(line, n) for n, line in enumerate(lines, 1) if line.strip()]
        if len(set(found)) < len(found):
            raise Unreadable("same_day_twice")
        if len(found) > at_most:
            raise Unreadable("too_many")
        return tuple(sorted(found))

    return Parser(read, _write_days, facts={"at_most": at_most, "max_length": max_length}, empty=())


def local_time() -> Parser:
    """A time of day to the minute, without a zone: `19:00`, `7pm`, `7.30 pm`."""
    return Parser(_read_time, lambda moment: f"{moment:%H:%M}")


def zone() -> Parser:
    """A place-named IANA zone such as `Europe/London`, or UTC; the value is its key (D8, R22)."""
    return Parser(_read_zone, str)


def _read_day(line: str) -> date:
    plain = " ".join(plain_digits(line).lower().split())
    if iso := _ISO_DAY.fullmatch(plain):
        return _day(iso[1], iso[2], iso[3])
    spoken = _SPOKEN_DAY.fullmatch(plain)
    if not spoken:
        raise Unreadable("not_a_date")
    found = _day(spoken[4], spoken[3], spoken[2])
    if spoken[1] and _position(spoken[1], _WEEKDAYS) != found.isoweekday():
        raise Unreadable("wrong_weekday")
    return found


def _day(year: str, month: str, day_of_month: str) -> date:
    number = int(month) if month.isdigit() else _position(month, _MONTHS)
    try:
        found = date(int(year), number, int(day_of_month))
    except ValueError:
        raise Unreadable("not_a_date") from None
    if not 1900 <= found.year < 2200:
        raise Unreadable("not_a_date")
    return found


def _position(start: str, names: list[str]) -> int:
    """Counted from one; 0 for a word that begins no name."""
    found = [n for n, name in enumerate(names, 1) if name.lower().startswith(start)]
    return found[0] if found else 0


def _read_listed(line: str, number: int) -> date:
    try:
        return _read_day(line)
    except Unreadable as refusal:
        raise Unreadable(f"line_{refusal.code}", line=number) from None


def _write_days(listed: Iterable[date]) -> str:
    return "\n".join(f"{one.day} {_MONTHS[one.month - 1]} {one.year}" for one in listed)


def _read_time(raws: list[str]) -> time:
    match = _TIME.fullmatch(number_line(raws[-1], "not_a_time").lower())
    if not match or not (match[2] or match[3]):
        raise Unreadable("not_a_time")
    hour, half = int(match[1]), match[3]
    if half and not 1 <= hour <= 12:
        raise Unreadable("not_a_time")
    try:
        return time(hour % 12 + 12 * (half == "pm") if half else hour, int(match[2] or 0))
    except ValueError:
        raise Unreadable("not_a_time") from None


def _read_zone(raws: list[str]) -> str:
    key = raws[-1].strip()
    if not _ZONE.fullmatch(key):
        raise Unreadable("zone")
    try:
        return ZoneInfo(key).key
    except (KeyError, ValueError, OSError):
        raise Unreadable("zone") from None

"""Calendar entries as iCalendar text (RFC 5545, RFC 5546), for the one part beside a mail's text.

Written by hand: the library for it weighs 6 MB in the package and 50 ms at import, and what
we need of the format is one shape of event. What does not live here: which mail carries one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.rules.mail import Attachment

METHODS = ("PUBLISH", "REQUEST", "CANCEL")
LINE_OCTETS_MAX = 75  # RFC 5545, 3.1
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u0085\u2028\u2029]+")


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """One event. The same `uid` with a higher `sequence` replaces what the reader has."""

    uid: str
    sequence: int
    method: str  # PUBLISH | REQUEST | CANCEL
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str = ""


def entry_of(facts: Mapping[str, Any]) -> CalendarEntry:
    """The entry that a mail's frozen facts describe; instants may be ISO text.

    ValueError for a method that is none of ours, KeyError and TypeError for missing facts.
    """
    at = {name: _instant(facts[name]) for name in ("starts_at", "ends_at")}
    entry = CalendarEntry(**{**facts, **at})
    if entry.method not in METHODS:
        raise ValueError(f"{entry.method!r} is no method of ours")
    return entry


def attachment(entry: CalendarEntry, organizer: str, attendee: str, now: datetime) -> Attachment:
    """The entry as a part of a mail; the method stands in the type and in the body.

    `organizer` and `attendee` are mail addresses, `now` is when the entry was made.
    """
    lines = "".join(_folded(line) for line in _lines(entry, organizer, attendee, now))
    kind = f"text/calendar; charset=utf-8; method={entry.method}"
    return Attachment(name="invite.ics", content_type=kind, body=lines.encode())


def _lines(entry: CalendarEntry, organizer: str, attendee: str, now: datetime) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Balint circle//Seats and sessions//EN"
    yield f"METHOD:{entry.method}"
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(entry.uid)}"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"DTSTART:{_utc(entry.starts_at)}"
    yield f"DTEND:{_utc(entry.ends_at)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"STATUS:{'CANCELLED' if entry.method == 'CANCEL' else 'CONFIRMED'}"
    yield f"SUMMARY:{_text(entry.summary)}"
    if entry.location:
        yield f"LOCATION:{_text(entry.location)}"
    yield f"ORGANIZER:mailto:{_address(organizer)}"
    if entry.method != "PUBLISH":  # a published event names no attendee (RFC 5546, 3.2.1)
        yield f"ATTENDEE:mailto:{_address(attendee)}"
    yield "END:VEVENT"
    yield "END:VCALENDAR"


def _text(value: str) -> str:
    """A text value, escaped (RFC 5545, 3.3.11); control characters become spaces."""
    value = _CONTROL.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n"))
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _address(value: str) -> str:
    if not value.isprintable() or not value.isascii() or " " in value:
        raise ValueError("a calendar entry names plain addresses")
    return value


def _utc(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("instants are aware")
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, never cutting a character."""
    pieces, piece, room = [], "", LINE_OCTETS_MAX
    for letter in line:
        size = len(letter.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", LINE_OCTETS_MAX - 1  # the space that continues it counts
        piece += letter
        room -= size
    return "\r\n ".join([*pieces, piece]) + "\r\n"

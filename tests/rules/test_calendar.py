"""Calendar parts: what a calendar program reads back is what we meant."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.calendar import LINE_OCTETS_MAX, CalendarEntry, attachment, entry_of

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
ENTRY = CalendarEntry(
    uid="booking-1@marmalade-circle",
    sequence=0,
    method="REQUEST",
    starts_at=datetime(2026, 12, 10, 19, tzinfo=UTC),
    ends_at=datetime(2026, 12, 10, 20, 30, tzinfo=UTC),
    summary="Taster: Thursday Lantern Group",
    location="Harbour Street Health Centre, Fictonbury; step-free",
)
ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


def written(entry: CalendarEntry) -> str:
    part = attachment(entry, "hello@example.org", "pip@example.org", NOW)
    return part.body.decode()


def read(text: str) -> dict[str, str]:
    """Unfold, split, unescape: as a calendar program does."""
    lines = text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    values = dict(line.split(":", 1) for line in lines)
    escapes = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n"}
    return {
        name: re.sub(r"\\[\\;,n]", lambda found: escapes[found[0]], value)
        for name, value in values.items()
    }


def test_the_method_stands_in_the_type_and_in_the_body() -> None:
    for method in ("PUBLISH", "REQUEST", "CANCEL"):
        part = attachment(replace(ENTRY, method=method), "a@example.org", "b@example.org", NOW)
        assert f"method={method}" in part.content_type
        assert f"\r\nMETHOD:{method}\r\n" in part.body.decode()


def test_a_cancelled_seat_is_cancelled_in_the_calendar_too() -> None:
    assert "\r\nSTATUS:CANCELLED\r\n" in written(replace(ENTRY, method="CANCEL", sequence=1))
    assert "\r\nSEQUENCE:1\r\n" in written(replace(ENTRY, method="CANCEL", sequence=1))


def test_a_published_event_names_no_attendee() -> None:
    assert "ATTENDEE" not in written(replace(ENTRY, method="PUBLISH"))
    assert "ATTENDEE:mailto:pip@example.org\r\n" in written(ENTRY)


def test_times_are_told_in_utc() -> None:
    hobart = timezone(timedelta(hours=11))
    entry = replace(ENTRY, starts_at=datetime(2026, 12, 8, 19, tzinfo=hobart))
    assert "\r\nDTSTART:20261208T080000Z\r\n" in written(entry)


def test_frozen_facts_come_back_as_text() -> None:
    facts = {
        "uid": ENTRY.uid,
        "sequence": 0,
        "method": "REQUEST",
        "starts_at": "2026-12-10T19:00:00.000000Z",
        "ends_at": ENTRY.ends_at,
        "summary": ENTRY.summary,
        "location": ENTRY.location,
    }
    assert entry_of(facts) == ENTRY
    with pytest.raises(ValueError, match="no method of ours"):
        entry_of({**facts, "method": "REPLY"})


def test_an_address_cannot_smuggle_a_line_in() -> None:
    with pytest.raises(ValueError, match="plain addresses"):
        attachment(ENTRY, "a@example.org", "b@example.org\r\nX-EVIL:1", NOW)


@given(summary=ANYTHING, location=ANYTHING)
def test_every_line_fits_and_ends_as_it_should(summary: str, location: str) -> None:
    text = written(replace(ENTRY, summary=summary, location=location))
    lines = text.split("\r\n")
    assert lines.pop() == ""
    assert all(len(line.encode()) <= LINE_OCTETS_MAX for line in lines)
    assert not re.search(r"[\r\n]", "".join(lines))
    assert text.count("BEGIN:VEVENT") == 1 or "BEGIN:VEVENT" in summary + location


@given(summary=ANYTHING.filter(lambda text: text.isprintable()))
def test_what_was_written_is_read_back(summary: str) -> None:
    assert read(written(replace(ENTRY, summary=summary)))["SUMMARY"] == summary


@given(summary=st.text(st.sampled_from("\r\n;,\\:é€😀\x0b\u2028"), max_size=60))
def test_no_letter_makes_a_line_of_its_own(summary: str) -> None:
    names = [line.split(":", 1)[0] for line in read(written(replace(ENTRY, summary=summary)))]
    assert names == [line.split(":", 1)[0] for line in read(written(ENTRY))]

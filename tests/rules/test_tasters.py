"""What holds for tasters: which sessions are open to guests, when a place can be given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chalicelib.errors import Conflict, MoveNotDeclared
from chalicelib.rules.changes import Update
from chalicelib.rules.joining import tasters as rules
from chalicelib.rules.joining.applications import Act
from chalicelib.rules.mail import Mail
from chalicelib.rules.running.groups import Session, WholeTerm
from tests.rules.test_applications import a_group, a_term

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
BEGINS = datetime(2026, 12, 10, 19, tzinfo=UTC)
ENDS = BEGINS + timedelta(minutes=90)
WHO = {
    "full_name": "Dr Pip Buttonwood",
    "email": "pip@example.org",
    "email_hash": "f00d",
    "profession": "Vet",
    "zone": "Australia/Hobart",
}


def a_session(**changed: Any) -> Session:
    facts: dict[str, Any] = {
        "group_id": "group-1",
        "term_id": "term-1",
        "session_id": "session-1",
        "number": 0,
        "kind": "taster",
        "local_date": date(2026, 12, 10),
        "local_time": time(19),
        "zone": "Europe/London",
        "minutes": 90,
        "starts_at": BEGINS,
        "ends_at": ENDS,
        "guest_places": 2,
    }
    return Session(**{**facts, **changed})


def a_whole(*sessions: Session, **term: Any) -> WholeTerm:
    return WholeTerm(
        group=a_group(), term=a_term(**term), sessions=(), tasters=sessions, leaders=()
    )


def act(now: datetime = NOW) -> Act:
    return Act(actor="guest", audit_id="audit-1", now=now)


def a_booking(**changed: Any) -> rules.TasterBooking:
    change = rules.booked(a_whole(a_session()), a_session(), WHO, "booking-1", act())
    booking: rules.TasterBooking = next(iter(change.created(rules.TasterBooking)))
    return replace(booking, **changed)


@pytest.mark.parametrize(
    ("session", "term", "is_open"),
    [
        ({}, {}, True),
        ({"kind": "regular", "number": 3}, {"state": "running"}, True),
        ({"guests": 2}, {}, False),
        ({"guest_places": 0}, {}, False),
        ({"state": "cancelled"}, {}, False),
        ({"starts_at": NOW - timedelta(minutes=1)}, {}, False),
        ({}, {"state": "draft"}, False),
        ({}, {"state": "ended"}, False),
    ],
)
def test_which_sessions_are_open_to_guests(
    session: dict[str, Any], term: dict[str, Any], is_open: bool
) -> None:
    whole = a_whole(a_session(**session), **term)
    assert bool(rules.open_sessions(whole, NOW)) is is_open


def test_a_booking_carries_its_calendar_entry_and_its_end_takes_it_back() -> None:
    booked = rules.booked(a_whole(a_session()), a_session(), WHO, "booking-1", act())
    ended = rules.cancelled(a_booking(), a_whole(a_session()), act())
    entries = [next(iter(one.created(Mail))).facts["calendar"] for one in (booked, ended)]
    assert [(one["method"], one["sequence"]) for one in entries] == [("REQUEST", 0), ("CANCEL", 1)]
    assert entries[0]["uid"] == entries[1]["uid"] == "booking-1"


def test_a_place_can_be_given_up_until_the_meeting_begins_and_once() -> None:
    whole = a_whole(a_session())
    rules.cancelled(a_booking(), whole, act(BEGINS - timedelta(seconds=1)))
    with pytest.raises(Conflict):
        rules.cancelled(a_booking(), whole, act(BEGINS))
    with pytest.raises(MoveNotDeclared):
        rules.cancelled(a_booking(state="cancelled"), whole, act())


def test_a_place_can_be_given_up_when_its_session_was_taken_out() -> None:
    change = rules.cancelled(a_booking(), a_whole(), act())
    updated = [w.row for w in change.writes if isinstance(w, Update)]
    assert not any(isinstance(row, Session) for row in updated)


def test_nobody_is_marked_before_the_meeting() -> None:
    with pytest.raises(Conflict):
        rules.marked(a_booking(), "attended", act())
    rules.marked(a_booking(), "attended", act(BEGINS))
    rules.marked(a_booking(state="missed"), "attended", act(ENDS))


@pytest.mark.parametrize(
    ("state", "at", "shown"),
    [
        ("booked", BEGINS - timedelta(hours=24, seconds=1), False),
        ("booked", BEGINS - timedelta(hours=24), True),
        ("booked", ENDS, True),
        ("booked", ENDS + timedelta(seconds=1), False),
        ("cancelled", BEGINS, False),
    ],
)
def test_the_way_in_is_shown_from_the_day_before_until_the_end(
    state: str, at: datetime, shown: bool
) -> None:
    assert rules.joining_shown(a_booking(state=state), ENDS, at) is shown

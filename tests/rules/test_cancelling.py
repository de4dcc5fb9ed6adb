"""What may be cancelled, what the desk is asked, and what the first change writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import Conflict, InvalidForm, MoveNotDeclared
from chalicelib.rules.books.shares import spread
from chalicelib.rules.changes import Create
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.running.cancelling import (
    Cancelling,
    Wish,
    cancellable,
    session_cancelled,
    term_cancelled,
    unheld,
    waiting_for,
)
from chalicelib.rules.running.cancelling_forms import session_form, term_form
from chalicelib.rules.running.groups import Session, Term
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, conditions, mails, twice_written, updates, values
from tests.rules.test_bulk import SIX, session

SESSIONS = tuple(session(n) for n in range(1, 7))
LEADER = Person(
    person_id="person-imelda", full_name="Imelda", email="imelda@example.org", created_at=NOW
)
EXTRA = {"remedy": "extra_date", "date": "2027-04-08", "time": "19:00"}


def found(sessions: tuple[Session, ...] = SESSIONS, **changed: Any) -> Cancelling:
    """A term with one paid member."""
    term = {"occupied": 1, "taken": 1, "shares_moved": 3, **changed.pop("term", {})}
    usual: dict[str, Any] = {
        "whole": replace(a.whole(**term), sessions=sessions),
        "roster": [a.enrolment()],
        "debts": [
            a.obligation(state="paid", billed_at=NOW, paid_minor=21600, shares=spread(21600, SIX))
        ],
        "offers": [],
        "waiting": [],
    }
    return Cancelling(**{**usual, **changed})


def with_an_offer() -> Cancelling:
    open_debt = a.obligation(obligation_id="debt-2", person_id=None, shares=spread(21600, SIX))
    before = found(term={"occupied": 2})
    offer = a.offer(obligation_id="debt-2", offer_id="offer-2")
    return replace(before, debts=[*before.debts, open_debt], offers=[offer])


def wish(**typed: Any) -> Wish:
    given = {"remedy": "refund", "reason": "ill", "message": "", **typed}
    return Wish(
        values=given,
        bulk_id="bulk-1",
        new_session_id="session-new",
        actor="person-ada",
        now=NOW,
    )


def asked(about: Cancelling, one: Session, **typed: str) -> dict[str, Any]:
    return session_form(about, one, NOW).read({"reason": "ill", **typed})


# What may be cancelled


@pytest.mark.parametrize(
    ("changed", "term", "may"),
    [
        ({}, "recruiting", True),
        ({}, "running", True),
        ({}, "ended", True),
        ({}, "draft", False),
        ({}, "cancelled", False),
        ({"state": "held"}, "running", False),
        ({"state": "cancelled"}, "running", True),
        ({"state": "cancelled", "remedy": "refund"}, "running", False),
        ({"kind": "taster"}, "running", True),
        ({"kind": "taster", "state": "cancelled"}, "running", False),
    ],
)
def test_what_was_not_held_and_not_dealt_with_can_be_cancelled(
    changed: dict[str, Any], term: str, may: bool
) -> None:
    assert cancellable(a.whole(state=term), session(1, **changed)) is may


def test_sessions_that_have_begun_without_a_register_are_named() -> None:
    begun = session(1, starts_at=NOW - timedelta(days=1))
    whole = replace(a.whole(), sessions=(begun, replace(begun, state="held"), session(2)))
    assert unheld(whole, NOW) == [begun]


# What is asked


def test_an_extra_date_needs_a_day_and_a_time_still_to_come() -> None:
    for typed, errors in (
        ({"remedy": "extra_date"}, {"date": "missing", "time": "missing"}),
        ({**EXTRA, "date": "2026-11-20"}, {"date": "not_to_come"}),
        ({**EXTRA, "date": "2030-01-01"}, {"date": "not_to_come"}),
        ({**EXTRA, "date": "2027-01-28"}, {"date": "taken"}),
    ):
        with pytest.raises(InvalidForm) as refused:
            asked(found(), SESSIONS[0], **typed)
        assert refused.value.errors == errors
    assert asked(found(), SESSIONS[0], **EXTRA)["remedy"] == "extra_date"


def test_open_offers_allow_an_extra_date_only() -> None:
    for remedy in ("credit", "refund"):
        with pytest.raises(InvalidForm) as refused:
            asked(with_an_offer(), SESSIONS[0], remedy=remedy)
        assert refused.value.errors == {"remedy": "open_offers"}
    assert asked(with_an_offer(), SESSIONS[0], **EXTRA)


def test_a_taster_is_asked_no_remedy() -> None:
    assert set(asked(found(), session(1, kind="taster"))) == {"reason", "message"}


def test_a_term_is_cancelled_only_when_it_is_meant_and_no_offer_is_open() -> None:
    with pytest.raises(InvalidForm) as refused:
        term_form(found()).read({"reason": "few"})
    assert refused.value.errors == {"sure": "tick"}
    with pytest.raises(InvalidForm) as refused:
        term_form(with_an_offer()).read({"reason": "few", "sure": "yes"})
    assert refused.value.errors == {"sure": "open_offers"}


# What is written


def test_a_cancelled_session_keeps_its_remedy_and_begins_the_work() -> None:
    bulk, change = session_cancelled(found(), SESSIONS[1], [LEADER], wish())
    assert values(change, Session) == {"state": "cancelled", "remedy": "refund"}
    assert (bulk.todo, bulk.total, bulk.session_id) == (("debt-1",), 1, "session-2")
    assert conditions(change, Term) == {"state": "recruiting", "occupied": 1, "shares_moved": 3}
    assert mails(change) == ["leader_cancelled#bulk-1.person-imelda"]
    assert list(change.created(Bulk)) == [bulk]
    assert twice_written(change) == []


def test_an_extra_date_is_a_session_of_its_own_and_the_term_lasts_until_it() -> None:
    typed = asked(with_an_offer(), SESSIONS[1], **EXTRA)
    bulk, change = session_cancelled(with_an_offer(), SESSIONS[1], [], wish(**typed))
    (new,) = change.created(Session)
    assert (new.number, new.replaces, new.minutes) == (7, "session-2", 90)
    assert new.starts_at.hour == 18  # seven in London, whose clocks have changed
    assert bulk.todo == ("debt-1", "debt-2")
    assert values(change, Term)["ends_at"] == max(new.ends_at, a.term().ends_at)


def test_offers_that_came_meanwhile_refuse_a_refund() -> None:
    with pytest.raises(Conflict):
        session_cancelled(with_an_offer(), SESSIONS[1], [], wish())


def test_members_who_have_left_are_dealt_with_as_far_as_they_have_paid() -> None:
    kept = found(roster=[a.enrolment(state="left")])
    assert [one.obligation_id for one in kept.on_session(SESSIONS[0])] == ["debt-1"]
    empty = replace(kept, debts=[replace(kept.debts[0], shares=dict.fromkeys(SIX, 0))])
    assert empty.on_session(SESSIONS[0]) == empty.on_term() == []
    free = replace(empty, roster=[a.enrolment()])
    assert len(free.on_session(SESSIONS[0])) == len(free.on_term()) == 1


def test_a_cancelled_term_takes_every_planned_session_with_it() -> None:
    sessions = (session(1, state="held"), *SESSIONS[1:])
    waits = a.application(application_id="application-2", state="waitlisted")
    about = found(sessions, waiting=[waits])
    bulk, change = term_cancelled(about, [LEADER], wish())
    assert values(change, Term)["state"] == "cancelled"
    assert len(updates(change, Session)) == 5
    assert (bulk.cause, bulk.remedy, bulk.todo) == ("term_cancelled", "refund", ("debt-1",))
    (task,) = change.created(Task)
    assert task.facts["number"] == 1
    assert len([one for one in change.writes if isinstance(one, Create)]) == 3


def test_a_term_with_open_offers_or_one_that_is_over_is_not_cancelled() -> None:
    with pytest.raises(Conflict):
        term_cancelled(with_an_offer(), [], wish())
    for state in ("ended", "cancelled"):
        with pytest.raises(MoveNotDeclared):
            term_cancelled(found(term={"state": state}), [], wish())


def test_the_page_shows_each_part_to_the_penny() -> None:
    debt = replace(found().debts[0], paid_minor=20000, bursary_minor=0)
    (part,) = found(debts=[debt]).parts("session-1")
    assert (part.amount_minor, part.unbilled_minor, part.back_minor) == (3600, 1600, 2000)
    (whole,) = found(debts=[debt]).parts()
    assert (whole.amount_minor, whole.unbilled_minor, whole.back_minor) == (21600, 1600, 20000)
    helped = replace(debt, amount_minor=16200, bursary_minor=5400, paid_minor=16200)
    (part,) = found(debts=[helped]).parts("session-1")
    assert (part.bursary_minor, part.back_minor, part.name) == (900, 2700, "Pip Buttonwood")


def test_who_had_a_place_does_not_wait_for_an_answer() -> None:
    rows = [
        a.application(),
        a.application(application_id="application-2", state="screening"),
        a.application(application_id="application-3", state="declined"),
    ]
    waiting = waiting_for(rows, [a.enrolment(state="cancelled")])
    assert [one.application_id for one in waiting] == ["application-2"]

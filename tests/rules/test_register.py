"""The register of a session: whom it asks about, what it takes, what closing it writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import wording
from chalicelib.errors import AlreadyCounted, InvalidForm
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.changes import Change, Create, Remove, Require
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.applications import Act
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import Task
from chalicelib.rules.running import closing
from chalicelib.rules.running.groups import Session
from chalicelib.rules.running.register import (
    GRACE,
    MARKS,
    OUTCOMES,
    Attendance,
    Register,
    apologies_form,
    as_kept,
    open_registers,
    overdue,
    register_form,
    seats_of,
)
from tests.rules import money_rows as a
from tests.rules.money_rows import WEEK
from tests.rules.test_earning import debt, session, whole

BEGINS = session(1).starts_at
LATER = session(1).ends_at
ACT = Act(actor="imelda", audit_id="audit-1", now=LATER)
LEADERS = (("imelda", "Dr Imelda Inkwell"), ("barnaby", "Barnaby Teacup"))


def member(number: int, **changed: Any) -> Enrolment:
    usual = {"full_name": f"Sample Person {number}", "profession": "Nurse"}
    return a.enrolment(
        person_id=f"person-{number}", obligation_id=f"debt-{number}", **{**usual, **changed}
    )


def marked(number: int, mark: str) -> Attendance:
    return Attendance(
        group_id="group-1",
        term_id="term-1",
        session_id="session-1",
        person_id=f"person-{number}",
        mark=mark,
        marked_by="imelda",
        marked_at=LATER,
    )


def register(
    members: int = 2,
    kept: dict[int, str] | None = None,
    of: Session | None = None,
    states: dict[int, str] | None = None,
    **term: Any,
) -> Register:
    """The register of the first of three sessions."""
    one = of or session(1)
    people = [member(n, state=(states or {}).get(n, "active")) for n in range(1, members + 1)]
    rows = {f"person-{n}": marked(n, mark) for n, mark in (kept or {}).items()}
    debts = debts_of(people)
    return Register(
        whole=whole(3, **term),
        session=one,
        seats=seats_of(one, people, debts, rows),
        leaders=LEADERS,
        kept=rows,
    )


def debts_of(people: list[Enrolment], **changed: Any) -> dict[str, Obligation]:
    return {one.obligation_id: debt(one.obligation_id, 21600, 3, **changed) for one in people}


def answers(**changed: Any) -> dict[str, Any]:
    usual = {"outcome": "held", "led_by": ("imelda", "barnaby")}
    return {**usual, "mark-person-1": "present", "mark-person-2": "present", **changed}


def created(change: Change, kind: type) -> list[Any]:
    return list(change.created(kind))


def removed(change: Change) -> list[str]:
    """The ids of tasks that end with it."""
    return [
        one.row.ids["task_id"]
        for one in change.writes
        if isinstance(one, Remove) and hasattr(one.row, "ids")
    ]


# Whom it asks about


NOT_BORN = BEGINS - timedelta(hours=1)
SEATS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("a member", {}, {}, True),
    ("who has not agreed yet", {"state": "awaiting_agreement"}, {}, True),
    ("who is suspended", {"state": "suspended"}, {}, True),
    ("who has completed", {"state": "completed"}, {}, True),
    ("who joined later", {}, {"shares": {"session-2": 100}}, False),
    ("whose share was given back", {}, {"shares": {"session-1": 0}}, True),
    ("who left before", {"state": "left"}, {"ended_at": NOT_BORN}, False),
    ("who left since", {"state": "left"}, {"ended_at": LATER}, True),
    ("whose seat was taken back since", {"state": "cancelled"}, {"ended_at": LATER}, True),
]


@pytest.mark.parametrize(("who", "seat", "owed", "asked"), SEATS, ids=[one[0] for one in SEATS])
def test_it_asks_about_whoever_pays_for_the_session_and_had_a_seat(
    who: str, seat: dict[str, Any], owed: dict[str, Any], asked: bool
) -> None:
    people = [member(1, **seat)]
    found = seats_of(session(1), people, debts_of(people, **owed), {})
    assert bool(found) is asked, who


def test_a_closed_register_keeps_who_was_marked_and_an_open_one_does_not() -> None:
    people = [member(1, state="left")]
    debts = debts_of(people, ended_at=NOT_BORN)
    kept = {"person-1": marked(1, "present")}
    assert seats_of(session(1), people, debts, kept) == ()
    (seat,) = seats_of(session(1, state="held", revision=1), people, debts, kept)
    assert (seat.state, seat.mark) == ("left", "present")


def test_members_stand_by_name_and_nothing_but_name_and_profession_is_known_of_them() -> None:
    people = [member(1, full_name="Zebedee"), member(2, full_name="adela")]
    seats = seats_of(session(1), people, debts_of(people), {})
    assert [one.name for one in seats] == ["adela", "Zebedee"]
    assert set(vars(seats[0])) == {"person_id", "name", "profession", "state", "mark"}


# The form


def test_at_first_all_went_as_planned_and_nobody_suspended_is_expected() -> None:
    known = as_kept(register(3, {2: "apologies"}, states={3: "suspended"}))
    assert known["outcome"] == "held"
    assert known["led_by"] == ("imelda", "barnaby")
    found = {name: mark for name, mark in known.items() if name.startswith("mark-")}
    assert found == {
        "mark-person-1": "present",
        "mark-person-2": "apologies",
        "mark-person-3": "absent",
    }


def test_a_closed_register_says_what_was_saved() -> None:
    held = session(1, state="held", revision=1, led_by=("barnaby",))
    known = as_kept(register(2, {1: "partial", 2: "absent"}, of=held))
    assert known["led_by"] == ("barnaby",)
    assert (known["mark-person-1"], known["mark-person-2"]) == ("partial", "absent")
    late = as_kept(register(3, {1: "partial", 2: "absent"}, of=held))
    assert late["mark-person-3"] == "absent", "who took the seat afterwards"
    off = session(1, state="cancelled", revision=2)
    assert as_kept(register(of=off))["outcome"] == "cancelled"


GOOD = {"outcome": "held", "led_by": "imelda", "mark-person-1": "absent", "mark-person-2": "absent"}
WRONG = [
    ({"outcome": ""}, {"outcome": "choice"}),
    ({"outcome": "planned"}, {"outcome": "choice"}),
    ({"led_by": []}, {"led_by": "nobody"}),
    ({"led_by": "somebody"}, {"led_by": "choice"}),
    ({"led_by": [], "outcome": "cancelled"}, {}),
    ({"mark-person-2": ""}, {"mark-person-2": "choice"}),
    ({"mark-person-2": "here"}, {"mark-person-2": "choice"}),
    ({"mark-person-9": "present"}, {}),
]


@pytest.mark.parametrize(("typed", "errors"), WRONG)
def test_what_cannot_be_read_is_named(typed: dict[str, Any], errors: dict[str, str]) -> None:
    form = register_form(register())
    if not errors:
        assert "mark-person-9" not in form.read({**GOOD, **typed})
        return
    with pytest.raises(InvalidForm) as refused:
        form.read({**GOOD, **typed})
    assert refused.value.errors == errors
    (spoken,) = wording.errors_of(refused.value)
    assert "{" not in spoken[1]


def test_the_sentence_about_a_mark_names_the_member() -> None:
    with pytest.raises(InvalidForm) as refused:
        register_form(register()).read({**GOOD, "mark-person-2": ""})
    assert wording.errors_of(refused.value)[0][1] == "Choose whether Sample Person 2 was there"


def test_every_mark_and_outcome_has_a_word() -> None:
    for section in ("mark", "marked"):
        assert [code for code, _ in wording.options(section)] == list(MARKS)
    assert [code for code, _ in wording.options("session_outcome")] == list(OUTCOMES)


# When


@pytest.mark.parametrize(
    ("now", "state", "begun"),
    [
        (BEGINS - timedelta(seconds=1), "running", False),
        (BEGINS, "running", False),
        (BEGINS + GRACE, "running", True),
        (BEGINS + GRACE, "recruiting", True),
        (BEGINS + 52 * WEEK, "ended", True),
        (LATER, "draft", False),
        (LATER, "cancelled", False),
    ],
)
def test_a_register_opens_when_its_session_has_begun(
    now: datetime, state: str, begun: bool
) -> None:
    found = register(state=state)
    assert found.has_begun(now) is found.may_close(now) is begun
    act = replace(ACT, now=now)
    if begun:
        closing.closed(found, "0", answers(), act)
        return
    with pytest.raises(InvalidForm) as refused:
        closing.closed(found, "0", answers(), act)
    assert refused.value.errors == {"": "not_begun"}


def test_open_registers_are_those_begun_and_overdue_ones_a_week_old() -> None:
    term = whole(3, state="running")
    done = replace(term, sessions=(session(1, state="held"), *term.sessions[1:]))
    now = session(3).starts_at + GRACE
    assert [one.number for one in open_registers(term, now)] == [1, 2, 3]
    assert [one.number for one in open_registers(done, now)] == [2, 3]
    assert [one.number for one in overdue(term, now)] == [1]
    assert [one.number for one in overdue(term, session(2).ends_at + WEEK)] == [1, 2]
    assert overdue(whole(3, state="cancelled"), now) == ()


# Who is expected


@pytest.mark.parametrize(
    ("kept", "states", "expected", "thin"),
    [
        ({}, {}, 7, False),
        ({1: "apologies"}, {}, 6, False),
        ({1: "apologies", 2: "apologies"}, {}, 5, True),
        ({1: "apologies"}, {2: "suspended"}, 5, True),
    ],
)
def test_apologies_below_the_smallest_number_are_a_gentle_line(
    kept: dict[int, str], states: dict[int, str], expected: int, thin: bool
) -> None:
    found = register(7, kept, states=states)
    assert (found.apologies, found.expected, found.thin) == (len(kept), expected, thin)


def test_a_group_that_is_small_anyway_is_not_told_so_every_time() -> None:
    assert not register(3).thin


# Closing


def test_closing_says_what_happened_once() -> None:
    change = closing.closed(register(kept={2: "apologies"}), "0", answers(led_by=("imelda",)), ACT)
    values = a.values(change, Session)
    assert values == {
        "state": "held",
        "led_by": ("imelda",),
        "marked": {"present": 2},
        "revision": 1,
        "closed_at": LATER,
        "closed_by": "imelda",
    }
    assert a.conditions(change, Session) == {"state": "planned", "revision": 0, "remedy": ""}
    (made,) = created(change, Attendance)
    assert (made.person_id, made.mark, made.marked_by) == ("person-1", "present", "imelda")
    assert a.values(change, Attendance)["mark"] == "present"
    (trace,) = created(change, AuditRow)
    assert trace.action == "term.register_closed"
    assert trace.facts["marks"] == {
        "person-1": ["", "present"],
        "person-2": ["apologies", "present"],
    }
    assert removed(change) == ["register_open#session-1"]
    assert created(change, Task) == []
    assert a.twice_written(change) == []


def test_who_took_a_seat_since_the_form_was_sent_is_not_marked() -> None:
    change = closing.closed(register(3), "0", answers(), ACT)
    assert len(created(change, Attendance)) == 2
    assert a.values(change, Session)["marked"] == {"present": 2}


def test_a_cancelled_session_asks_for_a_remedy_and_marks_nobody() -> None:
    change = closing.closed(register(kept={2: "apologies"}), "0", answers(outcome="cancelled"), ACT)
    values = a.values(change, Session)
    assert (values["state"], values["led_by"], values["marked"]) == ("cancelled", (), {})
    assert created(change, Attendance) == []
    gone = [one.row for one in change.writes if isinstance(one, Remove)]
    assert [one.person_id for one in gone if isinstance(one, Attendance)] == ["person-2"]
    (task,) = created(change, Task)
    assert task.task_id == "session_remedy_due#session-1"
    assert task.path == "/admin/groups/group-1/terms/term-1"


def test_corrected_marks_are_the_only_ones_written() -> None:
    held = session(1, state="held", revision=1, closed_at=LATER, closed_by="barnaby")
    found = register(kept={1: "present", 2: "present"}, of=held)
    change = closing.closed(found, "1", answers(**{"mark-person-2": "partial"}), ACT)
    values = a.values(change, Session)
    assert not {"state", "closed_at", "closed_by"} & set(values), "it was closed when it was"
    assert (values["revision"], values["marked"]) == (2, {"present": 1, "partial": 1})
    assert created(change, Attendance) == []
    assert a.values(change, Attendance)["mark"] == "partial"
    (trace,) = created(change, AuditRow)
    assert trace.action == "term.register_corrected"
    assert trace.facts["marks"] == {"person-2": ["present", "partial"]}


def test_cancelled_and_held_again_ends_the_question_about_the_fees() -> None:
    off = session(1, state="cancelled", revision=2)
    change = closing.closed(register(of=off), "2", answers(), ACT)
    assert "session_remedy_due#session-1" in removed(change)
    assert len(created(change, Attendance)) == 2


def test_a_cancelled_session_whose_fees_were_dealt_with_stays_cancelled() -> None:
    off = session(1, state="cancelled", revision=1, remedy="refund")
    found = register(of=off)
    assert not found.may_close(LATER)
    with pytest.raises(InvalidForm) as refused:
        closing.closed(found, "1", answers(), ACT)
    assert refused.value.errors == {"": "remedied"}


def test_who_comes_second_sees_what_was_saved() -> None:
    held = session(1, state="held", revision=1, led_by=("imelda",))
    found = register(kept={1: "absent", 2: "present"}, of=held)
    with pytest.raises(InvalidForm) as refused:
        closing.closed(found, "0", answers(), ACT)
    shown = Answers.from_invalid(refused.value)
    assert shown.value("mark-person-1") == "absent"
    assert shown.values("led_by") == ["imelda"]
    ((field, sentence),) = wording.errors_of(refused.value)
    assert field == ""
    assert sentence.startswith("Somebody closed or corrected this register")


# Beforehand, and when it is forgotten


def test_apologies_are_kept_as_they_stand_now() -> None:
    found = register(3, {1: "apologies", 2: "apologies"})
    ids = apologies_form(found).read({"apologies": ["person-2", "person-3"]})["apologies"]
    change = closing.apologised(found, ids, ACT)
    (made,) = created(change, Attendance)
    assert (made.person_id, made.mark) == ("person-3", "apologies")
    gone = [one.row.person_id for one in change.writes if isinstance(one, Remove)]
    assert gone == ["person-1"]
    assert any(isinstance(one, Require) for one in change.writes)


def test_a_forgotten_register_is_asked_for_once_and_only_while_it_is_open() -> None:
    change = closing.remind(whole(3), session(1), LATER + WEEK, AlreadyCounted)
    require, create = change.writes
    assert isinstance(require, Require)
    assert isinstance(create, Create)
    assert create.row.task_id == "register_open#session-1"
    assert create.row.path == "/leader/groups/group-1/terms/term-1/sessions/session-1"
    assert wording.label("register_open", "tasks").format(**create.row.facts) == (
        "Close the register of session 1 of Thursday Lantern Group, Spring 2027"
    )

"""Closing and correcting a register: what is written about the session, its marks and its tasks.

What does not live here: the register itself (register.py), what it earns (books/earning.py), what
becomes of the fees of a cancelled session (cancellations).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import Refusal
from chalicelib.rules import states
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Require, Update, Write
from chalicelib.rules.joining.applications import Act
from chalicelib.rules.people.circle import Task
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.register import (
    Attendance,
    Register,
    as_kept,
    register_form,
    register_path,
)

TO_DO_WITHIN = timedelta(days=2)


def closed(register: Register, seen: str, values: Mapping[str, Any], act: Act) -> Change:
    """Close a register or correct a closed one: the session, the marks, the tasks, the audit.

    `seen` is the revision that the form was made of. Raises InvalidForm: when somebody closed or
    corrected it meanwhile (the form then says what was saved), before the session has begun, and
    once the fees of a cancelled session were dealt with. Conditional on the session as read. Who
    has taken a seat since the form was sent is not marked.
    """
    session, form = register.session, register_form(register)
    if seen != str(session.revision):
        raise form.invalid(form.write(as_kept(register)), {"": "closed_meanwhile"})
    if not register.may_close(act.now):
        code = "remedied" if session.remedy else "not_begun"
        raise form.invalid(form.write(values), {"": code})
    state = str(values["outcome"])
    asked = [one for one in register.seats if state == "held" and one.field in values]
    marks = {one.person_id: values[one.field] for one in asked}
    return Change.of(
        _session(session, state, values["led_by"] if state == "held" else (), marks, act),
        *_marked(register, marks, act),
        Remove(Ref(Task, {"task_id": task_id("register_open", session)})),
        _remedy(register, state, act),
        _recorded(register, state, marks, act),
    )


def _session(
    session: Session, state: str, led_by: tuple[str, ...], marks: Mapping[str, str], act: Act
) -> Update:
    values: dict[str, Any] = {
        "led_by": led_by,
        "marked": dict(Counter(marks.values())),
        "revision": session.revision + 1,
    }
    if state != session.state:
        states.move("session", session.state, state)
        values |= {"state": state, "closed_at": act.now, "closed_by": act.actor}
    as_read = tuple(Is(name, getattr(session, name)) for name in ("state", "revision", "remedy"))
    return Update(session, values, when=as_read)


def _marked(register: Register, marks: Mapping[str, str], act: Act) -> list[Write]:
    """The rows of this session brought in line: made, changed, and removed where nobody sits or
    nothing was held."""
    writes: list[Write] = []
    for person_id, mark in marks.items():
        before = register.kept.get(person_id)
        if before is None:
            writes.append(Create(_attendance(register.session, person_id, mark, act)))
        elif before.mark != mark:
            values = {"mark": mark, "marked_by": act.actor, "marked_at": act.now}
            writes.append(Update(before, values, when=(Is("mark", before.mark),)))
    gone = [row for person_id, row in register.kept.items() if person_id not in marks]
    return writes + [Remove(row) for row in gone]


def _attendance(session: Session, person_id: str, mark: str, act: Act) -> Attendance:
    return Attendance(
        group_id=session.group_id,
        term_id=session.term_id,
        session_id=session.session_id,
        person_id=person_id,
        mark=mark,
        marked_by=act.actor,
        marked_at=act.now,
    )


def apologised(register: Register, ids: Sequence[str], act: Act) -> Change:
    """Apologies sent ahead, as they stand now: kept for the register and for the count of who
    is expected (R15, M1). Conditional on a register that is still open."""
    marks = dict.fromkeys(ids, "apologies")
    still = (Is("state", "planned"), Is("revision", register.session.revision))
    return Change.of(
        Require(register.session, still),
        *_marked(register, marks, act),
        audit(
            register.session.term_id,
            "term.apologies_noted",
            act.actor,
            act.now,
            act.audit_id,
            group_id=register.session.group_id,
            session_id=register.session.session_id,
            person_ids=list(ids),
        ),
    )


def _recorded(register: Register, state: str, marks: Mapping[str, str], act: Act) -> Create:
    """Who closed or corrected what, by ids and codes: what it was, and what it is."""
    session = register.session
    before = {person_id: row.mark for person_id, row in register.kept.items()}
    changed = {one: [before.get(one, ""), mark] for one, mark in marks.items()}
    return audit(
        session.term_id,
        "term.register_corrected" if session.revision else "term.register_closed",
        act.actor,
        act.now,
        act.audit_id,
        group_id=session.group_id,
        session_id=session.session_id,
        states=[session.state, state],
        revision=session.revision + 1,
        marks={one: pair for one, pair in changed.items() if pair[0] != pair[1]},
    )


# What a person has to do


def task_id(code: str, session: Session) -> str:
    """The name of a task about a session."""
    return f"{code}#{session.session_id}"


def remind(whole: WholeTerm, session: Session, now: datetime, refusal: type[Refusal]) -> Change:
    """The administrator is asked to close a register, if it is still open (D4). `refusal`
    answers when that was asked before."""
    return Change.of(
        Require(session, (Is("state", "planned"),)),
        Create(
            _task("register_open", whole, session, register_path(session), now), refusal=refusal
        ),
    )


def _remedy(register: Register, state: str, act: Act) -> Write | None:
    """Somebody has to choose what becomes of the fees of a session that was not held (M3)."""
    whole, session = register.whole, register.session
    if state == session.state:
        return None
    if state == "cancelled":
        path = f"/admin/groups/{session.group_id}/terms/{session.term_id}"
        return Create(_task("session_remedy_due", whole, session, path, act.now))
    if session.state == "cancelled":
        return Remove(Ref(Task, {"task_id": task_id("session_remedy_due", session)}))
    return None


def _task(code: str, whole: WholeTerm, session: Session, path: str, now: datetime) -> Task:
    return Task(
        task_id=task_id(code, session),
        code=code,
        facts={"group": whole.group.title, "term": whole.term.title, "number": session.number},
        path=path,
        opened_at=now,
        due_at=now + TO_DO_WITHIN,
    )

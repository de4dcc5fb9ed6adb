"""Registers of sessions: shown to who leads, closed, corrected, and reminded of.

Closing one earns the session in the same transaction. What does not live here: what becomes of
the fees of a cancelled session (cancellations).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.errors import (
    AlreadyCounted,
    Conflict,
    NotFound,
    Refusal,
    StateChanged,
    Trouble,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.books.earning import earned
from chalicelib.rules.changes import Caller, Change, Is, Require
from chalicelib.rules.joining.applications import Act
from chalicelib.rules.joining.enrolments import IN_SEAT
from chalicelib.rules.leaders.accruing import accrued
from chalicelib.rules.leaders.clawing import corrected
from chalicelib.rules.people.people import Person
from chalicelib.rules.running import closing
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.register import Register, open_registers, overdue, seats_of
from chalicelib.rules.running.substitutes import standing_in
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.joining import enrolments
from chalicelib.store.leaders import clawbacks, pay
from chalicelib.store.people import addresses
from chalicelib.store.running import groups
from chalicelib.store.running import registers as store
from chalicelib.store.tasks import open_tasks

log = logging.getLogger("balint.registers")
TRIES = 12  # more than one seat can be taken in the seconds in which a register is closed
RUNNING_FIRST = ("running", "recruiting", "ended")


@dataclass(frozen=True)
class Which:
    """A session by its group, term and own id."""

    group_id: str
    term_id: str
    session_id: str


@dataclass(frozen=True)
class Leading:
    """A term as its leader sees it in a list: the next session, and open registers, the oldest
    first. Who only leads single sessions of it sees nothing but those: `standing_in`."""

    whole: WholeTerm
    next: Session | None
    open: tuple[Session, ...]
    standing_in: tuple[Session, ...] = ()


@dataclass(frozen=True)
class Member:
    """Somebody on a leader's list: name, profession, state of the seat, and whether mail reaches
    her; nothing else (O9)."""

    name: str
    profession: str
    state: str
    is_reached: bool = True


@dataclass(frozen=True)
class LeaderTerm:
    """A term as its leader sees it."""

    leading: Leading
    members: tuple[Member, ...]


def show_leading(outside: Outside, me: Person) -> list[Leading]:
    """The terms somebody leads that go ahead or are over: running ones first, the latest first
    among those that are over. Who was removed from a term does not see it (L4)."""
    now = outside.clock.now()
    found: list[Leading] = []
    for group_id in sorted({one.group_id for one in store.leaderships(me.person_id)}):
        for whole in groups.whole_terms(groups.everything(group_id)):
            if whole.term.state in RUNNING_FIRST:
                found += [_leading(whole, now)] if leads(me, whole) else _stands_in(me, whole)
    over = [one for one in found if one.whole.term.state == "ended"]
    ahead = [one for one in found if one not in over]
    ahead.sort(key=lambda one: (RUNNING_FIRST.index(one.whole.term.state), *_begins(one)))
    return ahead + sorted(over, key=_begins, reverse=True)


def show_term(outside: Outside, me: Person, group_id: str, term_id: str) -> LeaderTerm:
    """Dates, members and registers of a term; NotFound for who neither leads it nor is an
    administrator."""
    whole = _reached(me, groups.whole_term(group_id, term_id))
    seated = [one for one in enrolments.of_term(term_id) if one.state in IN_SEAT]
    lost = addresses.several(one.email for one in seated)
    closed = {email for email, one in lost.items() if one.is_marked}
    members = [
        Member(one.full_name, one.profession, one.state, one.email not in closed) for one in seated
    ]
    members.sort(key=lambda one: one.name.casefold())
    return LeaderTerm(_leading(whole, outside.clock.now()), tuple(members))


def show_register(outside: Outside, me: Person, which: Which) -> Register:  # noqa: ARG001
    """The register of a session, for who leads its term or only this session, and for
    administrators; NotFound for everybody else and for what is no session of the term."""
    whole = _reached(me, groups.whole_term(which.group_id, which.term_id), which.session_id)
    return _register(whole, which.session_id)[0]


def close(
    outside: Outside,
    caller: Caller,
    me: Person,
    which: Which,
    seen: str,
    values: Mapping[str, Any],
) -> None:
    """Close a register, or correct a closed one, and earn the session or take that back, in one
    commit. `values` are those of the register's form, which was made of revision `seen`.

    Raises NotFound; InvalidForm when somebody closed it meanwhile or it cannot be closed now;
    StateChanged when it does not come to rest.
    """
    for _ in range(TRIES):
        whole = groups.marked_term(which.group_id, which.term_id)
        whole = _reached(me, whole, which.session_id)
        register, debts = _register(whole, which.session_id)
        now = outside.clock.now()
        act = Act(actor=caller.actor, audit_id=outside.ids.new("audit"), now=now)
        change = Change.of(
            closing.closed(register, seen, values, act),
            earned(whole, register.session, values["outcome"], debts, now),
            _leaders_earned(whole, register.session, values, now),
            _still_leads(me, whole, which.session_id),
        )
        try:
            commit(change, caller, now)
        except StateChanged:
            continue  # a seat was taken, or somebody else was quicker: look again
        return
    raise StateChanged


def _leaders_earned(
    whole: WholeTerm, session: Session, values: Mapping[str, Any], now: datetime
) -> Change:
    """What the register says about the pay of who led it (D4)."""
    kept = pay.accruals_of(whole, session)
    change = accrued(whole, session, values["outcome"], values["led_by"], kept, now)
    owed_back = clawbacks.of_session(kept.values())
    return change + corrected(change, owed_back, session.revision + 1, now)


def note_apologies(
    outside: Outside, caller: Caller, me: Person, which: Which, ids: tuple[str, ...]
) -> None:
    """Who has said beforehand that they cannot come (M1). Conflict once the session has begun
    or is no longer planned."""
    register = show_register(outside, me, which)
    now = outside.clock.now()
    if register.closed or register.has_begun(now):
        raise Conflict
    act = Act(actor=caller.actor, audit_id=outside.ids.new("audit"), now=now)
    still = _still_leads(me, register.whole, which.session_id)
    change = closing.apologised(register, ids, act) + still
    commit(change, caller, now)


def remind(outside: Outside) -> dict[str, int]:
    """Open a task for every register that is still open seven days after its session (D4), also
    of a term that has ended; counts by outcome. What cannot be asked for now is asked for the
    next night."""
    now = outside.clock.now()
    known = {task.task_id for task in open_tasks()}
    counts: Counter[str] = Counter()
    for group in groups.every_group():
        for whole in groups.whole_terms(groups.everything(group.group_id)):
            for session in overdue(whole, now):
                told = closing.task_id("register_open", session) in known
                counts["known" if told else _remind(outside, whole, session)] += 1
    return dict(counts)


def _remind(outside: Outside, whole: WholeTerm, session: Session) -> str:
    now = outside.clock.now()
    try:
        commit(closing.remind(whole, session, now, refusal=AlreadyCounted))
    except (Refusal, Trouble) as answer:
        log.warning("register_waits session=%s code=%s", session.session_id, answer.code)
        return "waits"
    return "reminded"


def _register(whole: WholeTerm, session_id: str) -> tuple[Register, list[Any]]:
    """The register and all debts of its term, each read after the term."""
    session = whole.session(session_id)
    if session is None or session.kind != "regular":
        raise NotFound
    term = whole.term
    people = enrolments.of_term(term.term_id)
    debts = store.every_debt(term.term_id, people)
    kept = store.marks(term.group_id, session_id)
    named = {one.leader_id: one.name for one in whole.leaders}
    named |= {one.leader_id: one.name for one in whole.substitutes if one.session_id == session_id}
    named |= {one: _name(one) for one in session.led_by if one not in named}
    by_id = {one.obligation_id: one for one in debts}
    register = Register(
        whole=whole,
        session=session,
        seats=seats_of(session, people, by_id, kept),
        leaders=tuple(named.items()),
        kept=kept,
        closed_by=named.get(session.closed_by) or _name(session.closed_by),
    )
    return register, debts


def _name(person_id: str) -> str:
    person = reads.get(Person, person_id) if person_id else None
    return person.full_name if person else ""


def _leading(whole: WholeTerm, now: Any) -> Leading:
    coming = [one for one in whole.sessions if one.state == "planned" and one.ends_at > now]
    return Leading(whole, coming[0] if coming else None, open_registers(whole, now))


def _begins(one: Leading) -> tuple[Any, str]:
    return one.whole.term.starts_at, one.whole.term.term_id


def _stands_in(me: Person, whole: WholeTerm) -> list[Leading]:
    """A term of which somebody leads single sessions; nothing where none of them is open."""
    own = standing_in(whole, me.person_id)
    sessions = tuple(one for one in whole.sessions if one.session_id in own)
    left = tuple(one for one in sessions if one.state == "planned")
    return [Leading(whole, None, (), standing_in=left)] if left else []


def leads(me: Person, whole: WholeTerm) -> bool:
    """Whether somebody leads a term, and so sees its page and roster."""
    return any(one.leader_id == me.person_id for one in whole.leaders)


def _reached(me: Person, whole: WholeTerm | None, session_id: str = "") -> WholeTerm:
    """The term, for who leads it and for administrators; for a session of it also for who leads
    only that."""
    if whole is None:
        raise NotFound
    only_this = session_id in standing_in(whole, me.person_id)
    if not (leads(me, whole) or only_this or "administrator" in me.roles):
        raise NotFound
    return whole


def _still_leads(me: Person, whole: WholeTerm, session_id: str) -> Require | None:
    """Who writes as a leader still leads when it is written: access stops at once (L4)."""
    if "administrator" in me.roles:
        return None
    own = next((one for one in whole.leaders if one.leader_id == me.person_id), None)
    if own is not None:
        return Require(own, (), NotFound)
    every = (one for one in whole.substitutes if one.session_id == session_id)
    sub = next((one for one in every if one.leader_id == me.person_id), None)
    return Require(sub, (Is("left", False),), NotFound) if sub else None

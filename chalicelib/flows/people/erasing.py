"""Erasing what is kept about somebody, as the desk decides it and a member asks for it; and the
file of everything kept about a person.

What does not live here: the work itself, at night (erasing_work.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import wording
from chalicelib.errors import AlreadyCounted, NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.changes import Caller
from chalicelib.rules.people import erasing as rules
from chalicelib.rules.people import erasing_holds
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.erasing import Act, Who
from chalicelib.rules.people.erasing_forms import ERASE, FIND, same_name
from chalicelib.rules.people.erasure import Erasure, Hold, Stays
from chalicelib.rules.people.people import Person
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.people import traces


@dataclass(frozen=True)
class Shown:
    """One person at the desk: what would go, what stays, what has to end first."""

    erasure_id: str
    who: Who
    gone: Sequence[tuple[str, int]]
    at_once: Sequence[str]  # of these: what goes even while something has to wait
    stays: Sequence[Stays]
    holds: Sequence[Hold]
    erasure: Erasure | None


@dataclass(frozen=True)
class Erasures:
    """All of them, the newest first, with who each is about while that is known."""

    rows: tuple[Erasure, ...]
    now: datetime


def show_all(outside: Outside) -> Erasures:
    """Every erasure that was decided."""
    rows: list[Erasure] = reads.under(tables.Circle, "erasure")
    ordered = sorted(rows, key=lambda one: one.asked_at, reverse=True)
    return Erasures(rows=tuple(ordered), now=outside.clock.now())


def find(outside: Outside, email: str) -> str:  # noqa: ARG001 - as every flow
    """The id under which an address is known. InvalidForm for one that nobody has."""
    found = traces.by_email(email)
    if not found:
        raise FIND.invalid({"email": email}, {"email": "nobody"})
    return found


def show(outside: Outside, name: str) -> Shown:
    """What is kept about somebody, by the id of the person, application or booking. NotFound for
    an id that nobody has."""
    erasure = reads.get(Erasure, "erasure", name)
    who = traces.who(name)
    if erasure is not None:
        known = Who(person_id=erasure.person_id, found=erasure.found)
        who = _named(erasure, who or known)
    if who is None:
        raise NotFound
    found = traces.seen(who, wording.label("name", "erased"))
    now = outside.clock.now()
    holds = erasing_holds.holds(found.rows, found.subject, found.terms, now)
    return Shown(
        erasure_id=who.erasure_id,
        who=who,
        gone=erasing_holds.gone(found.rows, found.subject, whole=True),
        at_once=[one for one, _ in erasing_holds.gone(found.rows, found.subject, whole=False)],
        stays=erasing_holds.stays(found.rows, found.subject),
        holds=holds,
        erasure=erasure or reads.get(Erasure, "erasure", who.erasure_id),
    )


def _named(erasure: Erasure, known: Who) -> Who:
    return Who(
        person_id=known.person_id,
        found=tuple(sorted({*known.found, *erasure.found})) or (erasure.erasure_id,),
        full_name=erasure.full_name or known.full_name,
        email=erasure.email,
        zone=known.zone,
        since=erasure.asked_at,
    )


def ask(outside: Outside, caller: Caller, name: str, typed: str) -> None:
    """The desk decides it; the coming night begins. InvalidForm for another name than theirs,
    AlreadyCounted when it was decided before."""
    who = traces.who(name)
    if who is None:
        raise NotFound
    if reads.get(Erasure, "erasure", who.erasure_id):
        raise AlreadyCounted
    if not same_name(typed, who.full_name):
        raise ERASE.invalid({"typed": typed}, {"typed": "another"})
    act = _act(outside, caller)
    commit(rules.asked(who, act), caller, act.now)


def stop(outside: Outside, caller: Caller, name: str) -> None:
    """Call it off before its night. MoveNotDeclared once it has begun."""
    erasure = reads.get(Erasure, "erasure", name)
    if erasure is None:
        raise NotFound
    act = _act(outside, caller)
    commit(rules.stopped(erasure, act), caller, act.now)


def ask_again(outside: Outside, lines: Iterable[bytes]) -> int:
    """After a restore: decide every listed erasure once more, of whom the tables know and of whose
    erasure they do not. Nobody is written to. How many there were."""
    number = 0
    for line in lines:
        who = _known(rules.from_list(line))
        if who is None:
            continue
        act = _act(outside, Caller(actor="clock"))
        try:
            commit(rules.asked(who, act, again=True))
            number += 1
        except AlreadyCounted:
            continue  # the copy is younger than the decision: it goes on as it stood
    return number


def _known(told: Who) -> Who | None:
    """The same with the name and address that the tables have; None when they know nobody."""
    names = [told.person_id] if told.person_id else list(told.found)
    known = next((who for name in names if (who := traces.who(name))), None)
    if known is None:
        return None
    return replace(known, person_id=told.person_id or known.person_id, found=told.found)


def waiting() -> int:
    """How many erasures wait for something that is open."""
    rows: list[Erasure] = reads.under(tables.Circle, "erasure")
    return sum(not one.is_over for one in rows)


def request(outside: Outside, caller: Caller, me: Person) -> None:
    """A member asks the desk for it. AlreadyCounted when it was asked before."""
    act = _act(outside, caller)
    commit(rules.requested(me, act), caller, act.now)


def is_asked(outside: Outside, me: Person) -> bool:  # noqa: ARG001 - as every flow
    """Whether this member waits for an answer, or for the night."""
    task = reads.get(Task, "task#open", rules.request_id(me.person_id))
    return bool(task or reads.get(Erasure, "erasure", me.person_id))


def _act(outside: Outside, caller: Caller) -> Act:
    return Act(actor=caller.actor, audit_id=outside.ids.new("audit"), now=outside.clock.now())

"""The erasure of what is kept about somebody: asked for, begun, waiting, done (M8, T9).

What does not live here: the row of it (erasure.py), its mails (erasing_mails.py), what becomes of
each kind of row (erased_rows.py), what an erasure waits for and what it leaves (erasing_holds.py),
the walk over the rows (flows/people/erasing_work.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted
from chalicelib.rules import states
from chalicelib.rules.audit import audit
from chalicelib.rules.books.retention import kept_until
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.erasing_mails import letter
from chalicelib.rules.people.erasure import TEMPLATE, Erasure, Hold, Stays
from chalicelib.rules.people.people import Person

ANSWER_WITHIN = timedelta(days=28)  # of a request: the law gives a month
LOOK_AGAIN = timedelta(hours=20)  # the next night
LAST_MAIL_WAITS = timedelta(days=14)  # then the address goes, whether or not the mail has left
LIST = "erased"  # where the list of erasures stands, beside the exports


@dataclass(frozen=True, kw_only=True)
class Who:
    """Whom it is about, as they are known before."""

    person_id: str = ""
    found: tuple[str, ...] = ()
    full_name: str = ""
    email: str = ""
    zone: str = "Europe/London"
    since: datetime | None = None  # when it was decided: what they applied for later is theirs

    @property
    def erasure_id(self) -> str:
        """The name of their erasure."""
        return self.person_id or self.found[0]


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does it, when, and the name of its audit row."""

    actor: str
    audit_id: str
    now: datetime


def path_of(erasure_id: str) -> str:
    """The desk's page about it."""
    return f"/admin/erasing/{erasure_id}"


def request_id(person_id: str) -> str:
    """The task that a request is."""
    return f"erasure_asked#{person_id}"


def requested(person: Person, act: Act) -> Change:
    """A member asks for it: the desk's task, due within the month that the law gives. Once."""
    task = Task(
        task_id=request_id(person.person_id),
        code="erasure_asked",
        facts={"name": person.full_name},
        path=path_of(person.person_id),
        opened_at=act.now,
        due_at=act.now + ANSWER_WITHIN,
    )
    return Change.of(
        Create(task, refusal=AlreadyCounted),
        _recorded(person.person_id, person.person_id, "requested", act),
    )


def asked(who: Who, act: Act, again: bool = False) -> Change:
    """The desk has decided: the next night begins. AlreadyCounted when it was decided before."""
    row = Erasure(
        erasure_id=who.erasure_id,
        person_id=who.person_id,
        found=who.found,
        full_name=who.full_name,
        email=who.email,
        zone=who.zone,
        again=again,
        asked_by=act.actor,
        asked_at=act.now,
        next_at=act.now,
    )
    request = Ref(Task, {"task_id": request_id(who.erasure_id)})
    return Change.of(
        Create(row, refusal=AlreadyCounted),
        Remove(request),
        _recorded(row.erasure_id, row.person_id, "asked", act),
    )


def stopped(erasure: Erasure, act: Act) -> Change:
    """Called off before the night in which it begins. MoveNotDeclared once it has begun,
    StateChanged when the night was faster."""
    states.move("erasure", erasure.state, "stopped")
    return Change.of(
        Remove(erasure, when=(Is("state", "asked"), Is("begun_at", None))),
        _recorded(erasure.erasure_id, erasure.person_id, "stopped", act),
    )


def begun(erasure: Erasure, found: Sequence[str], act: Act) -> Update:
    """What it is about is written down before the first row goes, so that a run that dies half
    way is gone on with: rows that were erased say no more whose they were."""
    every = tuple(sorted({*erasure.found, *found}))
    values = {"found": every, "begun_at": erasure.begun_at or act.now}
    return Update(erasure, values, when=as_read(erasure))


def as_listed(erasure: Erasure) -> bytes:
    """Its line of the list that outlives a restore: ids and a date, nothing else."""
    told = {
        "erasure_id": erasure.erasure_id,
        "person_id": erasure.person_id,
        "found": list(erasure.found),
        "asked_at": erasure.asked_at.isoformat(),
    }
    return json.dumps(told, sort_keys=True).encode()


def from_list(body: bytes) -> Who:
    """Whom a line of the list is about. KeyError and ValueError for what is none."""
    told = json.loads(body)
    return Who(person_id=str(told["person_id"]), found=tuple(map(str, told["found"])))


def waits(
    erasure: Erasure, holds: tuple[Hold, ...], stays: Sequence[Stays], gone: Sequence[str], act: Act
) -> Change:
    """What may go has gone; the rest waits. The person hears of it once."""
    first = erasure.state == "asked"
    values: dict[str, Any] = {"waits_for": holds, "next_at": act.now + LOOK_AGAIN}
    if first:
        values["state"] = states.move("erasure", erasure.state, "waiting")
    return Change.of(
        Update(erasure, values, when=as_read(erasure)),
        letter(erasure, "begun", holds, stays, gone, act.now) if first else None,
        _recorded(erasure.erasure_id, erasure.person_id, "waits", act) if first else None,
    )


def erased(erasure: Erasure, stays: Sequence[Stays], gone: Sequence[str], act: Act) -> Change:
    """Everything that may go has gone. The person hears what stays and until when: the last mail.
    The next night looks once more, for what was written meanwhile, and forgets that mail too."""
    values = {
        "state": states.move("erasure", erasure.state, "erased"),
        "waits_for": (),
        "erased_at": act.now,
        "next_at": act.now + (timedelta() if erasure.again else LOOK_AGAIN),
    }
    return Change.of(
        Update(erasure, values, when=as_read(erasure)),
        letter(erasure, "done", (), stays, gone, act.now),
        _recorded(erasure.erasure_id, erasure.person_id, "erased", act),
    )


def ended(erasure: Erasure, act: Act) -> Change:
    """The last mail has left: name and address go from here as well. What stays of the row, and
    of the person, goes when the books need not be kept any longer."""
    values = {
        "state": states.move("erasure", erasure.state, "done"),
        "full_name": "",
        "email": "",
        "ended_at": act.now,
        "next_at": kept_until(erasure.erased_at or act.now),
    }
    return Change.of(Update(erasure, values, when=as_read(erasure)))


def looked(erasure: Erasure, act: Act) -> Change:
    """Nothing to end yet: another night."""
    values = {"next_at": act.now + LOOK_AGAIN}
    return Change.of(Update(erasure, values, when=as_read(erasure)))


def forgotten(erasure: Erasure, person: Person | None, act: Act) -> Change:
    """The years of the books are over: that these ids were one person is forgotten too (T9)."""
    states.move("erasure", erasure.state, "forgotten")
    return Change.of(
        Remove(erasure, when=as_read(erasure)),
        Remove(person, when=(Is("email", ""),)) if person and not person.email else None,
        _recorded(erasure.erasure_id, erasure.person_id, "forgotten", act),
    )


def last_mail_key(erasure: Erasure) -> str:
    """The key of the mail that ends it."""
    return f"{TEMPLATE}#{erasure.erasure_id}.done"


def gives_up_mail(erasure: Erasure, now: datetime) -> bool:
    """Whether the last mail has had its time."""
    return erasure.erased_at is not None and erasure.erased_at + LAST_MAIL_WAITS <= now


def as_read(erasure: Erasure) -> tuple[Is, ...]:
    """That nobody else went on with it."""
    return (Is("state", erasure.state), Is("next_at", erasure.next_at))


def _recorded(erasure_id: str, person_id: str, action: str, act: Act) -> Create:
    return audit(
        erasure_id,
        f"erasure.{action}",
        act.actor,
        act.now,
        act.audit_id,
        person_id=person_id or None,
    )

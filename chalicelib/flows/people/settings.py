"""The circle's settings as an administrator keeps them: facts, switches, documents, roles, acts.

What does not live here: the first set-up (set_up.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import AuditRow, audit
from chalicelib.rules.changes import Caller, Change, Write
from chalicelib.rules.mail import mail
from chalicelib.rules.people import circle as circle_rules
from chalicelib.rules.people import people as people_rules
from chalicelib.rules.people.circle import DOCUMENTS, SWITCHES, CircleSettings, Document
from chalicelib.rules.people.people import Officer, Person
from chalicelib.rules.people.set_up_forms import GIVE_ROLE_FORM, TAKE_ROLE_FORM
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.people import circle, people

ACTS_SHOWN = 500


@dataclass(frozen=True)
class Desk:
    """The circle's settings and who works at its desk."""

    settings: CircleSettings
    officers: tuple[Person, ...]


@dataclass(frozen=True)
class Acts:
    """The acts of one day (UTC), newest first, with the names of who acted and on whom."""

    day: date
    rows: tuple[AuditRow, ...]
    names: Mapping[str, str]
    older: date
    newer: date | None
    more: bool  # not all of the day are shown


def show_desk(outside: Outside) -> Desk:
    """The settings page."""
    found = people.several({one.person_id for one in people.officers()})
    ordered = sorted(found.values(), key=lambda person: person.full_name.casefold())
    return Desk(_settings(outside), tuple(ordered))


def edit(outside: Outside, caller: Caller, values: Mapping[str, Any]) -> None:
    """Change what the circle says about itself. Audited by the names of what was changed."""
    update = circle_rules.edit(_settings(outside), values)
    if update is not None:
        _commit(outside, caller, "circle.changed", update, changed=sorted(update.values))


def turn(outside: Outside, caller: Caller, switch: str, on: bool, reason: str) -> None:
    """Switch selling, refunds, payouts or mail off, or on again, saying why."""
    if switch not in SWITCHES:
        raise NotFound
    update = circle_rules.turn(_settings(outside), switch, on)
    if update is not None:
        action = "switch.on" if on else "switch.off"
        _commit(outside, caller, action, update, reason=reason, switch=switch)


def show_document(outside: Outside, name: str) -> tuple[Document, list[Document]]:
    """The version of a document that holds, and every version, newest first."""
    if name not in DOCUMENTS:
        raise NotFound
    current = circle.current_document(_settings(outside), name)
    if current is None:
        raise NotFound
    return current, circle.versions(name)


def publish(outside: Outside, caller: Caller, name: str, text: str) -> None:
    """Publish a new version of a document. The same text again publishes nothing."""
    current, _ = show_document(outside, name)
    if current.text == text:
        return
    settings, now = _settings(outside), outside.clock.now()
    change = circle_rules.publish(settings, name, text, now)
    version = next(iter(change.created(Document))).version
    _commit(outside, caller, "document.published", change, document=name, version=version)


def officer(outside: Outside, person_id: str) -> Person:  # noqa: ARG001
    """Somebody at the desk; NotFound for anybody else."""
    found = people.person(person_id)
    if found is None or people.officer(person_id) is None:
        raise NotFound
    return found


def give_role(outside: Outside, caller: Caller, values: Mapping[str, Any]) -> None:
    """Make somebody administrator or treasurer; a person is made for a new address. She is told
    by mail. InvalidForm when she has the role."""
    role, now = values["role"], outside.clock.now()
    known = people.by_email(values["email"])
    if known is not None and role in known.roles:
        raise GIVE_ROLE_FORM.invalid({}, {"email": "has_role"})
    person = known or Person(
        person_id=outside.ids.new("person"),
        full_name=values["full_name"],
        email=values["email"],
        roles=(role,),
        zone=_settings(outside).zone,
        created_at=now,
    )
    if known is None:
        change = people_rules.new_person(person)
    else:
        change = people_rules.give_role(person, people.officer(person.person_id), role)
    told = mail(
        "welcome_officer",
        outside.ids.new("role"),
        person.email,
        now,
        facts={"role": role},
        person_id=person.person_id,
    )
    _commit(
        outside, caller, "role.given", change + told, values["reason"], person.person_id, role=role
    )


def take_role(outside: Outside, caller: Caller, person_id: str, role: str, reason: str) -> None:
    """Take a role back; every session of that person ends. The last administrator stays."""
    person = officer(outside, person_id)
    if role not in person.roles:
        raise NotFound
    others = people.officers()
    if role == "administrator" and not _any_left(others, person):
        raise TAKE_ROLE_FORM.invalid({}, {"reason": "last_administrator"})
    own = people.officer(person_id)
    change = people_rules.take_role(person, own, role, others)
    _commit(outside, caller, "role.taken", change, reason, person_id, role=role)


def show_acts(outside: Outside, day: date | None) -> Acts:
    """What was done on a day; today when none is asked for."""
    today = outside.clock.now().date()
    shown = min(day or today, today)
    found = list(
        reads.indexed(
            tables.Audit.by_day, shown.isoformat(), limit=ACTS_SHOWN + 1, newest_first=True
        )
    )
    rows = tuple(found[:ACTS_SHOWN])
    ids = {name for row in rows for name in (row.actor, row.person_id) if name}
    persons = people.several({one for one in ids if one.startswith("person-")})
    return Acts(
        day=shown,
        rows=rows,
        names={key: person.full_name for key, person in persons.items()},
        older=shown - timedelta(days=1),
        newer=shown + timedelta(days=1) if shown < today else None,
        more=len(found) > ACTS_SHOWN,
    )


def _any_left(officers: list[Officer], person: Person) -> bool:
    return any(people_rules.is_other_administrator(one, person) for one in officers)


def _settings(outside: Outside) -> CircleSettings:  # noqa: ARG001
    found = circle.settings()
    if found is None:
        raise NotFound
    return found


def _commit(
    outside: Outside,
    caller: Caller,
    action: str,
    change: Change | Write,
    reason: str = "",
    person_id: str | None = None,
    **facts: Any,
) -> None:
    now = outside.clock.now()
    note = audit(
        person_id or "circle",
        action,
        caller.actor,
        now,
        outside.ids.new("audit"),
        reason,
        person_id,
        **facts,
    )
    commit(Change.of(change, note), caller, now)

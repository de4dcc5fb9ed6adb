"""People, the addresses that name them, and the roles they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.rules.changes import Change, Create, Is, Remove, Require, Update, Write

ROLES = ("administrator", "treasurer", "leader")
DESK_ROLES = ("administrator", "treasurer")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whose address was proven by mail, or whom an administrator entered.

    `generation` dies and is born again at sign-out everywhere, a changed address or a changed
    role: every session and sign-in link carries it.
    """

    person_id: str
    full_name: str
    email: str
    profession: str = ""
    roles: tuple[str, ...] = ()
    generation: int = 1
    zone: str = "Europe/London"
    created_at: datetime
    retain_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EmailOwner:
    """The unique row of an address: whose it is."""

    email: str  # as `email_key` writes it
    owner_id: str


@dataclass(frozen=True, kw_only=True)
class Officer:
    """The list of who works at the circle's desk: one row for each administrator and treasurer,
    written together with the person's roles, which rule."""

    person_id: str
    roles: tuple[str, ...]


def email_key(email: str) -> str:
    """One spelling per mailbox: trimmed, lower case (the local part too: no mail host that a
    clinician uses tells two people apart by case)."""
    return email.strip().casefold()


def email_hash(email: str) -> str:
    """A short stable name for an address in keys, so that keys hold no personal data."""
    return hashlib.sha256(email_key(email).encode()).hexdigest()[:32]


def new_person(person: Person) -> Change:
    """A person with the address that names them; StateChanged when somebody has it already."""
    owner = EmailOwner(email=email_key(person.email), owner_id=person.person_id)
    return Change.of(Create(person), Create(owner), _desk(person, None, person.roles))


def give_role(person: Person, officer: Officer | None, role: str) -> Change:
    """One role more. Every session ends, so that the next one has the length of the role."""
    roles = tuple(one for one in ROLES if one in (*person.roles, role))
    return _with_roles(person, officer, roles)


def take_role(
    person: Person, officer: Officer | None, role: str, others: Sequence[Officer]
) -> Change:
    """One role less; every session ends. For an administrator another one has to be left when
    it is written, so that two who remove each other do not leave the circle without any."""
    roles = tuple(one for one in person.roles if one != role)
    stays: Write | None = None
    if role == "administrator":
        other = next(one for one in others if is_other_administrator(one, person))
        stays = Require(other, (Is("roles", other.roles),))
    return Change.of(_with_roles(person, officer, roles), stays)


def is_other_administrator(officer: Officer, person: Person) -> bool:
    """Whether this is an administrator besides the person."""
    return officer.person_id != person.person_id and "administrator" in officer.roles


def sign_out_everywhere(person: Person) -> Update:
    """Every session and sign-in link of this person dies."""
    return Update(person, add={"generation": 1}, when=(Is("generation", person.generation),))


def _with_roles(person: Person, officer: Officer | None, roles: tuple[str, ...]) -> Change:
    unchanged = (Is("roles", person.roles), Is("generation", person.generation))
    update = Update(person, {"roles": roles}, add={"generation": 1}, when=unchanged)
    return Change.of(update, _desk(person, officer, roles))


def _desk(person: Person, officer: Officer | None, roles: tuple[str, ...]) -> Write | None:
    desk = tuple(one for one in roles if one in DESK_ROLES)
    if officer is None:
        return Create(Officer(person_id=person.person_id, roles=desk)) if desk else None
    if not desk:
        return Remove(officer, (Is("roles", officer.roles),))
    return Update(officer, {"roles": desk}, when=(Is("roles", officer.roles),))

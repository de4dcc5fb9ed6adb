"""Reading people: by id, by address, by the roles of the circle's desk."""

from __future__ import annotations

from chalicelib.rules.people.people import EmailOwner, Officer, Person, email_key
from chalicelib.store import reads, tables

NOBODY = "nobody"  # no person has this id


def person(person_id: str) -> Person | None:
    """Somebody by id."""
    return reads.get(Person, person_id)


def by_email(email: str) -> Person | None:
    """Whose address this is. An unknown address costs the same two reads as a known one."""
    owner = reads.get(EmailOwner, f"email#{email_key(email)}")
    return reads.get(Person, owner.owner_id if owner else NOBODY)


def several(person_ids: set[str]) -> dict[str, Person]:
    """People by id, in as few calls as there are hundreds of them."""
    return {one.person_id: one for one in reads.many(Person, [(i,) for i in sorted(person_ids)])}


def officers() -> list[Officer]:
    """Who works at the circle's desk."""
    return [row for row in reads.under(tables.Circle, "officer") if isinstance(row, Officer)]


def officer(person_id: str) -> Officer | None:
    """One of them."""
    return reads.get(Officer, "officer", person_id)

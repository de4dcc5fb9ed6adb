"""Reading applications and taster bookings, and binding an application to the person whose
address was proven.

What does not live here: offers under an application (offers.py), the moves (rules).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.rules.changes import Change, Create, Is, Require, Update
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.people.people import EmailOwner, Person, email_key
from chalicelib.store import reads, tables
from chalicelib.store.people import addresses


def application(application_id: str) -> Application | None:
    """One application."""
    return reads.get(Application, application_id, "application")


def of_term(term_id: str, state: str = "") -> list[Application]:
    """A term's applications, of one state if it is named; the waitlisted in their order."""
    prefix = f"application#{state}#" if state else "application#"
    return list(reads.indexed(tables.Applications.by_term, term_id, prefix))


def booking(booking_id: str) -> TasterBooking | None:
    """One taster booking."""
    return reads.get(TasterBooking, booking_id, "booking")


def bookings_of_term(term_id: str) -> list[TasterBooking]:
    """Every taster booking of a term, by session."""
    return list(reads.indexed(tables.Applications.by_term, term_id, "booking#"))


def holder(name: str) -> Unique | None:
    """Who holds a unique name: `group#emailhash` or `session#emailhash`."""
    return reads.get(Unique, f"unique#{name}", "unique")


def binding(application: Application, new_id: str, now: datetime) -> tuple[Change, str]:
    """What binds an application to the person of its address, and who that is.

    To be called only where a link that travels by mail alone was used: that proves the address.
    `new_id` names the person if nobody has the address yet. The change writes the application's
    row; it is empty when the application is bound already. StateChanged answers a lost race.
    """
    if application.person_id:
        return Change(), application.person_id
    email = _holds_now(application.email)
    key = email_key(email)
    owner = reads.get(EmailOwner, f"email#{key}")
    person_id = owner.owner_id if owner else new_id
    bound = Update(
        application,
        {"person_id": person_id, "address_proven_at": now},
        when=(Is("person_id", None), Is("email_hash", application.email_hash)),
    )
    if owner:
        return Change.of(bound, Require(owner, (Is("owner_id", person_id),))), person_id
    person = Person(
        person_id=person_id,
        full_name=application.full_name,
        email=email,
        profession=application.profession,
        zone=application.zone,
        created_at=now,
    )
    return Change.of(bound, Create(person), Create(EmailOwner(email=key, owner_id=person_id))), (
        person_id
    )


def _holds_now(email: str) -> str:
    """The address itself, or the one that the desk has put in its place while nobody owned it:
    there the link was read."""
    found = addresses.by_email(email)
    return found.replaced_by if found and found.replaced_by and not found.person_id else email

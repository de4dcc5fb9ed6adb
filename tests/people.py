"""People at the door: browsers that are signed in already.

The rows are written by commit, because signing in has tests of its own. What does not live here:
groups and terms (stories.py).
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.people.access import BrowserSession, hashed
from chalicelib.rules.people.people import EmailOwner, Person, email_key
from chalicelib.store import reads
from chalicelib.store.commit import commit
from tests.world import Browser, World

ADMINISTRATOR = "ada.ledger@marmalade-circle.example"


def a_person(
    world: World,
    email: str = ADMINISTRATOR,
    roles: tuple[str, ...] = (),
    full_name: str = "Ada Ledger",
) -> Person:
    """The person of this address; made when there is none yet."""
    owner = reads.get(EmailOwner, f"email#{email_key(email)}")
    if owner is not None:
        person = reads.get(Person, owner.owner_id)
        assert person is not None
        return person
    person = Person(
        person_id=world.outside.ids.new("person"),
        full_name=full_name,
        email=email,
        roles=roles,
        created_at=world.now,
    )
    names = EmailOwner(email=email_key(email), owner_id=person.person_id)
    commit(Change.of(Create(person), Create(names)))
    return person


def signed_in(
    world: World,
    roles: tuple[str, ...] = ("administrator",),
    email: str = ADMINISTRATOR,
    full_name: str = "Ada Ledger",
) -> Browser:
    """A browser whose person signed in just now, with these roles when the person is new."""
    person = a_person(world, email, roles, full_name)
    secret = world.outside.ids.secret()
    until = world.now + timedelta(days=14)
    session = BrowserSession(
        session_hash=hashed(secret),
        person_id=person.person_id,
        generation=person.generation,
        signed_in_at=world.now,
        expires_at=until,
        expires_epoch=int(until.timestamp()),
    )
    commit(Change.of(Create(session)))
    browser = world.browser()
    browser.cookies[SESSION_COOKIE] = secret
    return browser

"""Steps of stories about setting up a circle."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.flows import outbox
from chalicelib.flows.people.set_up import set_up_link
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.people.people import EmailOwner, Person
from chalicelib.store import reads, tables
from chalicelib.store.people import circle
from tests.world import BASE_URL, Browser, World, links_in

ADA = "ada.ledger@marmalade-circle.example"
TYPED = {
    "name": "Marmalade Circle",
    "email": "hello@marmalade-circle.example",
    "seller_name": "Marmalade Circle Trust",
    "seller_address": "1 Preserve Lane\nFictonbury ZZ99 9ZZ",
    "seller_statement": "Fictional charity 000000.",
    "currency": "GBP",
    "zone": "Europe/London",
    "preset": "society",
    "administrator_name": "Ada Ledger",
    "administrator_email": ADA,
}


def path_of_set_up(world: World) -> str:
    return set_up_link(world.outside).removeprefix(BASE_URL)


def set_up(world: World, **changed: Any) -> Browser:
    """A founded circle, and the browser of its founder, not signed in yet."""
    browser = world.browser()
    browser.get(path_of_set_up(world))
    browser.submit({**TYPED, **changed})
    return browser


def signs_in(world: World, browser: Browser, email: str = ADA) -> Browser:
    outbox.send_due(world.outside)
    letter = world.postbox.last(email, "sign in")
    [path] = [one for one in links_in(letter) if one.startswith("/sign-in/")]
    browser.get(path)
    browser.submit()
    return browser


def settings() -> CircleSettings:
    found = circle.settings()
    assert found is not None
    return found


def acts() -> list[str]:
    rows = [row for row in reads.everything(tables.Audit) if isinstance(row, AuditRow)]
    return sorted(row.action for row in rows)


def persons() -> list[Person]:
    return [row for row in reads.everything(tables.People) if isinstance(row, Person)]


@pytest.fixture
def ada(world: World) -> Browser:
    """The signed-in browser of the circle's only administrator."""
    return signs_in(world, set_up(world))


def _id_of(email: str) -> str:
    owner = reads.get(EmailOwner, f"email#{email}")
    assert owner is not None
    return owner.owner_id

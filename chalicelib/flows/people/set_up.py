"""The first hour of a deployment: its circle, its documents, its first administrator.

What does not live here: later changes (settings.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib import rendering
from chalicelib.errors import LinkNotValid
from chalicelib.gateways.outside import Outside
from chalicelib.rules import links
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Create
from chalicelib.rules.people import sign_in
from chalicelib.rules.people.circle import DOCUMENTS, CircleSettings, Document
from chalicelib.rules.people.people import Person, new_person
from chalicelib.rules.people.sign_in import Asked
from chalicelib.store.commit import commit
from chalicelib.store.people import circle

PURPOSE, SUBJECT = "set-up", "circle"


def set_up_link(outside: Outside) -> str:
    """The address at which a new deployment is set up: for the runner and the deploy command.
    It works until the circle has settings, and for nobody afterwards."""
    path = links.link_path(outside.places.link_keys, PURPOSE, SUBJECT, 1)
    return outside.places.base_url + path


def require_open(outside: Outside, token: str) -> None:
    """LinkNotValid unless the link is ours and the circle has yet to be set up."""
    link = links.read_link(outside.places.link_keys, PURPOSE, token)
    if link != links.Link(SUBJECT, 1) or circle.settings() is not None:
        raise LinkNotValid


def set_up(
    outside: Outside, caller: Caller, token: str, values: Mapping[str, Any], asked: Asked
) -> None:
    """Found the circle: settings, first documents, first administrator and the mail by which she
    signs in, together. LinkNotValid when somebody else was first."""
    require_open(outside, token)
    now = outside.clock.now()
    settings = CircleSettings(
        **{name: values[name] for name in FOUNDED},
        agreement_version="1",
        policy_version="1",
        privacy_version="1",
        set_up_at=now,
    )
    person = Person(
        person_id=outside.ids.new("person"),
        full_name=values["administrator_name"],
        email=values["administrator_email"],
        roles=("administrator", "treasurer"),
        zone=values["zone"],
        created_at=now,
    )
    documents = [
        Create(Document(name=name, version="1", text=_wording(name, settings), published_at=now))
        for name in DOCUMENTS
    ]
    change = Change.of(
        Create(settings, refusal=LinkNotValid),
        *documents,
        new_person(person),
        sign_in.ask(asked, person, now),
        audit("circle", "circle.set_up", person.person_id, now, outside.ids.new("audit")),
    )
    commit(change, caller, now)


FOUNDED = (
    *("name", "email", "seller_name", "seller_address", "seller_statement"),
    *("currency", "zone", "preset"),
)


def _wording(name: str, settings: CircleSettings) -> str:
    """The wording a document begins with; consumer law is told as it is in the UK where the
    circle sells in pounds (D2)."""
    return rendering.document(name, circle=settings, in_the_uk=settings.currency == "GBP")

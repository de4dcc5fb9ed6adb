"""Two nights at once, a night and the desk, a night and somebody who writes: on AWS's own DynamoDB
Local, with real threads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.flows.people import erasing, erasing_work
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.mail import Mail
from chalicelib.rules.people.erasure import Erasure
from chalicelib.rules.people.people import email_hash
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.flows.test_sign_in_races import at_once
from tests.people import a_person
from tests.shop import ADMIN
from tests.stories import a_circle
from tests.world import World

pytestmark = pytest.mark.dynamodb_local
NAME, EMAIL = "Zanzibara Qwyrk", "zanzibara@qwyrk.example"


def decided(world: World) -> str:
    """Somebody with three applications and mails, and the desk's decision."""
    a_circle(world)
    person = a_person(world, EMAIL, full_name=NAME)
    for number in range(3):
        row = Application(
            application_id=f"application-{number}",
            group_id=f"group-{number}",
            term_id="term-1",
            state="withdrawn",
            full_name=NAME,
            email=EMAIL,
            email_hash=email_hash(EMAIL),
            person_id=person.person_id,
            created_at=world.now - timedelta(days=9),
        )
        name = Unique(name=row.claim_name, owner_id=row.application_id)
        told = Mail(
            message_key=f"application_received#{number}",
            template="application_received",
            to=EMAIL,
            facts={"full_name": NAME},
            person_id=person.person_id,
            state="sent",
            queued_at=world.now,
        )
        commit(Change.of(Create(row), Create(name), Create(told)))
    erasing.ask(world.outside, ADMIN, person.person_id, NAME)
    return person.person_id


def left() -> list[Any]:
    every = [row for table in tables.TABLES.values() for row in reads.everything(table)]
    return [row for row in every if "qwyrk" in repr(row).casefold()]


def erasure(name: str) -> Erasure | None:
    return reads.get(Erasure, "erasure", name)


def test_two_nights_at_once_erase_once_and_write_one_mail(local_world: World) -> None:
    name = decided(local_world)
    at_once([lambda: erasing_work.go_on(local_world.outside)] * 4)
    erasing_work.go_on(local_world.outside)
    found = erasure(name)
    assert found is not None
    assert found.state == "erased"
    letters = [row for row in reads.everything(tables.Outbox) if row.template == "erasure"]
    assert len(letters) == 1
    kinds = {type(row).__name__ for row in left()}
    assert kinds == {"Erasure", "Mail"}, "the last mail and where it goes"


def test_what_is_called_off_as_it_begins_is_either_whole_or_gone(local_world: World) -> None:
    name = decided(local_world)
    at_once(
        [
            lambda: erasing_work.go_on(local_world.outside),
            lambda: erasing.stop(local_world.outside, ADMIN, name),
        ]
    )
    erasing_work.go_on(local_world.outside)
    found = erasure(name)
    applications = list(reads.everything(tables.Applications))
    if found is None:
        assert len(applications) == 6, "nothing had gone"
    else:
        assert (found.state, applications) == ("erased", [])

"""News of a mail while others write the same rows, on AWS's own DynamoDB Local, with real
threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.errors import Refusal, StoreBusy
from chalicelib.flows import outbox
from chalicelib.flows.people import addresses as desk
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.mail import mail
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import email_hash
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.people import addresses
from tests.mail_steps import event, known, row, tell
from tests.stories import a_circle
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

PIP = "pip.buttonwood@example.org"
ADA = Caller(actor="person-ada")


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each act returned or how it was refused, all begun together."""

    def run(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (Refusal, StoreBusy) as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def queued(world: World, number: int = 1) -> str:
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    commit(Change.of(mail("mail_check", str(number), PIP, world.now, facts)))
    return f"mail_check#{number}"


def tasks() -> list[Task]:
    return [one for one in reads.under(tables.Circle, "task#open") if one.code == "mail_bounced"]


def test_one_event_brought_many_times_at_once_counts_once(local_world: World) -> None:
    a_circle(local_world)
    key = queued(local_world)
    outbox.send_due(local_world.outside)
    told = event(local_world, key, "bounced")
    at_once([lambda: tell(told)] * 6)
    assert row(key).delivery == "bounced"
    assert known(PIP).mails == (key,)
    assert dict(addresses.came_back(local_world.now)) == {"bounced": 1}
    assert len(tasks()) == 1


def test_bounces_of_many_mails_at_once_are_all_remembered(local_world: World) -> None:
    a_circle(local_world)
    keys = [queued(local_world, number) for number in range(4)]
    outbox.send_due(local_world.outside)
    told = [event(local_world, key, "bounced") for key in keys]
    for _ in range(2):  # what did not come to rest, SNS brings again
        at_once([lambda one=one: tell(one) for one in told])
    assert {row(key).delivery for key in keys} == {"bounced"}
    assert known(PIP).state == "bounces"
    assert len(tasks()) == 1
    assert dict(addresses.came_back(local_world.now)) == {"bounced": 4}


def test_news_that_comes_while_the_mail_is_being_sent(local_world: World) -> None:
    """The sender marks the mail, the event is faster: both end the same, and it left once."""
    a_circle(local_world)
    key = queued(local_world)
    send = local_world.postbox.send

    def told_on_the_way(letter: Any) -> str:
        number = send(letter)
        tell(event(local_world, key, "bounced", message_id=number))
        return number

    local_world.postbox.send = told_on_the_way  # type: ignore[method-assign]
    assert outbox.send_due(local_world.outside) == {"overtaken": 1}
    mail_now = row(key)
    assert (mail_now.state, mail_now.delivery, mail_now.message_id) == (
        "sent",
        "bounced",
        "message-1",
    )
    local_world.clock.move(days=1)
    assert outbox.send_due(local_world.outside) == {}
    assert len(local_world.postbox.letters) == 1


def test_two_at_the_desk_correct_one_address(local_world: World) -> None:
    a_circle(local_world)
    key = queued(local_world)
    outbox.send_due(local_world.outside)
    tell(event(local_world, key, "bounced"))
    hashed = email_hash(PIP)
    asked = [
        lambda to=to: desk.correct(
            local_world.outside, ADA, hashed, {"email": to, "reason": "By telephone"}
        )
        for to in ("pip@example.net", "pip@example.com")
    ]
    answers = at_once(asked)
    assert sum(answer is None for answer in answers) == 1
    winner = known(PIP).replaced_by
    outbox.send_due(local_world.outside)
    assert row(key).sent_to == winner
    assert len(local_world.postbox.to(winner)) == 2

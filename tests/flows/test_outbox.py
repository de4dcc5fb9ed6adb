"""Mails leave once, or visibly not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import MailUnknown, MoveNotDeclared
from chalicelib.flows import outbox
from chalicelib.flows.outbox import SomeMailsBroken
from chalicelib.handlers import jobs
from chalicelib.rules import sending
from chalicelib.rules.changes import Caller, Change, Create, Remove, Update
from chalicelib.rules.links import read_link, sign_in_code
from chalicelib.rules.mail import Letter, LinkTo, Mail, Standing, mail, name_in_path
from chalicelib.rules.people.circle import CircleSettings, Document, JobRun, Task
from chalicelib.store import outbox as kept
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.stories import a_circle
from tests.world import World

PIP = "pip.buttonwood@example.org"


@pytest.fixture(autouse=True)
def _circle(world: World) -> None:
    a_circle(world)


def queue(world: World, subject_id: str = "check-1", **more: Any) -> str:
    """Queue a mail as an act does; its key."""
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    facts |= more.pop("facts", {})
    commit(Change.of(mail("mail_check", subject_id, PIP, world.now, facts, **more)))
    return f"mail_check#{subject_id}"


def row(key: str) -> Mail:
    found = kept.mail(key)
    assert found is not None
    return found


def tasks() -> list[Task]:
    return reads.under(tables.Circle, "task#open")


def fail_five_times(world: World) -> str:
    """A mail that SES refused for good."""
    key = queue(world)
    for _ in range(5):
        world.postbox.refuse_next = 1
        outbox.send_due(world.outside)
        world.clock.move(hours=5)
    return key


# What leaves


def test_a_queued_mail_leaves_with_its_facts_and_the_circle(world: World) -> None:
    key = queue(world)
    assert outbox.send_due(world.outside) == {"sent": 1}
    letter = world.postbox.last(PIP)
    assert letter.subject == "Mail from Marmalade Circle works"
    assert "Saturday 21 November 2026, 18:00" in letter.text
    assert letter.sender == "Marmalade Circle <hello@marmalade-circle.example>"
    assert letter.reply_to == "hello@marmalade-circle.example"
    mail = row(key)
    assert (mail.state, mail.message_id, mail.subject) == ("sent", "message-1", letter.subject)
    assert (mail.sent_at, mail.due_at, mail.attempts) == (world.now, None, 1)


def test_a_second_run_sends_nothing(world: World) -> None:
    queue(world)
    outbox.send_due(world.outside)
    assert outbox.send_due(world.outside) == {}
    world.clock.move(days=3)
    assert outbox.send_due(world.outside) == {}
    assert len(world.postbox.letters) == 1


def test_more_mails_than_one_round_reads_leave_in_one_run(world: World) -> None:
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    orders = [mail("mail_check", f"check-{n}", PIP, world.now, facts) for n in range(102)]
    commit(Change.of(*orders[:51]))
    commit(Change.of(*orders[51:]))
    assert outbox.send_due(world.outside) == {"sent": 102}
    assert len(world.postbox.letters) == 102


def test_a_mail_waits_until_it_is_due(world: World) -> None:
    key = queue(world)
    commit(Change.of(Update(row(key), {"due_at": world.now + timedelta(hours=1)})))
    assert outbox.send_due(world.outside) == {}
    world.clock.move(hours=1)
    assert outbox.send_due(world.outside) == {"sent": 1}


def test_personal_links_and_codes_are_made_when_the_mail_leaves(world: World) -> None:
    """Through `links`, so that no row of the outbox opens a door."""
    keys = world.outside.places.link_keys
    url = outbox._url(world.outside, LinkTo(purpose="offer", subject="a-1", generation=3))
    assert url.startswith("http://127.0.0.1:8000/offers/a-1.3.")
    assert read_link(keys, "offer", url.rpartition("/")[2]).generation == 3
    code = outbox._url(world.outside, LinkTo(purpose="sign-in-code", subject="token-1"))
    assert code == sign_in_code(keys, "token-1")


def test_a_calendar_part_goes_with_the_mail(world: World) -> None:
    entry = {
        "uid": "booking-1",
        "sequence": 1,
        "method": "CANCEL",
        "starts_at": world.now,
        "ends_at": world.now + timedelta(minutes=90),
        "summary": "Taster",
        "location": "",
    }
    queue(world, facts={"calendar": entry})
    outbox.send_due(world.outside)
    (part,) = world.postbox.last(PIP).attachments
    assert part.content_type == "text/calendar; charset=utf-8; method=CANCEL"
    assert b"DTSTART:20261121T180000Z" in part.body
    assert f"ATTENDEE:mailto:{PIP}".encode() in part.body


# What goes wrong


def test_a_lost_reply_is_followed_by_one_more_mail_after_the_lease(world: World) -> None:
    key = queue(world)
    world.postbox.lose_next_reply = 1
    assert outbox.send_due(world.outside) == {"unclear": 1}
    assert row(key).state == "claimed"
    assert row(key).failure == "MailUnknown: timeout"
    world.clock.move(minutes=4)
    assert outbox.send_due(world.outside) == {}
    world.clock.move(minutes=1)
    assert outbox.send_due(world.outside) == {"sent": 1}
    first, second = world.postbox.letters
    assert first == second, "the same letter under the same reference"
    assert row(key).failure == ""


def test_a_sender_that_died_is_followed_by_another(world: World) -> None:
    key = queue(world)
    commit(Change.of(sending.claim(row(key), "lease-of-the-dead", world.now)))
    assert outbox.send_due(world.outside) == {}
    world.clock.move(minutes=5)
    assert outbox.send_due(world.outside) == {"sent": 1}
    assert row(key).attempts == 2


class SlowPostbox:
    """A mailer so slow that its lease ends and somebody else sends meanwhile."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> str:
        self.letters.append(letter)
        if len(self.letters) == 1:
            self.world.clock.move(minutes=6)
            outbox.send_due(self.world.outside)
            raise MailUnknown("timeout")
        return "message-of-the-successor"


def test_a_sender_whose_lease_ended_does_not_write_over_its_successor(world: World) -> None:
    key = queue(world)
    slow = SlowPostbox(world)
    world.outside.mailer = slow
    assert outbox.send_due(world.outside) == {"overtaken": 1}
    assert len(slow.letters) == 2
    assert (row(key).state, row(key).message_id) == ("sent", "message-of-the-successor")


def test_a_refused_mail_waits_longer_each_time(world: World) -> None:
    key = queue(world)
    world.postbox.refuse_next = 2
    assert outbox.send_due(world.outside) == {"refused": 1}
    assert row(key).state == "queued"
    assert row(key).due_at == world.now + timedelta(minutes=5)
    world.clock.move(minutes=5)
    assert outbox.send_due(world.outside) == {"refused": 1}
    assert row(key).due_at == world.now + timedelta(minutes=15)
    world.clock.move(minutes=15)
    assert outbox.send_due(world.outside) == {"sent": 1}


def test_after_five_tries_a_person_is_told(world: World) -> None:
    key = fail_five_times(world)
    mail = row(key)
    assert (mail.state, mail.attempts, mail.due_at) == ("failed", 5, None)
    assert mail.failure == "MailRefused: MessageRejected"
    (task,) = tasks()
    assert (task.code, task.path) == ("mail_failed", f"/admin/mails/{name_in_path(key)}")
    world.clock.move(days=30)
    assert outbox.send_due(world.outside) == {}


def test_five_silences_end_the_same_way(world: World) -> None:
    key = queue(world)
    for _ in range(5):
        world.postbox.lose_next_reply = 1
        assert outbox.send_due(world.outside) == {"unclear": 1}
        world.clock.move(hours=5)
    assert outbox.send_due(world.outside) == {"failed": 1}
    assert row(key).state == "failed"
    assert [task.code for task in tasks()] == ["mail_failed"]


def test_an_administrator_sends_a_failed_mail_again(world: World) -> None:
    key = fail_five_times(world)
    outbox.send_again(world.outside, Caller(actor="person-ada"), key)
    assert not tasks()
    assert outbox.send_due(world.outside) == {"sent": 1}
    (note,) = reads.under(tables.Audit, f"mail#{key}")
    assert (note.action, note.actor) == ("mail.sent_again", "person-ada")


def test_a_mail_that_has_left_cannot_be_sent_again(world: World) -> None:
    key = queue(world)
    outbox.send_due(world.outside)
    with pytest.raises(MoveNotDeclared):
        outbox.send_again(world.outside, Caller(actor="person-ada"), key)


def test_one_broken_mail_does_not_stop_the_others(world: World) -> None:
    queue(world, "check-1", facts={"asked_at": "not a time"})
    queue(world, "check-2")
    with pytest.raises(SomeMailsBroken) as raised:
        outbox.send_due(world.outside)
    assert [type(error) for error in raised.value.exceptions] == [ValueError]
    assert len(world.postbox.letters) == 1
    assert row("mail_check#check-1").state == "queued"
    assert row("mail_check#check-1").failure == "ValueError"


def test_a_mail_that_stays_broken_ends_as_failed(world: World) -> None:
    key = queue(world, facts={"asked_at": "not a time"})
    for _ in range(5):
        with pytest.raises(SomeMailsBroken):
            outbox.send_due(world.outside)
        world.clock.move(hours=5)
    assert row(key).state == "failed"
    assert len(tasks()) == 1


# What must not leave


def on_agreement(*versions: str) -> tuple[Standing, ...]:
    ids = {"name": "agreement", "version": "9"}
    return (Standing(kind="Document", ids=ids, name="text", values=versions),)


def _agreement(world: World, text: str) -> Document:
    return Document(name="agreement", version="9", text=text, published_at=world.now)


def test_a_mail_leaves_while_what_it_says_is_true(world: World) -> None:
    commit(Change.of(Create(_agreement(world, "open"))))
    queue(world, stands=on_agreement("open", "taken"))
    assert outbox.send_due(world.outside) == {"sent": 1}


def test_a_mail_that_is_no_longer_true_is_dropped(world: World) -> None:
    agreement = _agreement(world, "open")
    commit(Change.of(Create(agreement)))
    key = queue(world, stands=on_agreement("open"))
    commit(Change.of(Update(agreement, {"text": "expired"})))
    assert outbox.send_due(world.outside) == {"dropped": 1}
    assert not world.postbox.letters
    assert (row(key).state, row(key).failure) == ("dropped", "Document.text = expired")
    assert (row(key).due_at, tasks()) == (None, [])


def test_a_mail_about_something_that_is_gone_is_dropped(world: World) -> None:
    key = queue(world, stands=on_agreement("open"))
    assert outbox.send_due(world.outside) == {"dropped": 1}
    assert row(key).failure == "Document.text = None"


# The kill switch


def switch(world: World, on: bool) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"mail": on})))


def test_mail_switched_off_waits_and_says_so(world: World) -> None:
    key = queue(world)
    switch(world, on=False)
    assert outbox.send_due(world.outside) == {"switched_off": 1}
    assert (row(key).state, row(key).attempts) == ("queued", 0)
    assert outbox.show_day(world.outside, None).mail_on is False
    switch(world, on=True)
    assert outbox.send_due(world.outside) == {"sent": 1}


def test_sign_in_mails_leave_while_mail_is_switched_off(world: World) -> None:
    """Otherwise nobody could come in to switch it on again."""
    queue(world, "check-1")
    queue(world, "check-2", links={"sign_in": LinkTo(purpose="sign-in", subject="token-1")})
    switch(world, on=False)
    assert outbox.send_due(world.outside) == {"switched_off": 1, "sent": 1}


def test_before_the_circle_is_set_up_nothing_leaves(world: World) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Remove(circle)))
    queue(world)
    assert outbox.send_due(world.outside) == {}


# The job


def test_a_stream_record_only_wakes_the_sender(world: World) -> None:
    queue(world, "check-1")
    queue(world, "check-2")
    event = {"Records": [{"eventName": "INSERT", "eventID": "1"}]}
    assert jobs.send_mails(event, None) == {"batchItemFailures": []}
    assert len(world.postbox.letters) == 2


def test_what_stays_wrong_is_raised_by_the_sweep_and_not_by_the_stream(world: World) -> None:
    queue(world, facts={"asked_at": "not a time"})
    assert jobs.send_mails({"Records": [{}]}, None) == {"batchItemFailures": []}
    world.clock.move(hours=1)
    with pytest.raises(jobs.JobFailed):
        jobs.send_mails({}, None)


def test_a_job_leaves_word_when_it_ends(world: World) -> None:
    jobs.tick({}, None)
    first = reads.get(JobRun, "job", "tick")
    world.clock.move(minutes=5)
    jobs.tick({}, None)
    second = reads.get(JobRun, "job", "tick")
    assert first is not None
    assert second is not None
    assert second.ended_at - first.ended_at == timedelta(minutes=5)
    assert isinstance(second.ended_at, datetime)

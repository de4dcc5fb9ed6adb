"""What SES tells: on the mail, on the address, at the desk, at the leaders' door; in one commit,
once, however often and whenever it comes."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.errors import InvalidForm, NotFound, StateChanged
from chalicelib.flows import health, mail_news, outbox
from chalicelib.flows.people import addresses as desk
from chalicelib.flows.people import settings
from chalicelib.handlers import jobs
from chalicelib.handlers.jobs import JobFailed
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.mail import LinkTo, Mail, mail
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import email_hash
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.people import addresses
from local import ses_events
from tests.mail_steps import event, known, row, ses_tells, tell
from tests.people import a_person
from tests.shop import Shop
from tests.stories import LEADERS, a_circle, a_recruiting_term
from tests.world import World

PIP = "pip.buttonwood@example.org"
NEW = "pip@example.net"
ADA = Caller(actor="person-ada")


@pytest.fixture(autouse=True)
def _circle(world: World) -> None:
    a_circle(world)


def sent(world: World, template: str = "mail_check", name: str = "1", **more: Any) -> str:
    """A mail that has left; its key."""
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    commit(Change.of(mail(template, name, PIP, world.now, facts, **more)))
    outbox.send_due(world.outside)
    key = f"{template}#{name}"
    assert row(key).state == "sent"
    return key


def tasks() -> list[Task]:
    return [one for one in reads.under(tables.Circle, "task#open") if one.code == "mail_bounced"]


def acts(email: str = PIP) -> list[str]:
    rows: list[AuditRow] = reads.under(tables.Audit, f"address#{email_hash(email)}")
    return sorted(one.action for one in rows)  # at one moment in any order


def known_mails(email: str) -> list[str]:
    """Keys of the mails to an address."""
    every = [one for one in reads.everything(tables.Outbox) if isinstance(one, Mail)]
    return [one.message_key for one in every if one.to == email]


def left(world: World) -> dict[str, int]:
    return outbox.send_due(world.outside)


# Hearing


def test_a_delivery_is_written_on_the_mail_and_nowhere_else(world: World) -> None:
    key = sent(world)
    assert ses_tells(world, key, "delivered") == "delivered"
    assert (row(key).state, row(key).delivery) == ("sent", "delivered")
    assert row(key).delivery_at == world.now + timedelta(seconds=1)
    assert addresses.by_email(PIP) is None
    assert tasks() == []


def test_a_bounce_marks_mail_and_address_and_opens_a_task(world: World) -> None:
    key = sent(world)
    assert ses_tells(world, key, "bounced") == "bounced"
    assert row(key).delivery == "bounced"
    address = known(PIP)
    assert (address.state, address.mails, address.name) == ("bounces", (key,), "Pip")
    (task,) = tasks()
    assert task.facts == {"name": "Pip", "email": PIP}
    assert task.path == f"/admin/addresses/{email_hash(PIP)}"
    assert acts() == ["address.bounces"]
    assert dict(addresses.came_back(world.now)) == {"bounced": 1}


def test_the_same_event_again_changes_nothing(world: World) -> None:
    key = sent(world)
    told = event(world, key, "bounced")
    assert tell(told, told) == {"0": {"bounced": 1}, "1": {"known": 1}}
    assert tell(told) == {"0": {"known": 1}}
    assert dict(addresses.came_back(world.now)) == {"bounced": 1}
    assert len(tasks()) == 1
    assert acts() == ["address.bounces"]


@pytest.mark.parametrize("order", list(permutations(("delivered", "bounced", "complained"))))
def test_events_in_any_order_end_the_same(world: World, order: tuple[str, ...]) -> None:
    key = sent(world)
    told = {what: event(world, key, what, n) for n, what in enumerate(sorted(order), 1)}
    tell(*(told[what] for what in order))
    assert row(key).delivery == "complained"
    assert known(PIP).state == "unwanted"
    assert len(tasks()) == 1


def test_an_event_may_come_before_our_own_row_knows_its_number(world: World) -> None:
    """SES took the mail and its reply was lost: the event says so, and it is not sent twice."""
    world.postbox.lose_next_reply = 1
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    commit(Change.of(mail("mail_check", "1", PIP, world.now, facts)))
    assert left(world) == {"unclear": 1}
    key = "mail_check#1"
    tell(event(world, key, "delivered", message_id="ses-7"))
    mail_now = row(key)
    assert (mail_now.state, mail_now.message_id, mail_now.due_at) == ("sent", "ses-7", None)
    world.clock.move(hours=1)
    assert left(world) == {}
    assert len(world.postbox.letters) == 1


def test_a_mail_given_up_for_want_of_an_answer_had_left_after_all(world: World) -> None:
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    commit(Change.of(mail("mail_check", "1", PIP, world.now, facts)))
    for _ in range(6):
        world.postbox.lose_next_reply = 1
        left(world)
        world.clock.move(hours=5)
    assert row("mail_check#1").state == "failed"
    tell(event(world, "mail_check#1", "delivered", message_id="ses-7"))
    assert row("mail_check#1").state == "sent"
    assert reads.under(tables.Circle, "task#open") == []


def test_an_event_of_a_mail_that_is_not_ours_still_tells_of_the_address(world: World) -> None:
    key = sent(world)
    told = event(world, key, "bounced")
    told["mail"]["tags"] = {}
    assert tell(told) == {"0": {"bounced": 1}}
    assert row(key).delivery == ""
    assert (known(PIP).state, known(PIP).mails) == ("bounces", ())
    assert tasks()[0].facts["name"] == PIP


def test_what_is_no_event_is_passed_over(world: World) -> None:
    assert tell(ses_events.GREETING, "{}") == {"0": {"not_for_us": 1}, "1": {"not_for_us": 1}}
    assert jobs.hear_mails({}, None) == {}


def test_an_event_that_cannot_be_read_fails_and_the_others_are_heard(world: World) -> None:
    """So that Lambda brings it again, and the queue of failures keeps it."""
    key = sent(world)
    broken = event(world, key, "bounced")
    del broken["bounce"]["timestamp"]
    with pytest.raises(JobFailed):
        tell(broken, event(world, key, "bounced"))
    assert row(key).delivery == "bounced"


# Mails to a marked address


def test_nothing_is_sent_to_an_address_that_bounces_and_it_says_so(world: World) -> None:
    """SES would take it with a 200 and send it nowhere."""
    ses_tells(world, sent(world), "bounced")
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    commit(Change.of(mail("mail_check", "2", PIP, world.now, facts)))
    assert left(world) == {"withheld": 1}
    assert len(world.postbox.letters) == 1
    unsent = row("mail_check#2")
    assert (unsent.state, unsent.failure, unsent.due_at) == ("withheld", "address_bounces", None)
    assert known(PIP).mails == ("mail_check#1", "mail_check#2")
    assert left(world) == {}


def test_a_sign_in_mail_always_tries_and_its_delivery_lifts_the_mark(world: World) -> None:
    """Somebody stands before the door with this address in hand."""
    ses_tells(world, sent(world), "bounced")
    links = {
        "link": LinkTo(purpose="sign-in", subject="t"),
        "code": LinkTo(purpose="sign-in-code", subject="t"),
    }
    facts = {"asked_at": world.now, "zone": "Europe/London", "minutes": 30}
    commit(Change.of(mail("sign_in", "t", PIP, world.now, facts, links)))
    assert left(world) == {"sent": 1}
    ses_tells(world, "sign_in#t", "delivered", 60)
    assert known(PIP).state == "works"
    assert tasks() == []
    assert acts() == ["address.bounces", "address.works"]
    assert known(PIP).mails == ("mail_check#1",), "still there to be sent again"


def test_a_transient_bounce_of_what_is_not_critical_only_shows_on_the_mail(world: World) -> None:
    key = sent(world)
    assert ses_tells(world, key, "not_now") == "not_now"
    assert row(key).delivery == "not_now"
    assert addresses.by_email(PIP) is None
    assert tasks() == []


# What the desk does


def test_the_address_is_corrected_and_gets_what_did_not_arrive(world: World) -> None:
    person = a_person(world, PIP, full_name="Pip Buttonwood")
    key = sent(world, person_id=person.person_id)
    ses_tells(world, key, "bounced")
    values = {"email": NEW, "reason": "By telephone"}
    desk.correct(world.outside, ADA, email_hash(PIP), values)
    assert left(world) == {"sent": 2}
    assert sorted(one.subject for one in world.postbox.to(NEW)) == [
        "Mail from Marmalade Circle works",
        "We write to you at this address now",
    ]
    mail_now = row(key)
    assert (mail_now.state, mail_now.to, mail_now.sent_to) == ("sent", PIP, NEW)
    moved = a_person(world, NEW)
    assert moved.person_id == person.person_id
    assert moved.generation == person.generation + 1, "signed out everywhere"
    assert tasks() == []
    assert acts() == ["address.bounces", "address.corrected"]
    assert addresses.marked(world.now + timedelta(days=1)) == []


def test_what_was_frozen_with_the_old_address_follows_the_person(world: World) -> None:
    """Offers, seats and debts keep the address they were made with."""
    person = a_person(world, PIP, full_name="Pip Buttonwood")
    ses_tells(world, sent(world, person_id=person.person_id), "bounced")
    desk.correct(world.outside, ADA, email_hash(PIP), {"email": NEW, "reason": "x"})
    left(world)
    sent(world, name="2", person_id=person.person_id)
    assert row("mail_check#2").sent_to == NEW
    facts = {"full_name": "Somebody else", "asked_at": world.now, "zone": "Europe/London"}
    commit(Change.of(mail("mail_check", "3", PIP, world.now, facts)))
    assert left(world) == {"withheld": 1}, "a stranger's mail does not go to Pip"


@pytest.mark.parametrize(
    ("email", "code"),
    [
        (PIP.upper().replace("EXAMPLE.ORG", "example.org"), "same"),
        ("saffron.umbrella@example.org", "taken"),
        ("closed@example.org", "bounces_too"),
    ],
)
def test_what_cannot_take_the_place_of_an_address(world: World, email: str, code: str) -> None:
    a_person(world, PIP, full_name="Pip Buttonwood")
    a_person(world, "saffron.umbrella@example.org", full_name="Saffron Umbrella")
    told = event(world, sent(world), "bounced")
    other = event(world, "mail_check#1", "bounced")
    other["bounce"]["bouncedRecipients"] = [{"emailAddress": "closed@example.org"}]
    tell(told, other)
    with pytest.raises(InvalidForm) as refused:
        desk.correct(world.outside, ADA, email_hash(PIP), {"email": email, "reason": "x"})
    assert refused.value.errors == {"email": code}
    assert known(PIP).replaced_by == ""


def test_who_works_at_the_desk_gets_a_role_at_the_new_address_instead(world: World) -> None:
    """A role is given with a mail and an act of its own, never by way of an address."""
    settings.give_role(
        world.outside, ADA, {"full_name": "Pip", "email": PIP, "role": "treasurer", "reason": "x"}
    )
    left(world)
    ses_tells(world, next(iter(known_mails(PIP))), "bounced")
    with pytest.raises(InvalidForm) as refused:
        desk.correct(world.outside, ADA, email_hash(PIP), {"email": NEW, "reason": "x"})
    assert refused.value.errors == {"email": "officer"}


def test_what_was_dealt_with_is_not_dealt_with_again(world: World) -> None:
    ses_tells(world, sent(world), "bounced")
    hashed = email_hash(PIP)
    with pytest.raises(StateChanged):
        desk.send_again(world.outside, ADA, hashed)
    desk.correct(world.outside, ADA, hashed, {"email": NEW, "reason": "x"})
    with pytest.raises(StateChanged):
        desk.correct(world.outside, ADA, hashed, {"email": "b@example.net", "reason": "x"})
    desk.lift(world.outside, ADA, hashed, "x")
    with pytest.raises(StateChanged):
        desk.lift(world.outside, ADA, hashed, "x")
    with pytest.raises(NotFound):
        desk.show_address(world.outside, email_hash("nobody@example.org"))


def test_back_to_an_address_that_works_again(world: World) -> None:
    """The new one was a slip, and the old mailbox was only full."""
    person = a_person(world, PIP, full_name="Pip Buttonwood")
    ses_tells(world, sent(world, person_id=person.person_id), "bounced")
    desk.correct(world.outside, ADA, email_hash(PIP), {"email": NEW, "reason": "x"})
    left(world)
    world.clock.move(minutes=1)
    ses_tells(world, "mail_check#1", "bounced")
    back = {"email": PIP, "reason": "x"}
    with pytest.raises(InvalidForm):
        desk.correct(world.outside, ADA, email_hash(NEW), back)
    desk.lift(world.outside, ADA, email_hash(PIP), "It was full")
    desk.correct(world.outside, ADA, email_hash(NEW), back)
    left(world)
    assert row("mail_check#1").sent_to == ""
    assert len(world.postbox.to(PIP)) == 3  # at first, again, and that we write here now
    assert a_person(world, PIP).person_id == person.person_id


def test_a_second_correction_leads_on(world: World) -> None:
    person = a_person(world, PIP, full_name="Pip Buttonwood")
    ses_tells(world, sent(world, person_id=person.person_id), "bounced")
    desk.correct(world.outside, ADA, email_hash(PIP), {"email": NEW, "reason": "x"})
    left(world)
    world.clock.move(minutes=1)
    ses_tells(world, "mail_check#1", "bounced")
    third = "pip@example.com"
    desk.correct(world.outside, ADA, email_hash(NEW), {"email": third, "reason": "x"})
    left(world)
    assert row("mail_check#1").sent_to == third
    assert a_person(world, third).person_id == person.person_id
    assert addresses.several([PIP])[PIP].email == third


def test_news_of_before_the_correction_does_not_touch_what_was_sent_again(world: World) -> None:
    key = sent(world)
    told = event(world, key, "bounced")
    tell(told)
    desk.correct(world.outside, ADA, email_hash(PIP), {"email": NEW, "reason": "x"})
    left(world)
    tell(told)
    assert row(key).delivery == ""
    assert tasks() == []


def test_an_address_that_works_again_gets_what_did_not_arrive(world: World) -> None:
    key = sent(world)
    told = event(world, key, "bounced")
    tell(told)
    world.clock.move(hours=1)
    desk.lift(world.outside, ADA, email_hash(PIP), "The mailbox was full")
    assert left(world) == {"sent": 1}
    tell(told)
    assert known(PIP).state == "works", "the same news again is of before"
    ses_tells(world, key, "bounced", 60)
    assert known(PIP).state == "bounces", "and a new bounce is news"
    assert len(tasks()) == 1


def test_who_was_reached_another_way_is_no_task_any_more(world: World) -> None:
    ses_tells(world, sent(world), "bounced")
    desk.reached(world.outside, ADA, email_hash(PIP))
    assert tasks() == []
    assert (known(PIP).state, known(PIP).mails) == ("bounces", ())


# Leaders


def test_leaders_hear_that_a_member_is_not_reached_and_nothing_else(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    shop.pay(shop.offer(whole))
    shop.work()
    receipt = next(one for one in shop.mails("receipt") if one.to == PIP)
    ses_tells(shop.world, receipt.message_key, "bounced")
    outbox.send_due(shop.world.outside)
    for name, email in LEADERS.items():
        letter = shop.world.postbox.last(email, "Mail does not reach Pip Buttonwood")
        assert f"Dear {name}," in letter.text
        assert whole.group.title in letter.text
        for told in (PIP, "receipt", "£"):
            assert told not in letter.text
    told = shop.mails("member_unreachable")
    ses_tells(shop.world, receipt.message_key, "complained", 9)
    assert len(shop.mails("member_unreachable")) == len(told) == 2, "once"


def test_a_critical_mail_that_came_back_for_now_is_due_at_once(shop: Shop) -> None:
    shop.pay(shop.offer(a_recruiting_term(shop.world)))
    shop.work()
    (joining,) = shop.mails("enrolment_confirmation")
    ses_tells(shop.world, joining.message_key, "not_now")
    (task,) = tasks()
    assert task.due_at == shop.world.now
    assert known(PIP).state == "works"
    assert shop.mails("member_unreachable") == []
    desk.send_again(shop.world.outside, ADA, email_hash(PIP))
    assert tasks() == []
    outbox.send_due(shop.world.outside)
    ses_tells(shop.world, joining.message_key, "delivered", 60)
    assert row(joining.message_key).delivery == "delivered"


def test_a_critical_mail_to_a_marked_address_is_due_at_once(shop: Shop) -> None:
    world = shop.world
    ses_tells(world, sent(world), "bounced")
    desk.reached(world.outside, ADA, email_hash(PIP))
    shop.pay(shop.offer(a_recruiting_term(world)))
    shop.work()
    assert {one.state for one in shop.mails("receipt")} == {"withheld"}
    (task,) = tasks()
    assert task.due_at == world.now
    assert set(known(PIP).mails) >= {one.message_key for one in shop.mails("receipt")}


# The house


def test_health_tells_what_came_back_this_week(world: World) -> None:
    ses_tells(world, sent(world), "bounced")
    signs = {one.name: one.facts for one in health.look(world.outside).signs}
    assert signs["mails_bounced"] == {"count": 1}
    world.clock.move(days=9)
    assert "mails_bounced" not in {one.name for one in health.look(world.outside).signs}


def test_a_mail_that_is_gone_is_no_trouble(world: World) -> None:
    told = event(world, sent(world), "bounced")
    told["mail"]["tags"]["mail"] = ["bm90X3RoZXJl"]
    assert mail_news.hear(world.outside, ses_events.brought(told)["Records"][0]["Sns"]["Message"])
    assert known(PIP).state == "bounces"


def test_an_unbound_applicant_is_known_by_the_corrected_address(shop: Shop) -> None:
    """The link was read at the new address: that one is proven, and makes the person."""
    world = shop.world
    offered = shop.offer(a_recruiting_term(world))
    outbox.send_due(world.outside)
    (offer,) = shop.mails("offer")
    ses_tells(world, offer.message_key, "bounced")
    desk.correct(world.outside, ADA, email_hash(PIP), {"email": NEW, "reason": "x"})
    outbox.send_due(world.outside)
    assert world.postbox.last(NEW, "your place")
    shop.pay(offered)
    shop.work()
    assert a_person(world, NEW).full_name == "Pip Buttonwood"
    receipts: list[Mail] = shop.mails("receipt")
    assert {one.sent_to for one in receipts} == {NEW}


def test_an_update_of_another_does_not_lose_the_news(world: World) -> None:
    """The sender writes the same row: the news is decided anew."""
    key = sent(world)
    told = event(world, key, "bounced")
    commit(Change.of(Update(row(key), {"lease": "another"})))
    assert tell(told) == {"0": {"bounced": 1}}

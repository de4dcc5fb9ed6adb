"""What becomes of a mail and of its address, whatever SES tells, in whichever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import MoveNotDeclared
from chalicelib.rules import sending
from chalicelib.rules.changes import Create, Remove, Update
from chalicelib.rules.mail import LinkTo, Mail, mail
from chalicelib.rules.mail_news import MailNews
from chalicelib.rules.people import addresses
from chalicelib.rules.people.addresses import Address, Known
from chalicelib.rules.people.circle import Task

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
PIP = "pip.buttonwood@example.org"
MINUTE = timedelta(minutes=1)


def a_mail(template: str = "offer", **values: Any) -> Mail:
    """A mail that left."""
    queued: Mail = mail(template, "offer-1", PIP, NOW, {"full_name": "Pip"}).row
    sent = {"state": "sent", "message_id": "ses-1", "attempts": 1, "due_at": None}
    return replace(queued, **{**sent, **values})


def news(what: str, minutes: int = 1, message_id: str = "ses-1", key: str = "offer") -> MailNews:
    return MailNews(
        what=what,
        at=NOW + minutes * MINUTE,
        message_id=message_id,
        sent_at=NOW,
        subject="A place for you",
        mail_key=f"{key}#offer-1",
        addresses=(PIP,),
        reason=f"said at {minutes}",
    )


def after(row: Mail, *told: MailNews) -> Mail:
    """The mail once it has heard all of this."""
    for one in told:
        update = sending.heard(row, one)
        row = replace(row, **update.values) if update else row
    return row


def known(*told: MailNews, about: Mail | None = None) -> Address:
    """The address once it has heard all of this about one mail."""
    row = about or a_mail()
    address = addresses.begin(PIP, row)
    for one in told:
        row = after(row, one)
        address = addresses.learn(address, one, row)
    return address


# The mail


@pytest.mark.parametrize(
    ("told", "delivery"),
    [
        (("delivered",), "delivered"),
        (("bounced",), "bounced"),
        (("delivered", "bounced"), "bounced"),
        (("bounced", "delivered"), "bounced"),
        (("not_now", "delivered"), "not_now"),
        (("not_now", "bounced"), "bounced"),
        (("bounced", "not_now"), "bounced"),
        (("delivered", "complained"), "complained"),
        (("complained", "delivered"), "complained"),
        (("rejected",), "rejected"),
    ],
)
def test_a_later_word_never_hides_a_worse_one(told: Sequence[str], delivery: str) -> None:
    row = after(a_mail(), *(news(what, n) for n, what in enumerate(told, 1)))
    assert (row.state, row.delivery) == ("sent", delivery)


def test_the_same_news_again_changes_nothing() -> None:
    row = after(a_mail(), news("bounced"))
    assert (row.delivery_at, row.delivery_reason) == (NOW + MINUTE, "said at 1")
    assert sending.heard(row, news("bounced")) is None


@pytest.mark.parametrize(
    ("state", "values"),
    [
        ("claimed", {"lease": "lease-1", "due_at": NOW + MINUTE}),
        ("queued", {"due_at": NOW + MINUTE}),
        ("failed", {"failure": "MailUnknown: timeout", "attempts": 5}),
    ],
)
def test_news_of_a_mail_that_we_thought_lost_proves_that_it_left(
    state: str, values: dict[str, Any]
) -> None:
    """SES took it and its answer was lost: it is not sent twice."""
    row = after(a_mail(state=state, message_id="", **values), news("delivered"))
    assert (row.state, row.delivery, row.message_id) == ("sent", "delivered", "ses-1")
    assert (row.due_at, row.failure, row.sent_at) == (None, "", NOW)
    assert row.subject == "A place for you"


def test_a_mail_that_waits_for_its_first_try_is_not_taken_for_sent() -> None:
    row = after(a_mail(state="queued", attempts=0, message_id=""), news("bounced"))
    assert (row.state, row.delivery) == ("queued", "bounced")


def test_news_of_the_time_before_it_was_sent_again_is_over() -> None:
    lost = after(a_mail(), news("bounced"))
    (update, task) = sending.again(lost, NOW).writes
    assert isinstance(update, Update)
    assert isinstance(task, Remove)
    row = replace(lost, **update.values)
    assert (row.state, row.delivery, row.earlier, row.attempts) == ("queued", "", ("ses-1",), 0)
    assert sending.heard(row, news("bounced", 9)) is None
    row = after(replace(row, state="sent"), news("delivered", 9, "ses-2"))
    assert row.delivery == "delivered"


@pytest.mark.parametrize(
    ("state", "delivery", "may"),
    [
        ("sent", "", False),
        ("sent", "delivered", False),
        ("sent", "complained", False),
        ("sent", "bounced", True),
        ("sent", "not_now", True),
        ("sent", "rejected", True),
        ("withheld", "", True),
        ("failed", "", True),
        ("queued", "", False),
        ("claimed", "", False),
        ("dropped", "", False),
    ],
)
def test_only_what_did_not_arrive_is_sent_again(state: str, delivery: str, may: bool) -> None:
    row = a_mail(state=state, delivery=delivery)
    assert sending.may_go_again(row) is may
    if not may:
        with pytest.raises(MoveNotDeclared):
            sending.again(row, NOW)


# The address


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ((), "works"),
        (("delivered",), "works"),
        (("not_now",), "works"),
        (("rejected",), "works"),
        (("bounced",), "bounces"),
        (("bounced", "delivered"), "works"),
        (("complained",), "unwanted"),
        (("complained", "delivered"), "unwanted"),
        (("bounced", "complained"), "unwanted"),
        (("complained", "bounced"), "unwanted"),
        (("bounced", "not_now"), "bounces"),
    ],
)
def test_what_marks_an_address(told: Sequence[str], state: str) -> None:
    assert known(*(news(what, n) for n, what in enumerate(told, 1))).state == state


@given(
    st.lists(
        st.tuples(st.sampled_from(["bounced", "complained", "not_now"]), st.integers(1, 5)),
        min_size=1,
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
def test_order_and_doubles_do_not_matter(told: list[tuple[str, int]], chance: Any) -> None:
    straight = [news(what, minutes) for what, minutes in told]
    mixed = [*straight, *straight]
    chance.shuffle(mixed)
    one, other = known(*straight), known(*mixed)
    assert (one.state, one.mails) == (other.state, other.mails)


def test_a_delivery_in_between_is_weighed_by_its_time() -> None:
    """Once a mail to the address is known to be lost: of others we keep nothing."""
    first = known(news("bounced", 1))
    later = [news("delivered", 3, key="sign_in"), news("bounced", 2, key="receipt")]
    for order in permutations(later):
        address = first
        for one in order:
            address = addresses.learn(address, one, None)
        assert address.state == "works"


def test_what_the_desk_has_lifted_is_not_marked_by_older_news() -> None:
    lifted = replace(known(news("complained", 1)), state="works", at=NOW + 5 * MINUTE)
    lifted = replace(lifted, lifted_at=NOW + 5 * MINUTE)
    for what in ("bounced", "complained"):
        assert addresses.learn(lifted, news(what, 4), None).state == "works"
        assert addresses.learn(lifted, news(what, 6), None).is_marked


@pytest.mark.parametrize(
    ("template", "what", "kept"),
    [
        ("offer", "bounced", True),
        ("offer", "not_now", True),
        ("offer", "rejected", True),
        ("offer", "complained", False),  # it arrived
        ("offer", "delivered", False),
        ("member_left", "bounced", True),
        ("member_left", "not_now", False),  # nobody waits for it
    ],
)
def test_which_mails_are_remembered_as_lost(template: str, what: str, kept: bool) -> None:
    row = a_mail(template)
    told = news(what, key=template)
    assert known(told, about=row).mails == ((row.message_key,) if kept else ())


def test_a_lost_sign_in_mail_is_of_no_use_later() -> None:
    row = a_mail("sign_in", links={"link": LinkTo(purpose="sign-in", subject="t")})
    address = known(news("bounced", key="sign_in"), about=row)
    assert (address.state, address.mails) == ("bounces", ())


def test_a_mail_that_arrives_at_last_is_no_longer_lost() -> None:
    row = after(a_mail(), news("not_now"))
    address = addresses.learn(addresses.begin(PIP, row), news("not_now"), row)
    again = replace(row, delivery="", message_id="", earlier=("ses-1",))
    told = news("delivered", 9, "ses-2")
    assert addresses.learn(address, told, after(again, told)).mails == ()


def test_only_the_newest_lost_mails_are_kept() -> None:
    address = known(news("bounced"))
    for n in range(30):
        address = addresses.withhold(address, a_mail(message_key=f"offer#{n}", state="withheld"))
    assert len(address.mails) == addresses.MAILS_MAX
    assert address.mails[-1] == "offer#29"


# What is written, and what is left to do


def test_nothing_is_kept_of_an_address_at_which_all_is_well() -> None:
    assert addresses.kept(None, known(news("delivered"))) is None
    assert isinstance(addresses.kept(None, known(news("bounced"))), Create)
    before = known(news("bounced"))
    assert addresses.kept(before, before) is None


def task(due_at: datetime) -> Task:
    return Task(task_id="t", code="mail_bounced", path="/", opened_at=NOW, due_at=due_at)


def test_a_critical_mail_is_due_at_once() -> None:
    address = known(news("bounced"))
    opened = addresses.to_do(Known(), address, NOW)
    assert isinstance(opened, Create)
    assert opened.row.due_at == NOW
    assert opened.row.facts == {"name": "Pip", "email": PIP}


def test_what_nobody_waits_for_has_time() -> None:
    row = a_mail("member_left")
    opened = addresses.to_do(Known(), known(news("bounced"), about=row), NOW)
    assert isinstance(opened, Create)
    assert opened.row.due_at == NOW + timedelta(days=3)


def test_a_critical_mail_brings_the_open_task_forward() -> None:
    before = known(news("bounced"), about=a_mail("member_left"))
    later = addresses.withhold(before, a_mail(state="withheld"))
    open_task = task(NOW + timedelta(days=2))
    moved = addresses.to_do(Known(address=before, task=open_task), later, NOW)
    assert isinstance(moved, Update)
    assert moved.values == {"due_at": NOW}
    urgent = Known(address=before, task=task(NOW))
    assert addresses.to_do(urgent, later, NOW + MINUTE) is None


def test_a_delivery_ends_the_task_unless_something_critical_is_lost() -> None:
    open_task = task(NOW)
    before = known(news("bounced"), about=a_mail("member_left"))
    works = addresses.learn(before, news("delivered", 5, key="other"), None)
    assert addresses.to_do(Known(address=before, task=open_task), works, NOW) == Remove(open_task)
    before = known(news("bounced"))
    works = addresses.learn(before, news("delivered", 5, key="other"), None)
    assert works.state == "works"
    assert addresses.to_do(Known(address=before, task=open_task), works, NOW) is None


@pytest.mark.parametrize(
    ("theirs", "of_mail", "follows"),
    [(None, None, True), (None, "p-1", True), ("p-1", "p-1", True), ("p-1", None, False),
     ("p-1", "p-2", False)],
)  # fmt: skip
def test_mails_follow_a_person_to_the_new_address_and_strangers_do_not(
    theirs: str | None, of_mail: str | None, follows: bool
) -> None:
    new = "pip@example.net"
    address = replace(known(news("bounced")), replaced_by=new, person_id=theirs)
    assert addresses.way(address, a_mail(person_id=of_mail)) == (new if follows else "")
    assert addresses.way(None, a_mail()) == ""

"""The administrator sees what left, what waits and what failed, and sends again."""

from __future__ import annotations

import pytest

from chalicelib.flows import outbox
from chalicelib.rules.changes import Change
from chalicelib.rules.mail import LinkTo, mail, name_in_path
from chalicelib.store.commit import commit
from tests.people import ADMINISTRATOR, signed_in
from tests.stories import a_circle
from tests.world import World

PIP = "pip.buttonwood@example.org"


@pytest.fixture(autouse=True)
def _circle(world: World) -> None:
    a_circle(world)


def queue(world: World, links: dict[str, LinkTo] | None = None) -> str:
    """Queue a mail; its name in paths."""
    facts = {"full_name": "Pip", "asked_at": world.now, "zone": "Europe/London"}
    commit(Change.of(mail("mail_check", "check-1", PIP, world.now, facts, links)))
    return name_in_path("mail_check#check-1")


def test_the_page_lists_the_mails_of_a_day_with_their_state(world: World) -> None:
    queue(world)
    browser = signed_in(world)
    browser.get("/admin/mails")
    assert PIP in browser.text
    assert "Waiting to be sent" in browser.text
    outbox.send_due(world.outside)
    browser.get("/admin/mails")
    assert "Mail from Marmalade Circle works" in browser.text
    assert "Waiting" not in browser.text


def test_other_days_are_a_page_away(world: World) -> None:
    queue(world)
    world.clock.move(days=1)
    browser = signed_in(world)
    assert "No mail was queued on this day" in browser.get("/admin/mails").text
    browser.get("/admin/mails?day=2026-11-21")
    assert PIP in browser.text
    assert 'href="/admin/mails?day=2026-11-22"' in browser.answer.text
    assert browser.get("/admin/mails?day=yesterday").status == 404


def test_a_mail_is_shown_as_its_reader_sees_it(world: World) -> None:
    name = queue(world)
    browser = signed_in(world)
    browser.get(f"/admin/mails/{name}")
    assert "This mail shows that mail from Marmalade Circle reaches you." in browser.text
    letter = browser.get(f"/admin/mails/{name}/letter")
    assert letter.status == 200
    assert "sandbox" in str(letter.header("Content-Security-Policy"))
    assert "<h1>" not in letter.text


def test_links_and_codes_of_other_people_are_hidden(world: World) -> None:
    """A sign-in mail read by an administrator must not open the reader's account."""
    links = {
        "sign_in": LinkTo(purpose="sign-in", subject="token-1"),
        "code": LinkTo(purpose="sign-in-code", subject="token-1"),
    }
    queue(world, links)
    _, letter = outbox.show_mail(world.outside, "mail_check#check-1")
    assert letter is not None
    shown = outbox._hidden(world.outside, outbox.show_mail(world.outside, letter.reference)[0])
    assert shown == {"sign_in": "http://127.0.0.1:8000/sign-in/hidden", "code": "hidden"}


def test_a_failed_mail_is_sent_again_with_a_button(world: World) -> None:
    name = queue(world)
    world.postbox.refuse_next = 5
    for _ in range(5):
        outbox.send_due(world.outside)
        world.clock.move(hours=5)
    browser = signed_in(world)
    browser.get(f"/admin/mails/{name}")
    assert "MailRefused: MessageRejected" in browser.text
    browser.submit(action="/again")
    assert browser.answer.status == 200
    assert "Waiting to be sent" in browser.text
    outbox.send_due(world.outside)
    assert len(world.postbox.letters) == 1
    browser.get(f"/admin/mails/{name}")
    assert "/again" not in browser.answer.text


def test_a_mail_whose_words_and_facts_do_not_go_together_says_so(world: World) -> None:
    commit(Change.of(mail("mail_check", "check-9", PIP, world.now, {})))
    browser = signed_in(world)
    answer = browser.get(f"/admin/mails/{name_in_path('mail_check#check-9')}")
    assert answer.status == 200
    assert "cannot be shown" in browser.text


def test_an_administrator_asks_for_a_test_mail(world: World) -> None:
    browser = signed_in(world)
    browser.get("/admin/mails")
    browser.submit(action="/check")
    assert browser.answer.status == 200
    outbox.send_due(world.outside)
    assert world.postbox.last(ADMINISTRATOR, "works")


def test_a_mail_that_is_not_there_is_not_found(world: World) -> None:
    browser = signed_in(world)
    assert browser.get(f"/admin/mails/{name_in_path('mail_check#none')}").status == 404
    assert browser.get("/admin/mails/notakey").status == 404


def test_only_administrators_see_mails(world: World) -> None:
    name = queue(world)
    for roles in ((), ("leader",), ("treasurer",)):
        browser = signed_in(world, roles, email=f"{'-'.join(roles)}x@example.org")
        for path in ("/admin/mails", f"/admin/mails/{name}", f"/admin/mails/{name}/letter"):
            assert browser.get(path).status == 403

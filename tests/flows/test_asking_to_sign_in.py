"""Asking for a sign-in: the same for everybody, and not for ever."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from chalicelib.flows import outbox
from chalicelib.rules import links
from chalicelib.store import reads, tables
from tests.flows.sign_in_steps import (
    PIP,
    asks,
    counters,
    mailed,
    mails,
    sessions,
)
from tests.flows.sign_in_steps import pip as pip
from tests.world import BASE_URL, Browser, World


def test_known_and_unknown_addresses_get_the_same_answers(world: World, pip: Browser) -> None:
    pages, writes = [], []
    for email in ("first@example.org", PIP, "nobody@example.org"):
        browser = world.browser()
        before = len(list(reads.everything(tables.Access))), len(mails())
        browser.get("/sign-in")
        posted = browser.submit({"email": email}, follow=False)
        location = str(posted.header("location"))
        asked = location.rpartition("/")[2]
        sent = browser.get(location)
        told = browser.submit({"code": "123456"})
        after = len(list(reads.everything(tables.Access))), len(mails())
        pages.append([_plain(one.text, asked) for one in (posted, sent, told)])
        pages[-1] += [posted.status, sent.status, told.status]
        writes.append(tuple(b - a for a, b in zip(before, after, strict=True)))
    assert pages[1] == pages[2]
    assert writes[1] == writes[2], "the first one began the counters that all share"


def _plain(page: str, asked: str) -> str:
    return re.sub(r'name="form" value="[^"]*"', "", page).replace(asked, "ASKED")


def test_an_unknown_address_gets_no_mail(world: World, pip: Browser) -> None:
    asks(world, pip, "nobody@example.org")
    outbox.send_due(world.outside)
    assert world.postbox.letters == []
    assert [mail.state for mail in mails()] == ["dropped"]


def test_the_right_code_of_an_unknown_address_opens_nothing(world: World, pip: Browser) -> None:
    asked = asks(world, pip, "nobody@example.org")
    code = links.sign_in_code(world.outside.places.link_keys, asked)
    assert pip.submit({"code": code}).status == 422
    token = links.personal_link(world.outside.places.link_keys, "sign-in", asked, 1)
    pip.get(f"/sign-in/{token}")
    assert pip.submit().status == 410
    assert not sessions()


def test_an_address_is_the_same_in_any_case(world: World, pip: Browser) -> None:
    asks(world, pip, "Pip.Buttonwood@Example.ORG")
    path, _ = mailed(world)
    pip.get(path)
    pip.submit()
    assert pip.path == "/me"


def test_the_sixth_mail_in_half_an_hour_waits(world: World, pip: Browser) -> None:
    for _ in range(5):
        asks(world, pip)
    pip.get("/sign-in")
    assert pip.submit({"email": PIP}).status == 429
    assert "minutes" in pip.text
    assert len(mails()) == 5
    assert [row.times for row in counters() if "#mailbox#" in row.name] == [5]
    world.clock.move(minutes=30)
    asks(world, pip)


def test_one_client_cannot_ask_for_ever(world: World, pip: Browser) -> None:
    for n in range(30):
        pip.get("/sign-in")
        assert pip.submit({"email": f"person{n}@example.org"}, follow=False).status == 303
    pip.get("/sign-in")
    assert pip.submit({"email": "person30@example.org"}).status == 429
    elsewhere = world.browser("198.51.100.7")
    elsewhere.get("/sign-in")
    assert elsewhere.submit({"email": "person30@example.org"}).status == 200


def test_an_address_that_cannot_be_one_is_told_beside_its_field(world: World, pip: Browser) -> None:
    pip.get("/sign-in?next=/privacy")
    assert pip.submit({"email": "pip at example"}).status == 422
    assert "There is a problem" in pip.text
    assert pip.form()[1]["next"] == "/privacy"


def test_a_hostile_host_header_reaches_no_mail(world: World, pip: Browser) -> None:
    pip.get("/sign-in")
    target, values = pip.form()
    body = urlencode({**values, "email": PIP})
    headers = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "x-forwarded-for": "198.51.100.1",
        "content-type": "application/x-www-form-urlencoded",
        "origin": BASE_URL,
        "cookie": "; ".join(f"{k}={v}" for k, v in pip.cookies.items()),
    }
    answer = pip.gateway.handle("POST", target, headers, body.encode(), "192.0.2.10")
    assert answer.status == 303
    assert str(answer.header("location")).startswith("/sign-in/sent/")
    outbox.send_due(world.outside)
    letter = world.postbox.last(PIP, "sign in")
    assert "evil.example" not in letter.text + letter.html
    assert BASE_URL in letter.text


def test_the_mail_names_nobody_and_no_group(world: World, pip: Browser) -> None:
    asks(world, pip)
    mailed(world)
    letter = world.postbox.last(PIP)
    assert "Buttonwood" not in letter.subject + letter.text.replace(PIP, "")
    assert "30 minutes" in letter.text
    assert "If it was not you" in letter.text

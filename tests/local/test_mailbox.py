"""The mailbox of the laptop run: our own SES gateway writes to it, people read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.gateways.ses_mailer import SesMailer
from chalicelib.rules.mail import Attachment, Letter
from chalicelib.rules.mail_news import news_of
from local.clock import DemoClock
from local.mailbox import Mailbox, MailboxServer

LETTER = Letter(
    to="pip.buttonwood@example.org",
    sender="Marmalade Circle <hello@marmalade-circle.example>",
    reply_to="hello@marmalade-circle.example",
    subject="Your place <1>",
    text="Open http://127.0.0.1:8000/offers/a.1.k1.mac and <b>see</b>.\n",
    html="<html><head></head><body><p>See</p></body></html>",
    reference="offer#offer-1",
    attachments=(Attachment("invite.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR"),),
)


TOLD: list[dict[str, Any]] = []  # the events of SES that the pages sent


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailboxServer]:
    clock = DemoClock(tmp_path / "clock")
    mailbox = Mailbox(tmp_path / "mails", clock.now)
    running = MailboxServer(0, mailbox, clock, "http://127.0.0.1:8000", TOLD.append)
    TOLD.clear()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def mailer(server: MailboxServer) -> SesMailer:
    return SesMailer("eu-west-2", endpoint=server.base_url)


def seen(server: MailboxServer, path: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(server.base_url + path, timeout=5)


def test_a_mail_is_shown_with_everything_its_reader_gets(
    server: MailboxServer, mailer: SesMailer
) -> None:
    assert mailer.send(LETTER) == "local-000001"
    assert "Your place &lt;1&gt;" in seen(server, "/").text
    page = seen(server, "/mails/1").text
    assert 'href="http://127.0.0.1:8000/offers/a.1.k1.mac"' in page
    assert "&lt;b&gt;see" in page
    assert "hello@marmalade-circle.example" in page
    letter = seen(server, "/mails/1/html")
    assert '<base target="_blank">' in letter.text
    assert "default-src 'none'" in letter.headers["Content-Security-Policy"]
    part = seen(server, "/mails/1/part/0")
    assert (part.content, part.headers["Content-Type"]) == (
        b"BEGIN:VCALENDAR",
        "text/calendar; method=REQUEST",
    )


def test_mails_can_be_looked_at_by_reader(server: MailboxServer, mailer: SesMailer) -> None:
    mailer.send(LETTER)
    mailer.send(replace(LETTER, to="saffron.umbrella@example.org", subject="Another"))
    only = seen(server, "/?to=saffron.umbrella@example.org").text
    assert "Another" in only
    assert "Your place" not in only


def press(server: MailboxServer, path: str, what: str, origin: str = "") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            server.base_url + path,
            {"what": what},
            headers={"Origin": origin or server.base_url},
            timeout=5,
        )


def test_a_page_tells_what_became_of_its_mail_as_ses_does(
    server: MailboxServer, mailer: SesMailer
) -> None:
    mailer.send(LETTER)
    page = press(server, "/mails/1/news", "bounced")
    assert "This address bounces." in page.text
    (event,) = TOLD
    news = news_of(json.dumps(event))
    assert news is not None
    assert (news.what, news.mail_key) == ("bounced", LETTER.reference)
    assert (news.message_id, news.addresses) == ("local-000001", (LETTER.to,))


@pytest.mark.parametrize(
    ("path", "what", "origin"),
    [
        ("/mails/1/news", "bounced", "http://elsewhere.example"),
        ("/mails/1/news", "lost", ""),
        ("/mails/9/news", "bounced", ""),
        ("/mails/0/news", "bounced", ""),
    ],
)
def test_only_its_own_page_tells(
    server: MailboxServer, mailer: SesMailer, path: str, what: str, origin: str
) -> None:
    mailer.send(LETTER)
    assert press(server, path, what, origin).status_code == 404
    assert TOLD == []


def test_mails_stay_between_runs(server: MailboxServer, mailer: SesMailer, tmp_path: Path) -> None:
    mailer.send(LETTER)
    again = Mailbox(tmp_path / "mails", server.clock.now)
    assert again.last(LETTER.to, "/offers/").subject == "Your place <1>"
    with pytest.raises(LookupError):
        again.last(LETTER.to, "/applications/")


def test_mails_and_parts_that_are_not_there_are_not_found(
    server: MailboxServer, mailer: SesMailer
) -> None:
    mailer.send(LETTER)
    for path in ("/mails/0", "/mails/2", "/mails/1/part/7", "/elsewhere"):
        assert seen(server, path).status_code == 404


@pytest.mark.parametrize("origin", ["http://evil.example", ""])
def test_a_foreign_page_cannot_move_the_clock(server: MailboxServer, origin: str) -> None:
    before = server.clock.now()
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Origin": origin} if origin else {}
        data = {"by": "week"}
        answer = session.post(f"{server.base_url}/clock", data, headers=headers, timeout=5)
    assert answer.status_code == 404
    assert (server.clock.now() - before).days == 0

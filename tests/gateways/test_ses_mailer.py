"""SES: our call is well formed (moto takes it), goes out once, and every answer has a meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends

from chalicelib.errors import MailRefused, MailUnknown
from chalicelib.gateways.ses_mailer import SesMailer, one_address
from chalicelib.rules.mail import Attachment, Letter

LETTER = Letter(
    to="pip.buttonwood@example.org",
    sender="Marmalade Circle <hello@marmalade-circle.example>",
    reply_to="hello@marmalade-circle.example",
    subject="Your taster – 10 December",
    text="See you there.\n",
    html="<p>See you there.</p>",
    reference="taster_booked#booking-1",
    attachments=(Attachment("invite.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR"),),
)


@pytest.fixture
def ses(_aws: None) -> Any:
    client = boto3.client("sesv2", region_name="eu-west-2")
    known = {one["IdentityName"] for one in client.list_email_identities()["EmailIdentities"]}
    if "marmalade-circle.example" not in known:
        client.create_email_identity(EmailIdentity="marmalade-circle.example")
    backend = sesv2_backends[DEFAULT_ACCOUNT_ID]["eu-west-2"]
    backend.core_backend.sent_messages.clear()
    return backend


def test_a_letter_leaves_for_one_address(ses: Any) -> None:
    message_id = SesMailer("eu-west-2").send(LETTER)
    assert message_id
    (sent,) = ses.core_backend.sent_messages
    assert sent.destinations["ToAddresses"] == ["pip.buttonwood@example.org"]
    assert sent.subject == "Your taster – 10 December"


def test_an_unverified_sender_is_a_refusal(ses: Any) -> None:
    stranger = replace(LETTER, sender="Nobody <nobody@elsewhere.example>")
    with pytest.raises(MailRefused) as refusal:
        SesMailer("eu-west-2").send(stranger)
    assert refusal.value.args[0] == "MessageRejected"


@pytest.mark.parametrize(
    "address",
    ["a@b.example, x@y.example", "A <a@b.example>", "a@b.example\nBcc: x@y.example", "", "a b@c.de",
     "a@b@c.example", "grün@b.example"],
)  # fmt: skip
def test_two_people_are_never_one_address(ses: Any, address: str) -> None:
    with pytest.raises(MailRefused):
        SesMailer("eu-west-2").send(replace(LETTER, to=address))
    assert not ses.core_backend.sent_messages


@given(st.text(max_size=40))
def test_whatever_passes_as_an_address_is_one(text: str) -> None:
    try:
        assert one_address(text).count("@") == 1
    except MailRefused:
        return
    assert not set(text) & set(" ,;<>()\r\n\t")


class Answering(BaseHTTPRequestHandler):
    """An SES that answers what its server was told, and remembers what it was asked."""

    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(body))
        if self.server.status == 0:
            self.close_connection = True
            return
        answer = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("x-amzn-ErrorType", self.server.answer.get("__type", ""))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def an_ses(status: int, answer: dict[str, str]) -> Iterator[tuple[SesMailer, list[Any]]]:
    """A mailer whose SES answers like this, and everything SES was asked."""
    server: Any = HTTPServer(("127.0.0.1", 0), Answering)
    server.status, server.answer, server.asked = status, answer, []
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield SesMailer("eu-west-2", "transactional", endpoint=endpoint), server.asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (400, "MessageRejected", MailRefused),
        (400, "MailFromDomainNotVerifiedException", MailRefused),
        (400, "BadRequestException", MailRefused),
        (403, "AccessDeniedException", MailRefused),
        (429, "TooManyRequestsException", MailUnknown),
        (500, "InternalFailure", MailUnknown),
        (503, "ServiceUnavailable", MailUnknown),
        (0, "", MailUnknown),
    ],
)
def test_every_answer_has_its_meaning_and_the_call_goes_out_once(
    status: int, code: str, meaning: type[Exception]
) -> None:
    with an_ses(status, {"__type": code, "message": "told"}) as (mailer, asked):
        with pytest.raises(meaning) as raised:
            mailer.send(LETTER)
        assert len(asked) == 1
        assert code in raised.value.args or not code


def test_the_call_carries_everything_a_reader_needs() -> None:
    with an_ses(200, {"MessageId": "m-1"}) as (mailer, asked):
        assert mailer.send(LETTER) == "m-1"
    (call,) = asked
    simple = call["Content"]["Simple"]
    assert simple["Body"]["Text"]["Data"] == "See you there.\n"
    assert simple["Body"]["Html"]["Data"] == "<p>See you there.</p>"
    assert simple["Attachments"][0]["ContentType"] == "text/calendar; method=REQUEST"
    assert call["ReplyToAddresses"] == ["hello@marmalade-circle.example"]
    assert call["FromEmailAddress"] == "Marmalade Circle <hello@marmalade-circle.example>"
    assert call["ConfigurationSetName"] == "transactional"


@pytest.mark.parametrize(
    ("is_news", "sets", "used"),
    [
        (False, ("transactional", "news"), "transactional"),
        (True, ("transactional", "news"), "news"),
        (True, ("transactional", ""), "transactional"),
        (True, ("", ""), None),
    ],
)
def test_what_nobody_waits_for_leaves_apart(
    is_news: bool, sets: tuple[str, str], used: str | None
) -> None:
    mailer = SesMailer("eu-west-2", sets[0], news=sets[1])
    asked = mailer._asked(replace(LETTER, is_news=is_news))
    assert asked.get("ConfigurationSetName") == used


def test_the_same_letter_sent_again_has_the_same_reference() -> None:
    with an_ses(200, {"MessageId": "m-1"}) as (mailer, asked):
        mailer.send(LETTER)
        mailer.send(LETTER)
    first, second = (call["Content"]["Simple"]["Headers"] for call in asked)
    assert first == second
    assert {"Name": "X-Entity-Ref-ID", "Value": "dGFzdGVyX2Jvb2tlZCNib29raW5nLTE"} in first


def test_a_name_of_any_letters_makes_one_sender() -> None:
    odd = replace(LETTER, sender='"Zoë, Quince & Co" <hello@marmalade-circle.example>')
    with an_ses(200, {"MessageId": "m-1"}) as (mailer, asked):
        mailer.send(odd)
    assert asked[0]["FromEmailAddress"].endswith(" <hello@marmalade-circle.example>")
    assert asked[0]["FromEmailAddress"].isascii()


def test_mails_leave_from_the_verified_address_of_the_deployment(ses: Any) -> None:
    mailer = SesMailer("eu-west-2", sender="post@marmalade-circle.example")
    mailer.send(replace(LETTER, sender="Marmalade Circle <ada@webmail.example>"))
    (sent,) = ses.core_backend.sent_messages
    assert sent.source == "Marmalade Circle <post@marmalade-circle.example>"

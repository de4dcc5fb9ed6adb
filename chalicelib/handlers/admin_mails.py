"""DOORS of the outbox for the administrator: a day's mails, one mail, sending it again."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.flows import outbox
from chalicelib.handlers import answers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.mail import Letter, Mail, key_in_path, name_in_path
from chalicelib.rules.people.addresses import path_of
from chalicelib.rules.people.people import email_hash

door = Doors(__name__)

# A mail brings its own inline styles; it may load and run nothing, and nobody may frame it.
LETTER_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@door.page("/admin/mails", Audience.ADMINISTRATOR)
def show_mails(visit: Visit, answers_given: Answers | None = None) -> Response:
    """The mails of one day, newest first (`?day=2026-11-21`, in UTC)."""
    shown = outbox.show_day(visit.outside, visit.day("day"))
    named = [(name_in_path(mail.message_key), mail) for mail in shown.mails]
    return visit.page(
        "admin_mails", answers_given=answers_given, shown=shown, mails=named, here="mails"
    )


@door.page("/admin/mails/{mail_name}", Audience.ADMINISTRATOR)
def show_mail(visit: Visit, mail_name: str, answers_given: Answers | None = None) -> Response:
    """One mail: where it stands, and what its reader sees."""
    mail, letter = _found(visit, mail_name)
    return visit.page(
        "admin_mail",
        answers_given=answers_given,
        mail=mail,
        letter=letter,
        mail_name=mail_name,
        address_path=path_of(email_hash(mail.sent_to or mail.to)),
        here="mails",
    )


@door.page("/admin/mails/{mail_name}/letter", Audience.ADMINISTRATOR)
def show_letter(visit: Visit, mail_name: str) -> Response:
    """The HTML part of a mail, alone and shut in."""
    _, letter = _found(visit, mail_name)
    if letter is None:
        raise NotFound
    answer = answers.html(visit.settings, letter.html)
    answer.headers["Content-Security-Policy"] = LETTER_CSP
    return answer


@door.form("/admin/mails/{mail_name}/again", Audience.ADMINISTRATOR, again=show_mail)
def send_again(visit: Visit, mail_name: str) -> Response:
    """Queue a mail that failed or did not arrive once more."""
    path = f"/admin/mails/{mail_name}"
    outbox.send_again(visit.outside, visit.caller(path), _key(mail_name))
    return visit.go(path)


@door.form("/admin/mails/check", Audience.ADMINISTRATOR, again=show_mails)
def send_check(visit: Visit) -> Response:
    """Send the administrator a mail, to see that mail arrives."""
    check_id = visit.outside.ids.new("check")
    path = f"/admin/mails/{name_in_path(f'mail_check#{check_id}')}"
    outbox.send_check(visit.outside, visit.caller(path), visit.me, check_id)
    return visit.go(path)


def _found(visit: Visit, mail_name: str) -> tuple[Mail, Letter | None]:
    return outbox.show_mail(visit.outside, _key(mail_name))


def _key(mail_name: str) -> str:
    key = key_in_path(mail_name)
    if key is None:
        raise NotFound
    return key

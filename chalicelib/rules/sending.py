"""What becomes of a mail in the outbox: claimed, sent, tried again, given up, dropped, withheld,
and what SES tells of it afterwards.

A claim carries a lease: whoever holds it may write what became of the mail, nobody else. The
claim also says when the next try is due, so that a sender that dies is followed by another, and
an unclear answer or a refusal waits just as long. What does not live here: rendering, SES, what
becomes of an address (people/addresses.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import MoveNotDeclared
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.mail import Mail, name_in_path
from chalicelib.rules.mail_news import BOUNCED, NOT_NOW, ORDER, REJECTED, MailNews
from chalicelib.rules.people.circle import Task
from chalicelib.rules.states import move

TRIES_MAX = 5
# What the first, second, ... try is given: a lease, and the wait before the next one.
PATIENCE = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=1),
)
DAY = timedelta(days=1)


def claim(mail: Mail, lease: str, now: datetime) -> Update:
    """Take the mail for one try, if nobody took it since it was read."""
    return Update(
        mail,
        {
            "state": move("mail", mail.state, "claimed"),
            "lease": lease,
            "due_at": now + PATIENCE[mail.attempts],
        },
        add={"attempts": 1},
        when=(Is("state", mail.state), Is("lease", mail.lease)),
    )


def waits_since(mail: Mail) -> datetime | None:
    """When it should have left: each try puts off the next one, and an hour of refusals is no less
    late for that. None for a mail that has ended."""
    tried = sum(PATIENCE[: mail.attempts], timedelta())
    return mail.due_at - tried if mail.due_at else None


def sent(mail: Mail, subject: str, message_id: str, now: datetime) -> Change:
    """SES took it under this message id."""
    values = {"subject": subject, "message_id": message_id, "sent_at": now, "failure": ""}
    return _end(mail, "sent", values | {"sent_to": mail.sent_to})


def unclear(mail: Mail, subject: str, failure: str) -> Change:
    """SES gave no clear answer: the claim stands until its lease ends, then it is tried again.

    One mail may leave twice that way; none is lost.
    """
    return Change.of(Update(mail, {"subject": subject, "failure": failure}, when=_held_by_us(mail)))


def refused(mail: Mail, subject: str, failure: str, now: datetime) -> Change:
    """SES said no: back in the queue until what the claim set, or given up after five tries."""
    if mail.attempts >= TRIES_MAX:
        return given_up(mail, now, failure, subject)
    values = {"state": move("mail", mail.state, "queued"), "subject": subject, "failure": failure}
    return Change.of(Update(mail, values, when=_held_by_us(mail)))


def given_up(mail: Mail, now: datetime, failure: str, subject: str = "") -> Change:
    """Five tries are over: a person has to look (D9: nothing fails in silence)."""
    values = {"failure": failure, "subject": subject or mail.subject}
    return _end(mail, "failed", values) + Create(_task(mail, now))


def dropped(mail: Mail, reason: str) -> Change:
    """What it says is no longer true: it must not leave."""
    return _end(mail, "dropped", {"failure": reason})


def withheld(mail: Mail, reason: str) -> Change:
    """It would not arrive, and SES would take it all the same: it is not sent, and says so."""
    return _end(mail, "withheld", {"failure": reason})


def may_go_again(mail: Mail) -> bool:
    """Whether sending it once more makes sense: it has not left, or has not arrived."""
    lost = mail.state == "sent" and mail.delivery in (BOUNCED, NOT_NOW, REJECTED)
    return lost or mail.state in ("failed", "withheld")


def again(mail: Mail, now: datetime) -> Change:
    """A mail that did not leave, or did not arrive, is sent again: five new tries, and its task
    is done. MoveNotDeclared for any other."""
    if not may_go_again(mail):
        raise MoveNotDeclared(kind="mail", old=mail.state, new="queued")
    values: dict[str, Any] = {
        "state": move("mail", mail.state, "queued"),
        "attempts": 0,
        "due_at": now,
        "failure": "",
        "message_id": "",
        "sent_to": "",
        "delivery": "",
        "delivery_at": None,
        "delivery_reason": "",
    }
    if mail.message_id:
        values["earlier"] = (*mail.earlier, mail.message_id)
    unchanged = (Is("state", mail.state), Is("delivery", mail.delivery))
    return Change.of(Update(mail, values, when=unchanged), Remove(_task(mail, now)))


def heard(mail: Mail, news: MailNews) -> Update | None:
    """What SES tells of a mail, on its row; None when the row knows as much, or the news is of a
    time before it was sent again. Whatever comes, and however often, ends the same.

    News of a mail that we thought on its way, or given up for want of an answer, proves that SES
    took it: it is not sent twice.
    """
    if news.message_id in mail.earlier:
        return None
    values: dict[str, Any] = {}
    if ORDER.index(news.what) > ORDER.index(mail.delivery):
        values = {"delivery": news.what, "delivery_at": news.at, "delivery_reason": news.reason}
    if _was_taken(mail):
        values |= {
            "state": move("mail", mail.state, "sent"),
            "due_at": None,
            "message_id": news.message_id,
            "sent_at": news.sent_at,
            "subject": mail.subject or news.subject,
            "failure": "",
        }
    unchanged = (*_held_by_us(mail), Is("delivery", mail.delivery))
    return Update(mail, values, when=unchanged) if values else None


def _was_taken(mail: Mail) -> bool:
    """Whether news of it tells us that it left: our own row says that it did not, or may not."""
    return mail.state in ("claimed", "failed") or (mail.state == "queued" and mail.attempts > 0)


def failure_ended(mail: Mail, now: datetime) -> Remove | None:
    """The task of a mail that was given up, when it had left after all."""
    return Remove(_task(mail, now)) if mail.state == "failed" else None


def passes_switch(mail: Mail) -> bool:
    """Sign-in mails leave while mail is switched off: without them nobody could come back in
    to switch it on again."""
    return any(link.purpose == "sign-in" for link in mail.links.values())


def _end(mail: Mail, state: str, values: dict[str, Any]) -> Change:
    ended = {"state": move("mail", mail.state, state), "due_at": None, **values}
    return Change.of(Update(mail, ended, when=_held_by_us(mail)))


def _held_by_us(mail: Mail) -> tuple[Is, ...]:
    return (Is("state", mail.state), Is("lease", mail.lease))


def _task(mail: Mail, now: datetime) -> Task:
    return Task(
        task_id=f"mail_failed#{mail.message_key}",
        code="mail_failed",
        facts={"to": mail.to},
        path=f"/admin/mails/{name_in_path(mail.message_key)}",
        opened_at=now,
        due_at=now + DAY,
    )

"""What becomes of a mail in the outbox: claimed, sent, tried again, given up, dropped.

A claim carries a lease: whoever holds it may write what became of the mail, nobody else. The
claim also says when the next try is due, so that a sender that dies is followed by another, and
an unclear answer or a refusal waits just as long. What does not live here: rendering, SES.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.mail import Mail, name_in_path
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


def sent(mail: Mail, subject: str, message_id: str, now: datetime) -> Change:
    """SES took it under this message id."""
    values = {"subject": subject, "message_id": message_id, "sent_at": now, "failure": ""}
    return _end(mail, "sent", values)


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


def again(mail: Mail, now: datetime) -> Change:
    """An administrator sends a failed mail again: five new tries, and the task is done."""
    values = {"state": move("mail", mail.state, "queued"), "attempts": 0, "due_at": now}
    return Change.of(
        Update(mail, values, when=(Is("state", mail.state),)),
        Remove(_task(mail, now)),
    )


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

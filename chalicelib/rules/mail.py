"""What a mail is: its key, its frozen facts, its finished letter.

Keys are built from ids and ISO dates, never from localized text, so that a change of wording
sends nothing twice.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.rules.changes import Create

KEPT_FOR = timedelta(days=400)  # a mail and its facts: a year, and time to ask about it


@dataclass(frozen=True)
class Attachment:
    """A part beside the text; calendar entries are the only ones we send."""

    name: str
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Letter:
    """A rendered mail, ready to leave. `reference` stays the same when it is sent again."""

    to: str
    sender: str
    reply_to: str
    subject: str
    text: str
    html: str
    reference: str
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=())
    is_news: bool = False  # nobody waits for it (mail_kinds.py)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A fact a mail rests on: the row of `kind` found by `ids` has `name` in one of `values`
    when the mail leaves; otherwise the mail is dropped, never sent against the books."""

    kind: str  # class name of the row
    ids: Mapping[str, str]  # the fields its key is made of
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LinkTo:
    """A personal link, made when the mail is rendered: see rules/links.py."""

    purpose: str
    subject: str
    generation: int = 1


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A row of the outbox: frozen facts and ids, rendered when it leaves.

    `message_key` is template + subject id, so that each mail exists once.
    """

    message_key: str
    template: str
    to: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, LinkTo] = field(default_factory=dict)
    stands: tuple[Standing, ...] = ()
    person_id: str | None = None
    state: str = "queued"  # queued | claimed | sent | failed | dropped | withheld
    attempts: int = 0
    queued_at: datetime
    due_at: datetime | None = None  # when it is tried next; None when it is done
    lease: str = ""  # who holds the claim
    sent_at: datetime | None = None
    message_id: str = ""
    subject: str = ""
    failure: str = ""
    sent_to: str = ""  # where it went, when `to` has another address by now
    delivery: str = ""  # what SES told of it since: rules/mail_news.ORDER
    delivery_at: datetime | None = None
    delivery_reason: str = ""
    earlier: tuple[str, ...] = ()  # SES's ids of the times before it was sent again
    retain_until: datetime | None = None
    expires_epoch: int | None = None  # then the table lets it go


def mail(
    template: str,
    subject_id: str,
    to: str,
    now: datetime,
    facts: Mapping[str, Any],
    links: Mapping[str, LinkTo] | None = None,
    stands: tuple[Standing, ...] = (),
    person_id: str | None = None,
) -> Create:
    """The write that queues a mail once: its key is the template and what it is about.

    `facts` are plain data (text, whole numbers, instants, lists, mappings); instants come back
    as text when the mail is rendered, and the templates' filters take both.
    """
    return Create(
        Mail(
            message_key=f"{template}#{subject_id}",
            template=template,
            to=to,
            facts=facts,
            links=links or {},
            stands=stands,
            person_id=person_id,
            queued_at=now,
            due_at=now,
            expires_epoch=int((now + KEPT_FOR).timestamp()),
        )
    )


def name_in_path(message_key: str) -> str:
    """A mail's key as a part of a path or a tag of SES: letters, digits, `-` and `_` only."""
    return urlsafe_b64encode(message_key.encode()).decode().rstrip("=")


def key_in_path(name: str) -> str | None:
    """The key of `name_in_path`; None for anything else."""
    try:
        key = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except ValueError:
        return None
    return key if name_in_path(key) == name else None

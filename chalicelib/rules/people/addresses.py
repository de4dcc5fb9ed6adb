"""Addresses that mail does not reach: what marks one, what lifts the mark, what is left to do.

A row exists for an address only once a mail to it got lost. What does not live here: reading SES's
events (mail_news.py), what becomes of a mail (sending.py), what the desk does (correcting.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from chalicelib.rules import sending
from chalicelib.rules.changes import Create, Is, Remove, Update, Write
from chalicelib.rules.mail import KEPT_FOR, Mail
from chalicelib.rules.mail_kinds import is_critical
from chalicelib.rules.mail_news import BOUNCED, COMPLAINED, DELIVERED, MailNews
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import email_hash

WORKS, BOUNCES, UNWANTED = "works", "bounces", "unwanted"
MARKED = (BOUNCES, UNWANTED)
MAILS_MAX = 20  # the newest that did not arrive; a commit sends them all again
DAYS_TO_DO = timedelta(days=3)  # for what is not critical
SES = "ses"  # who acts when SES tells
HOPS = 5  # an address in the place of one in the place of one


@dataclass(frozen=True, kw_only=True)
class Address:
    """An address that lost a mail. `at` is of the news that its state rests on, `lifted_at` when
    somebody at the desk last said that it works: no news of before that marks it again."""

    email_hash: str
    email: str
    name: str = ""  # as the mail spoke to its reader
    state: str = WORKS  # works | bounces | unwanted
    at: datetime | None = None
    reason: str = ""  # the mail service's own words
    mails: tuple[str, ...] = ()  # keys of mails that did not arrive, the newest last
    person_id: str | None = None
    lifted_at: datetime | None = None
    replaced_by: str = ""  # where its mails go now
    expires_epoch: int | None = None  # then the table lets it go; SES would tell it all again

    @property
    def is_marked(self) -> bool:
        """Whether mails to it are withheld."""
        return self.state in MARKED

    @property
    def is_urgent(self) -> bool:
        """Whether one of the mails that did not arrive must not be missed."""
        return any(is_critical(key) for key in self.mails)


@dataclass(frozen=True, kw_only=True)
class MailDay:
    """How many mails came back, or were marked as unwanted, on a day (UTC)."""

    day: str
    what: str  # bounced | complained
    times: int = 0


@dataclass(frozen=True, kw_only=True)
class Known:
    """An address as it is kept, with its open task; neither where nothing was lost so far."""

    address: Address | None = None
    task: Task | None = None


def begin(email: str, lost: Mail | None) -> Address:
    """The row of an address of which nothing was known."""
    facts = lost.facts if lost else {}
    return Address(
        email_hash=email_hash(email),
        email=email,
        name=str(facts.get("full_name", "")),
        person_id=lost.person_id if lost else None,
    )


def learn(address: Address, news: MailNews, about: Mail | None) -> Address:
    """The address after news of it; `about` is the mail as the news leaves it. The order in which
    news comes does not matter, nor how often, but for the reason that is shown."""
    after = _with_mail(_with_state(address, news), about)
    if after == address or after.replaced_by:
        return after
    return replace(after, expires_epoch=int((news.at + KEPT_FOR).timestamp()))


def _with_state(address: Address, news: MailNews) -> Address:
    newer = address.at is None or news.at > address.at
    lifted = address.lifted_at is not None and news.at <= address.lifted_at
    if news.what == COMPLAINED and not lifted:
        at = news.at if newer else address.at
        return replace(address, state=UNWANTED, at=at, reason=news.reason)
    if news.what == BOUNCED and newer:
        state = UNWANTED if address.state == UNWANTED else BOUNCES
        return replace(address, state=state, at=news.at, reason=news.reason)
    if news.what == DELIVERED and newer and address.state == BOUNCES:
        return replace(address, state=WORKS, at=news.at, reason="")
    return address


def _with_mail(address: Address, about: Mail | None) -> Address:
    """The list of mails that did not arrive. A sign-in mail is of no use later."""
    if about is None or sending.passes_switch(about):
        return address
    others = tuple(key for key in address.mails if key != about.message_key)
    if not sending.may_go_again(about):
        return replace(address, mails=others)
    if not address.is_marked and not is_critical(about.message_key):
        return address
    if about.message_key in address.mails:
        return address
    return replace(address, mails=(*others, about.message_key)[-MAILS_MAX:])


def withhold(address: Address, unsent: Mail) -> Address:
    """One more mail that was not sent to it; `unsent` as it is afterwards."""
    return _with_mail(address, unsent)


def kept(before: Address | None, after: Address) -> Write | None:
    """The write of what was learned, if nobody else learned meanwhile. Nothing is kept of an
    address at which all is well."""
    if before is None:
        return Create(after) if after.is_marked or after.mails else None
    changed = {
        field.name: getattr(after, field.name)
        for field in fields(after)
        if getattr(after, field.name) != getattr(before, field.name)
    }
    unchanged = tuple(
        Is(name, getattr(before, name)) for name in ("state", "at", "mails", "replaced_by")
    )
    return Update(before, changed, when=unchanged) if changed else None


def is_newly_marked(before: Address | None, after: Address) -> bool:
    """Whether the news is that mail does not reach this address, and nobody has dealt with it."""
    return after.is_marked and not after.replaced_by and not (before and before.is_marked)


def to_do(known: Known, after: Address, now: datetime) -> Write | None:
    """The desk's task: opened when the address is marked or a critical mail is lost, due at once
    for a critical one, closed when mail arrives again and nothing critical is lost."""
    before, task = known.address, known.task
    lost = set(after.mails) - set(before.mails if before else ())
    if is_newly_marked(before, after) or any(is_critical(key) for key in lost):
        wanted = task_of(after, now)
        if task is None:
            return Create(wanted)
        sooner = wanted.due_at < task.due_at
        return Update(task, {"due_at": wanted.due_at}) if sooner else None
    if task and not after.is_marked and not after.is_urgent:
        return Remove(task)
    return None


def task_id_of(hashed: str) -> str:
    """The key of the task of an address, by its hash."""
    return f"mail_bounced#{hashed}"


def path_of(hashed: str) -> str:
    """The desk's page of an address."""
    return f"/admin/addresses/{hashed}"


def task_of(address: Address, now: datetime) -> Task:
    """Who is not reached, and where to do something about it (O1)."""
    return Task(
        task_id=task_id_of(address.email_hash),
        code="mail_bounced",
        facts={"name": address.name or address.email, "email": address.email},
        path=path_of(address.email_hash),
        opened_at=now,
        due_at=now if address.is_urgent else now + DAYS_TO_DO,
    )


def way(address: Address | None, unsent: Mail) -> str:
    """Where a mail to this address goes by now; empty for nowhere else. Whoever was known by it
    is followed; a stranger who has the same address is not."""
    follows = address and address.replaced_by and address.person_id in (None, unsent.person_id)
    return address.replaced_by if address and follows else ""

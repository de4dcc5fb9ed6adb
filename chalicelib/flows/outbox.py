"""Mails leave: claimed with a lease, rendered once in a try, sent once in a try, marked.

Woken by the stream for speed and by the clock for certainty. What does not live here: queueing a
mail (rules/mail.mail, in the transaction of the act), what becomes of it (rules/sending.py).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.utils import formataddr

from chalicelib import rendering
from chalicelib.errors import MailRefused, MailUnknown, NotFound, StateChanged, Trouble
from chalicelib.gateways.outside import Outside
from chalicelib.rules import calendar, links, sending
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.mail import Attachment, Letter, LinkTo, Mail
from chalicelib.rules.mail import mail as queued
from chalicelib.rules.mail_kinds import NEWS, kind_of
from chalicelib.rules.people import addresses
from chalicelib.rules.people.addresses import Address
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.people.people import Person
from chalicelib.store import outbox
from chalicelib.store.commit import as_written, commit
from chalicelib.store.people import addresses as address_store
from chalicelib.store.people import circle as circle_store

ROUND = 100  # mails read in one go
ROUND_SWITCHED_OFF = 2000  # sign-in mails may stand behind many that wait
RUN_LASTS = timedelta(seconds=40)  # then the next run goes on
SIGN_IN_CODE = "sign-in-code"
HIDDEN = "hidden"
log = logging.getLogger("balint.outbox")


class SomeMailsBroken(ExceptionGroup):
    """Mails that could not even be tried, each with what was wrong; all others were tried."""


def send_due(outside: Outside) -> dict[str, int]:
    """Send every mail whose time has come; how many became what.

    `switched_off` counts mails that wait because the circle has switched mail off. Raises
    SomeMailsBroken when the run is over, for templates and facts that do not go together and for
    a store that did not answer.
    """
    counts: Counter[str] = Counter()
    circle = circle_store.settings()
    if circle is None:
        return dict(counts)
    size = ROUND if circle.mail else ROUND_SWITCHED_OFF
    until = outside.clock.now() + RUN_LASTS
    seen: set[str] = set()
    broken: list[Exception] = []
    more = True
    while more and outside.clock.now() < until:
        due = outbox.due(outside.clock.now(), size)
        fresh = [mail for mail in due if mail.message_key not in seen]
        for mail in fresh:
            seen.add(mail.message_key)
            counts[_one(outside, circle, mail, broken)] += 1
        more = len(due) == size and bool(fresh)
    if broken:
        raise SomeMailsBroken(f"mails broken; the others: {dict(counts)}", broken)
    return dict(counts)


def _one(outside: Outside, circle: CircleSettings, mail: Mail, broken: list[Exception]) -> str:
    """Try one mail; the word for what became of it."""
    if not circle.mail and not sending.passes_switch(mail):
        return "switched_off"
    now = outside.clock.now()
    try:
        if mail.attempts >= sending.TRIES_MAX:
            commit(sending.given_up(mail, now, mail.failure or "MailUnknown"))
            return "failed"
        claim = sending.claim(mail, outside.ids.new("lease"), now)
        commit(Change.of(claim))
        return _claimed(outside, circle, as_written(claim), broken)
    except StateChanged:
        return "overtaken"  # another sender holds it now, and what it writes counts
    except Trouble as trouble:
        broken.append(trouble)  # the lease ends, and another try follows
        return "unanswered"


def _claimed(outside: Outside, circle: CircleSettings, mail: Mail, broken: list[Exception]) -> str:
    now = outside.clock.now()
    mail, address = _way(mail)
    try:
        untrue = _no_longer_true(mail)
        letter = None if untrue else _letter(outside, circle, mail)
    except Trouble:
        raise
    except Exception as bug:  # one broken mail must not stop the others: it is told at the end
        log.exception("broken template=%s", mail.template)
        broken.append(bug)
        commit(sending.refused(mail, "", type(bug).__name__, now))
        return "broken"
    if letter is None:
        commit(sending.dropped(mail, untrue))
        return "dropped"
    if address and address.is_marked:
        commit(_withheld(mail, address, now))
        return "withheld"
    return _send(outside, mail, letter)


def _way(mail: Mail) -> tuple[Mail, Address | None]:
    """The mail with the address it goes to by now, and what is known of that one. A sign-in mail
    is asked for at this moment, for the address that holds: it always tries, and when it arrives
    the address works again."""
    address = None if sending.passes_switch(mail) else address_store.by_email(mail.to)
    for _ in range(addresses.HOPS):
        to = addresses.way(address, mail)
        if not to:
            break
        mail, address = replace(mail, to=to, sent_to=to), address_store.by_email(to)
    return mail, address


def _withheld(mail: Mail, address: Address, now: datetime) -> Change:
    """SES would take a mail to this address and send it nowhere: we say that it is not sent."""
    change = sending.withheld(mail, f"address_{address.state}")
    unsent = replace(mail, state="withheld")
    after = addresses.withhold(address, unsent)
    known = addresses.Known(address=address, task=address_store.task(address.email_hash))
    return Change.of(change, addresses.kept(address, after), addresses.to_do(known, after, now))


def _send(outside: Outside, mail: Mail, letter: Letter) -> str:
    try:
        message_id = outside.mailer.send(letter)
    except MailRefused as error:
        log.warning("refused template=%s tries=%d", mail.template, mail.attempts)
        commit(sending.refused(mail, letter.subject, _told(error), outside.clock.now()))
        return "refused"
    except MailUnknown as error:
        log.warning("unclear template=%s tries=%d", mail.template, mail.attempts)
        commit(sending.unclear(mail, letter.subject, _told(error)))
        return "unclear"
    commit(sending.sent(mail, letter.subject, message_id, outside.clock.now()))
    return "sent"


def _told(error: Trouble) -> str:
    return ": ".join([error.code, *(str(part) for part in error.args)])


def _no_longer_true(mail: Mail) -> str:
    """The fact that moved on, as `Offer.state = expired`; empty when all stand. A row whose words
    were erased has no address any more: nobody is written to (E2)."""
    if not mail.to:
        return "Mail.to = "
    for fact in mail.stands:
        value = outbox.value_of(fact)
        if value is None or str(value) not in fact.values:
            return f"{fact.kind}.{fact.name} = {value}"
    return ""


def _letter(outside: Outside, circle: CircleSettings, mail: Mail) -> Letter:
    """The finished letter of a mail's frozen facts."""
    addresses = {name: _url(outside, to) for name, to in mail.links.items()}
    return _rendered(outside, circle, mail, addresses)


def _rendered(
    outside: Outside, circle: CircleSettings, mail: Mail, addresses: Mapping[str, str]
) -> Letter:
    facts = {
        "circle_name": circle.name,
        "circle_email": circle.email,
        "circle_statement": circle.seller_statement,
        "seller_name": circle.seller_name,
        "seller_address": circle.seller_address,
        "seller_statement": circle.seller_statement,
        "base_url": outside.places.base_url,
        **mail.facts,
        "links": addresses,
    }
    parts = rendering.mail(mail.template, **facts)
    return Letter(
        to=mail.to,
        sender=formataddr((circle.name, circle.email), "utf-8"),
        reply_to=circle.email,
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
        reference=mail.message_key,
        attachments=_calendar_part(circle, mail),
        is_news=kind_of(mail.template) == NEWS,
    )


def _url(outside: Outside, to: LinkTo) -> str:
    """The absolute address of a personal link, or the six digits of a sign-in code."""
    keys = outside.places.link_keys
    if to.purpose == SIGN_IN_CODE:
        return links.sign_in_code(keys, to.subject)
    return outside.places.base_url + links.link_path(keys, to.purpose, to.subject, to.generation)


def _calendar_part(circle: CircleSettings, mail: Mail) -> tuple[Attachment, ...]:
    if not mail.facts.get("calendar"):
        return ()
    entry = calendar.entry_of(mail.facts["calendar"])
    return (calendar.attachment(entry, circle.email, mail.to, mail.queued_at),)


# What the administrator sees and does


@dataclass(frozen=True)
class DayOfMails:
    """The mails queued on one day (UTC), newest first, and what holds mail back."""

    day: date
    mails: tuple[Mail, ...]
    older: date
    newer: date | None
    more: bool  # not all of the day are shown
    mail_on: bool


def show_day(outside: Outside, day: date | None) -> DayOfMails:
    """A day of the outbox; today when none is asked for."""
    today = outside.clock.now().date()
    shown = min(day or today, today)
    mails = outbox.of_day(shown)
    circle = circle_store.settings()
    return DayOfMails(
        day=shown,
        mails=tuple(mails),
        older=shown - timedelta(days=1),
        newer=shown + timedelta(days=1) if shown < today else None,
        more=len(mails) >= outbox.DAY_MAX,
        mail_on=circle is None or circle.mail,
    )


def show_mail(outside: Outside, message_key: str) -> tuple[Mail, Letter | None]:
    """A mail and how its reader sees it, with every personal link and code hidden: they open
    somebody else's door. None for a letter that cannot be rendered any more."""
    mail = outbox.mail(message_key)
    circle = circle_store.settings()
    if mail is None or circle is None:
        raise NotFound
    try:
        return mail, _rendered(outside, circle, mail, _hidden(outside, mail))
    except Exception:  # whatever is wrong with it, the page says that it cannot be shown
        log.exception("broken template=%s", mail.template)
        return mail, None


def _hidden(outside: Outside, mail: Mail) -> dict[str, str]:
    base = outside.places.base_url
    return {
        name: HIDDEN
        if to.purpose == SIGN_IN_CODE
        else base + links.PATHS[to.purpose].format(HIDDEN)
        for name, to in mail.links.items()
    }


def send_again(outside: Outside, caller: Caller, message_key: str) -> None:
    """Queue a mail again that failed or did not arrive, with five new tries; its task is done.
    MoveNotDeclared for any other."""
    now = outside.clock.now()
    mail = outbox.mail(message_key)
    if mail is None:
        raise NotFound
    note = audit(
        f"mail#{message_key}",
        "mail.sent_again",
        caller.actor,
        now,
        outside.ids.new("audit"),
        person_id=mail.person_id,
    )
    commit(sending.again(mail, now) + note, caller, now)


def send_check(outside: Outside, caller: Caller, person: Person, check_id: str) -> None:
    """Queue a mail to the administrator who asks, to see that mail arrives at all."""
    now = outside.clock.now()
    facts = {"full_name": person.full_name, "asked_at": now, "zone": person.zone}
    order = queued("mail_check", check_id, person.email, now, facts, person_id=person.person_id)
    note = audit(
        f"mail#mail_check#{check_id}", "mail.checked", caller.actor, now, outside.ids.new("audit")
    )
    commit(Change.of(order, note), caller, now)

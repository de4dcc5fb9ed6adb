"""What SES tells of mails: written on the mail, and on the address when it did not arrive.

In one commit: the mail's row, the address, the desk's task, and a mail to the leaders of somebody
whom mail does not reach. What does not live here: sending (outbox.py), what the desk does about an
address (people/addresses.py).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.errors import StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules import sending
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Change, Count, Create, Write
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.mail import Mail, mail
from chalicelib.rules.mail_news import BOUNCED, COMPLAINED, MailNews, news_of
from chalicelib.rules.people import addresses as rules
from chalicelib.rules.people.addresses import Address, Known, MailDay
from chalicelib.rules.people.people import email_hash
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import outbox, reads, tables
from chalicelib.store.commit import as_written, commit
from chalicelib.store.people import addresses as store
from chalicelib.store.people import people
from chalicelib.store.running import groups

TRIES = 6  # the sender and other news may write the same rows in these seconds
A_DAY_MAX = 1_000_000_000  # a counter without a limit
NOT_FOR_US, KNOWN = "not_for_us", "known"


def hear(outside: Outside, text: str) -> str:
    """Take one event of SES in, once, however often and in whatever order it comes; the word for
    what it was: `delivered`, `bounced`, ..., `known` for nothing new, `not_for_us`.

    Raises MailNewsUnreadable, StoreBusy, and StateChanged when it does not come to rest: SNS's
    next try does it again.
    """
    news = news_of(text)
    if news is None:
        return NOT_FOR_US
    for _ in range(TRIES):
        try:
            change = _learned(outside, news)
            commit(change)
        except StateChanged:
            continue
        return news.what if change.writes else KNOWN
    raise StateChanged


def _learned(outside: Outside, news: MailNews) -> Change:
    """Everything that the news changes."""
    now = outside.clock.now()
    about = outbox.mail(news.mail_key) if news.mail_key else None
    row = sending.heard(about, news) if about else None
    after = as_written(row) if row else about
    change = Change.of(row, _counted(row, news))
    if row and about:
        change += sending.failure_ended(about, now)
    for email in {email_hash(one): one for one in news.addresses}.values():
        change += _of_address(outside, email, news, after, now)
    return change


def _counted(row: Write | None, news: MailNews) -> Count | None:
    """One more that came back on this day; with the mail's own row, so that it counts once."""
    if row is None or news.what not in (BOUNCED, COMPLAINED):
        return None
    day = MailDay(day=f"{news.at:%Y-%m-%d}", what=news.what)
    return Count(day, "times", A_DAY_MAX)


def _of_address(
    outside: Outside, email: str, news: MailNews, about: Mail | None, now: datetime
) -> Change:
    before = store.by_email(email)
    after = rules.learn(before or rules.begin(email, about), news, about)
    row = rules.kept(before, after)
    if row is None:
        return Change()
    known = Known(address=before, task=store.task(after.email_hash))
    change = Change.of(row, rules.to_do(known, after, now))
    if before is None or before.state != after.state:
        change += _recorded(outside, after, now)
    if rules.is_newly_marked(before, after):
        change += _leaders_told(outside, after, now)
    return change


def _recorded(outside: Outside, address: Address, now: datetime) -> Create:
    return audit(
        f"address#{address.email_hash}",
        f"address.{address.state}",
        rules.SES,
        now,
        outside.ids.new("audit"),
        person_id=address.person_id,
    )


# Leaders: they may know that a member cannot be reached, not what we wrote, nor where to (N16)


def _leaders_told(outside: Outside, address: Address, now: datetime) -> Change:
    """A mail to each leader of each term in which the person has a seat."""
    if address.person_id is None:
        return Change()
    seats = reads.indexed(tables.Enrolments.by_person, address.person_id)
    change = Change()
    for seat in [one for one in seats if isinstance(one, Enrolment) and one.state in IN_SEAT]:
        whole = groups.whole_term(seat.group_id, seat.term_id)
        if whole and whole.term.state in ("recruiting", "running"):
            change += _of_term(outside, whole, seat, now)
    return change


def _of_term(outside: Outside, whole: WholeTerm, seat: Enrolment, now: datetime) -> Change:
    leaders = people.several({one.leader_id for one in whole.leaders})
    return Change.of(
        *(
            mail(
                "member_unreachable",
                outside.ids.new("told"),
                one.email,
                now,
                facts={
                    "leader_name": one.full_name,
                    "full_name": seat.full_name,
                    "group_title": whole.group.title,
                    "term_title": whole.term.title,
                },
                person_id=one.person_id,
            )
            for one in leaders.values()
            if one.person_id != seat.person_id
        )
    )

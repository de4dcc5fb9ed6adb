"""Reading addresses that mail does not reach, by the hash of the address; they lie in the outbox,
which the functions of mail can read without seeing people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from chalicelib.rules.people.addresses import HOPS, Address, begin, task_id_of
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import email_hash
from chalicelib.store import reads, tables

LIST_MAX = 200
WEEK = timedelta(days=7)


def address(hashed: str) -> Address | None:
    """What is known of an address; None while no mail to it was lost."""
    return reads.get(Address, f"address#{hashed}")


def by_email(email: str) -> Address | None:
    """The same, by the address itself."""
    return address(email_hash(email))


def task(hashed: str) -> Task | None:
    """Its open task."""
    return reads.get(Task, "task#open", task_id_of(hashed))


def several(emails: Iterable[str]) -> Mapping[str, Address]:
    """What is known of each of these addresses that lost a mail. For one that was corrected: of
    the address that has its place by now."""
    found = _of(set(emails))
    for _ in range(HOPS):
        ways = {email: one.replaced_by for email, one in found.items() if one.replaced_by}
        if not ways:
            break
        there = _of(set(ways.values()))
        found |= {email: there.get(to) or begin(to, None) for email, to in ways.items()}
    return found


def _of(emails: set[str]) -> dict[str, Address]:
    hashes = {email: email_hash(email) for email in emails}
    keys: list[tuple[str, ...]] = [(f"address#{one}",) for one in sorted(set(hashes.values()))]
    rows = {one.email_hash: one for one in reads.many(Address, keys)} if keys else {}
    return {email: rows[hashed] for email, hashed in hashes.items() if hashed in rows}


def marked(now: datetime) -> list[Address]:
    """Addresses that mail does not reach and that nobody has corrected, the oldest first; at most
    200."""
    return reads.due(tables.Outbox, "address", now, LIST_MAX)


def came_back(now: datetime) -> Mapping[str, int]:
    """How many mails of the last seven days came back (`bounced`) or were marked as unwanted
    (`complained`), without those of which nothing came back."""
    counts: Counter[str] = Counter()
    since = (now - WEEK).date().isoformat()
    for row in reads.under(tables.Circle, "mail_day", since=since):
        counts[row.what] += row.times
    return counts

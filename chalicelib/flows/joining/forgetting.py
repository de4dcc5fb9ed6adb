"""The nightly deletion of what need not be kept any longer: rows, and people's words on rows that
stay with the books. One row, one transaction.

What does not live here: mails, tokens and markers, which end by their own clocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from chalicelib import wording
from chalicelib.errors import StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.banking.bank import BankReceipt, forgotten
from chalicelib.rules.changes import Change
from chalicelib.rules.joining import forgetting as rules
from chalicelib.rules.joining.applications import Act, Application
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.people import erasing_holds
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications as store
from chalicelib.store.joining import offers
from chalicelib.store.people import traces

IN_ONE_GO = 200


def forget_due(outside: Outside) -> dict[str, int]:
    """Delete drafts, ended applications and tasters whose time is over, and names on what was paid
    years ago; how many of each."""
    counts: Counter[str] = Counter()
    for row in _due(outside):
        word, change = _what(outside, row)
        try:
            commit(change)
            counts[word] += 1
        except StateChanged:
            counts["overtaken"] += 1  # it has moved since it was read: another night
    return dict(counts)


def _due(outside: Outside) -> Iterator[Any]:
    for table in (tables.Applications, tables.Payments):
        yield from reads.due(table, "retention", outside.clock.now(), IN_ONE_GO)


def _what(outside: Outside, row: Any) -> tuple[str, Change]:
    now = outside.clock.now()
    act = Act(actor="clock", audit_id=outside.ids.new("audit"), now=now)
    if isinstance(row, BankReceipt):
        return "receipts", forgotten(row, now, act.audit_id)
    if isinstance(row, TasterBooking):
        return "tasters", rules.booking_forgotten(row, store.holder(row.claim_name), act)
    application: Application = row
    found = offers.with_offers(application.application_id)
    if application.state == "accepted" or (found and found.offers):
        return _of_the_books(outside, application, act)
    name = store.holder(application.claim_name)
    return "applications", rules.application_forgotten(application, name, act)


def _of_the_books(outside: Outside, application: Application, act: Act) -> tuple[str, Change]:
    """What led to an offer is kept with its money: looked at each year, until the last fact of it
    is older than the years of the books and nothing of it is open."""
    rows = traces.debts_of(application.application_id)
    until, now = erasing_holds.books_until(rows), outside.clock.now()
    if until is None or until > now or erasing_holds.is_open(rows):
        return "kept", rules.application_kept(application, now)
    named = wording.label("name", "erased")
    return "debts", rules.debt_forgotten(application, rows, named, act)

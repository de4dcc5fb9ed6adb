"""The journal of a period as a private file, for accountants and auditors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib import wording
from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.books import journal as rules
from chalicelib.rules.books.ledger import CIRCLE_BOOK
from chalicelib.rules.books.reports import book_named
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.csv_text import CSV_TYPE, LINK_SECONDS, csv_bytes
from chalicelib.store import reads, tables
from chalicelib.store.books import ledger
from chalicelib.store.commit import commit
from chalicelib.store.people.circle import the_circle
from chalicelib.store.running import groups


def books() -> dict[str, str]:
    """The books there are: name in paths -> title; the circle's own has none."""
    return {CIRCLE_BOOK: ""} | {one.group_id: one.title for one in groups.every_group()}


def export(outside: Outside, caller: Caller, wanted: Mapping[str, Any], export_id: str) -> None:
    """Write the entries of a period into a private file, and say in the audit who asked for it."""
    circle = the_circle()
    titles = {book_named(name): title or circle.name for name, title in books().items()}
    chosen = list(titles) if wanted["book"] == rules.EVERY_BOOK else [book_named(wanted["book"])]
    entries = [one for book in chosen for one in ledger.of_book(book)]
    first, last = wanted["first"], wanted["last"]
    words = {
        "books": titles,
        "account": dict(wording.options("account")),
        "entry": dict(wording.options("entry")),
    }
    columns = wording.options("journal_columns")
    picked = rules.of_days(entries, first, last, circle.zone)
    rows = rules.table(picked, [code for code, _ in columns], words, circle.zone)
    outside.files.save(
        _key(export_id),
        csv_bytes([spoken for _, spoken in columns], rows),
        CSV_TYPE,
        f"journal-{first.isoformat()}-{last.isoformat()}.csv",
    )
    now = outside.clock.now()
    about = {"first": first.isoformat(), "last": last.isoformat(), "lines": len(rows)}
    note = audit(
        export_id,
        "journal.exported",
        caller.actor,
        now,
        outside.ids.new("audit"),
        book=wanted["book"],
        **about,
    )
    commit(Change.of(note), caller, now)


def export_link(outside: Outside, export_id: str) -> str:
    """A link to an exported file that ends after five minutes. NotFound for a file that nobody
    asked for."""
    if not reads.under(tables.Audit, export_id):
        raise NotFound
    return outside.files.link(_key(export_id), LINK_SECONDS)


def _key(export_id: str) -> str:
    return f"journals/{export_id}.csv"

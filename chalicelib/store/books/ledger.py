"""Reading the books: all entries of one, one entry. Strongly consistent: figures, and an export
that somebody hands to an auditor, miss nothing that was booked.

What does not live here: writing entries (commit.py), figures (rules/books/reports.py).
"""

from __future__ import annotations

from chalicelib.rules.books.ledger import Entry, due_to
from chalicelib.store import reads, tables

KEY_BYTES = 1024


def of_book(book: str) -> list[Entry]:
    """Every entry of a book, in one query of its key (a page of the query is 1 MB, some 2,000)."""
    return [row for row in reads.under(tables.Ledger, book) if isinstance(row, Entry)]


def entry(book: str, entry_id: str) -> Entry | None:
    """One entry; None when there is none, also for a name that is no key DynamoDB takes."""
    return reads.get(Entry, book, entry_id) if 0 < len(entry_id.encode()) <= KEY_BYTES else None


def with_mirrors(book: str, entry_id: str) -> list[Entry]:
    """One entry, and the same fact in every other book that its lines name; nothing when there
    is none."""
    own = entry(book, entry_id)
    if own is None:
        return []
    between = due_to("")
    accounts = [one.account for one in own.lines if one.account.startswith(between)]
    names = {one.removeprefix(between) for one in accounts}
    mirrors = [entry(name, entry_id) for name in sorted(names)]
    return [own, *(one for one in mirrors if one is not None)]

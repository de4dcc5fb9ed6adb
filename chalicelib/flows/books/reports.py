"""What the treasurer's pages show of the books: every figure from entries, nothing kept beside.

What does not live here: the figures themselves (rules/books/reports.py), proving the books
(books.py), costs (costs.py), the journal as a file (journal.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.books import journal
from chalicelib.rules.books import reports as rules
from chalicelib.rules.books.costs import reversal_id
from chalicelib.rules.books.journal import Pick
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry, group_book
from chalicelib.rules.money.payments import Payment
from chalicelib.rules.people.circle import JobRun
from chalicelib.rules.running.groups import Group, Term
from chalicelib.store import reads
from chalicelib.store.books import ledger
from chalicelib.store.money import payments
from chalicelib.store.people.circle import the_circle
from chalicelib.store.running import groups

ON_A_PAGE = 50
USUAL = ("fees", "processor_fees", "leader_fees", "costs")


@dataclass(frozen=True)
class Book:
    """A book as pages name it: its key, the name in paths, the title of its group (empty: the
    circle's own), and the titles of terms and other books that its accounts speak of."""

    key: str
    name: str
    title: str
    terms: tuple[Term, ...]
    titles: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """A book in the overview: its figures in one currency."""

    name: str
    title: str
    currency: str
    balance: rules.Balance
    stopped: rules.IfStopped


@dataclass(frozen=True)
class View:
    """A book in one currency."""

    currency: str
    balance: rules.Balance
    stopped: rules.IfStopped
    results: list[rules.Result]
    months: list[rules.Month]

    @property
    def columns(self) -> list[str]:
        """What is shown of each term's result: the usual, and whatever else any of them has."""
        return [
            root
            for root in rules.RESULT
            if root in USUAL or any(one.of(root) for one in self.results)
        ]

    def shown(self, month: str) -> rules.Month | None:
        """The month that was asked for, else the last with any money; None without one."""
        asked = [one for one in self.months if one.month == month]
        return next(iter(asked or self.months[-1:]), None)


@dataclass(frozen=True)
class Debts:
    """The debts with sessions still to come, in one currency."""

    currency: str
    stopped: rules.IfStopped
    debts: list[rules.StillOwed]


@dataclass(frozen=True)
class Sums:
    """All books of one currency together."""

    currency: str
    rows: tuple[Row, ...]
    together: rules.Balance
    stopped_minor: int


def show_overview(outside: Outside) -> dict[str, Any]:  # noqa: ARG001 - as every flow
    """All books in one table for each currency, and what the last proofs found."""
    titles = {group_book(one.group_id): one.title for one in groups.every_group()}
    every: dict[str, list[Entry]] = {book: ledger.of_book(book) for book in (*titles, CIRCLE_BOOK)}
    rows = [
        Row(rules.name_of(book), titles.get(book, ""), currency, rules.balance(some), stopped)
        for book, entries in every.items()
        for currency, some in rules.by_currency(entries).items()
        for stopped in [rules.if_stopped(some)]
    ]
    together = rules.by_currency(one for entries in every.values() for one in entries)
    sums = [
        Sums(currency, tuple(own), rules.balance(entries), _stopped(own))
        for currency, entries in together.items()
        for own in [[row for row in rows if row.currency == currency]]
    ]
    return {"sums": sums, **last_proofs()}


def _stopped(rows: list[Row]) -> int:
    return sum(row.stopped.total_minor for row in rows)


def last_proofs() -> dict[str, Any]:
    """What the last night found, what was found the last time somebody asked, and whether
    somebody waits for it."""
    return {
        "last_check": reads.get(JobRun, "job", "nightly"),
        "last_asked": reads.get(JobRun, "job", "books"),
        "waits": reads.get(JobRun, "job", "books_asked"),
    }


def book(name: str) -> Book:
    """A book by its name in paths. NotFound for a group that is not there."""
    key = rules.book_named(name)
    titles = {group_book(one.group_id): one.title for one in groups.every_group()}
    if key == CIRCLE_BOOK:
        return Book(key, name, "", (), titles)
    rows = groups.everything(name)
    group = next((row for row in rows if isinstance(row, Group)), None)
    if group is None:
        raise NotFound
    found = [row for row in rows if isinstance(row, Term)]
    terms = tuple(sorted(found, key=lambda one: one.starts_at, reverse=True))
    named = {one.term_id: one.title for one in terms}
    return Book(key, name, group.title, terms, titles | named)


def show_book(outside: Outside, name: str, month: str) -> dict[str, Any]:  # noqa: ARG001
    """One book: how it stands, what each term came to, money by month; in each currency. The
    last month is shown unless another is asked for."""
    shown, zone = book(name), the_circle().zone
    views = [
        View(currency, rules.balance(some), rules.if_stopped(some), rules.results(some), months)
        for currency, some in rules.by_currency(ledger.of_book(shown.key)).items()
        for months in [rules.months(some, zone)]
    ]
    return {"book": shown, "views": views, "month": month}


def show_lines(outside: Outside, name: str, pick: Pick, page: int) -> dict[str, Any]:  # noqa: ARG001
    """The lines that make a figure, newest first, each with the sum up to it. One currency is
    shown at a time: the one asked for, or the circle's."""
    shown, circle = book(name), the_circle()
    pick = pick if pick.currency else replace(pick, currency=circle.currency)
    found = journal.posted(ledger.of_book(shown.key), pick, circle.zone)
    newest = found[::-1]
    first = (page - 1) * ON_A_PAGE
    if first > len(newest):
        raise NotFound
    return {
        "book": shown,
        "pick": pick,
        "query": {name: value for name, value in vars(pick).items() if value},
        "sign": journal.sign_of(pick),
        "lines": newest[first : first + ON_A_PAGE],
        "total": found[-1] if found else None,
        "number": len(found),
        "page": page,
        "more": len(newest) > first + ON_A_PAGE,
        "zone": circle.zone,
    }


def show_owed(outside: Outside, name: str) -> dict[str, Any]:  # noqa: ARG001 - as every flow
    """What "if this group stopped today" is made of, debt by debt, with who paid."""
    shown = book(name)
    views = [
        Debts(currency, rules.if_stopped(entries), rules.still_owed(entries))
        for currency, entries in rules.by_currency(ledger.of_book(shown.key)).items()
    ]
    terms = {one.term_id for view in views for one in view.debts if one.term_id}
    names = {
        row.obligation_id: row.full_name
        for term_id in sorted(terms)
        for row in payments.of_term(term_id)
        if isinstance(row, Payment)
    }
    return {"book": shown, "views": views, "names": names}


def show_entry(outside: Outside, name: str, entry_id: str) -> dict[str, Any]:  # noqa: ARG001
    """One entry with its lines, its facts, and the same fact in other books. NotFound without."""
    shown = book(name)
    found = ledger.with_mirrors(shown.key, entry_id)
    if not found:
        raise NotFound
    own, mirrors = found[0], found[1:]
    return {
        "book": shown,
        "booked": own,
        "kind": rules.kind_of(entry_id),
        "taken_back": ledger.entry(shown.key, reversal_id(entry_id)),
        "mirrors": [(rules.name_of(one.book), one) for one in mirrors],
        "zone": the_circle().zone,
    }

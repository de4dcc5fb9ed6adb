"""The journal: from a figure to its lines, and every line of a period as a table for accountants.

What does not live here: the figures (reports.py), the file format (csv_text.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.rules.books.ledger import Entry, Line
from chalicelib.rules.books.reports import (
    OWN,
    SECTIONS,
    debt_of,
    kind_of,
    month_of,
    root_of,
    section_of,
    term_of,
)
from chalicelib.rules.day_parsers import day
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.parsers import choice

EVERY_BOOK = "all"
REFERENCES = ("payment_id", "refund_id", "release_id", "session_id", "paid_on", "reference")
DAYS_MAX = 3660


def _backwards(values: Mapping[str, date]) -> dict[str, str]:
    if values["first"] > values["last"]:
        return {"last": "backwards"}
    return {"last": "too_far"} if (values["last"] - values["first"]).days > DAYS_MAX else {}


JOURNAL = Form(
    "journal",
    (Field("first", day()), Field("last", day()), Field("book", choice(EVERY_BOOK))),
    (Check(("first", "last"), _backwards),),
)


def journal_form(books: Sequence[str]) -> Form:
    """Which days, and which of the books there are, by their names in paths."""
    return JOURNAL.offering(book=choice(EVERY_BOOK, *books))


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Which lines make a figure: those that fit all that is given."""

    account: str = ""  # an account, all below one (`costs`), or a section (`money`)
    term_id: str = ""
    fund: str = ""
    month: str = ""
    cause: str = ""
    currency: str = ""

    def fits(self, one: Entry, line: Line, zone: str) -> bool:
        """Whether a line belongs to the figure."""
        account, root = line.account, root_of(line.account)
        names = (account, root, section_of(account), "own" if section_of(account) in OWN else "")
        checks: tuple[tuple[str, Callable[[], bool]], ...] = (
            (self.account, lambda: self.account in names),
            (self.term_id, lambda: self.term_id == term_of(one, line)),
            (self.fund, lambda: self.fund == line.fund),
            (self.month, lambda: self.month == month_of(one, zone)),
            (self.cause, lambda: self.cause == kind_of(one.entry_id)),
            (self.currency, lambda: self.currency == one.currency),
        )
        return all(fits() for given, fits in checks if given)


def sign_of(pick: Pick) -> int:
    """-1 where a figure is told the other way round than it is kept: what is owed or earned is a
    credit, and reads as a positive sum."""
    named = pick.account if pick.account in SECTIONS else section_of(pick.account)
    return -1 if named in ("owed", "result", "funds") or pick.account == "own" else 1


@dataclass(frozen=True)
class Posted:
    """A line with its entry, and the sum of the picked lines up to it. Debit positive."""

    entry: Entry
    line: Line
    sum_minor: int


def posted(entries: Iterable[Entry], pick: Pick, zone: str) -> list[Posted]:
    """The lines of a figure in the order in which they were booked; the last sum is it."""
    found, total = [], 0
    for one in in_order(entries):
        for line in one.lines:
            if pick.fits(one, line, zone):
                total += line.amount_minor
                found.append(Posted(one, line, total))
    return found


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries as they were booked."""
    return sorted(entries, key=lambda one: (one.posted_at, one.book, one.entry_id))


# The table

# Column -> what it says of a line, given the words for kinds and accounts and a zone.
Spoken = Mapping[str, Mapping[str, str]]
COLUMNS: Mapping[str, Callable[[Entry, Line, Spoken, str], str]] = {
    "date": lambda one, _line, _words, zone: f"{local_date(one, zone):%Y-%m-%d}",
    "book": lambda one, _line, words, _zone: words["books"].get(one.book, one.book),
    "entry": lambda one, _line, _words, _zone: one.entry_id,
    "account": lambda _one, line, _words, _zone: line.account,
    "account_name": lambda _one, line, words, _zone: _name(words["account"], root_of(line.account)),
    "fund": lambda _one, line, _words, _zone: line.fund,
    "debit": lambda _one, line, _words, _zone: amount_text(max(0, line.amount_minor)),
    "credit": lambda _one, line, _words, _zone: amount_text(max(0, -line.amount_minor)),
    "currency": lambda one, _line, _words, _zone: one.currency,
    "cause": lambda one, _line, words, _zone: _name(words["entry"], kind_of(one.entry_id)),
    "term": lambda one, line, _words, _zone: term_of(one, line),
    "debt": lambda one, line, _words, _zone: debt_of(one, line),
    "references": lambda one, _line, _words, _zone: "; ".join(
        f"{name} {one.facts[name]}" for name in REFERENCES if one.facts.get(name)
    ),
}


def table(
    entries: Iterable[Entry], columns: Sequence[str], words: Spoken, zone: str
) -> list[list[str]]:
    """One row for each line, in the order of booking. Debits are the credits in every entry."""
    return [
        [COLUMNS[name](one, line, words, zone) for name in columns]
        for one in in_order(entries)
        for line in one.lines
    ]


def of_days(entries: Iterable[Entry], first: date, last: date, zone: str) -> list[Entry]:
    """The entries of a period, both days included, on this zone's calendar."""
    return [one for one in entries if first <= local_date(one, zone) <= last]


def local_date(one: Entry, zone: str) -> date:
    """The day of an entry on this zone's calendar."""
    return one.posted_at.astimezone(ZoneInfo(zone)).date()


def amount_text(minor: int) -> str:
    """`216.00`, without a sign a spreadsheet could take for a formula; nothing for nothing."""
    return f"{minor // 100}.{minor % 100:02d}" if minor else ""


def _name(words: Mapping[str, str], code: str) -> str:
    return words.get(code, code)

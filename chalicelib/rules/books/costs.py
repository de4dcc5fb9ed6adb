"""Costs that the circle's bank account has paid: room, supervision, platform (R63, N15).

A cost is booked once and never changed: what was wrong is taken back by an entry that is its
mirror. What does not live here: leaders' fees, fees of the processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.errors import NotFound
from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry
from chalicelib.rules.books.reports import kind_of
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.day_parsers import day
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.parsers import choice, pounds, text

KINDS = ("room", "supervision", "platform")
NO_TERM = "none"

COST = Form(
    "cost",
    (
        Field("kind", choice(*KINDS)),
        Field("term_id", choice(NO_TERM)),
        Field("amount_minor", pounds(1)),
        Field("paid_on", day()),
        Field("reference", text(80)),
    ),
)


def cost_form(term_ids: Sequence[str], currency: str, today: date) -> Form:
    """What is asked about a cost; it was paid today or before."""

    def known(values: Mapping[str, date]) -> dict[str, str]:
        return {"paid_on": "not_yet"} if values["paid_on"] > today else {}

    offered = COST.offering(
        term_id=choice(NO_TERM, *term_ids), amount_minor=pounds(1, currency=currency)
    )
    return replace(offered, checks=(Check(("paid_on",), known),))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A cost that was paid. Minor units; `book` is the one that bears it."""

    cost_id: str
    book: str
    kind: str  # room | supervision | platform
    term_id: str = ""  # empty: for no one term
    amount_minor: int
    currency: str
    paid_on: date
    reference: str  # as the bank shows it


def record(cost: Cost, now: datetime) -> Change:
    """The entries of a cost. The bank is in the circle's book: a group's book bears the cost and
    owes it to the circle's, which paid it."""
    account = f"costs/{cost.kind}"
    if cost.book == CIRCLE_BOOK:
        return Change.of(_entry(cost, CIRCLE_BOOK, account, "bank", now))
    return Change.of(
        _entry(cost, cost.book, account, ledger.due_to(CIRCLE_BOOK), now),
        _entry(cost, CIRCLE_BOOK, ledger.due_to(cost.book), "bank", now),
    )


def _entry(cost: Cost, book: str, debit: str, credit: str, now: datetime) -> Create:
    facts = {"paid_on": cost.paid_on.isoformat(), "reference": cost.reference}
    if cost.term_id:
        facts["term_id"] = cost.term_id
    moves = {debit: cost.amount_minor, credit: -cost.amount_minor}
    return ledger.entry(book, f"cost#{cost.cost_id}", now, cost.currency, moves, **facts)


def reverse(entries: Sequence[Entry], reason: str, now: datetime) -> Change:
    """Take a cost back, in every book it stands in, once. NotFound for what is no cost;
    AlreadyCounted answers when it was taken back before."""
    if not entries or any(kind_of(one.entry_id) != "cost" for one in entries):
        raise NotFound
    return Change.of(*(_mirror(one, reason, now) for one in entries))


def _mirror(one: Entry, reason: str, now: datetime) -> Create:
    lines = tuple(replace(line, amount_minor=-line.amount_minor) for line in one.lines)
    return ledger.entry_of_lines(
        one.book,
        reversal_id(one.entry_id),
        now,
        one.currency,
        lines,
        {**one.facts, "reverses": one.entry_id, "reason": reason},
    )


def reversal_id(entry_id: str) -> str:
    """The entry that takes a cost back: `cost_reversed#..` of `cost#..`."""
    return f"cost_reversed#{entry_id.partition('#')[2]}"

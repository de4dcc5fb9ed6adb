"""Recording what the bank has paid for a term, and taking such an entry back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.books import costs as rules
from chalicelib.rules.books.costs import NO_TERM, Cost
from chalicelib.rules.books.ledger import CIRCLE_BOOK
from chalicelib.rules.books.reports import book_named
from chalicelib.rules.changes import Caller
from chalicelib.rules.running.groups import Term
from chalicelib.store import reads
from chalicelib.store.books import ledger
from chalicelib.store.commit import commit
from chalicelib.store.people.circle import the_circle


def record(
    outside: Outside, caller: Caller, name: str, cost_id: str, values: Mapping[str, Any]
) -> None:
    """Book a cost of a group's book, or of the circle's. NotFound for a term of another group."""
    now, circle, book = outside.clock.now(), the_circle(), book_named(name)
    term_id = "" if values["term_id"] == NO_TERM else values["term_id"]
    if term_id and (book == CIRCLE_BOOK or reads.get(Term, name, f"term#{term_id}") is None):
        raise NotFound
    cost = Cost(
        cost_id=cost_id,
        book=book,
        kind=values["kind"],
        term_id=term_id,
        amount_minor=values["amount_minor"],
        currency=circle.currency,
        paid_on=values["paid_on"],
        reference=values["reference"],
    )
    act = audit(
        cost_id,
        "cost.recorded",
        caller.actor,
        now,
        outside.ids.new("act"),
        amount_minor=cost.amount_minor,
        kind=cost.kind,
        book=book,
    )
    commit(rules.record(cost, now) + act, caller, now)


def take_back(outside: Outside, caller: Caller, name: str, cost_id: str, reason: str) -> None:
    """Take a cost back by entries that are its mirror; nothing that was booked is changed.
    Raises NotFound, AlreadyCounted."""
    now, book = outside.clock.now(), book_named(name)
    found = ledger.with_mirrors(book, f"cost#{cost_id}")
    act = audit(
        cost_id,
        "cost.taken_back",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        book=book,
    )
    commit(rules.reverse(found, reason, now) + act, caller, now)


def today(outside: Outside) -> date:
    """The day it is for the circle."""
    return outside.clock.now().astimezone(ZoneInfo(the_circle().zone)).date()


def currency() -> str:
    """The currency of the circle's bank account."""
    return the_circle().currency

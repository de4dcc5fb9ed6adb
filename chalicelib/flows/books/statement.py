"""Where your money goes: a term's statement, for its members and for the desk (N15)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.books import reports
from chalicelib.rules.books.ledger import group_book
from chalicelib.rules.books.statement import Statement, statement
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from chalicelib.store.books import ledger
from chalicelib.store.running import groups


@dataclass(frozen=True)
class Shown:
    """A term with its statement."""

    whole: WholeTerm
    statement: Statement


def for_member(outside: Outside, person: Person, term_id: str) -> Shown:
    """The statement of a term that this person is or was in. NotFound for any other."""
    seat = reads.get(Enrolment, term_id, person.person_id)
    if seat is None or seat.state == "cancelled":
        raise NotFound
    return for_desk(outside, seat.group_id, term_id)


def for_desk(outside: Outside, group_id: str, term_id: str) -> Shown:  # noqa: ARG001
    """The same page as its members see it. NotFound for a term that is not there."""
    whole = groups.whole_term(group_id, term_id)
    if whole is None:
        raise NotFound
    own = reports.by_currency(ledger.of_book(group_book(group_id))).get(whole.term.currency, [])
    result = next((one for one in reports.results(own) if one.term_id == term_id), None)
    return Shown(whole, statement(whole, result))

"""Reading what of leaders' pay rests on disputed money (N8): by the index of each term, and only
where a dispute is open anything else. Nothing is scanned.

What does not live here: the arithmetic (rules/leaders/disputed.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.disputed import held_by_disputes, takes_hold
from chalicelib.store import reads, tables
from chalicelib.store.joining import enrolments
from chalicelib.store.running import registers


def open_in(term_id: str) -> list[Dispute]:
    """Disputes of a term whose money the bank has and that are not booked as lost, as they are
    now."""
    indexed = reads.indexed(tables.Payments.by_term, term_id, "dispute#")
    found = [reads.reread(row) for row in indexed]
    return [row for row in found if isinstance(row, Dispute) and takes_hold(row)]


def held(accruals: Iterable[Accrual]) -> dict[tuple[str, str], int]:
    """How much of each accrual is held by open disputes, by leader and session; what is not in it
    is not held at all. Minor units."""
    every = list(accruals)
    found: dict[tuple[str, str], int] = {}
    for term_id in sorted({one.term_id for one in every}):
        disputes = open_in(term_id)
        if disputes:
            of_term = [one for one in every if one.term_id == term_id]
            sessions = {one.session_id for one in of_term}
            found |= held_by_disputes(of_term, shares_of(term_id, sessions), disputes)
    return found


def shares_of(term_id: str, session_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """What lies on sessions of a term, debt by debt, of those that have a seat or had one."""
    debts = registers.every_debt(term_id, enrolments.of_term(term_id))
    billed = [one for one in debts if one.billed_at is not None]
    return {
        name: {one.obligation_id: one.shares.get(name, 0) for one in billed} for name in session_ids
    }

"""Reading registers: the marks of a session, and every debt that pays for a term."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.running.leading import Leadership
from chalicelib.rules.running.register import Attendance
from chalicelib.store import reads, tables


def marks(group_id: str, session_id: str) -> dict[str, Attendance]:
    """Who was marked how, by person."""
    found = reads.under(tables.Groups, group_id, f"attendance#{session_id}#")
    return {row.person_id: row for row in found if isinstance(row, Attendance)}


def every_debt(term_id: str, enrolments: Sequence[Enrolment]) -> list[Obligation]:
    """All debts of a term, strongly consistent. The enrolments name those of everybody who sits
    or sat; of somebody who left and came back they name the newer one, and the index, where the
    older one has been for long, names that."""
    names = {one.obligation_id for one in enrolments}
    indexed = reads.indexed(tables.Payments.by_term, term_id, "obligation#")
    names |= {row.obligation_id for row in indexed}
    return reads.many(Obligation, [(name, "obligation") for name in sorted(names)])


def leaderships(leader_id: str) -> list[Leadership]:
    """Which terms somebody leads, by group; an index, so never what access is decided by."""
    return list(reads.indexed(tables.Groups.by_leader, leader_id))

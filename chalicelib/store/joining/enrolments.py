"""Reading enrolments: a term's roster is one strongly consistent query."""

from __future__ import annotations

from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.store import reads, tables


def of_term(term_id: str) -> list[Enrolment]:
    """Everybody who holds or held a seat in a term."""
    return [row for row in reads.under(tables.Enrolments, term_id) if isinstance(row, Enrolment)]

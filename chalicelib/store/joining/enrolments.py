"""Reading enrolments: a term's roster is one strongly consistent query."""

from __future__ import annotations

from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.store import reads, tables


def of_term(term_id: str) -> list[Enrolment]:
    """Everybody who holds or held a seat in a term."""
    return [row for row in reads.under(tables.Enrolments, term_id) if isinstance(row, Enrolment)]


def of_application(application: Application) -> Enrolment | None:
    """The seat that an application led to, taken or given up; None before."""
    if application.person_id is None:
        return None
    found = reads.get(Enrolment, application.term_id, application.person_id)
    return found if found and found.application_id == application.application_id else None

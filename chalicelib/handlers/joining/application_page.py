"""The administrator's page of one application, which the doors of screening and of offers show."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining import screening
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.application_form import INTERVIEW

HERE = "applications"


def application_page(
    visit: Visit, application_id: str, answers_given: Answers | None = None
) -> Response:
    """One application with what can be done about it."""
    facts = screening.show_application(visit.outside, application_id)
    one = facts["application"]
    known = {"points": one.interview_points, "outcome": one.interview or None}
    given = answers_given or Answers.of(INTERVIEW, known)
    return visit.page("admin_application", here=HERE, answers_given=given, **facts)

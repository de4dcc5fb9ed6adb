"""Doors of screening: the applications of a term, and one of them with every move."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining import screening as flow
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.joining.application_page import HERE, application_page
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.application_form import DECLINE, INTERVIEW

door = Doors(__name__)
ONE = "/admin/applications/{application_id}"
DECISIONS = {"accept": "accepted", "waitlist": "waitlisted", "not_now": "not_now"}


@door.page("/admin/applications", Audience.ADMINISTRATOR)
def show_terms(visit: Visit) -> Response:
    """Every term that takes or has applications."""
    return visit.page("admin_applications", here=HERE, terms=flow.show_terms(visit.outside))


@door.page("/admin/groups/{group_id}/terms/{term_id}/applications", Audience.ADMINISTRATOR)
def show_term(visit: Visit, group_id: str, term_id: str) -> Response:
    """A term's applications, filtered by state and profession."""
    state, profession = visit.query.get("state", ""), visit.query.get("profession", "")
    facts = flow.show_term(visit.outside, group_id, term_id, state, profession)
    return visit.page("admin_application_list", here=HERE, **facts)


@door.page(ONE, Audience.ADMINISTRATOR)
def show_application(
    visit: Visit, application_id: str, answers_given: Answers | None = None
) -> Response:
    """One application with what can be done about it."""
    return application_page(visit, application_id, answers_given)


@door.form(ONE, Audience.ADMINISTRATOR, again=show_application)
def move(visit: Visit, application_id: str) -> Response:
    """To screening, to an interview, or a decision without a reason."""
    what = visit.word("do", ("screen", "invite", *DECISIONS))
    caller = visit.caller(f"/admin/applications/{application_id}")
    if what == "screen":
        flow.take_up(visit.outside, caller, application_id)
    elif what == "invite":
        flow.invite(visit.outside, caller, application_id)
    else:
        flow.decide(visit.outside, caller, application_id, DECISIONS[what])
    return visit.go(caller.location)


@door.form(f"{ONE}/interview", Audience.ADMINISTRATOR, again=show_application)
def record_interview(visit: Visit, application_id: str) -> Response:
    """How the interview ended."""
    values = visit.read(INTERVIEW)
    caller = visit.caller(f"/admin/applications/{application_id}")
    flow.record_interview(
        visit.outside, caller, application_id, values["outcome"], values["points"]
    )
    return visit.go(caller.location)


@door.form(f"{ONE}/decline", Audience.ADMINISTRATOR, again=show_application)
def decline(visit: Visit, application_id: str) -> Response:
    """Decline, with a code for our own records."""
    reason = visit.read(DECLINE)["reason"]
    caller = visit.caller(f"/admin/applications/{application_id}")
    flow.decide(visit.outside, caller, application_id, "declined", reason)
    return visit.go(caller.location)

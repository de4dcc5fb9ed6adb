"""The desk's pages for cancelling a session or a whole term, and for how far that is."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.flows.returning import bulk
from chalicelib.flows.running import cancelling as flow
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.running.cancelling import GOES_ON, cancellable, unheld
from chalicelib.rules.running.cancelling_forms import session_form, term_form

door = Doors(__name__)
ADMINISTRATOR = Audience.ADMINISTRATOR
HERE = "admin-groups"
TERM = "/admin/groups/{group_id}/terms/{term_id}"
SESSION = f"{TERM}/sessions/{{session_id}}/cancel"
CONFIRM = f"{TERM}/cancel/confirm"
WORK = f"{TERM}/cancelling"


@door.page(SESSION, ADMINISTRATOR)
def show_session(
    visit: Visit,
    group_id: str,
    term_id: str,
    session_id: str,
    answers_given: Answers | None = None,
) -> Response:
    """A session with each member's exact share, and what can become of it."""
    found, session = flow.show_session(visit.outside, group_id, term_id, session_id)
    return visit.page(
        "admin_session_cancel",
        here=HERE,
        found=found,
        session=session,
        parts=found.parts(session_id),
        possible=cancellable(found.whole, session),
        offers=found.offers_on(session_id),
        path=_path(group_id, term_id),
        answers_given=answers_given,
    )


@door.form(SESSION, ADMINISTRATOR, again=show_session)
def cancel_session(visit: Visit, group_id: str, term_id: str, session_id: str) -> Response:
    """Cancel it. Everybody is told, and their fees are dealt with, within minutes."""
    visit.require_fresh()
    found, session = flow.show_session(visit.outside, group_id, term_id, session_id)
    values = visit.read(session_form(found, session, visit.now))
    caller = visit.caller(f"{_path(group_id, term_id)}/cancelling")
    flow.cancel_session(visit.outside, caller, group_id, term_id, session_id, values)
    return visit.go(caller.location)


@door.page(f"{TERM}/cancel", ADMINISTRATOR)
def show_term(visit: Visit, group_id: str, term_id: str) -> Response:
    """What cancelling the whole term would mean, to the penny."""
    return visit.page("admin_term_cancel", here=HERE, **_term_facts(visit, group_id, term_id))


@door.page(CONFIRM, ADMINISTRATOR)
def show_confirm(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """The second step, for somebody who has just signed in."""
    visit.require_fresh()
    facts = _term_facts(visit, group_id, term_id)
    return visit.page("admin_term_cancel_confirm", here=HERE, answers_given=answers_given, **facts)


@door.form(CONFIRM, ADMINISTRATOR, again=show_confirm)
def cancel_term(visit: Visit, group_id: str, term_id: str) -> Response:
    """Cancel it. Everybody is told, and gets their money back, within minutes."""
    visit.require_fresh()
    values = visit.read(term_form(flow.show_term(visit.outside, group_id, term_id)))
    caller = visit.caller(f"{_path(group_id, term_id)}/cancelling")
    flow.cancel_term(visit.outside, caller, group_id, term_id, values)
    return visit.go(caller.location)


@door.page(WORK, ADMINISTRATOR)
def show_work(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """How far the cancellations of a term are, and what could not be done."""
    return visit.page(
        "admin_cancelling",
        here=HERE,
        shown=flow.show_work(visit.outside, group_id, term_id),
        path=_path(group_id, term_id),
        answers_given=answers_given,
    )


@door.form(WORK, ADMINISTRATOR, again=show_work)
def go_on(visit: Visit, group_id: str, term_id: str) -> Response:
    """Try what was set aside once more, or say that everybody who applied has an answer."""
    do = visit.word("do", ("again", "told"))
    caller = visit.caller(f"{_path(group_id, term_id)}/cancelling")
    if do == "again":
        bulk.try_again(visit.outside, caller, visit.named("bulk_id"))
    else:
        flow.applicants_told(visit.outside, caller, group_id, term_id)
    return visit.go(caller.location)


def _term_facts(visit: Visit, group_id: str, term_id: str) -> dict[str, Any]:
    found = flow.show_term(visit.outside, group_id, term_id)
    return {
        "found": found,
        "parts": found.parts(),
        "possible": found.whole.term.state in GOES_ON,
        "unheld": unheld(found.whole, visit.now),
        "path": _path(group_id, term_id),
    }


def _path(group_id: str, term_id: str) -> str:
    return f"/admin/groups/{group_id}/terms/{term_id}"

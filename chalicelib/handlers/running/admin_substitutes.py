"""The desk's doors to who leads a single session in place of a leader (L3)."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.running import leaders
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.running.substitutes import changeable, substitute_form

door = Doors(__name__)
ADMINISTRATOR = Audience.ADMINISTRATOR
HERE = "admin-groups"
TERM = "/admin/groups/{group_id}/terms/{term_id}"


@door.page(f"{TERM}/substitutes", ADMINISTRATOR)
def show_substitutes(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """Who leads single sessions, and a form for one more."""
    whole = leaders.show_substitutes(visit.outside, group_id, term_id)
    known = Answers.of(substitute_form(whole), {"pay": "fee"})
    return visit.page(
        "admin_term_substitutes",
        here=HERE,
        whole=whole,
        path=f"/admin/groups/{group_id}/terms/{term_id}",
        changeable=changeable(whole),
        answers_given=answers_given or known,
    )


@door.form(f"{TERM}/substitutes", ADMINISTRATOR, again=show_substitutes)
def save_substitute(visit: Visit, group_id: str, term_id: str) -> Response:
    """Somebody else leads a session."""
    whole = leaders.show_substitutes(visit.outside, group_id, term_id)
    values = visit.read(substitute_form(whole))
    caller = visit.caller(visit.path)
    leaders.save_substitute(visit.outside, caller, group_id, term_id, values)
    return visit.go(caller.location)


@door.form(f"{TERM}/remove-substitute", ADMINISTRATOR, again=show_substitutes)
def remove_substitute(visit: Visit, group_id: str, term_id: str) -> Response:
    """She does not lead it after all."""
    session_id, leader_id = visit.named("session_id"), visit.named("leader_id")
    caller = visit.caller(f"/admin/groups/{group_id}/terms/{term_id}/substitutes")
    leaders.remove_substitute(visit.outside, caller, group_id, term_id, session_id, leader_id)
    return visit.go(caller.location)

"""The treasurer's doors to one leader's pay: what is open, held and paid, agreements, setting
aside."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import profiles
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.leaders.pay_forms import TERMS, set_aside_form

door = Doors(__name__)
TREASURER = Audience.TREASURER
HERE = "payouts"
PAGE = "/admin/payouts/leaders"
ONE = f"{PAGE}/{{leader_id}}"


@door.page(ONE, TREASURER)
def show_leader(visit: Visit, leader_id: str, answers_given: Answers | None = None) -> Response:
    """Everything about one leader's pay."""
    shown = profiles.show(visit.outside, leader_id)
    given = answers_given or Answers.of(TERMS, vars(shown.profile))
    return visit.page("admin_pay_leader", here=HERE, shown=shown, answers_given=given)


@door.form(f"{ONE}/agreement", TREASURER, again=show_leader)
def keep_agreement(visit: Visit, leader_id: str) -> Response:
    """Whether the leader is connected to a trustee, and the agreement that allows to pay."""
    visit.require_fresh()
    caller = visit.caller(f"{PAGE}/{leader_id}")
    profiles.agree(visit.outside, caller, leader_id, visit.read(TERMS))
    return visit.go(caller.location)


@door.form(f"{ONE}/set-aside", TREASURER, again=show_leader)
def set_aside(visit: Visit, leader_id: str) -> Response:
    """Hold back what a session has earned, saying why."""
    shown = profiles.show(visit.outside, leader_id)
    free = [one.session_id for one in shown.open_accruals if not one.set_aside]
    told = visit.read(set_aside_form(free))
    caller = visit.caller(f"{PAGE}/{leader_id}")
    profiles.set_aside(visit.outside, caller, leader_id, told["session"], told["reason"])
    return visit.go(caller.location)


@door.form(f"{ONE}/release", TREASURER, again=show_leader)
def let_go(visit: Visit, leader_id: str) -> Response:
    """Let it be paid again."""
    session_id = visit.named("session")
    caller = visit.caller(f"{PAGE}/{leader_id}")
    profiles.set_aside(visit.outside, caller, leader_id, session_id, "")
    return visit.go(caller.location)

"""The treasurer's doors to what a leader owes back: let it go, or ask for it at Stripe (L6)."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import clawbacks
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.leaders.clawback_forms import WRITE_OFF

door = Doors(__name__)
TREASURER = Audience.TREASURER
HERE = "payouts"
CLAWBACK = "/admin/payouts/leaders/{leader_id}/clawbacks/{clawback_id}"


@door.page(CLAWBACK, TREASURER)
def show_clawback(
    visit: Visit, leader_id: str, clawback_id: str, answers_given: Answers | None = None
) -> Response:
    """What is owed back of one fee, why, and what became of it."""
    shown = clawbacks.show(visit.outside, leader_id, clawback_id)
    path = f"/admin/payouts/leaders/{leader_id}/clawbacks/{clawback_id}"
    return visit.page(
        "admin_payout_clawback", here=HERE, shown=shown, path=path, answers_given=answers_given
    )


@door.form(f"{CLAWBACK}/write-off", TREASURER, again=show_clawback)
def write_off(visit: Visit, leader_id: str, clawback_id: str) -> Response:
    """Let it go."""
    visit.require_fresh()
    reason = visit.read(WRITE_OFF)["reason"]
    caller = visit.caller(f"/admin/payouts/leaders/{leader_id}")
    clawbacks.write_off(visit.outside, caller, leader_id, clawback_id, reason)
    return visit.go(caller.location)


@door.form(f"{CLAWBACK}/take-back", TREASURER, again=show_clawback)
def take_back(visit: Visit, leader_id: str, clawback_id: str) -> Response:
    """Ask for it at Stripe."""
    visit.require_fresh()
    caller = visit.caller(f"/admin/payouts/leaders/{leader_id}")
    clawbacks.take_back(visit.outside, caller, leader_id, clawback_id)
    return visit.go(caller.location)

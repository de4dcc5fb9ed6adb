"""The treasurer's doors to a payout that was written down as paid from the bank and was not."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import unpaying
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.offer_forms import WITH_REASON

door = Doors(__name__)
TREASURER = Audience.TREASURER
PAGE = "/admin/payouts/{period}/leaders/{leader_id}/not-paid"


@door.page(PAGE, TREASURER)
def show_not_paid(
    visit: Visit, period: str, leader_id: str, answers_given: Answers | None = None
) -> Response:
    """What was written down, and who says that it is wrong."""
    shown = unpaying.show(visit.outside, visit.me, period, leader_id)
    return visit.page(
        "admin_payout_not_paid", here="payouts", shown=shown, answers_given=answers_given
    )


@door.form(PAGE, TREASURER, again=show_not_paid)
def take_back_paid(visit: Visit, period: str, leader_id: str) -> Response:
    """It was not paid; above the limit a second person has to agree."""
    visit.require_fresh()
    reason = visit.read(WITH_REASON)["reason"]
    caller = visit.caller(f"/admin/payouts/{period}")
    unpaying.take_back(visit.outside, caller, period, leader_id, reason)
    return visit.go(caller.location)


@door.form(f"{PAGE}/agree", TREASURER, again=show_not_paid)
def agree_not_paid(visit: Visit, period: str, leader_id: str) -> Response:
    """The second person agrees."""
    visit.require_fresh()
    caller = visit.caller(f"/admin/payouts/{period}")
    unpaying.agree(visit.outside, caller, period, leader_id)
    return visit.go(caller.location)


@door.form(f"{PAGE}/leave", TREASURER, again=show_not_paid)
def leave_paid(visit: Visit, period: str, leader_id: str) -> Response:
    """It was paid after all."""
    caller = visit.caller(f"/admin/payouts/{period}")
    unpaying.leave(visit.outside, caller, period, leader_id)
    return visit.go(caller.location)

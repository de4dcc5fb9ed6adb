"""The treasurer's doors to a leader's account at Stripe, and to paying by bank what Stripe cannot
be sent."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import account_news, connecting, transfers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers

door = Doors(__name__)
TREASURER = Audience.TREASURER
HERE = "payouts"
ACCOUNT = "/admin/payouts/leaders/{leader_id}/account"
BY_BANK = "/admin/payouts/{period}/leaders/{leader_id}/by-bank"


@door.page(ACCOUNT, TREASURER)
def show_leaders_account(
    visit: Visit, leader_id: str, answers_given: Answers | None = None
) -> Response:
    """How a leader's account stands, and what there is to do about it."""
    shown = connecting.show_leader(visit.outside, leader_id)
    return visit.page("admin_pay_account", here=HERE, shown=shown, answers_given=answers_given)


@door.form(f"{ACCOUNT}/look", TREASURER, again=show_leaders_account)
def look_at_account(visit: Visit, leader_id: str) -> Response:
    """Ask Stripe how it stands now."""
    account_news.look(visit.outside, leader_id)
    return visit.go(_account(leader_id))


@door.form(f"{ACCOUNT}/mail", TREASURER, again=show_leaders_account)
def mail_leader(visit: Visit, leader_id: str) -> Response:
    """Send the leader the mail with the way to Stripe once more."""
    caller = visit.caller(_account(leader_id))
    connecting.remind(visit.outside, caller, leader_id)
    return visit.go(caller.location)


@door.form(f"{ACCOUNT}/dealt-with", TREASURER, again=show_leaders_account)
def dealt_with(visit: Visit, leader_id: str) -> Response:
    """What was to be done about it is done."""
    caller = visit.caller(_account(leader_id))
    task_id = visit.named("task").replace(".", "#", 1)  # as the page writes it
    connecting.dealt_with(visit.outside, caller, leader_id, task_id)
    return visit.go(caller.location)


@door.page(BY_BANK, TREASURER)
def show_by_bank(
    visit: Visit, period: str, leader_id: str, answers_given: Answers | None = None
) -> Response:
    """Asks whether a payout that waits for Stripe is paid from the bank instead."""
    payout, has_details = transfers.show_by_bank(visit.outside, leader_id, period)
    return visit.page(
        "admin_payout_by_bank",
        here=HERE,
        payout=payout,
        has_details=has_details,
        answers_given=answers_given,
    )


@door.form(BY_BANK, TREASURER, again=show_by_bank)
def pay_by_bank(visit: Visit, period: str, leader_id: str) -> Response:
    """Pay it from the bank."""
    visit.require_fresh()
    caller = visit.caller(f"/admin/payouts/{period}")
    transfers.by_bank(visit.outside, caller, leader_id, period)
    return visit.go(caller.location)


def _account(leader_id: str) -> str:
    return f"/admin/payouts/leaders/{leader_id}/account"

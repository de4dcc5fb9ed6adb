"""The administrator's answers to disputes: what becomes of a seat, a warning that was looked at.

Evidence is sent in Stripe's Dashboard, not here. What does not live here: the page these forms
stand on (admin_payments.py).
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.disputes import disputes
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.money.debt_page import debt_page
from chalicelib.handlers.visit import Visit
from chalicelib.rules.disputes.dispute_forms import SEAT_AFTER_DISPUTE

door = Doors(__name__)


@door.form(
    "/admin/payments/{obligation_id}/disputes/{dispute_id}",
    Audience.ADMINISTRATOR,
    again=debt_page,
)
def decide_seat(visit: Visit, obligation_id: str, dispute_id: str) -> Response:
    """What becomes of a seat whose payment was lost: it goes on, or it ends."""
    visit.require_fresh()
    given = visit.read(SEAT_AFTER_DISPUTE)
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    keep = given["seat"] == "keep"
    disputes.decide_seat(
        visit.outside, caller, obligation_id, dispute_id, keep, given["seat_reason"]
    )
    return visit.go(caller.location)


@door.form(
    "/admin/payments/{obligation_id}/warnings/{payment_id}",
    Audience.ADMINISTRATOR,
    again=debt_page,
)
def close_warning(visit: Visit, obligation_id: str, payment_id: str) -> Response:
    """A warning of fraud was looked at: the task is done."""
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    disputes.close_warning(visit.outside, caller, obligation_id, payment_id)
    return visit.go(caller.location)

"""The administrator's and treasurer's view of debts, payments and refunds."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.money import debts, refunds
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.offer_forms import WITH_REASON

door = Doors(__name__)


@door.page("/admin/payments", Audience.TREASURER)
def show_payments(visit: Visit) -> Response:
    """What was paid and given back, term by term, and whether the books agree."""
    facts = debts.show_all(visit.query.get("term", ""))
    return visit.page("admin_payments", here="payments", **facts)


@door.page("/admin/payments/{obligation_id}", Audience.TREASURER)
def show_debt(visit: Visit, obligation_id: str, answers_given: Answers | None = None) -> Response:
    """One debt with its payments, refunds and entries: why each penny moved."""
    facts = debts.show_one(obligation_id)
    return visit.page("admin_payment", answers_given=answers_given, here="payments", **facts)


@door.form(
    "/admin/payments/{obligation_id}/{payment_id}/refund",
    Audience.ADMINISTRATOR,
    again=lambda visit, obligation_id, answers_given, **_: show_debt(
        visit, obligation_id, answers_given
    ),
)
def refund(visit: Visit, obligation_id: str, payment_id: str) -> Response:
    """Give a whole payment back. The job that holds the key sends it within minutes."""
    visit.require_fresh()
    reason = visit.read(WITH_REASON)["reason"]
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    refunds.request(visit.outside, caller, obligation_id, payment_id, reason)
    return visit.go(caller.location)

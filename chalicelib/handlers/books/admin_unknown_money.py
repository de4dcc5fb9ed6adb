"""The treasurer's page of money at Stripe that we cannot place: what became of it."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.books import unknown_money
from chalicelib.flows.joining.offers import OfferId
from chalicelib.flows.money import payments
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.handlers.visit import Visit
from chalicelib.rules.books.unknown_money import form_for
from chalicelib.rules.forms import Answers

door = Doors(__name__)
PAGE = "/admin/unknown-money/{checkout_id}"


@door.page(PAGE, Audience.TREASURER)
def show_unknown_money(
    visit: Visit, checkout_id: str, answers_given: Answers | None = None
) -> Response:
    """Money that came for something we do not know, and what it may be for."""
    facts = unknown_money.show(visit.outside, checkout_id)
    given = visit.still_typed(answers_given)
    return visit.page("admin_unknown_money", here="books", answers_given=given, **facts)


@door.form(PAGE, Audience.TREASURER, again=show_unknown_money)
def place_unknown_money(visit: Visit, checkout_id: str) -> Response:
    """What became of it. Money that belongs to a debt is settled there at once; the clock does it
    where Stripe does not answer now."""
    visit.require_fresh()
    shown = unknown_money.show(visit.outside, checkout_id)
    told = visit.read(form_for(shown["debts"]))
    fate, reason, outside = told["fate"], told["reason"], visit.outside
    if fate != "debt":
        caller = visit.caller("/admin/reconciliation")
        unknown_money.close(outside, caller, checkout_id, fate, reason)
        return visit.go(caller.location)
    for one in shown["debts"]:
        if one.obligation.obligation_id == told["debt"] and one.takes_seat:
            offer = OfferId(application_id=one.offer.application_id, offer_id=one.offer.offer_id)
            close_open_sessions(outside, offer)
    caller = visit.caller(f"/admin/payments/{told['debt']}")
    checkout = unknown_money.put_to(outside, caller, checkout_id, told["debt"], reason)
    payments.settle(outside, checkout)
    return visit.go(caller.location)

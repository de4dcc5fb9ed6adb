"""The administrator's side of offers: making one, taking it back."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining import offers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.joining.application_page import application_page
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.handlers.visit import Visit
from chalicelib.rules.joining.offer_forms import MAKE_OFFER, WITH_REASON

door = Doors(__name__)


@door.form(
    "/admin/applications/{application_id}/offer", Audience.ADMINISTRATOR, again=application_page
)
def make_offer(visit: Visit, application_id: str) -> Response:
    """Offer the seat: it is held, and the mail is on its way."""
    days = int(visit.read(MAKE_OFFER)["stands"])
    caller = visit.caller(f"/admin/applications/{application_id}")
    offers.make_offer(visit.outside, caller, application_id, visit.outside.ids.new("offer"), days)
    return visit.go(caller.location)


@door.form(
    "/admin/applications/{application_id}/offers/{offer_id}/withdraw",
    Audience.ADMINISTRATOR,
    again=lambda visit, application_id, answers_given, **_: application_page(
        visit, application_id, answers_given
    ),
)
def withdraw_offer(visit: Visit, application_id: str, offer_id: str) -> Response:
    """Take an open offer back, saying why."""
    reason = visit.read(WITH_REASON)["reason"]
    caller = visit.caller(f"/admin/applications/{application_id}")
    which = offers.OfferId(application_id=application_id, offer_id=offer_id)
    close_open_sessions(visit.outside, which)
    offers.withdraw(visit.outside, caller, which, reason)
    return visit.go(caller.location)

"""The administrator's side of offers: making one, at another price, taking it back."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.flows.joining import offers, screening
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.joining.application_page import application_page
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.offer_forms import WITH_REASON, category_of, offer_form

door = Doors(__name__)
APPLICATION = "/admin/applications/{application_id}"
OFFER = f"{APPLICATION}/offers/{{offer_id}}"


def _again(visit: Visit, application_id: str, answers_given: Answers, **_: Any) -> Response:
    return application_page(visit, application_id, answers_given)


@door.form(f"{APPLICATION}/offer", Audience.ADMINISTRATOR, again=application_page)
def make_offer(visit: Visit, application_id: str) -> Response:
    """Offer the seat: it is held, and the mail is on its way."""
    wanted = _wanted(visit, application_id)
    caller = visit.caller(f"/admin/applications/{application_id}")
    offers.offer_seat(visit.outside, caller, application_id, wanted)
    return visit.go(caller.location)


@door.form(f"{OFFER}/anew", Audience.ADMINISTRATOR, again=_again)
def offer_anew(visit: Visit, application_id: str, offer_id: str) -> Response:
    """A new offer at another price in the place of an open one (A8)."""
    wanted = _wanted(visit, application_id)
    caller = visit.caller(f"/admin/applications/{application_id}")
    which = offers.OfferId(application_id=application_id, offer_id=offer_id)
    close_open_sessions(visit.outside, which)
    offers.offer_anew(visit.outside, caller, which, wanted)
    return visit.go(caller.location)


@door.form(f"{OFFER}/withdraw", Audience.ADMINISTRATOR, again=_again)
def withdraw_offer(visit: Visit, application_id: str, offer_id: str) -> Response:
    """Take an open offer back, saying why."""
    reason = visit.read(WITH_REASON)["reason"]
    caller = visit.caller(f"/admin/applications/{application_id}")
    which = offers.OfferId(application_id=application_id, offer_id=offer_id)
    close_open_sessions(visit.outside, which)
    offers.withdraw(visit.outside, caller, which, reason)
    return visit.go(caller.location)


def _wanted(visit: Visit, application_id: str) -> offers.Wanted:
    """What was typed, once the bursary code is one that can be used; InvalidForm otherwise."""
    form = offer_form(screening.term_of(application_id))
    values = visit.read(form)
    code = values["bursary_code"] or ""
    wrong = offers.why_not(visit.outside, application_id, code)
    if wrong:
        raise form.invalid(visit.typed, {"bursary_code": wrong})
    return offers.Wanted(
        offer_id=visit.outside.ids.new("offer"),
        days=int(values["stands"]),
        category=category_of(values["category"]),
        bursary_code=code,
    )

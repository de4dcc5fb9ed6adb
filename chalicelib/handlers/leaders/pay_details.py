"""A leader's door to the own bank details."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import profiles
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.leaders.pay_details import COUNTRIES, DETAILS, masked

door = Doors(__name__)
PAGE = "/leader/pay/details"


@door.page(PAGE, Audience.LEADER)
def show_details(visit: Visit, answers_given: Answers | None = None) -> Response:
    """What we hold, masked, and the form for other details."""
    profile = profiles.own(visit.outside, visit.me)
    given = answers_given or Answers(typed={"country": profile.country})
    return visit.page(
        "leader_pay_details",
        here="pay",
        profile=profile,
        account=masked(profile.account_number or profile.iban),
        countries=COUNTRIES,
        answers_given=given,
    )


@door.form(PAGE, Audience.LEADER, again=show_details)
def enter_details(visit: Visit) -> Response:
    """Keep other details; asks for a sign-in of the last minutes."""
    visit.require_fresh()
    values = visit.read(DETAILS)
    caller = visit.caller(PAGE)
    profiles.enter(visit.outside, caller, visit.me, values)
    return visit.go(caller.location)

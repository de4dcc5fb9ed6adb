"""The door of a new deployment: open until the circle is set up."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.people import set_up
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.own_cookie import browser_secret, with_browser_cookie
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.people.set_up_forms import SET_UP_FORM
from chalicelib.rules.people.sign_in import Asked

door = Doors(__name__)

BEGINS_WITH = {"currency": "GBP", "zone": "Europe/London"}


@door.page("/set-up/{token}", Audience.LINK)
def show_set_up(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """The questions a circle begins with."""
    set_up.require_open(visit.outside, token)
    given = answers_given or Answers.of(SET_UP_FORM, BEGINS_WITH)
    return with_browser_cookie(visit, visit.page("set_up", answers_given=given, token=token))


@door.form("/set-up/{token}", Audience.LINK, again=show_set_up)
def found_the_circle(visit: Visit, token: str) -> Response:
    """Writes the circle and mails the sign-in link to its first administrator."""
    set_up.require_open(visit.outside, token)
    values = visit.read(SET_UP_FORM)
    secret = browser_secret(visit) or visit.outside.ids.secret()
    token_id = visit.outside.ids.new("sign-in")
    location = f"/sign-in/sent/{token_id}"
    asked = Asked(token_id, values["administrator_email"], secret, "/admin/settings")
    set_up.set_up(visit.outside, visit.caller(location), token, values, asked)
    return with_browser_cookie(visit, visit.go(location), secret)

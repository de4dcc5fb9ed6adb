"""A leader's doors to being paid through Stripe: choose it, go there, go back to the bank."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import account_news, connecting
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.leaders.accounts import ROUTES
from chalicelib.rules.leaders.opening import CONNECT_FORM, PAGE
from chalicelib.rules.leaders.pay_details import COUNTRIES

door = Doors(__name__)
LEADER = Audience.LEADER


@door.page(PAGE, LEADER)
def show_account(visit: Visit, answers_given: Answers | None = None) -> Response:
    """How one is paid, and the button that leads to Stripe; Stripe leads back here."""
    shown = connecting.show(visit.outside, visit.me)
    given = answers_given or Answers.of(CONNECT_FORM, {"account_country": shown.profile.country})
    return visit.page(
        "leader_account", here="pay", shown=shown, countries=COUNTRIES, answers_given=given
    )


@door.form(PAGE, LEADER, again=show_account)
def choose_stripe(visit: Visit) -> Response:
    """Be paid through Stripe."""
    visit.require_fresh()
    values = visit.read(CONNECT_FORM)
    connecting.choose(visit.outside, visit.caller(PAGE), visit.me, values)
    return visit.go(PAGE)


@door.form(f"{PAGE}/enter", LEADER, again=show_account)
def go_to_stripe(visit: Visit) -> Response:
    """To Stripe, by a link of this moment: each press makes another."""
    visit.require_fresh()
    return visit.go(connecting.way_in(visit.outside, visit.caller(PAGE), visit.me))


@door.form(f"{PAGE}/look", LEADER, again=show_account)
def look_again(visit: Visit) -> Response:
    """Ask Stripe how the account stands now."""
    account_news.look(visit.outside, visit.me.person_id)
    return visit.go(PAGE)


@door.form(f"{PAGE}/mail", LEADER, again=show_account)
def mail_again(visit: Visit) -> Response:
    """Have the mail with the way to Stripe sent once more."""
    connecting.remind(visit.outside, visit.caller(PAGE), visit.me.person_id)
    return visit.go(PAGE)


@door.form(f"{PAGE}/route", LEADER, again=show_account)
def use_route(visit: Visit) -> Response:
    """Be paid the other way from now on."""
    visit.require_fresh()
    route = visit.word("route", ROUTES)
    connecting.use(visit.outside, visit.caller(PAGE), visit.me, route)
    return visit.go(PAGE)

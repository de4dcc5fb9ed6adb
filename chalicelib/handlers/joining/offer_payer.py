"""The member's side of a payer apart from her (N12): naming one, asking again, paying herself
after all; and accepting the ground rules where somebody paid before she had.

What does not live here: the payer's own page (handlers/money/payer.py).
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining import agreeing, offers
from chalicelib.flows.money import payers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.joining.offer_page import offer_page
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.handlers.visit import Visit
from chalicelib.rules.changes import Caller
from chalicelib.rules.forms import Answers
from chalicelib.rules.money.payer_forms import AGREE, CHANGE_PAYER, naming
from chalicelib.rules.money.payers import Named

door = Doors(__name__)


@door.page("/offers/{token}/payer", Audience.LINK)
def show_naming(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """Who pays, and what the member accepts before she hands over."""
    facts = offers.show(visit.outside, token)
    before = payers.asked_before(
        visit.outside, _member(visit, offers.from_token(visit.outside, token))
    )
    given = answers_given or (Answers.of(CHANGE_PAYER, before) if before else None)
    return visit.page("offer_payer", answers_given=given, token=token, before=before, **facts)


@door.form("/offers/{token}/payer", Audience.LINK, again=show_naming)
def name_payer(visit: Visit, token: str) -> Response:
    """Somebody else pays: what was open for another is closed, and the payer is written to."""
    which = offers.from_token(visit.outside, token)
    _, offer = offers.load(which)
    told = visit.read(naming(offer))
    who = Named(
        full_name=told["payer_name"],
        email=told["payer_email"],
        reference=told["payer_reference"] or "",
        start_at_once=told.get("start_at_once", False),
    )
    close_open_sessions(visit.outside, which)
    caller = _caller(visit, which, token)
    payers.name_payer(visit.outside, caller, _member(visit, which), who)
    return visit.go(caller.location)


@door.form("/offers/{token}/ask-again", Audience.LINK, again=offer_page)
def ask_again(visit: Visit, token: str) -> Response:
    """The payer's mail once more."""
    which = offers.from_token(visit.outside, token)
    caller = _caller(visit, which, token)
    payers.ask_again(visit.outside, caller, _member(visit, which))
    return visit.go(caller.location)


@door.form("/offers/{token}/pay-myself", Audience.LINK, again=offer_page)
def pay_myself(visit: Visit, token: str) -> Response:
    """The member pays after all: the payer's link ends."""
    which = offers.from_token(visit.outside, token)
    close_open_sessions(visit.outside, which)
    caller = _caller(visit, which, token)
    payers.pay_herself(visit.outside, caller, _member(visit, which))
    return visit.go(caller.location)


@door.form("/offers/{token}/agree", Audience.LINK, again=offer_page)
def agree(visit: Visit, token: str) -> Response:
    """The ground rules, after the place was taken."""
    which = offers.from_token(visit.outside, token)
    visit.read(AGREE)
    caller = _caller(visit, which, token)
    agreeing.agree(visit.outside, caller, which.application_id, which.offer_id)
    return visit.go(caller.location)


def _caller(visit: Visit, which: offers.OfferId, token: str) -> Caller:
    return visit.caller(f"/offers/{token}", f"applicant:{which.application_id}")


def _member(visit: Visit, which: offers.OfferId) -> payers.Member:
    return payers.Member(
        application_id=which.application_id, offer_id=which.offer_id, address=visit.address
    )

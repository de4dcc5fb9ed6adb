"""The offer page: see it, accept the agreement and pay, decline, come back from Stripe.

The link is only ever mailed, so whoever holds it has proven the address. What does not live here:
somebody else who pays (offer_payer.py).
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining import offers
from chalicelib.flows.money import checkout, payments
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.joining.offer_page import offer_page
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.offer_forms import ACCEPT_AND_PAY
from chalicelib.rules.money import wishes

door = Doors(__name__)


@door.page("/offers/{token}", Audience.LINK)
def show_offer(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """The offer in whatever state it is, with the one thing that can be done now."""
    return offer_page(visit, token, answers_given)


@door.form("/offers/{token}", Audience.LINK, again=show_offer)
def pay(visit: Visit, token: str) -> Response:
    """Accept and pay: off to Stripe's page. A second press goes on with the same session. Where
    nothing is to be paid yet, the place is taken, once."""
    which = offers.from_token(visit.outside, token)
    ticks = visit.read(ACCEPT_AND_PAY)
    wish = wishes.Wish(
        application_id=which.application_id,
        offer_id=which.offer_id,
        token=token,
        start_at_once=ticks["start_at_once"],
        address=visit.address,
    )
    caller = visit.caller(f"/offers/{token}/paid", _applicant(which))
    return visit.go(checkout.pay(visit.outside, caller, wish))


@door.form("/offers/{token}/decline", Audience.LINK, again=show_offer)
def decline(visit: Visit, token: str) -> Response:
    """No, thank you: the seat is free for somebody else."""
    which = offers.from_token(visit.outside, token)
    caller = visit.caller(f"/offers/{token}", _applicant(which))
    close_open_sessions(visit.outside, which)
    offers.decline(visit.outside, caller, which)
    return visit.go(caller.location)


@door.form("/offers/{token}/lower-price", Audience.LINK, again=show_offer)
def ask_lower_price(visit: Visit, token: str) -> Response:
    """The price stands between: ask for a lower one, without a reason (A8)."""
    which = offers.from_token(visit.outside, token)
    caller = visit.caller(f"/offers/{token}", _applicant(which))
    offers.ask_lower_price(visit.outside, caller, which)
    return visit.go(caller.location)


@door.form("/offers/{token}/waitlist", Audience.LINK, again=show_offer)
def join_waitlist(visit: Visit, token: str) -> Response:
    """The offer ran out: one click to the waitlist."""
    which = offers.from_token(visit.outside, token)
    caller = visit.caller(f"/offers/{token}", _applicant(which))
    offers.join_waitlist(visit.outside, caller, which)
    return visit.go(caller.location)


@door.page("/offers/{token}/paid", Audience.LINK)
def show_paid(visit: Visit, token: str) -> Response:
    """Back from Stripe. The session named in the address counts only if it is this debt's."""
    session = visit.query.get("session", "")
    facts = offers.show(visit.outside, token, session)
    if session and facts["payment_state"] in ("pending", "expired", "failed"):
        payments.returned(visit.outside, facts["offer"].obligation_id, session)
        facts = offers.show(visit.outside, token, session)
    return visit.page("offer_paid", token=token, **facts)


def _applicant(which: offers.OfferId) -> str:
    return f"applicant:{which.application_id}"

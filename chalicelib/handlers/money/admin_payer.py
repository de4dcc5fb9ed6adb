"""The desk's door for somebody else who is to pay (N12), named at the member's wish.

What does not live here: the member's own naming (handlers/joining/offer_payer.py).
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining.offers import OfferId
from chalicelib.flows.money import payers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.money.payer_forms import NAME_FOR_MEMBER
from chalicelib.rules.money.payers import Named

door = Doors(__name__)
PAGE = "/admin/payments/{obligation_id}/payer"


@door.page(PAGE, Audience.ADMINISTRATOR)
def show_naming(visit: Visit, obligation_id: str, answers_given: Answers | None = None) -> Response:
    """Who is to pay for a member, and what they will see."""
    facts = payers.for_desk(visit.outside, obligation_id)
    given = visit.still_typed(answers_given)
    return visit.page("admin_payment_payer", here="payments", answers_given=given, **facts)


@door.form(PAGE, Audience.ADMINISTRATOR, again=show_naming)
def name_for_member(visit: Visit, obligation_id: str) -> Response:
    """Somebody else is asked: what was open for another is closed, payer and member are told."""
    told = visit.read(NAME_FOR_MEMBER)
    owed = payers.for_desk(visit.outside, obligation_id)["owed"]
    who = Named(
        full_name=told["payer_name"],
        email=told["payer_email"],
        reference=told["payer_reference"] or "",
    )
    which = OfferId(application_id=owed.application_id, offer_id=owed.offer_id)
    close_open_sessions(visit.outside, which)
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    payers.name_for_member(visit.outside, caller, obligation_id, who)
    return visit.go(caller.location)

"""The page of a payer apart from the member (N12): for whom, what is asked, paying it, receipts.

The link was mailed to the address that the member named. It shows nothing of the application,
the register or a bursary. What does not live here: naming a payer (joining/offer_payer.py).
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.money import checkout, payers, payments
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.changes import Caller
from chalicelib.rules.forms import Answers
from chalicelib.rules.money import wishes
from chalicelib.rules.money.payer_forms import PAY_FOR

door = Doors(__name__)


@door.page("/payer/{token}", Audience.LINK)
def show_payer(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """What somebody is asked to pay, in whatever state it is."""
    facts = payers.show(visit.outside, token)
    given = answers_given or Answers.of(PAY_FOR, {"what": "asked"})
    return visit.page("payer", answers_given=given, token=token, **facts)


@door.form("/payer/{token}", Audience.LINK, again=show_payer)
def pay_for(visit: Visit, token: str) -> Response:
    """Off to Stripe's page. A second press goes on with the same session."""
    link = payers.from_token(visit.outside, token)
    wish = wishes.DebtWish(
        obligation_id=link.subject,
        token=token,
        all_of_it=visit.read(PAY_FOR)["what"] == "all",
        address=visit.address,
        payer_link=link.generation,
    )
    caller = Caller(actor=f"payer:{link.subject}")
    return visit.go(checkout.pay_as_payer(visit.outside, caller, wish))


@door.page("/payer/{token}/paid", Audience.LINK)
def show_payer_paid(visit: Visit, token: str) -> Response:
    """Back from Stripe. The session named in the address counts only if it is this payer's."""
    session = visit.query.get("session", "")
    facts = payers.show(visit.outside, token, session)
    if session and facts["payment_state"] in ("pending", "expired", "failed"):
        link = payers.from_token(visit.outside, token)
        payments.returned(visit.outside, link.subject, session)
        facts = payers.show(visit.outside, token, session)
    return visit.page("payer_paid", token=token, **facts)

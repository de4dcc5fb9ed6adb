"""The page of a debt: what is still to be paid of a place that is taken, and paying it.

The link is only ever mailed. Whoever holds it can pay, and sees what it is for and no more.
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.money import checkout, instalments, payments
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.changes import Caller
from chalicelib.rules.forms import Answers
from chalicelib.rules.money import wishes
from chalicelib.rules.money.pay_forms import PAY_DEBT

door = Doors(__name__)


@door.page("/pay/{token}", Audience.LINK)
def show_debt(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """What is owed in which parts, and what is asked for now."""
    facts = instalments.show(visit.outside, token)
    given = answers_given or Answers.of(PAY_DEBT, {"what": "asked"})
    return visit.page("pay", answers_given=given, token=token, **facts)


@door.form("/pay/{token}", Audience.LINK, again=show_debt)
def pay_debt(visit: Visit, token: str) -> Response:
    """Off to Stripe's page. A second press goes on with the same session."""
    wish = wishes.DebtWish(
        obligation_id=instalments.from_token(visit.outside, token),
        token=token,
        all_of_it=visit.read(PAY_DEBT)["what"] == "all",
        address=visit.address,
    )
    return visit.go(checkout.pay_debt(visit.outside, Caller(actor="visitor"), wish))


@door.page("/pay/{token}/paid", Audience.LINK)
def show_debt_paid(visit: Visit, token: str) -> Response:
    """Back from Stripe. The session named in the address counts only if it is this debt's."""
    session = visit.query.get("session", "")
    facts = instalments.show(visit.outside, token, session)
    if session and facts["payment_state"] in ("pending", "expired", "failed"):
        payments.returned(visit.outside, facts["debt"].obligation.obligation_id, session)
        facts = instalments.show(visit.outside, token, session)
    return visit.page("pay_paid", token=token, **facts)

"""The doors of refunds that went another way: paid from the bank by the treasurer, or made at
Stripe by somebody.
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.money import debts
from chalicelib.flows.returning import refunds_by_hand
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.returning.refund_forms import PAID_BY_HAND

door = Doors(__name__)
REFUND = "/admin/payments/{obligation_id}/refunds/{refund_id}"


@door.page(f"{REFUND}/paid", Audience.TREASURER)
def show_paid(
    visit: Visit, obligation_id: str, refund_id: str, answers_given: Answers | None = None
) -> Response:
    """How a refund that no machine can send is paid and written down."""
    refund = refunds_by_hand.show(visit.outside, obligation_id, refund_id)
    if refund is None:
        return visit.go(f"/admin/payments/{obligation_id}")
    given = visit.still_typed(answers_given)
    return visit.page("admin_refund_paid", answers_given=given, here="payments", refund=refund)


@door.form(f"{REFUND}/paid", Audience.TREASURER, again=show_paid)
def write_down_paid(visit: Visit, obligation_id: str, refund_id: str) -> Response:
    """The transfer was made."""
    visit.require_fresh()
    values = visit.read(PAID_BY_HAND)
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    reference, paid_on = values["reference"], values["paid_on"]
    refunds_by_hand.pay(visit.outside, caller, obligation_id, refund_id, reference, paid_on)
    return visit.go(caller.location)


def _debt_again(visit: Visit, obligation_id: str, answers_given: Answers, **_: str) -> Response:
    facts = debts.show_one(obligation_id)
    return visit.page("admin_payment", answers_given=answers_given, here="payments", **facts)


@door.form(f"{REFUND}/stays", Audience.ADMINISTRATOR, again=_debt_again)
def place_stays(visit: Visit, obligation_id: str, refund_id: str) -> Response:
    """Somebody refunded at Stripe; the place stays."""
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    refunds_by_hand.place_stays(visit.outside, caller, obligation_id, refund_id)
    return visit.go(caller.location)


@door.form(f"{REFUND}/given-away", Audience.TREASURER, again=_debt_again)
def give_away(visit: Visit, obligation_id: str, refund_id: str) -> Response:
    """What went out beyond what was left is borne by the group."""
    visit.require_fresh()
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    refunds_by_hand.give_away(visit.outside, caller, obligation_id, refund_id)
    return visit.go(caller.location)

"""The administrator's and treasurer's view of debts, payments and refunds, and giving back by
decision of a person. What does not live here: leaving, and refunds by hand (admin_leaving.py,
admin_refunds.py).
"""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.money import debts
from chalicelib.flows.returning import giving_back
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.money.debt_page import debt_page
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.offer_forms import WITH_REASON
from chalicelib.rules.returning.refund_forms import GIVE_PART

door = Doors(__name__)
DEBT = "/admin/payments/{obligation_id}"


@door.page("/admin/payments", Audience.TREASURER)
def show_payments(visit: Visit) -> Response:
    """What was paid and given back, term by term, and whether the books agree."""
    facts = debts.show_all(visit.query.get("term", ""))
    return visit.page("admin_payments", here="payments", **facts)


@door.page(DEBT, Audience.TREASURER)
def show_debt(visit: Visit, obligation_id: str, answers_given: Answers | None = None) -> Response:
    """One debt with its payments, refunds and entries: why each penny moved."""
    return debt_page(visit, obligation_id, answers_given)


@door.form(f"{DEBT}/refund", Audience.ADMINISTRATOR, again=show_debt)
def give_all_back(visit: Visit, obligation_id: str) -> Response:
    """Give back all that is left, and end the place. Above the circle's limit a second person
    has to agree; the job that holds the key sends it within minutes."""
    visit.require_fresh()
    wish = Wish(reason=visit.read(WITH_REASON)["reason"])
    return _give(visit, obligation_id, wish)


@door.page(f"{DEBT}/part", Audience.ADMINISTRATOR)
def show_part(visit: Visit, obligation_id: str, answers_given: Answers | None = None) -> Response:
    """How much of a debt can be given back while the place stays."""
    facts = debts.show_one(obligation_id)
    return visit.page("admin_payment_part", answers_given=answers_given, here="payments", **facts)


@door.form(f"{DEBT}/part", Audience.ADMINISTRATOR, again=show_part)
def give_part_back(visit: Visit, obligation_id: str) -> Response:
    """Give back a part; the place stays as it is."""
    visit.require_fresh()
    values = visit.read(GIVE_PART)
    wish = Wish(reason=values["reason"], amount_minor=values["amount"])
    return _give(visit, obligation_id, wish)


def _debt_again(visit: Visit, obligation_id: str, answers_given: Answers, **_: str) -> Response:
    return show_debt(visit, obligation_id, answers_given)


@door.form(f"{DEBT}/releases/{{release_id}}/approve", Audience.TREASURER, again=_debt_again)
def approve_release(visit: Visit, obligation_id: str, release_id: str) -> Response:
    """The second person agrees to what somebody else wants to give back."""
    visit.require_fresh()
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    giving_back.approve(visit.outside, caller, obligation_id, release_id)
    return visit.go(caller.location)


@door.form(f"{DEBT}/releases/{{release_id}}/withdraw", Audience.TREASURER, again=_debt_again)
def withdraw_release(visit: Visit, obligation_id: str, release_id: str) -> Response:
    """It is not to be given back."""
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    giving_back.withdraw(visit.outside, caller, obligation_id, release_id)
    return visit.go(caller.location)


def _give(visit: Visit, obligation_id: str, wish: Wish) -> Response:
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    giving_back.request(visit.outside, caller, obligation_id, wish)
    return visit.go(caller.location)

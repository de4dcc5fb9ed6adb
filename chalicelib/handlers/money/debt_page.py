"""The page of one debt: shown by its own door, and again by every form on it that was refused."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.money import debts
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers


def debt_page(
    visit: Visit, obligation_id: str, answers_given: Answers | None = None, **_: str
) -> Response:
    """One debt with its payments, refunds, disputes and entries: why each penny moved."""
    facts = debts.show_one(obligation_id)
    return visit.page("admin_payment", answers_given=answers_given, here="payments", **facts)

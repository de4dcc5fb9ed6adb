"""The treasurer's page of the bursary fund."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.flows.prices import bursaries
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.prices.bursary_forms import code_form, gift_form

door = Doors(__name__)
HERE = "/admin/bursaries"


@door.page(HERE, Audience.TREASURER)
def show_fund(visit: Visit, answers_given: Answers | None = None, **_: Any) -> Response:
    """What the fund holds, what it has promised, its gifts and codes."""
    found = bursaries.show(visit.outside)
    return visit.page("admin_bursaries", here="payments", found=found, answers_given=answers_given)


@door.form(f"{HERE}/gifts", Audience.TREASURER, again=show_fund)
def record_gift(visit: Visit) -> Response:
    """A gift has come in."""
    visit.require_fresh()
    values = visit.read(gift_form(bursaries.show(visit.outside).currency))
    bursaries.record_gift(visit.outside, visit.caller(HERE), values)
    return visit.go(HERE)


@door.form(f"{HERE}/new", Audience.TREASURER, again=show_fund)
def make_code(visit: Visit) -> Response:
    """Promise a part of the fund to somebody, by a code."""
    visit.require_fresh()
    found = bursaries.show(visit.outside)
    values = visit.read(code_form(found.currency, found.standing.free_minor))
    bursaries.make_code(visit.outside, visit.caller(HERE), values)
    return visit.go(HERE)


@door.form(f"{HERE}/codes/{{code}}/withdraw", Audience.TREASURER, again=show_fund)
def withdraw_code(visit: Visit, code: str) -> Response:
    """A code that nobody has used is worth nothing any more."""
    visit.require_fresh()
    bursaries.withdraw_code(visit.outside, visit.caller(HERE), code)
    return visit.go(HERE)

"""The desk's page of a term's prices: other categories and early prices beside the standard one."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.running import prices, terms
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.running.price_forms import open_categories, prices_form, prices_values

door = Doors(__name__)
PATH = "/admin/groups/{group_id}/terms/{term_id}/prices"


@door.page(PATH, Audience.ADMINISTRATOR)
def show_prices(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """Every category with its price and its early one."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    form = prices_form(whole.term)
    return visit.page(
        "admin_term_prices",
        here="admin-groups",
        whole=whole,
        path=f"/admin/groups/{group_id}/terms/{term_id}",
        to_set=open_categories(whole.term),
        answers_given=answers_given or Answers.of(form, prices_values(whole.term)),
    )


@door.form(PATH, Audience.ADMINISTRATOR, again=show_prices)
def change_prices(visit: Visit, group_id: str, term_id: str) -> Response:
    """Change them."""
    term = terms.show_term(visit.outside, group_id, term_id).term
    values = visit.read(prices_form(term))
    caller = visit.caller(f"/admin/groups/{group_id}/terms/{term_id}")
    prices.change_prices(visit.outside, caller, group_id, term_id, values)
    return visit.go(caller.location)

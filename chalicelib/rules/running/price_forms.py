"""The form of a term's prices: three more categories, and an early price for each.

What does not live here: the standard price, which stands with the places (group_forms.py), what
a price means (rules/prices/prices.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.rules import day_parsers as d
from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.money.amounts import sellable
from chalicelib.rules.prices.prices import CATEGORIES, STANDARD, Price
from chalicelib.rules.running.groups import Term

AMOUNT_MAX_MINOR = 1_000_000
Values = Mapping[str, Any]


def open_categories(term: Term) -> tuple[str, ...]:
    """The categories whose prices can be set: of a draft all; of a published term those that it
    does not have, because people were told the others (R70)."""
    if term.state == "draft":
        return CATEGORIES
    return tuple(one for one in CATEGORIES if one not in term.tariff.categories)


def prices_form(term: Term) -> Form:
    """An amount for each category but the standard one, whose price is on another page; and the
    early price of each, with its last day, its number of places, or both."""
    fields: list[Field] = []
    checks: list[Check] = []
    for one in open_categories(term):
        fields += _fields(one, term)
        names = tuple(field.name for field in fields if field.name.startswith(f"{one}_"))
        checks.append(Check(names, _checked(one, term)))
    return Form("term_prices", tuple(fields), tuple(checks))


def _fields(category: str, term: Term) -> Iterator[Field]:
    amount = p.pounds(0, AMOUNT_MAX_MINOR, term.currency)
    if category != STANDARD:
        yield Field(f"{category}_minor", amount, required=False)
    yield Field(f"{category}_early", amount, required=False, words="early_minor")
    yield Field(f"{category}_until", d.day(), required=False, words="until")
    yield Field(f"{category}_places", p.integer(1, 40), required=False, words="places")


def _checked(category: str, term: Term) -> Any:
    """What must hold of one category's answers: all amounts can be paid by card, an early price
    is lower than the one that follows, and ends at some time."""
    last = term.starts_at.astimezone(ZoneInfo(term.zone)).date()

    def check(values: Values) -> dict[str, str]:
        usual = term.price_minor if category == STANDARD else values[f"{category}_minor"]
        early = values[f"{category}_early"]
        until, places = values[f"{category}_until"], values[f"{category}_places"]
        wrong: dict[str, str] = {}
        if category != STANDARD and usual is not None and not sellable(usual, term.currency):
            wrong[f"{category}_minor"] = "not_sellable"
        if early is None:
            return wrong | ({f"{category}_early": "missing"} if until or places else {})
        if usual is None or early >= usual:
            wrong[f"{category}_early"] = "no_price" if usual is None else "not_lower"
        elif not sellable(early, term.currency):
            wrong[f"{category}_early"] = "not_sellable"
        if until is None and places is None:
            wrong[f"{category}_until"] = "when"
        elif until and until > last:
            wrong[f"{category}_until"] = "after_start"
        return wrong

    return check


def prices_from(values: Values, term: Term) -> tuple[Price, ...]:
    """The prices that a term has with these answers: of a published one, those it had, and more."""
    asked = open_categories(term)
    kept = [one for one in term.prices if one.category not in asked]
    for one in asked:
        usual = values.get(f"{one}_minor")
        early = values[f"{one}_early"]
        if usual is not None:
            kept.append(Price(category=one, amount_minor=usual))
        if early is not None:
            until, places = values[f"{one}_until"], values[f"{one}_places"]
            kept.append(Price(category=one, amount_minor=early, until=until, places=places))
    return tuple(kept)


def prices_values(term: Term) -> dict[str, Any]:
    """A term's answers to the form."""
    known: dict[str, Any] = {}
    for one in term.prices:
        known[f"{one.category}_{'early' if one.early else 'minor'}"] = one.amount_minor
        if one.early:
            known |= {f"{one.category}_until": one.until, f"{one.category}_places": one.places}
    return known

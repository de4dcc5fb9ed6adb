"""What an offer freezes: its price and who pays which part, the seller, the facts its papers
print, and the debt that follows (R70, D11).

What does not live here: holding the seat and telling of it (offers.py), prices (prices.py), codes
and credits (means.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.errors import TermNotOpen
from chalicelib.rules.books.ledger import group_book
from chalicelib.rules.books.shares import spread
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.prices.means import Means, Parts, parts_of
from chalicelib.rules.prices.prices import STANDARD, Quote, for_the_rest
from chalicelib.rules.returning.policy import RefundPolicy
from chalicelib.rules.running.groups import Group, WholeTerm, facts_of

SELLER = ("seller_name", "seller_address", "seller_statement")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the desk chose for an offer, and what can pay a part of it."""

    category: str = STANDARD
    means: Means = field(default_factory=Means)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of an offer made now: its price in parts, and the sessions it is for."""

    quote: Quote
    parts: Parts
    session_ids: tuple[str, ...]
    begins_at: datetime  # of the first of them

    @property
    def limited(self) -> int | None:
        """How many places there are at this price; None for any number."""
        return self.quote.early.places if self.quote.early else None


def terms_of(whole: WholeTerm, choice: Choice, now: datetime) -> Terms:
    """What an offer of this category says now: who joins late pays for the sessions still to
    come (O4). TermNotOpen without any, and for a category that the term does not have."""
    left = whole.to_come(now)
    if not left or choice.category not in whole.term.tariff.categories:
        raise TermNotOpen
    quote = whole.term.quote(choice.category, now)
    every = [one.session_id for one in whole.sessions if one.remedy != "extra_date"]
    currency = whole.term.currency
    price = for_the_rest(quote.amount_minor, every, left, currency)
    return Terms(
        quote=quote,
        parts=parts_of(price, currency, choice.means),
        session_ids=left,
        begins_at=next(one.starts_at for one in whole.sessions if one.session_id == left[0]),
    )


def offered_now(whole: WholeTerm, now: datetime) -> tuple[Terms, ...]:
    """What an offer made now would say at each price of the term; nothing once it is over."""
    if not whole.to_come(now):
        return ()
    every = whole.term.tariff.categories
    return tuple(terms_of(whole, Choice(category=one), now) for one in every)


def seller_of(group: Group, circle: CircleSettings) -> dict[str, str]:
    """Who sells the places of a group, as every paper names it (D11)."""
    who: Any = group if group.seller == "leader" else circle
    return {name: getattr(who, name) for name in SELLER}


def seller_in(facts: Mapping[str, Any]) -> dict[str, str]:
    """The seller among the frozen facts of an offer."""
    return {name: str(facts[name]) for name in SELLER if name in facts}


def frozen_facts(
    application: Application, whole: WholeTerm, circle: CircleSettings, terms: Terms
) -> dict[str, Any]:
    """What the papers of an offer say: the sessions it is for, its price, who sells it."""
    facts, parts = facts_of(whole), terms.parts
    starts = {one.starts_at for one in whole.sessions if one.session_id in terms.session_ids}
    return {
        **facts,
        **seller_of(whole.group, circle),
        "sessions": [one for one in facts["sessions"] if one["starts_at"] in starts],
        "sessions_before": len(whole.live) - len(starts),
        "category": terms.quote.category,
        "price_minor": parts.price_minor,
        "per_session_minor": round(parts.price_minor / len(terms.session_ids)),
        "bursary_minor": parts.bursary_minor,
        "credit_minor": parts.credit_minor,
        "to_pay_minor": parts.to_pay_minor,
        "profession": application.profession,
        "reader_zone": application.zone,
    }


def debt_of(
    ids: Mapping[str, str],
    application: Application,
    whole: WholeTerm,
    terms: Terms,
    code: str,
    now: datetime,
) -> Obligation:
    """The debt of an offer; `ids` are its own and the offer's."""
    parts = terms.parts
    return Obligation(
        obligation_id=ids["obligation_id"],
        offer_id=ids["offer_id"],
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        application_id=application.application_id,
        person_id=application.person_id,
        amount_minor=parts.amount_minor,
        bursary_minor=parts.bursary_minor,
        bursary_code=code,
        credit_minor=parts.credit_minor,
        category=terms.quote.category,
        currency=whole.term.currency,
        shares=spread(parts.price_minor, terms.session_ids),
        policy=RefundPolicy().frozen(),
        begins_at=terms.begins_at,
        book=group_book(whole.group.group_id),
        created_at=now,
    )

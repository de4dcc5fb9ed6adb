"""Later parts of a price: what is still to be paid of a debt, and the clock that asks for it.

What does not live here: opening a checkout for it (checkout.py), money that comes (payments.py).
"""

from __future__ import annotations

from typing import Any

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.links import read_link
from chalicelib.rules.money import chasing
from chalicelib.rules.money.checkout import shown_state
from chalicelib.rules.money.instalments import MISSED, Instalment, brought_up, owing, parts_of
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import offers
from chalicelib.store.money.payments import WholeDebt, whole_debt

DUE_IN_ONE_GO = 50


def from_token(outside: Outside, token: str) -> str:
    """The debt that a personal link names; LinkNotValid when it does not hold."""
    return read_link(outside.places.link_keys, "debt", token).subject


def show(outside: Outside, token: str, checkout_id: str = "") -> dict[str, Any]:
    """Everything the page of a debt says: what it is for, its parts, what is asked for now, and
    how far the payment of `checkout_id`, or the newest, is. NotFound before its place is taken.
    """
    debt, offer = _load(from_token(outside, token))
    if debt.obligation.billed_at is None:
        raise NotFound
    of_session = [one for one in debt.payments if checkout_id and one.checkout_id == checkout_id]
    return {
        "offer": offer,
        "debt": debt,
        "owing": owing(offer, debt.obligation, debt.instalments, outside.clock.now()),
        "payment": of_session[0] if of_session else None,
        "payment_state": shown_state(of_session or debt.payments, checkout_id),
        "on_its_way": any(one.state == "on_its_way" for one in debt.payments),
    }


def due(outside: Outside) -> list[Instalment]:
    """Parts that the clock has to look at, oldest first."""
    return reads.due(tables.Payments, "instalment", outside.clock.now(), DUE_IN_ONE_GO)


def chase(outside: Outside, instalment: Instalment) -> str:
    """One part that has come to its time: asked for, or seen to be paid, void or on its way.
    Returns asked, missed, called, later, settled or nothing, for the log."""
    now = outside.clock.now()
    debt, offer = _load(instalment.obligation_id)
    settled = brought_up(debt.instalments, debt.obligation)
    part = next(
        one
        for one in parts_of(debt.instalments, debt.obligation)
        if one.instalment.number == instalment.number
    )
    row = part.instalment
    if row.state != "due" or row.chase_at is None or row.chase_at > now:
        return "nothing"  # the list of what is due was late
    if not part.open_minor:
        commit(settled)
        return "settled"
    if row.chased > MISSED or any(one.state == "on_its_way" for one in debt.payments):
        commit(chasing.later(part, now))
        return "later"
    word = "called" if row.chased >= MISSED else "missed" if row.pay_by <= now else "asked"
    commit(chasing.chase(offer, debt.obligation, part, now))
    return word


def _load(obligation_id: str) -> tuple[WholeDebt, Offer]:
    debt = whole_debt(obligation_id)
    owner = offers.with_offers(debt.obligation.application_id) if debt else None
    offer = owner.offer(debt.obligation.offer_id) if owner and debt else None
    if debt is None or offer is None:
        raise NotFound
    return debt, offer

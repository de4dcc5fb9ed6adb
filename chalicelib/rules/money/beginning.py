"""The payment of a debt as every way of paying begins it: by card, by hand, found at Stripe.

What does not live here: whether it may begin (checkout.py, banking/matching.py), what it means once
it is there (settling.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.behalf import on_behalf
from chalicelib.rules.money.payments import Obligation, Payer, Payment


def payment_for(
    offer: Offer,
    obligation: Obligation,
    payer: Payer | None,
    payment_id: str,
    amount_minor: int,
    now: datetime,
    **more: Any,
) -> Payment:
    """A payment of this debt in its currency, by the payer, or by the member where there is none;
    `more` are the fields that the way of paying adds."""
    who = payer or offer
    return Payment(
        obligation_id=obligation.obligation_id,
        payment_id=payment_id,
        amount_minor=amount_minor,
        currency=obligation.currency,
        offer_id=offer.offer_id,
        application_id=offer.application_id,
        group_id=offer.group_id,
        term_id=offer.term_id,
        book=obligation.book,
        email=who.email,
        full_name=who.full_name,
        on_behalf=on_behalf(payer, offer),
        zone=str(offer.facts["zone"]),
        title=title(offer),
        created_at=now,
        **more,
    )


def title(offer: Offer) -> str:
    """What is paid for, in words that fit a statement line: group and term."""
    return f"{offer.facts['group_title']}: {offer.facts['term_title']}"[:250]

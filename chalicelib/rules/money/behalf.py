"""What a payer apart from the member is told (N12): of whose place, which group, which dates.

Never the application, attendance, category or bursary. What does not live here: naming a payer
(payers.py).
"""

from __future__ import annotations

from typing import Any

from chalicelib.rules.joining.offer_terms import SELLER
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.mail import LinkTo
from chalicelib.rules.money.payments import OnBehalf, Payer, Payment, Refund

TOLD = ("group_title", "term_title", "zone", "sessions", "minutes", *SELLER)


def on_behalf(payer: Payer | None, offer: Offer) -> OnBehalf | None:
    """For whom this payer pays; None where the member does."""
    if payer is None:
        return None
    return OnBehalf(
        member_name=offer.full_name,
        member_email=offer.email,
        reference=payer.reference,
        link=payer.link,
    )


def facts_for_payer(offer: Offer) -> dict[str, Any]:
    """Of the frozen facts of an offer those that its payer may know, by the group's clock."""
    told = {name: offer.facts[name] for name in TOLD if name in offer.facts}
    return {**told, "reader_zone": offer.facts["zone"], "attends": offer.full_name}


def payer_link(obligation_id: str, link: int) -> LinkTo:
    """The payer's own page of a debt; it has ended once another payer is named."""
    return LinkTo(purpose="payer", subject=obligation_id, generation=link)


def facts_of(offer: Offer, payment: Payment, **more: Any) -> dict[str, Any]:
    """What a mail to who pays may say: to a member all that she was offered."""
    who = {"full_name": payment.full_name, "email": payment.email}
    if payment.on_behalf is None:
        return {**offer.facts, **who, **more}
    reference = {"payer_reference": payment.on_behalf.reference}
    return {**facts_for_payer(offer), **who, **reference, **more}


def page_of(row: Payment | Refund) -> dict[str, LinkTo]:
    """Where who paid sees how things stand: a payer never gets the link of the application."""
    if row.on_behalf:
        return {"payer": payer_link(row.obligation_id, row.on_behalf.link)}
    return {"application": LinkTo(purpose="application", subject=row.application_id)}

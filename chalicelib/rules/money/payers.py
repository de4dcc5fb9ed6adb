"""A payer apart from the member (N12): named by the member, or by the desk at her wish, asked by
mail, replaced or let go.

The member accepts the ground rules and the rest herself, before she hands over or afterwards; the
desk accepts nothing for her. What does not live here: what a payer may be told (behalf.py),
opening a checkout (checkout.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.errors import NothingOwed, OfferNotOpen, PayerChanged, PaymentOnItsWay, TooManyTries
from chalicelib.rules.changes import Change, Create, Is, Require, Update
from chalicelib.rules.joining.offers import Offer, as_held, offer_link, stands_in
from chalicelib.rules.mail import Standing, mail
from chalicelib.rules.money.behalf import facts_for_payer, payer_link
from chalicelib.rules.money.delayed import closed
from chalicelib.rules.money.instalments import Owing
from chalicelib.rules.money.payments import Obligation, Payment

MAILS_MAX = 8  # about one debt, to whomever
NOT_ANY_MORE = {
    "payer_name": "",
    "payer_email": "",
    "payer_reference": "",
    "payer_named_at": None,
    "payer_asked_at": None,
}


@dataclass(frozen=True, kw_only=True)
class Named:
    """Whom a member names, and the tick of D2 that goes with her acceptance."""

    full_name: str
    email: str
    reference: str = ""
    start_at_once: bool = False


@dataclass(frozen=True, kw_only=True)
class Unpaid:
    """A debt that somebody is to pay, with its offer, as they were read."""

    offer: Offer
    obligation: Obligation
    payments: Sequence[Payment]
    owing: Owing


def may_be_handed_over(debt: Unpaid, now: datetime) -> None:
    """Whether anything is left that somebody else could pay. Raises OfferNotOpen, NothingOwed,
    and PaymentOnItsWay while money is on its way."""
    offer, obligation = debt.offer, debt.obligation
    if obligation.billed_at is None and (offer.state != "open" or offer.hold_until <= now):
        raise OfferNotOpen(state=offer.state if offer.state != "open" else "expired")
    if obligation.state != "due" or obligation.to_pay_minor <= 0:
        raise NothingOwed
    if any(one.state == "on_its_way" for one in debt.payments):
        raise PaymentOnItsWay


def named(debt: Unpaid, who: Named, now: datetime, by_desk: bool = False) -> Change:
    """The member names who pays: what she accepts is kept with the offer, an earlier payer's
    link and every open session end, the new payer is written to. If the desk does it for her,
    nothing is accepted, and she is told.

    Conditional on the offer and on nobody having begun to pay since it was read. Raises what
    may_be_handed_over raises, and TooManyTries.
    """
    may_be_handed_over(debt, now)
    before = debt.obligation
    after = replace(
        before,
        payer_name=who.full_name,
        payer_email=who.email,
        payer_reference=who.reference,
        payer_links=before.payer_links + 1,
    )
    values = {
        "payer_name": who.full_name,
        "payer_email": who.email,
        "payer_reference": who.reference,
        "payer_named_at": now,
        "payer_asked_at": now,
    }
    return Change.of(
        Require(debt.offer, _as_read(debt.offer)) if by_desk else _accepted(debt.offer, who, now),
        told_member(debt.offer, after, now) if by_desk else None,
        Update(before, values, add={"payer_links": 1, "payer_mails": 1}, when=_unpaid(before)),
        *_closed(debt.payments),
        asking(replace(debt, obligation=after), now),
    )


def asked_again(debt: Unpaid, now: datetime) -> Change:
    """The same payer is written to once more. Raises what may_be_handed_over raises,
    PayerChanged when there is none (any more), and TooManyTries."""
    may_be_handed_over(debt, now)
    if debt.obligation.payer is None:
        raise PayerChanged
    return Change.of(
        Require(debt.offer, (Is("state", debt.offer.state),)),
        Update(
            debt.obligation,
            {"payer_asked_at": now},
            add={"payer_mails": 1},
            when=_unpaid(debt.obligation),
        ),
        asking(debt, now),
    )


def pays_herself(debt: Unpaid, now: datetime) -> Change:
    """The member pays after all: the payer's link ends, and so does every open session. Raises
    what may_be_handed_over raises, and PayerChanged when nobody else was asked."""
    may_be_handed_over(debt, now)
    if debt.obligation.payer is None:
        raise PayerChanged
    return Change.of(
        Require(debt.offer, _as_read(debt.offer)),
        Update(debt.obligation, NOT_ANY_MORE, when=_unpaid(debt.obligation)),
        *_closed(debt.payments),
    )


def asking(debt: Unpaid, now: datetime) -> Create:
    """The mail with the payer's link: who asks, for what, until when; that to ignore it does no
    harm. Dropped when it is paid, another payer was named, or the offer has ended, before it
    leaves. Raises TooManyTries."""
    offer, obligation, payer = debt.offer, debt.obligation, debt.obligation.payer
    if payer is None:
        raise PayerChanged
    if obligation.payer_mails >= MAILS_MAX:
        raise TooManyTries(minutes=24 * 60)
    ids = {"obligation_id": obligation.obligation_id}
    return mail(
        "payer_asked",
        f"{obligation.obligation_id}-{obligation.payer_mails + 1}",
        payer.email,
        now,
        {
            **facts_for_payer(offer),
            "full_name": payer.full_name,
            "payer_reference": payer.reference,
            "currency": obligation.currency,
            "asked_minor": debt.owing.asked_minor,
            "left_minor": debt.owing.left_minor,
            "parts": len(debt.owing.parts),
            "taken": obligation.billed_at is not None,
            "later": waits(obligation, debt.owing),
            "expires_at": offer.expires_at,
            "asked_at": now,
        },
        links={"payer": payer_link(obligation.obligation_id, payer.link)},
        stands=(
            stands_in(offer, "open", "taken"),
            Standing(kind="Obligation", ids=ids, name="state", values=("due",)),
            Standing(kind="Obligation", ids=ids, name="payer_email", values=(payer.email,)),
        ),
    )


def told_member(offer: Offer, obligation: Obligation, now: datetime) -> Create:
    """The member learns whom the desk has asked to pay for her, and that she can change it."""
    return mail(
        "payer_named",
        f"{obligation.obligation_id}-{obligation.payer_links}",
        offer.email,
        now,
        {
            **offer.facts,
            "full_name": offer.full_name,
            "payer_name": obligation.payer_name,
            "payer_email": obligation.payer_email,
            "taken": obligation.billed_at is not None,
            "agreed": offer.agreed_at is not None,
            "expires_at": offer.expires_at,
        },
        links={"offer": offer_link(offer)},
        stands=(
            Standing(
                kind="Obligation",
                ids={"obligation_id": obligation.obligation_id},
                name="payer_email",
                values=(obligation.payer_email,),
            ),
        ),
        person_id=offer.person_id,
    )


def waits(obligation: Obligation, owing: Owing) -> bool:
    """Whether the member takes the place first, and nothing can be paid before that (R66)."""
    return obligation.billed_at is None and owing.pays_later


def is_asked(obligation: Obligation, link: int) -> bool:
    """Whether the payer's link of this generation is the one that holds."""
    return obligation.payer is not None and obligation.payer.link == link


def standing(offer: Offer, obligation: Obligation, owing: Owing, link: int, now: datetime) -> str:
    """How a debt stands for the payer with this link, in a word for the page: not_asked (any
    more), open, waits, over, declined, withdrawn, left (to be paid of a place that is taken), or
    settled."""
    if obligation.billed_at is not None and not owing.left_minor:
        return "settled"
    if not is_asked(obligation, link):
        return "not_asked"
    if obligation.billed_at is not None:
        return "left"
    if offer.state == "expired" or (offer.state == "open" and offer.hold_until <= now):
        return "over"
    if offer.state != "open":
        return offer.state
    return "waits" if waits(obligation, owing) else "open"


def _accepted(offer: Offer, who: Named, now: datetime) -> Update | Require:
    """What the member accepts as she hands over, unless she has before."""
    if offer.agreed_at:
        return Require(offer, _as_read(offer))
    values = {"agreed_at": now, "start_at_once": who.start_at_once}
    return Update(offer, values, when=_as_read(offer))


def _as_read(offer: Offer) -> tuple[Is, ...]:
    """Nobody has begun to pay or let the place go since: that moves one of these."""
    return (Is("state", offer.state), as_held(offer), Is("mints", offer.mints))


def _unpaid(obligation: Obligation) -> tuple[Is, ...]:
    return (
        Is("state", "due"),
        Is("billed_at", obligation.billed_at),
        Is("paid_minor", obligation.paid_minor),
        Is("payer_named_at", obligation.payer_named_at),
    )


def _closed(payments: Sequence[Payment]) -> list[Change]:
    return [closed(one) for one in payments if one.state == "pending"]

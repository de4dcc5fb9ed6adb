"""A lower price after the offer (A8): asking for it, and a new offer in the place of the old one.

No reason is asked for, and no leader hears of it. What does not live here: what is new in the
offer (offer_terms.py), an offer that ends without another (offer_endings.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.errors import Conflict, OfferNotOpen
from chalicelib.rules import states
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Change, Create, Is, Require, Under, Update
from chalicelib.rules.joining.applications import Act, Application
from chalicelib.rules.joining.offer_endings import LOWER_PRICE, lower_price_settled, void
from chalicelib.rules.joining.offer_terms import Terms, terms_of
from chalicelib.rules.joining.offers import (
    NewOffer,
    Offer,
    answer_by,
    as_held,
    early_count,
    may_be_offered,
    offer_mail,
    offer_of,
    term_ref,
    written,
)
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.prices.means import exchanged
from chalicelib.rules.running.groups import WholeTerm

PAUSE_DAYS = 7  # so long the place is kept at least, from the day somebody asks
ANSWER_WITHIN = timedelta(days=2)


def lower_price_asked(application: Application, offer: Offer, act: Act) -> Change:
    """The applicant asks for a lower price: the day to answer moves away, once for each offer,
    and an administrator is told. Raises OfferNotOpen, Conflict when it was asked before."""
    if offer.state != "open" or offer.hold_until <= act.now:
        raise OfferNotOpen(state=offer.state if offer.state != "open" else "expired")
    if offer.asked_at or not offer.parts.to_pay_minor:
        raise Conflict
    until = answer_by(PAUSE_DAYS, act.now, str(offer.facts["zone"]))
    task = Task(
        task_id=f"{LOWER_PRICE}#{offer.application_id}",
        code=LOWER_PRICE,
        facts={"name": application.full_name, "group": application.group_title},
        path=f"/admin/applications/{offer.application_id}",
        opened_at=act.now,
        due_at=act.now + ANSWER_WITHIN,
    )
    values = {
        "asked_at": act.now,
        "expires_at": max(offer.expires_at, until),
        "hold_until": max(offer.hold_until, until),
    }
    return Change.of(
        Update(offer, values, when=(Is("state", "open"), Is("asked_at", None), as_held(offer))),
        Create(task),
        audit(
            offer.application_id,
            "offer.lower_price_asked",
            act.actor,
            act.now,
            act.audit_id,
            person_id=offer.person_id,
            offer_id=offer.offer_id,
        ),
    )


def reissue(
    application: Application,
    old: Offer,
    whole: WholeTerm,
    circle: CircleSettings,
    new: NewOffer,
    asked_before: str = "",
) -> Change:
    """A new offer takes the place of an open one, with a debt of its own: the seat stays kept, what
    the old one used of the fund and of credits comes back, the applicant gets the new mail, and
    only she can ask again who was `asked_before` to pay (N12).

    Conditional on the old one being open and its hold as read: a payment that comes between wins.
    `new.choice.means` stand as if the old one had ended. Raises what open_offer raises.
    """
    may_be_offered(application, whole, circle)
    if not states.may("offer", old.state, "withdrawn") or application.offer_id != old.offer_id:
        raise OfferNotOpen(state=old.state)
    terms = terms_of(_without(old, whole), new.choice, new.now)
    offer = offer_of(application, whole, circle, new, terms)
    debts = (old.obligation_id, offer.obligation_id)
    return Change.of(
        Update(
            old,
            {"state": "withdrawn", "hold": states.move("hold", old.hold, "released")},
            when=(Is("state", "open"), as_held(old)),
            refusal=OfferNotOpen,
        ),
        void(old),
        _counted(old, offer, whole, terms),
        Update(
            application,
            {"offer_id": offer.offer_id},
            when=(Is("state", "accepted"), Is("offer_id", old.offer_id)),
        ),
        written(offer, application, whole, terms),
        exchanged(old.parts, old.bursary_code, terms.parts, new.choice.means, debts),
        lower_price_settled(old),
        offer_mail(offer, new.now, replaces=True, asked_before=asked_before),
    )


def _without(old: Offer, whole: WholeTerm) -> WholeTerm:
    """The term as if the old offer had ended: its place at an early price is free again."""
    if not old.early:
        return whole
    name = early_count(old.category)
    fewer: dict[str, Any] = {name: getattr(whole.term, name) - 1}
    return replace(whole, term=replace(whole.term, **fewer))


def _counted(old: Offer, offer: Offer, whole: WholeTerm, terms: Terms) -> Update | Require:
    """The term still recruits or runs; its seats stay as they are, places at an early price
    may move."""
    moved: dict[str, int] = {}
    for one, by in ((old, -1), (offer, 1)):
        if one.early:
            name = early_count(one.category)
            moved[name] = moved.get(name, 0) + by
    still = Is("state", whole.term.state)
    by_name = {name: by for name, by in moved.items() if by}
    if not by_name:
        return Require(term_ref(offer), (still,), Conflict)
    name = early_count(offer.category)
    limit = (Under(name, terms.limited),) if terms.limited and by_name.get(name) else ()
    return Update(term_ref(offer), add=by_name, when=(still, *limit), refusal=Conflict)

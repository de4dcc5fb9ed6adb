"""How an offer ends: declined, run out, taken back, and the waitlist after; what ends with one
that is taken.

What does not live here: opening one (offers.py), one in the place of another (reissues.py), the
money that takes one (settling.py).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.errors import Conflict, OfferNotOpen
from chalicelib.rules import states
from chalicelib.rules.books.ledger import bursary_entry
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update
from chalicelib.rules.joining.applications import Act, Application, moved, task_of
from chalicelib.rules.joining.offers import (
    Offer,
    application_link,
    as_held,
    early_count,
    offer_link,
    stands_in,
    term_ref,
    told,
)
from chalicelib.rules.mail import mail
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import Task
from chalicelib.rules.prices.bursaries import spent
from chalicelib.rules.prices.means import given_back

LOOK_AGAIN_DAYS = 2
LOWER_PRICE = "concession_asked"  # the task of an applicant who asks for a lower price (A8)


def end_offer(application: Application, offer: Offer, state: str, now: datetime) -> Change:
    """Let the seat go: `state` is declined, expired or withdrawn. Somebody has to look at the
    application again, until it has moved on.

    Conditional on the offer being open and its hold as it was read, so that a payment or a new
    checkout that comes between wins. Raises OfferNotOpen.
    """
    if not states.may("offer", offer.state, state):
        raise OfferNotOpen(state=offer.state)
    return Change.of(
        Update(
            offer,
            {"state": state, "hold": states.move("hold", offer.hold, "released")},
            when=(Is("state", "open"), as_held(offer)),
            refusal=OfferNotOpen,
        ),
        Update(
            term_ref(offer),
            add={"occupied": -1, **({early_count(offer.category): -1} if offer.early else {})},
        ),
        Update(_application_ref(offer), {"offer_id": None}),
        void(offer),
        given_back(offer.bursary_code, offer.parts, offer.obligation_id),
        lower_price_settled(offer),
        task_of(application, "offer_to_make", LOOK_AGAIN_DAYS, now)
        if application.state == "accepted"
        else None,
        _end_mail(offer, state, now),
    )


def back_to_waitlist(application: Application, offer: Offer, act: Act) -> Change:
    """From an offer that ran out to the waitlist, with the usual priority (A5)."""
    if offer.state not in ("expired", "withdrawn"):
        raise Conflict
    return moved(application, "waitlisted", act, waitlisted_at=act.now)


def _end_mail(offer: Offer, state: str, now: datetime) -> Create | None:
    if state == "declined":
        return None
    return mail(
        f"offer_{state}",
        offer.offer_id,
        offer.email,
        now,
        told(offer),
        links={"application": application_link(offer), "offer": offer_link(offer)},
        stands=(stands_in(offer, state),),
        person_id=offer.person_id,
    )


def taken_up(offer: Offer, obligation: Obligation, now: datetime) -> Change:
    """A seat is taken: the bursary fund pays its part, its code is spent, and a lower price is
    no longer asked for. Of an offer that had ended, the code is taken anew (means.taken_late)."""
    helped, in_time = obligation.bursary_minor, offer.state == "open"
    return Change.of(
        bursary_entry(obligation, now) if helped else None,
        spent(obligation.bursary_code, obligation.obligation_id) if helped and in_time else None,
        lower_price_settled(offer),
    )


def lower_price_settled(offer: Offer) -> Remove | None:
    """Nobody has to answer any more who asked for a lower price."""
    if offer.asked_at is None:
        return None
    return Remove(Ref(Task, {"task_id": f"{LOWER_PRICE}#{offer.application_id}"}))


def void(offer: Offer) -> Update:
    """Nothing is owed for an offer that ended unpaid."""
    row = Ref(Obligation, {"obligation_id": offer.obligation_id})
    return Update(row, {"state": "void"}, when=(Is("state", "due"),))


def _application_ref(offer: Offer) -> Ref:
    return Ref(Application, {"application_id": offer.application_id})

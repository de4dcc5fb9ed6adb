"""Offers: a seat held for one applicant until a time, at a frozen price and policy.

What does not live here: opening a checkout (checkout.py), what a payment means (settling.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import Conflict, NoSeatLeft, OfferNotOpen, SwitchedOff, TermNotOpen
from chalicelib.rules import states
from chalicelib.rules.changes import Below, Change, Create, Is, Ref, Update
from chalicelib.rules.joining.applications import (
    Act,
    Application,
    may_offer,
    moved,
    task_cured,
    task_of,
)
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.money.ledger import group_book
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.money.shares import pro_rata, spread
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import Term, WholeTerm, facts_of

LAST_MINUTE = time(23, 59)
LOOK_AGAIN_DAYS = 2


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Price, policy and agreement are frozen when it opens (R70). `expires_at` is what the
    applicant is told; `hold_until` is when the seat is let go: later only while a checkout runs.
    """

    application_id: str
    offer_id: str
    group_id: str
    term_id: str
    obligation_id: str
    state: str = "open"
    hold: str = "held"
    generation: int = 1
    full_name: str
    email: str
    price_minor: int
    currency: str
    policy_version: str
    agreement_version: str
    agreed_at: datetime | None = None
    start_at_once: bool = False  # the tick of D2
    made_at: datetime
    made_by: str
    expires_at: datetime
    hold_until: datetime
    checkout_extended: bool = False
    mints: int = 0  # checkout sessions opened for it (card testing)
    person_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)  # of the term, as it was offered
    retain_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewOffer:
    """The names and times of an offer about to be made."""

    offer_id: str
    obligation_id: str
    expires_at: datetime
    now: datetime
    actor: str


def answer_by(days: int, now: datetime, zone: str, working_days: bool = False) -> datetime:
    """The last minute, in the group's zone, of the day an answer is due (D17: a waitlist offer
    stands three working days)."""
    day = now.astimezone(ZoneInfo(zone)).date()
    left = days
    while left:
        day += timedelta(days=1)
        left -= 0 if working_days and day.weekday() >= 5 else 1
    return datetime.combine(day, LAST_MINUTE, ZoneInfo(zone))


def open_offer(
    application: Application, whole: WholeTerm, circle: CircleSettings, new: NewOffer
) -> Change:
    """Hold a seat, freeze price and policy, owe the price, tell the applicant (R70, D12).

    Raises SwitchedOff, TermNotOpen, NoSeatLeft, InterviewOutcomeMissing, or Conflict when the
    application is not accepted or has an open offer already.
    """
    if not circle.selling:
        raise SwitchedOff(switch="selling")
    if whole.term.state not in ("recruiting", "running"):
        raise TermNotOpen
    if application.state != "accepted" or application.offer_id:
        raise Conflict
    may_offer(application, whole.group)
    if not whole.to_come(new.now):
        raise TermNotOpen
    if not whole.term.free:
        raise NoSeatLeft
    offer = _offer(application, whole, circle, new)
    return Change.of(
        Update(
            _term_ref(offer),
            add={"occupied": 1},
            when=(Is("state", whole.term.state), Below("occupied", "capacity")),
            refusal=NoSeatLeft,
        ),
        Update(
            application,
            {"offer_id": offer.offer_id},
            when=(Is("state", "accepted"), Is("offer_id", None)),
        ),
        Create(offer),
        Create(_obligation(offer, new, whole)),
        task_cured(application),
        offer_mail(offer, new.now),
    )


def _offer(
    application: Application, whole: WholeTerm, circle: CircleSettings, new: NewOffer
) -> Offer:
    return Offer(
        application_id=application.application_id,
        offer_id=new.offer_id,
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        obligation_id=new.obligation_id,
        full_name=application.full_name,
        email=application.email,
        price_minor=price_now(whole, new.now),
        currency=whole.term.currency,
        policy_version=circle.policy_version,
        agreement_version=circle.agreement_version,
        made_at=new.now,
        made_by=new.actor,
        expires_at=new.expires_at,
        hold_until=new.expires_at,
        person_id=application.person_id,
        facts=facts_of(whole)
        | {"price_minor": price_now(whole, new.now)}
        | {"profession": application.profession, "reader_zone": application.zone},
    )


def price_now(whole: WholeTerm, now: datetime) -> int:
    """The price for somebody who joins now: the sessions still to come of it (O4)."""
    every = [one.session_id for one in whole.sessions if one.state != "cancelled"]
    return pro_rata(whole.term.price_minor, every, whole.to_come(now))


def _obligation(offer: Offer, new: NewOffer, whole: WholeTerm) -> Obligation:
    session_ids = whole.to_come(new.now)
    begins_at = next(one.starts_at for one in whole.sessions if one.session_id == session_ids[0])
    return Obligation(
        obligation_id=offer.obligation_id,
        group_id=offer.group_id,
        term_id=offer.term_id,
        application_id=offer.application_id,
        offer_id=offer.offer_id,
        person_id=offer.person_id,
        amount_minor=offer.price_minor,
        currency=offer.currency,
        shares=spread(offer.price_minor, session_ids),
        begins_at=begins_at,
        book=group_book(offer.group_id),
        created_at=new.now,
    )


def offer_mail(offer: Offer, now: datetime) -> Create:
    """The offer as its mail says it; dropped if it is not open any more when it would leave."""
    return mail(
        "offer",
        offer.offer_id,
        offer.email,
        now,
        {**offer.facts, "full_name": offer.full_name, "expires_at": offer.expires_at},
        links={"offer": offer_link(offer)},
        stands=(stands_in(offer, "open"),),
        person_id=offer.person_id,
    )


def offer_link(offer: Offer) -> LinkTo:
    """The personal link of an offer: it names application and offer."""
    return LinkTo(
        purpose="offer",
        subject=f"{offer.application_id}_{offer.offer_id}",
        generation=offer.generation,
    )


def application_link(offer: Offer) -> LinkTo:
    """The applicant's status page."""
    return LinkTo(purpose="application", subject=offer.application_id)


def stands_in(offer: Offer, *values: str) -> Standing:
    """That the offer is in one of these states."""
    ids = {"application_id": offer.application_id, "offer_id": offer.offer_id}
    return Standing(kind="Offer", ids=ids, name="state", values=values)


def as_held(offer: Offer) -> Is:
    """That nobody has moved the end of the hold since the offer was read."""
    return Is("hold_until", offer.hold_until)


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
        Update(_term_ref(offer), add={"occupied": -1}),
        Update(_application_ref(offer), {"offer_id": None}),
        Update(_obligation_ref(offer), {"state": "void"}, when=(Is("state", "due"),)),
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
        {**offer.facts, "full_name": offer.full_name, "expires_at": offer.expires_at},
        links={"application": application_link(offer), "offer": offer_link(offer)},
        stands=(stands_in(offer, state),),
        person_id=offer.person_id,
    )


def _term_ref(offer: Offer) -> Ref:
    return Ref(Term, {"group_id": offer.group_id, "term_id": offer.term_id})


def _application_ref(offer: Offer) -> Ref:
    return Ref(Application, {"application_id": offer.application_id})


def _obligation_ref(offer: Offer) -> Ref:
    return Ref(Obligation, {"obligation_id": offer.obligation_id})

"""Offers: a seat held for one applicant until a time, at a frozen price and policy.

What does not live here: opening a checkout (checkout.py), what a payment means (settling.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import Conflict, NoSeatLeft, SwitchedOff, TermNotOpen
from chalicelib.rules.changes import Below, Change, Create, Is, Ref, Under, Update
from chalicelib.rules.joining.applications import (
    Application,
    may_offer,
    task_cured,
)
from chalicelib.rules.joining.offer_terms import Choice, Terms, debt_of, frozen_facts, terms_of
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.prices.means import Parts, taken
from chalicelib.rules.prices.prices import STANDARD
from chalicelib.rules.running.groups import Term, WholeTerm

LAST_MINUTE = time(23, 59)


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
    category: str = STANDARD
    early: bool = False  # at the early price of its category
    price_minor: int  # the whole price, whoever pays it
    bursary_minor: int = 0  # what the bursary fund pays of it (confidential)
    bursary_code: str = ""
    credits: Mapping[str, int] = field(default_factory=dict)  # credit -> what it pays of it
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
    payment_due: str = "before_start"  # or after_first_session: the place first (R66)
    instalments: int = 1  # in how many monthly parts it is paid (T4)
    person_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)  # of the term, as it was offered
    asked_at: datetime | None = None  # when a lower price was asked for (A8)
    retain_until: datetime | None = None

    @property
    def parts(self) -> Parts:
        """Who pays which part of the price."""
        return Parts(
            price_minor=self.price_minor, bursary_minor=self.bursary_minor, credits=self.credits
        )


@dataclass(frozen=True, kw_only=True)
class NewOffer:
    """The names and times of an offer about to be made, and what the desk chose."""

    offer_id: str
    obligation_id: str
    expires_at: datetime
    now: datetime
    actor: str
    choice: Choice = field(default_factory=Choice)


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

    Raises SwitchedOff, TermNotOpen, NoSeatLeft, BursaryNotOpen, InterviewOutcomeMissing, or
    Conflict when the application is not accepted or has an open offer already.
    """
    may_be_offered(application, whole, circle)
    if application.offer_id:
        raise Conflict
    if not whole.term.free:
        raise NoSeatLeft
    terms = terms_of(whole, new.choice, new.now)
    offer = offer_of(application, whole, circle, new, terms)
    early = (Under(early_count(offer.category), terms.limited),) if terms.limited else ()
    return Change.of(
        Update(
            term_ref(offer),
            add={"occupied": 1, **({early_count(offer.category): 1} if offer.early else {})},
            when=(Is("state", whole.term.state), Below("occupied", "capacity"), *early),
            refusal=NoSeatLeft,
        ),
        Update(
            application,
            {"offer_id": offer.offer_id},
            when=(Is("state", "accepted"), Is("offer_id", None)),
        ),
        written(offer, application, whole, terms),
        taken(terms.parts, new.choice.means, offer.obligation_id),
        task_cured(application),
        offer_mail(offer, new.now),
    )


def may_be_offered(application: Application, whole: WholeTerm, circle: CircleSettings) -> None:
    """What every offer needs. Raises SwitchedOff, TermNotOpen, Conflict for an application that
    is not accepted, InterviewOutcomeMissing."""
    if not circle.selling:
        raise SwitchedOff(switch="selling")
    if whole.term.state not in ("recruiting", "running"):
        raise TermNotOpen
    if application.state != "accepted":
        raise Conflict
    may_offer(application, whole.group)


def written(offer: Offer, application: Application, whole: WholeTerm, terms: Terms) -> Change:
    """The rows of a new offer: itself and its debt."""
    ids = {"obligation_id": offer.obligation_id, "offer_id": offer.offer_id}
    debt = debt_of(ids, application, whole, terms, offer.bursary_code, offer.made_at)
    return Change.of(Create(offer), Create(debt))


def offer_of(
    application: Application, whole: WholeTerm, circle: CircleSettings, new: NewOffer, terms: Terms
) -> Offer:
    """The row of a new offer."""
    code = new.choice.means.code
    return Offer(
        application_id=application.application_id,
        offer_id=new.offer_id,
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        obligation_id=new.obligation_id,
        full_name=application.full_name,
        email=application.email,
        category=terms.quote.category,
        early=terms.quote.early is not None,
        price_minor=terms.parts.price_minor,
        bursary_minor=terms.parts.bursary_minor,
        bursary_code=code.code if code and terms.parts.bursary_minor else "",
        credits=terms.parts.credits,
        currency=whole.term.currency,
        policy_version=circle.policy_version,
        agreement_version=circle.agreement_version,
        made_at=new.now,
        made_by=new.actor,
        expires_at=new.expires_at,
        hold_until=new.expires_at,
        payment_due=whole.term.payment_due,
        instalments=whole.term.instalments if circle.instalments else 1,
        person_id=application.person_id,
        facts=frozen_facts(application, whole, circle, terms),
    )


def early_count(category: str) -> str:
    """The counter of a term for places at the early price of a category."""
    return f"early_{category}"


def offer_mail(
    offer: Offer, now: datetime, replaces: bool = False, asked_before: str = ""
) -> Create:
    """The offer as its mail says it; dropped if it is not open any more when it would leave.
    `asked_before` is who was asked to pay the one that it replaces, by name."""
    return mail(
        "offer",
        offer.offer_id,
        offer.email,
        now,
        {
            **told(offer),
            "replaces": replaces,  # an earlier one, at another price (A8)
            "asked_before": asked_before,
            "payment_due": offer.payment_due,
            "instalments": offer.instalments,
        },
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


def told(offer: Offer) -> dict[str, Any]:
    """The facts that every mail about an offer has."""
    return {**offer.facts, "full_name": offer.full_name, "expires_at": offer.expires_at}


def term_ref(offer: Offer) -> Ref:
    """The term, for its counters."""
    return Ref(Term, {"group_id": offer.group_id, "term_id": offer.term_id})

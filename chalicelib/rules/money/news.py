"""News about a checkout, and the debt it is about: what settling and waiting both start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.payments import Marker, Obligation, Payment
from chalicelib.rules.money.stripe_objects import Checkout

MARKER_LIFE = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Debt:
    """Everything about one debt, as it was read."""

    obligation: Obligation
    payment: Payment  # the one the news is about
    offer: Offer
    application: Application
    before: Enrolment | None = None  # who comes back has an enrolment already
    instalments: tuple[Instalment, ...] = ()  # its parts, once its place is taken
    held: frozenset[str] = frozenset()  # sessions it pays for that were held already
    shares_moved: int | None = None  # of the term, where sessions may have been held


@dataclass(frozen=True, kw_only=True)
class News:
    """What Stripe says, and when we heard it; `event_id` when it came as an event."""

    checkout: Checkout
    now: datetime
    refund_id: str  # a fresh name, should money have to go back
    event_id: str | None = None


def matches(payment: Payment, checkout: Checkout) -> bool:
    """Whether the news agrees with what we asked for: amount, currency, session, intent."""
    return (
        checkout.amount_minor == payment.amount_minor
        and checkout.currency == payment.currency
        and payment.checkout_id in (None, checkout.id)
        and payment.intent_id in (None, checkout.payment_intent_id)
    )


def marker(fact: str, now: datetime) -> Create:
    """Counts a fact once; AlreadyCounted answers the second time."""
    expires = int((now + MARKER_LIFE).timestamp())
    return Create(Marker(marker_id=fact, at=now, expires_epoch=expires), refusal=AlreadyCounted)


def markers(news: News, outcome: str) -> Change:
    """The event, if there is one, and the fact that webhook, return page and reconciler share."""
    event = marker(news.event_id, news.now) if news.event_id else None
    return Change.of(marker(f"{news.checkout.id}#{outcome}", news.now), event)


def stripe_ids(payment: Payment, checkout: Checkout) -> dict[str, str | None]:
    """Stripe's ids, written once: `matches` has compared those that were there."""
    return {
        "checkout_id": payment.checkout_id or checkout.id,
        "intent_id": payment.intent_id or checkout.payment_intent_id,
    }

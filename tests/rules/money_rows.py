"""Rows of one debt for the tests of the money rules: an offer, its debt, its payment, its seat.

Each function takes what differs. What does not live here: flows, tables, Stripe.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.news import Debt, News
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.money.stripe_objects import Checkout
from chalicelib.rules.running.groups import Group, Session, Term, WholeTerm
from chalicelib.rules.running.recurrence import Recurrence
from chalicelib.store.rows import kept

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
SESSIONS = tuple(f"session-{number}" for number in range(1, 7))
SHARES = dict.fromkeys(SESSIONS, 3600)
OURS = {"app": "balint", "deployment": "test", "obligation_id": "debt-1", "payment_id": "pay-1"}


def application(**changed: Any) -> Application:
    row = Application(
        application_id="application-1",
        group_id="group-1",
        term_id="term-1",
        state="accepted",
        interview="suits",
        full_name="Pip Buttonwood",
        email="pip@example.org",
        email_hash="hash",
        profession="gp",
        person_id="person-1",
        offer_id="offer-1",
        created_at=NOW,
    )
    return replace(row, **changed)


def offer(**changed: Any) -> Offer:
    row = Offer(
        application_id="application-1",
        offer_id="offer-1",
        group_id="group-1",
        term_id="term-1",
        obligation_id="debt-1",
        full_name="Pip Buttonwood",
        email="pip@example.org",
        price_minor=21600,
        currency="GBP",
        policy_version="1",
        agreement_version="1",
        agreed_at=NOW,
        made_at=NOW,
        made_by="person-admin",
        expires_at=NOW + WEEK,
        hold_until=NOW + WEEK,
        person_id="person-1",
        facts={"group_title": "Thursday Lantern Group", "term_title": "Spring 2027"}
        | {"zone": "Europe/London", "profession": "gp"},
    )
    return replace(row, **changed)


def obligation(**changed: Any) -> Obligation:
    row = Obligation(
        obligation_id="debt-1",
        group_id="group-1",
        term_id="term-1",
        application_id="application-1",
        offer_id="offer-1",
        person_id="person-1",
        amount_minor=21600,
        currency="GBP",
        book="group#group-1",
        shares=SHARES,
        created_at=NOW,
    )
    return replace(row, **changed)


def billed(**changed: Any) -> Obligation:
    """A debt whose seat is taken and whose price is paid."""
    usual = {"state": "paid", "billed_at": NOW, "paid_minor": 21600, "paid_by": "pay-1"}
    return obligation(**{**usual, **changed})


def payment(**changed: Any) -> Payment:
    row = Payment(
        obligation_id="debt-1",
        payment_id="pay-1",
        amount_minor=21600,
        currency="GBP",
        offer_id="offer-1",
        application_id="application-1",
        group_id="group-1",
        term_id="term-1",
        book="group#group-1",
        email="pip@example.org",
        full_name="Pip Buttonwood",
        zone="Europe/London",
        title="Thursday Lantern Group: Spring 2027",
        person_id="person-1",
        key="pay-1",
        created_at=NOW,
        check_at=NOW,
    )
    return replace(row, **changed)


def paid(**changed: Any) -> Payment:
    """A payment that bought a seat; its fee is known."""
    usual = {"state": "paid", "outcome": "seat", "intent_id": "pi_1", "fee_minor": 344}
    return payment(**{**usual, "paid_at": NOW, "check_at": None, **changed})


def refund(**changed: Any) -> Refund:
    row = Refund(
        obligation_id="debt-1",
        refund_id="refund-1",
        payment_id="pay-1",
        amount_minor=21600,
        currency="GBP",
        cause="administrator",
        requested_by="person-admin",
        requested_at=NOW,
        book="group#group-1",
        term_id="term-1",
        application_id="application-1",
        person_id="person-1",
        intent_id="pi_1",
        email="pip@example.org",
        full_name="Pip Buttonwood",
        zone="Europe/London",
        title="Thursday Lantern Group: Spring 2027",
        check_at=NOW,
    )
    return replace(row, **changed)


def enrolment(**changed: Any) -> Enrolment:
    row = Enrolment(
        term_id="term-1",
        person_id="person-1",
        group_id="group-1",
        application_id="application-1",
        offer_id="offer-1",
        obligation_id="debt-1",
        state="active",
        full_name="Pip Buttonwood",
        email="pip@example.org",
        enrolled_at=NOW,
    )
    return replace(row, **changed)


def term(**changed: Any) -> Term:
    row = Term(
        group_id="group-1",
        term_id="term-1",
        title="Spring 2027",
        state="recruiting",
        recurrence=Recurrence(
            first_date=date(2027, 1, 14), local_time=time(19), minutes=90, count=6
        ),
        zone="Europe/London",
        starts_at=NOW + 8 * WEEK,
        ends_at=NOW + 18 * WEEK,
        capacity=8,
        min_members=6,
        price_minor=21600,
        created_at=NOW,
    )
    return replace(row, **changed)


def whole(**changed: Any) -> WholeTerm:
    group = Group(
        group_id="group-1",
        slug="thursday-lantern",
        title="Thursday Lantern Group",
        audience="Clinicians",
        about="",
        contact_email="lantern@example.org",
        created_at=NOW,
    )
    sessions = tuple(session(number) for number in range(1, 7))
    return WholeTerm(group=group, term=term(**changed), sessions=sessions, tasters=(), leaders=())


def session(number: int, **changed: Any) -> Session:
    """One of the six evenings, two weeks apart."""
    at = NOW + 8 * WEEK + (number - 1) * 2 * WEEK
    row = Session(
        group_id="group-1",
        term_id="term-1",
        session_id=f"session-{number}",
        number=number,
        local_date=at.date(),
        local_time=time(19),
        zone="Europe/London",
        minutes=90,
        starts_at=at,
        ends_at=at + timedelta(minutes=90),
    )
    return replace(row, **changed)


def checkout(**changed: Any) -> Checkout:
    row = Checkout(
        id="cs_1",
        status="complete",
        payment_status="paid",
        amount_minor=21600,
        currency="GBP",
        livemode=False,
        url=None,
        payment_intent_id="pi_1",
        metadata=OURS,
        expires_at=NOW + timedelta(hours=1),
    )
    return replace(row, **changed)


def news(now: datetime = NOW, event_id: str | None = None, **changed: Any) -> News:
    return News(checkout=checkout(**changed), now=now, refund_id="refund-1", event_id=event_id)


def debt(**rows: Any) -> Debt:
    usual = {
        "obligation": obligation(),
        "payment": payment(),
        "offer": offer(),
        "application": application(),
    }
    return Debt(**{**usual, **rows})


# What a change says


def values(change: Change, kind: type) -> dict[str, Any]:
    """What a change sets and adds on the one row of a kind that it updates."""
    (update,) = updates(change, kind)
    return {**update.values, **update.add}


def conditions(change: Change, kind: type) -> dict[str, Any]:
    """The equalities under which that update holds."""
    (update,) = updates(change, kind)
    return {one.name: one.value for one in update.when if isinstance(one, Is)}


def updates(change: Change, kind: type) -> list[Update]:
    return [one for one in change.writes if isinstance(one, Update) and _is_of(one.row, kind)]


def mails(change: Change) -> list[str]:
    """The keys of the mails it queues."""
    rows = [one.row for one in change.writes if isinstance(one, Create)]
    return [row.message_key for row in rows if type(row).__name__ == "Mail"]


def twice_written(change: Change) -> list[Any]:
    """Rows that one change writes twice, which DynamoDB refuses."""
    keys = Counter(
        (kept(one.row).table.Meta.table_name, *kept(one.row).key_of(one.row))
        for one in change.writes
    )
    return [key for key, times in keys.items() if times > 1]


def _is_of(row: Any, kind: type) -> bool:
    return isinstance(row, kind) or getattr(row, "kind", None) is kind

"""The mails of money that goes back: started, came back, paid by hand, and what a leaver gets.

Each is queued in the transaction of its fact. What does not live here: receipts and the other
mails of paying (mails.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Create
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.money.payments import Refund, Release
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm


def refund_mail(refund: Refund, now: datetime) -> Create:
    """Started, not done: how much, for what, how long it takes, what if the card is closed."""
    return _about(
        refund,
        "refund_started",
        refund.refund_id,
        now,
        ("sent", "succeeded"),
        amount_minor=refund.amount_minor + refund.suspense_minor,
        cause=refund.cause,
        reason=refund.reason,
        ends_seat=refund.ends_seat,
        reference=refund.stripe_refund_id or "",
        requested_at=refund.requested_at,
    )


def refund_failed_mail(refund: Refund, stripe_refund_id: str, now: datetime) -> Create:
    """It came back to us: still owed, and a person finds another way with the payer (M7). Bank
    details are not asked for in writing."""
    return _about(refund, "refund_failed", stripe_refund_id, now, ("failed",))


def paid_by_hand_mail(refund: Refund, now: datetime) -> Create:
    """The transfer was made: how much, which day, under which reference."""
    return _about(
        refund,
        "refund_paid_by_hand",
        refund.refund_id,
        now,
        ("paid_manually",),
        reference=refund.paid_reference,
        paid_on=refund.paid_on.isoformat() if refund.paid_on else "",
    )


def _about(
    refund: Refund, template: str, name: str, now: datetime, states: tuple[str, ...], **more: Any
) -> Create:
    ids = {"obligation_id": refund.obligation_id, "refund_id": refund.refund_id}
    facts = {
        "full_name": refund.full_name,
        "zone": refund.zone,
        "title": refund.title,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        **refund.seller,
    }
    return mail(
        template,
        name,
        refund.email,
        now,
        facts | more,
        links={"application": LinkTo(purpose="application", subject=refund.application_id)},
        stands=(Standing(kind="Refund", ids=ids, name="state", values=states),),
        person_id=refund.person_id,
    )


def left_mail(
    release: Release,
    enrolment: Enrolment,
    whole: WholeTerm,
    still_due_minor: int,
    by_bank: bool,
    now: datetime,
) -> Create:
    """To who leaves: that the place is free, what comes back, of what, when and how; what of it
    was not paid and need not be, and what is still to be paid."""
    ids = {"obligation_id": release.obligation_id, "release_id": release.release_id}
    return mail(
        "left_term",
        release.release_id,
        enrolment.email,
        now,
        {
            "full_name": enrolment.full_name,
            "group_title": whole.group.title,
            "term_title": whole.term.title,
            "zone": whole.term.zone,
            "left_at": now,
            "cause": release.cause,
            "by_rule": release.why,
            "refund_minor": release.refund_minor,
            "unbilled_minor": release.unbilled_minor,
            "credit_minor": release.credit_minor,
            "still_due_minor": still_due_minor,
            "currency": release.currency,
            "by_bank": by_bank,
        },
        links={"application": LinkTo(purpose="application", subject=enrolment.application_id)},
        stands=(Standing(kind="Release", ids=ids, name="state", values=("done",)),),
        person_id=enrolment.person_id,
    )


def told_leader_mail(
    release_id: str, leader: Person, enrolment: Enrolment, whole: WholeTerm, now: datetime
) -> Create:
    """To each leader: somebody has left. Not why, and nothing about money (M2)."""
    ids = {"term_id": enrolment.term_id, "person_id": enrolment.person_id}
    gone = ("left", "cancelled")
    return mail(
        "member_left",
        f"{release_id}-{leader.person_id}",
        leader.email,
        now,
        {
            "leader_name": leader.full_name,
            "full_name": enrolment.full_name,
            "group_title": whole.group.title,
            "term_title": whole.term.title,
            "zone": whole.term.zone,
            "left_at": now,
            "seats_taken": whole.term.taken - 1,
            "capacity": whole.term.capacity,
        },
        stands=(Standing(kind="Enrolment", ids=ids, name="state", values=gone),),
        person_id=leader.person_id,
    )

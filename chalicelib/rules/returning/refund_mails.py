"""The mails of money that goes back: started, came back, paid by hand, and what a leaver gets.

Each is queued in the transaction of its fact. Where the payer was apart from the member (N12), the
payer hears of the money and the member of what it means for her place. What does not live here:
receipts and the other mails of paying (mails.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.money.behalf import page_of
from chalicelib.rules.money.payments import Refund, Release
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm

STARTED = ("sent", "succeeded")
# Of these the member has heard already, with what it means for her place.
TOLD_OTHERWISE = ("late_money", "session_cancelled", "term_cancelled")


def refund_mail(refund: Refund, now: datetime) -> Change:
    """Started, not done: how much, for what, how long it takes, what if the card is closed. A
    member for whom somebody else had paid hears that it goes back there, and no amount."""
    return Change.of(
        _about(
            refund,
            "refund_started",
            refund.refund_id,
            now,
            STARTED,
            amount_minor=refund.amount_minor + refund.suspense_minor,
            cause=refund.cause,
            reason=refund.reason,
            ends_seat=refund.ends_seat,
            reference=refund.stripe_refund_id or "",
            requested_at=refund.requested_at,
        ),
        _member_mail(refund, now),
    )


def _member_mail(refund: Refund, now: datetime) -> Create | None:
    if refund.on_behalf is None or refund.ends_seat == "left" or refund.cause in TOLD_OTHERWISE:
        return None
    return mail(
        "payer_refunded",
        refund.refund_id,
        refund.on_behalf.member_email,
        now,
        {
            "full_name": refund.on_behalf.member_name,
            "payer_name": refund.full_name,
            "title": refund.title,
            "cause": refund.cause,
            "ends_seat": refund.ends_seat,
        },
        links={"application": LinkTo(purpose="application", subject=refund.application_id)},
        stands=(_stands(refund, STARTED),),
        person_id=refund.person_id,
    )


def _stands(refund: Refund, states: tuple[str, ...]) -> Standing:
    ids = {"obligation_id": refund.obligation_id, "refund_id": refund.refund_id}
    return Standing(kind="Refund", ids=ids, name="state", values=states)


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
    paid_for = refund.on_behalf
    facts = {
        "full_name": refund.full_name,
        "attends": paid_for.member_name if paid_for else "",
        "payer_reference": paid_for.reference if paid_for else "",
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
        links=page_of(refund),
        stands=(_stands(refund, states),),
        person_id=None if paid_for else refund.person_id,
    )


def left_mail(
    release: Release,
    enrolment: Enrolment,
    whole: WholeTerm,
    still_due_minor: int,
    refunds: Sequence[Refund],
    now: datetime,
) -> Create:
    """To who leaves: that the place is free, what comes back, of what, when and how; what of it
    was not paid and need not be, and what is still to be paid. Of `refunds` to another payer
    only that they are."""
    own = [one for one in refunds if one.on_behalf is None]
    other = next((one.full_name for one in refunds if one.on_behalf), "")
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
            "refund_minor": sum(one.amount_minor for one in own),
            "payer_name": other,
            "unbilled_minor": release.unbilled_minor,
            "credit_minor": release.credit_minor,
            "still_due_minor": still_due_minor,
            "currency": release.currency,
            "by_bank": any(one.method == "bank" for one in own),
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

"""What people are told when a session or a term is cancelled, each in the transaction of what
happens to their own debt (N9, L1).

What does not live here: what happens to the debt (bulk.py), guests (rules/joining/tasters.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Create
from chalicelib.rules.joining.application_mails import status_link
from chalicelib.rules.joining.applications import LIVE, Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.money.payments import Obligation, Payment, Release
from chalicelib.rules.people.people import Person
from chalicelib.rules.returning.bulk import Bulk, as_told
from chalicelib.rules.running.groups import Session, WholeTerm


@dataclass(frozen=True, kw_only=True)
class Told:
    """Whom a debt is told about, and as what: member, former member or holder of an offer."""

    full_name: str
    email: str
    zone: str
    person_id: str | None
    standing: str  # member | former | offered
    payer_name: str = ""  # who paid, where that was not she: the money goes back there (N12)


def whom(
    obligation: Obligation,
    enrolment: Enrolment | None,
    offer: Offer | None,
    payments: Sequence[Payment],
) -> Told | None:
    """Who hears of a debt: whose seat or offer it is, or who paid; None for nobody known.
    `enrolment` is the row of this person and term, `offer` the open one of the debt."""
    seat = enrolment
    paid = [one for one in payments if one.state == "paid"]
    payer_name = next((one.full_name for one in reversed(paid) if one.on_behalf), "")
    if seat and seat.obligation_id == obligation.obligation_id:
        standing = "member" if seat.state in IN_SEAT else "former"
        told = _told(seat, seat.zone, seat.person_id, standing)
    elif offer:
        zone = str(offer.facts.get("reader_zone") or "Europe/London")
        told = _told(offer, zone, offer.person_id, "offered")
    elif paid:
        told = _told(paid[-1], paid[-1].zone, paid[-1].person_id, "former")
    else:
        return None
    return replace(told, payer_name=payer_name)


def _told(row: Enrolment | Offer | Payment, zone: str, person_id: str | None, as_what: str) -> Told:
    member = row.on_behalf if isinstance(row, Payment) else None
    return Told(
        full_name=member.member_name if member else row.full_name,
        email=member.member_email if member else row.email,
        zone=zone,
        person_id=person_id,
        standing=as_what,
    )


def session_mail(
    bulk: Bulk,
    whole: WholeTerm,
    told: Told,
    obligation: Obligation,
    release: Release | None,
    now: datetime,
    pay_by: datetime | None = None,
) -> Create | None:
    """Which session, what becomes of its fee, and until when what is due after the first session
    is paid now, if that moved. Whoever has left hears of it when there is something to have back.
    A member's calendar gets the extra date."""
    if told.standing == "former" and not (release and _amounts(release)):
        return None
    facts = _about(whole, told) | _dates(bulk, whole) | _parts(bulk, obligation, release)
    if told.standing == "member":
        facts |= {"pay_by": pay_by or ""} | _calendar(bulk, whole)
    return _letter("session_cancelled", bulk, told, obligation, release, facts, now)


def term_mail(
    bulk: Bulk,
    whole: WholeTerm,
    told: Told,
    obligation: Obligation,
    release: Release | None,
    now: datetime,
) -> Create | None:
    """The term will not be, or ends here; the place ends, and what goes back."""
    if release is None or (told.standing == "former" and not _amounts(release)):
        return None
    begun = {"begun": bool(whole.held), "member": told.standing == "member"}
    facts = _about(whole, told) | begun | _parts(bulk, obligation, release)
    return _letter("term_cancelled", bulk, told, obligation, release, facts, now)


def waiting_mail(bulk: Bulk, whole: WholeTerm, application: Application, now: datetime) -> Create:
    """Who applied for a term, and has no place in it, hears that there will be none (A4)."""
    ids = {"application_id": application.application_id}
    facts = {
        "group_title": whole.group.title,
        "term_title": whole.term.title,
        "contact_email": whole.group.contact_email,
        "full_name": application.full_name,
        "begun": bool(whole.held),
        "waitlisted": application.state == "waitlisted",
        "message": bulk.message,
    }
    return mail(
        "term_cancelled_waiting",
        as_told(bulk, application.application_id),
        application.email,
        now,
        facts,
        links={"application": status_link(application)},
        stands=(Standing(kind="Application", ids=ids, name="state", values=LIVE),),
        person_id=application.person_id,
    )


def leader_mail(bulk: Bulk, whole: WholeTerm, leader: Person, now: datetime) -> Create:
    """A leader hears which session, or that the whole term, is cancelled; nothing of money."""
    facts = {
        "group_title": whole.group.title,
        "term_title": whole.term.title,
        "zone": whole.term.zone,
        "reader_zone": leader.zone,
        "full_name": leader.full_name,
        "message": bulk.message,
        "whole_term": not bulk.session_id,
        **_dates(bulk, whole),
        **_calendar(bulk, whole),
    }
    return mail(
        "leader_cancelled",
        as_told(bulk, leader.person_id),
        leader.email,
        now,
        facts,
        person_id=leader.person_id,
    )


def _letter(
    template: str,
    bulk: Bulk,
    told: Told,
    obligation: Obligation,
    release: Release | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> Create:
    return mail(
        template,
        as_told(bulk, obligation.obligation_id),
        told.email,
        now,
        {**facts, "message": bulk.message},
        links={"application": LinkTo(purpose="application", subject=obligation.application_id)},
        stands=(_stands(release),) if release else (),
        person_id=told.person_id,
    )


def _stands(release: Release) -> Standing:
    ids = {"obligation_id": release.obligation_id, "release_id": release.release_id}
    return Standing(kind="Release", ids=ids, name="state", values=("done",))


def _about(whole: WholeTerm, told: Told) -> dict[str, Any]:
    return {
        "group_title": whole.group.title,
        "term_title": whole.term.title,
        "contact_email": whole.group.contact_email,
        "zone": whole.term.zone,
        "reader_zone": told.zone,
        "full_name": told.full_name,
        "standing": told.standing,
        "payer_name": told.payer_name,
    }


def _dates(bulk: Bulk, whole: WholeTerm) -> dict[str, Any]:
    """The cancelled session, and the extra date where there is one."""
    old, new = whole.session(bulk.session_id), whole.session(bulk.new_session_id)
    return {
        "old": _when(old) if old else {},
        "new": _when(new) if new else {},
        "missed": old is not None and old.starts_at <= bulk.asked_at,
    }


def _calendar(bulk: Bulk, whole: WholeTerm) -> dict[str, Any]:
    """The calendar part: an extra date comes in, and moves or goes again under the same name. A
    cancelled session that was never sent takes nothing back."""
    old, new = whole.session(bulk.session_id), whole.session(bulk.new_session_id)
    shown = new or (old if old and old.replaces else None)
    if old is None or shown is None:
        return {}
    first, moves = old, 1
    while before := whole.session(first.replaces):
        first, moves = before, moves + 1
    entry = {
        "uid": first.session_id,
        "sequence": moves,
        "method": "REQUEST" if new else "CANCEL",
        **_when(shown),
        "summary": whole.group.title,
        "location": whole.term.venue,
    }
    return {"calendar": entry}


def _when(session: Session) -> dict[str, Any]:
    return {"starts_at": session.starts_at, "ends_at": session.ends_at}


def _parts(bulk: Bulk, obligation: Obligation, release: Release | None) -> dict[str, Any]:
    """What becomes of the fee, in minor units. What a bursary paid is between the fund and us."""
    return {
        "remedy": bulk.remedy,
        "currency": obligation.currency,
        "refund_minor": release.refund_minor if release else 0,
        "credit_minor": release.credit_minor if release else 0,
        "unbilled_minor": release.unbilled_minor if release else 0,
    }


def _amounts(release: Release) -> int:
    return release.refund_minor + release.credit_minor + release.unbilled_minor

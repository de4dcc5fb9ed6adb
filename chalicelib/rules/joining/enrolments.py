"""Enrolments: a person's holding of a seat for a term; the roster is all of a term's rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

IN_SEAT = ("awaiting_agreement", "confirmed_on_po", "active", "suspended")


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """The membership record of a term (D9). Name, address and profession as they were when the
    seat was taken, so that the roster is one query."""

    term_id: str
    person_id: str
    group_id: str
    application_id: str
    offer_id: str
    obligation_id: str
    state: str
    full_name: str
    email: str
    profession: str = ""
    zone: str = "Europe/London"
    paid_minor: int = 0
    currency: str = "GBP"
    enrolled_at: datetime
    agreement_version: str = ""
    agreed_at: datetime | None = None
    retain_until: datetime | None = None

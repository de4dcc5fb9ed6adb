"""Offers: a seat held for one applicant until a time, at a frozen price and policy.

What does not live here: paying (checkout.py, payments.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
    payment_due: str
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
    retain_until: datetime | None = None

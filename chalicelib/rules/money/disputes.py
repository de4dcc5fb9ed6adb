"""Disputes: money that a bank takes back, and what becomes of seat and books (T6, N8).

What does not live here: what Stripe's objects look like (stripe_objects.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A dispute or inquiry about one payment. `state` is Stripe's word for it; amounts in minor
    units. `withdrawn_minor` is what Stripe has taken from the balance for it and not given back,
    `fee_minor` its dispute fees."""

    obligation_id: str
    dispute_id: str  # dp_..
    payment_id: str
    state: str  # warning_needs_response | needs_response | under_review | won | lost | ...
    reason: str
    amount_minor: int
    withdrawn_minor: int = 0
    fee_minor: int = 0
    currency: str
    refundable: bool = False  # Stripe's is_charge_refundable
    due_by: datetime | None = None  # evidence has to be there by then
    booked_lost: bool = False
    book: str
    term_id: str
    person_id: str | None = None
    full_name: str
    opened_at: datetime
    ended_at: datetime | None = None

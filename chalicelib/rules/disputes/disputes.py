"""Disputes: money that a bank takes back, and what the row of one says of it (T6, N8).

What does not live here: what Stripe's objects look like (stripe_objects.py), what news of a
dispute means for debt, books and seat (disputing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

TO_ANSWER = {"needs_response": "dispute", "warning_needs_response": "inquiry"}  # state: task
OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
GONE = ("lost", "prevented")  # what was withdrawn does not come back
FREEZING = ("needs_response", "under_review", "lost")


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
    movements: tuple[str, ...] = ()  # the balance transactions that are booked, txn_..
    currency: str
    refundable: bool = False  # Stripe's is_charge_refundable
    due_by: datetime | None = None  # evidence has to be there by then
    booked_lost: bool = False
    lost_minor: int = 0  # of the debt that went with it
    written_off_minor: int = 0  # lost beyond what was left of the payment
    decision: str = ""  # keep | end: what a person decided about the seat after it was lost
    book: str
    term_id: str
    person_id: str | None = None
    full_name: str
    opened_at: datetime
    ended_at: datetime | None = None
    version: int = 0  # grows with each news, so that two of them are not taken in at once

    @property
    def is_open(self) -> bool:
        """Whether Stripe still waits for somebody's word about it."""
        return self.state in OPEN

    @property
    def is_inquiry(self) -> bool:
        """Whether it is only a question: no money is taken."""
        return self.state.startswith("warning_")

    @property
    def freezes_seat(self) -> bool:
        """Whether the seat it paid for is paused: money is gone, nobody has decided yet."""
        return self.state in FREEZING and self.withdrawn_minor > 0 and not self.decision

    @property
    def is_lost(self) -> bool:
        """Whether money is gone for good."""
        return self.state in GONE and self.withdrawn_minor > 0

    @property
    def waits_for_decision(self) -> bool:
        """Whether a person has to say what becomes of the seat."""
        return self.booked_lost and not self.decision

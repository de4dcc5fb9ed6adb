"""What is owed and what was paid: the rows of one debt.

What does not live here: opening a checkout (checkout.py), deciding what a payment means
(settling.py), refunds (refunds.py), entries (ledger.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """An amount owed and why; one for each offer. `payer` may be somebody else (N12)."""

    obligation_id: str
    group_id: str
    term_id: str
    application_id: str
    offer_id: str
    person_id: str | None = None
    amount_minor: int
    currency: str
    book: str
    state: str = "due"  # due | paid | void
    paid_by: str | None = None  # the payment that satisfied it
    refunded_minor: int = 0  # reserved or refunded, over all its payments
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Payment:
    """One try to pay an obligation. Stripe's ids are written once and compared after.

    `params` and `key` are what Stripe is asked with, kept so that a retry sends the same bytes.
    """

    obligation_id: str
    payment_id: str
    state: str = "pending"
    method: str = "stripe"  # stripe | nothing_due
    amount_minor: int
    currency: str
    offer_id: str
    application_id: str
    group_id: str
    term_id: str
    book: str
    email: str  # whom receipts and refunds are told
    full_name: str
    zone: str
    title: str  # what it is for, in words
    person_id: str | None = None
    key: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    checkout_id: str | None = None
    checkout_url: str | None = None
    checkout_expires_at: datetime | None = None
    intent_id: str | None = None
    charge_id: str | None = None
    fee_minor: int | None = None  # the processor's real fee, once known
    outcome: str = ""  # seat | surplus | late
    refunded_minor: int = 0  # reserved or refunded
    receipt_number: str = ""
    created_at: datetime
    paid_at: datetime | None = None
    check_at: datetime | None = None  # when the reconciler looks at it again


@dataclass(frozen=True, kw_only=True)
class StripeLookup:
    """Finds our payment by a Stripe id: `pi_..`, `ch_..`, `re_..`, `cs_..`."""

    stripe_id: str
    owner_id: str  # obligation_id
    payment_id: str


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money on its way back. The row stands before Stripe is asked; its id is the key."""

    obligation_id: str
    refund_id: str
    payment_id: str
    state: str = "requested"
    amount_minor: int
    currency: str
    cause: str  # surplus | late_money | administrator
    reason: str = ""
    requested_by: str
    requested_at: datetime
    book: str
    term_id: str
    application_id: str
    person_id: str | None = None
    intent_id: str
    email: str
    full_name: str
    zone: str
    title: str
    stripe_refund_id: str | None = None
    attempts: int = 0
    failure: str = ""
    check_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A fact or event that counts once; lives 90 days. Written with its effects."""

    marker_id: str
    at: datetime
    expires_epoch: int

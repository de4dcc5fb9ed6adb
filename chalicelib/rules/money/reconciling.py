"""What Stripe moved against what our books say: movements, bank payouts, what is unexplained.

What does not live here: asking Stripe, repairing (flows/money/reconciling.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A balance transaction of Stripe that no entry of ours explains: kept until one does."""

    movement_id: str  # txn_..
    kind: str  # Stripe's type
    net_minor: int
    currency: str
    source_id: str = ""
    moved_at: datetime
    found_at: datetime
    state: str = "open"  # open | explained
    explained_by: str = ""


@dataclass(frozen=True, kw_only=True)
class BankPayout:
    """A payout of Stripe to our bank account, explained line by line. Minor units;
    amount = explained + unexplained."""

    payout_id: str  # po_..
    amount_minor: int
    currency: str
    state: str  # Stripe's: pending | in_transit | paid | failed | canceled
    arrives_on: date
    lines: int = 0
    explained_minor: int = 0
    unexplained_minor: int = 0
    made_at: datetime
    looked_at: datetime

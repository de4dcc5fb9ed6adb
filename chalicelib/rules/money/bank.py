"""Money that came to the bank or as cash: recorded first, matched after, by two people (T3).

What does not live here: the payment it becomes (by_hand.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class BankReceipt:
    """Money that has come in by hand. Until it is matched it stands on `suspense` in the circle's
    book. Minor units; `left_minor` is what is not matched or returned yet."""

    receipt_id: str
    state: str = "unmatched"  # unmatched | proposed | matched | returned
    method: str = "bank"  # bank | cash
    amount_minor: int
    left_minor: int
    currency: str
    received_on: date
    payer: str
    reference: str
    recorded_by: str
    recorded_at: datetime
    proposed_for: str = ""  # obligation_id
    proposed_minor: int = 0
    proposed_by: str = ""
    look_at: datetime | None = None  # on the list of suspense while anything is left

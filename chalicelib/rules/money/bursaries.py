"""Bursaries: codes that let a restricted fund pay a part of a fee, confidentially (D1, R86).

Leaders never see who has one. What does not live here: prices and categories (prices.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class BursaryCode:
    """A code worth up to `amount_minor` of one fee, for one person to use once."""

    code: str
    amount_minor: int
    currency: str
    state: str = "open"  # open | used | withdrawn
    note: str = ""  # for the fund's own papers; no person is named
    made_by: str
    made_at: datetime
    used_for: str = ""  # obligation_id

"""Parts of a fee that fall due later: instalments, and paying after the first session (T4, R66).

What does not live here: paying them (checkout.py, settling.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A part of a debt with a date of its own. Minor units; the parts sum to the debt."""

    obligation_id: str
    number: int  # 1..
    amount_minor: int
    currency: str
    state: str = "due"  # due | paid | void
    due_at: datetime
    chase_at: datetime | None = None  # when the clock looks at it next
    chased: int = 0  # mails sent about it
    term_id: str
    person_id: str | None = None

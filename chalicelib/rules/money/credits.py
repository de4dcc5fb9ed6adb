"""Credits: what a person has paid and keeps for a later term of the same group (M3, N9).

What does not live here: how a credit comes about (releases.py), how an offer uses it (prices).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Credit:
    """A credit out of one release. Minor units; `left_minor` is what no later debt has used."""

    credit_id: str  # the release it came from
    person_id: str
    book: str
    group_id: str
    term_id: str
    obligation_id_from: str
    session_id: str = ""
    amount_minor: int
    left_minor: int
    currency: str
    made_at: datetime

"""How long the records of money are kept: six years after the end of their financial year.

No setting says when a circle's financial year ends; it ends at most a year after any fact in it, so
that seven years after the fact are long enough for every circle. What does not live here: what is
forgotten then (the rules of each row).
"""

from __future__ import annotations

from datetime import datetime, timedelta

KEPT_YEARS = 7


def kept_until(at: datetime) -> datetime:
    """Until when the record of a fact is kept whole."""
    day = at - timedelta(days=1) if (at.month, at.day) == (2, 29) else at
    return day.replace(year=day.year + KEPT_YEARS) + (at - day)

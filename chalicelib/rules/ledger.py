"""The books: balanced, append-only entries. Debit is positive, credit negative; minor units.

Each money fact has one function here that makes its entry; the entry's id comes from the fact,
so a fact is booked once. Totals are derived from entries, never kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

CIRCLE_BOOK = "circle"


def group_book(group_id: str) -> str:
    """The book of a group."""
    return f"group#{group_id}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """An amount on an account, of one fund (D1): general | designated | restricted."""

    account: str
    amount_minor: int
    fund: str = "general"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One money fact. The lines sum to zero, or it cannot be made."""

    book: str
    entry_id: str
    posted_at: datetime
    currency: str
    lines: tuple[Line, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if sum(line.amount_minor for line in self.lines) != 0:
            raise ValueError(f"{self.entry_id} does not balance")

"""Work over all debts of a term, one debt at a time, that can stop and go on: a cancelled session
or term (N9, L1). Progress is kept on its row.

What does not live here: what happens to one debt (releases.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """One such work. `todo` are the obligations that are still to be dealt with; `troubled`
    those that could not be, with a task each."""

    bulk_id: str
    kind: str  # session_cancelled | term_cancelled
    state: str = "running"  # running | done
    remedy: str  # refund | credit
    group_id: str
    term_id: str
    session_id: str = ""
    reason: str
    todo: tuple[str, ...]
    total: int
    done_minor: int = 0  # given back or credited so far
    troubled: tuple[str, ...] = ()
    asked_by: str
    asked_at: datetime
    next_at: datetime | None
    ended_at: datetime | None = None

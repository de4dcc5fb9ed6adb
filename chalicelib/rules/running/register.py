"""The register of a session: who was there, who led, whether it was held (R15, M1, L3).

What does not live here: what closing it earns (rules/money/earning.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MARKS = ("present", "partial", "apologies", "absent")


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """One person at one session: present | partial | apologies | absent. No reason is kept."""

    group_id: str
    term_id: str
    session_id: str
    person_id: str
    mark: str
    marked_by: str
    marked_at: datetime

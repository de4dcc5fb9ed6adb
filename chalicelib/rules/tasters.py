"""Taster bookings: a free first meeting in a guest place or a taster session (R43, N3, A4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class TasterBooking:
    """One visitor's place in one session."""

    booking_id: str
    group_id: str
    term_id: str
    session_id: str
    starts_at: datetime
    state: str = "booked"
    generation: int = 1
    full_name: str
    email: str
    email_hash: str
    profession: str = ""
    zone: str = "Europe/London"
    person_id: str | None = None
    booked_at: datetime
    retain_until: datetime | None = None

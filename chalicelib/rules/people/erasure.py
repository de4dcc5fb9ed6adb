"""The row of an erasure, what it waits for and what the law keeps, as data (M8, T9).

What does not live here: its moves (erasing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

TEMPLATE = "erasure"  # of the mails about it


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Something that has to end before all can be erased: a word of [options.erasure_hold], the
    id of what it is, and when it ends by itself, if that is known."""

    code: str
    about: str
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Stays:
    """What the law keeps, by id only: a word of [options.erasure_stays], how many, until when."""

    code: str
    rows: int
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """One erasure. `erasure_id` is the id of a person, or of the application or booking of
    somebody whose address was never proven. Name and address go when the last mail has left."""

    erasure_id: str
    state: str = "asked"  # asked | waiting | erased | done
    person_id: str = ""
    found: tuple[str, ...] = ()  # applications and bookings it is about
    full_name: str = ""
    email: str = ""
    zone: str = "Europe/London"
    again: bool = False  # repeated after a restore: nobody is written to
    waits_for: tuple[Hold, ...] = ()
    asked_by: str
    asked_at: datetime
    begun_at: datetime | None = None
    erased_at: datetime | None = None
    ended_at: datetime | None = None
    next_at: datetime | None = None  # when a night goes on with it

    @property
    def is_over(self) -> bool:
        """Whether everything is erased that can be."""
        return self.state in ("erased", "done")

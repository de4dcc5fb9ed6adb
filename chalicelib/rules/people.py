"""People and the addresses that name them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

ROLES = ("administrator", "treasurer", "leader")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whose address was proven by mail, or whom an administrator entered.

    `generation` dies and is born again at sign-out everywhere, a changed address or a removed
    role: every session and personal link carries it.
    """

    person_id: str
    full_name: str
    email: str
    profession: str = ""
    roles: tuple[str, ...] = ()
    generation: int = 1
    zone: str = "Europe/London"
    created_at: datetime
    retain_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EmailOwner:
    """The unique row of an address: whose it is."""

    email: str  # as `email_key` writes it
    owner_id: str


def email_key(email: str) -> str:
    """One spelling per mailbox: trimmed, lower case (the local part too: no mail host that a
    clinician uses tells two people apart by case)."""
    return email.strip().casefold()


def email_hash(email: str) -> str:
    """A short stable name for an address in keys, so that keys hold no personal data."""
    return hashlib.sha256(email_key(email).encode()).hexdigest()[:32]

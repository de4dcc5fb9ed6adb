"""Keys to doors: sign-in tokens, browser sessions, spent forms, rate counters.

Expiry is checked on every read (`live`); the table's TTL only cleans up behind it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class SignInToken:
    """One asked-for sign-in. The link and the code are HMACs of `token_id`: the row alone opens
    nothing. `browser` is the hash of the cookie of the browser that asked."""

    token_id: str
    person_id: str
    generation: int
    browser: str
    tries: int = 0
    used_by: str | None = None  # the session it became
    asked_at: datetime
    expires_at: datetime
    expires_epoch: int


@dataclass(frozen=True, kw_only=True)
class BrowserSession:
    """A signed-in browser, under the hash of its cookie."""

    session_hash: str
    person_id: str
    generation: int
    signed_in_at: datetime
    expires_at: datetime
    expires_epoch: int
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SpentForm:
    """A form that was answered, and where its answer leads."""

    form_key: str
    location: str
    spent_at: datetime
    expires_epoch: int


@dataclass(frozen=True, kw_only=True)
class RateCounter:
    """How often something was asked within one window of time."""

    name: str
    count: int
    expires_epoch: int


def hashed(secret: str) -> str:
    """What we keep of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()

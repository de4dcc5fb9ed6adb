"""Keys to doors: sign-in tokens, browser sessions, spent forms, rate counters; and safe paths.

Expiry is checked on every read; the table's TTL only cleans up behind it. What does not live
here: asking for a sign-in and using it (sign_in.py), limits (rates.py).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

_SAFE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
PATH_LENGTH_MAX = 500


@dataclass(frozen=True, kw_only=True)
class SignInToken:
    """One asked-for sign-in. The link and the code are HMACs of `token_id`: the row alone opens
    nothing. `browser` is the hash of the cookie of the browser that asked.

    An address that nobody has gets a row of the same shape in state `unknown`, so that asking
    costs and shows the same; such a row opens nothing, and its mail is dropped.
    """

    token_id: str
    person_id: str | None = None
    generation: int = 1
    mailbox: str  # hash of the address, for counting wrong codes
    browser: str
    next_path: str = ""
    state: str = "open"  # open | used | unknown
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
    times: int
    expires_epoch: int


def hashed(secret: str) -> str:
    """What we keep of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def safe_path(text: str) -> str:
    """The text if it is a plain path of one site, else nothing (open redirects).

    An allow list: `/word/word`, nothing that a browser could read as another host: no second
    slash at the start, no backslash, no control character, no escape, no query, no dot segment.
    """
    return text if len(text) <= PATH_LENGTH_MAX and _SAFE_PATH.fullmatch(text) else ""

"""Personal links, form nonces and sign-in codes: HMACs of what they stand for.

A mail can be rendered again because its link follows from ids; a key can be rotated because the
key's id is part of the link; a link dies with the generation it carries (DESIGN of doors).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.errors import LinkNotValid

NONCE_LIFE = timedelta(hours=12)
_PART = re.compile(r"[A-Za-z0-9_-]+")

Keys = Mapping[str, str]

# Where a personal link of each purpose leads; the token is the last part.
PATHS = {
    "application": "/applications/{}",
    "draft": "/apply/{}",
    "booking": "/tasters/{}",
    "offer": "/offers/{}",
    "debt": "/pay/{}",
    "payer": "/payer/{}",
    "sign-in": "/sign-in/{}",
    "set-up": "/set-up/{}",
}


@dataclass(frozen=True)
class Link:
    """What a valid personal link says."""

    subject: str
    generation: int


def personal_link(keys: Keys, purpose: str, subject: str, generation: int) -> str:
    """The token of a personal link: `subject.generation.keyid.mac`."""
    key_id, key = next(iter(keys.items()))
    return f"{subject}.{generation}.{key_id}.{_mac(key, 'link', purpose, subject, generation)}"


def link_path(keys: Keys, purpose: str, subject: str, generation: int) -> str:
    """The path of a personal link."""
    return PATHS[purpose].format(personal_link(keys, purpose, subject, generation))


def read_link(keys: Keys, purpose: str, token: str) -> Link:
    """Who a token names; LinkNotValid when it was cut, forged, or made for another purpose."""
    parts = token.split(".")
    if len(parts) != 4 or not all(_PART.fullmatch(part) for part in parts):
        raise LinkNotValid
    subject, generation, key_id, mac = parts
    if key_id not in keys or not generation.isdecimal() or len(generation) > 9:
        raise LinkNotValid
    if not hmac.compare_digest(mac, _mac(keys[key_id], "link", purpose, subject, int(generation))):
        raise LinkNotValid
    return Link(subject, int(generation))


def sign_in_code(keys: Keys, token_id: str) -> str:
    """Six digits that follow from a sign-in token's id."""
    key = next(iter(keys.values()))
    digest = hmac.new(key.encode(), f"code|{token_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def form_nonce(keys: Keys, browser: str, secret: str, now: datetime) -> str:
    """A fresh signed nonce for a form shown to this browser."""
    key_id, key = next(iter(keys.items()))
    at = int(now.timestamp())
    return f"{secret}.{at}.{key_id}.{_mac(key, 'form', browser, secret, at)}"


def nonce_holds(keys: Keys, browser: str, nonce: str, now: datetime) -> bool:
    """Whether a form's nonce is ours, for this browser, and younger than twelve hours."""
    parts = nonce.split(".")
    if len(parts) != 4 or not all(_PART.fullmatch(part) for part in parts):
        return False
    secret, at, key_id, mac = parts
    if key_id not in keys or not at.isdecimal() or len(at) > 12:
        return False
    if not hmac.compare_digest(mac, _mac(keys[key_id], "form", browser, secret, int(at))):
        return False
    return now - datetime.fromtimestamp(int(at), UTC) < NONCE_LIFE


def form_key(nonce: str, path: str, body: bytes) -> str:
    """The idempotency key of one submission: the same press twice is the same key, the same
    form sent with other answers is another act."""
    return hashlib.sha256(b"|".join((nonce.encode(), path.encode(), body))).hexdigest()


def _mac(key: str, *parts: str | int) -> str:
    text = "|".join(str(part) for part in parts)
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:24]).decode()

"""Signing an event as Stripe does; the product only ever verifies."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256


def sign(body: bytes, secret: str, now: datetime) -> str:
    """The `Stripe-Signature` header of `body`."""
    timestamp = int(now.timestamp())
    digest = hmac.new(secret.encode(), b"%d." % timestamp + body, sha256).hexdigest()
    return f"t={timestamp},v1={digest}"

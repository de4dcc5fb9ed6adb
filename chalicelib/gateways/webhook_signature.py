"""Whether a webhook really comes from Stripe: a short HMAC check, without Stripe's SDK.

The SDK costs 200 ms to import, which this hot path does not pay; a property test holds the
verdicts against `stripe.WebhookSignature`. Two rules are stricter than the SDK's: a timestamp
too far in the future is refused, and secrets are stripped of white space.
What does not live here: whether the event concerns us (the webhook handler), and what it
changes (flows).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from chalicelib.errors import NotSigned
from chalicelib.rules.money.stripe_objects import Event, event_from

SCHEME = "v1"


def verify(
    body: bytes,
    header: str | None,
    secrets: Sequence[str],
    now: datetime,
    tolerance_seconds: int = 300,
) -> Event:
    """The event in a signed body; raises NotSigned for anything else.

    `secrets` holds more than one while a secret is being rolled; with none, or with an empty one
    among them, nothing is accepted, since anybody can sign with an empty secret.
    """
    keys = _keys(secrets)
    timestamp, signatures = _read(header)
    if abs(timestamp - now.timestamp()) > tolerance_seconds:
        raise NotSigned("the timestamp is too far from now")
    if not _signed_by_any(keys, signatures, b"%d." % timestamp + body):
        raise NotSigned("no signature matches")
    return _event(body)


def _keys(secrets: Sequence[str]) -> list[bytes]:
    keys = [secret.strip().encode() for secret in secrets]
    if not keys or not all(keys):
        raise NotSigned("a webhook secret is missing")
    return keys


def _read(header: str | None) -> tuple[int, list[bytes]]:
    """The timestamp and the v1 signatures of a `Stripe-Signature` header; one that has a name
    without a value is refused whole, as by the SDK."""
    parts = [part.split("=", 2) for part in (header or "").split(",")]
    if any(len(part) == 1 and part[0] in ("t", SCHEME) for part in parts):
        raise NotSigned("the header holds a name without a value")
    times = [part[1] for part in parts if part[0] == "t"]
    signatures = [part[1] for part in parts if part[0] == SCHEME]
    if not times or not (times[0].isascii() and times[0].isdigit()) or len(times[0]) > 12:
        raise NotSigned("the header holds no readable timestamp")
    return int(times[0]), [signature.encode("utf-8", "replace") for signature in signatures]


def _signed_by_any(keys: Iterable[bytes], signatures: Sequence[bytes], message: bytes) -> bool:
    """Compare every pair, so that the time taken tells nothing."""
    matches = [
        hmac.compare_digest(hmac.new(key, message, sha256).hexdigest().encode(), signature)
        for key in keys
        for signature in signatures
    ]
    return any(matches)


def _event(body: bytes) -> Event:
    try:
        raw = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotSigned("the body is not JSON in UTF-8") from error
    if not _has_the_shape_of_an_event(raw):
        raise NotSigned("the body is not an event")
    try:
        return event_from(raw)
    except (ValueError, OverflowError, OSError) as error:
        raise NotSigned("the event's time cannot be read") from error


def _has_the_shape_of_an_event(raw: Any) -> bool:
    return (
        isinstance(raw, Mapping)
        and raw.get("object") == "event"
        and isinstance(raw.get("id"), str)
        and isinstance(raw.get("type"), str)
        and isinstance(raw.get("livemode"), bool)
        and type(raw.get("created")) is int
        and isinstance(raw.get("account"), str | None)
        and isinstance(raw.get("data"), Mapping)
        and isinstance(raw["data"].get("object"), Mapping)
    )

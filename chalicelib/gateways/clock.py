"""The real clock, and ids that sort by time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from chalicelib.gateways.outside import Clock

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class SystemClock:
    """The time of the machine, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class TimeSortedIds:
    """Ids of a kind, 48 bits of milliseconds and 80 random bits: `offer-01j...`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self, kind: str) -> str:
        value = int(self._clock.now().timestamp() * 1000) << 80 | secrets.randbits(80)
        text = ""
        for _ in range(26):
            value, digit = divmod(value, 32)
            text = ALPHABET[digit] + text
        return f"{kind}-{text}"

    def secret(self) -> str:
        return secrets.token_urlsafe(32)

"""What the seed does to our own process: it dies at the k-th call of Stripe, SES or the store,
before the call took effect or after.

What does not live here: requests and replies lost on the way (conftest_faults.py for DynamoDB,
local/fake_stripe for Stripe).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

CALLS = "dynamodb.TransactWriteItems"


class Died(BaseException):
    """The process is gone: nothing of ours may catch it."""


@dataclass
class Fate:
    """The deaths to come, and those that came: `store before`, `stripe after`, ..."""

    seen: Counter[str] = field(default_factory=Counter)
    _place: str = ""
    _moment: str = ""
    _left: int = 0
    _events: Any = None

    def arm(self, place: str, moment: str, call: int) -> None:
        """Die at the `call`-th call of `place` from now, before or after its effect."""
        self._place, self._moment, self._left = place, moment, call

    def clear(self) -> None:
        """Live."""
        self._place, self._moment, self._left = "", "", 0

    def before(self, place: str) -> None:
        """A call of `place` is about to be made."""
        if place == self._place and self._left > 0:
            self._left -= 1
            if self._left == 0 and self._moment == "before":
                self._die()

    def after(self, place: str) -> None:
        """A call of `place` has taken effect."""
        if place == self._place and self._left == 0 and self._moment == "after":
            self._die()

    def _die(self) -> None:
        where = f"{self._moment} {self._place}"
        self.clear()
        self.seen[f"died {where}"] += 1
        raise Died(where)

    def watch(self, client: Any) -> None:
        """Meet every transaction that this botocore client sends."""
        self._events = client.meta.events
        self._events.register(f"before-call.{CALLS}", self._before_store)
        self._events.register(f"after-call.{CALLS}", self._after_store)

    def unwatch(self) -> None:
        """Leave the client as it was found."""
        self._events.unregister(f"before-call.{CALLS}", self._before_store)
        self._events.unregister(f"after-call.{CALLS}", self._after_store)

    def _before_store(self, **_: object) -> None:
        self.before("store")

    def _after_store(self, **_: object) -> None:
        self.after("store")


class Watched:
    """A gateway whose every call meets its fate."""

    def __init__(self, real: Any, place: str, fate: Fate) -> None:
        self._real, self._place, self._fate = real, place, fate

    def __getattr__(self, name: str) -> Callable[..., Any]:
        act = getattr(self._real, name)

        def call(*given: Any, **named: Any) -> Any:
            self._fate.before(self._place)
            answer = act(*given, **named)
            self._fate.after(self._place)
            return answer

        return call


class SeededIds:
    """Ids as ours, from a seed, so that a story can be told again."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0

    def new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count:06d}{self._random.getrandbits(80):020x}"

    def secret(self) -> str:
        return f"{self._random.getrandbits(256):064x}"

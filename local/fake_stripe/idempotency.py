"""Idempotency keys as Stripe keeps them: the first answer, errors too, for 24 hours.

Requests that fail their checks before the work starts are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import World

Json = dict[str, Any]
KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Reply:
    """What goes back: an HTTP status and a body; `replayed` when a key brought it back."""

    status: int
    body: Json
    replayed: bool = False


class Keys:
    """The keys in use and the answers kept under them (in the world, so that they survive)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._working: set[str] = set()
        self._lock = Lock()

    def begin(self, key: str, request: Json) -> Reply | None:
        """The kept answer, or None and the key is ours to `keep` or `let_go`.

        Raises 400 for the same key with another request, 409 while the key is being worked on.
        """
        with self._lock:
            if key in self._working:
                raise Refused(
                    "There is currently another in-progress request using this Idempotent Key.",
                    status=409,
                    kind="invalid_request_error",
                    code="idempotency_key_in_use",
                )
            kept = self._world.answers.get(key)
            if kept is None or kept["at"] + KEPT_SECONDS <= self._world.epoch():
                self._working.add(key)
                return None
        if kept["request"] != request:
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}'.",
                kind="idempotency_error",
            )
        return Reply(kept["status"], kept["body"], replayed=True)

    def keep(self, key: str, request: Json, reply: Reply) -> None:
        """Remember the answer and give the key back."""
        self._world.answers[key] = {
            "at": self._world.epoch(),
            "request": request,
            "status": reply.status,
            "body": reply.body,
        }
        self.let_go(key)

    def let_go(self, key: str) -> None:
        """Give the key back with nothing kept."""
        with self._lock:
            self._working.discard(key)

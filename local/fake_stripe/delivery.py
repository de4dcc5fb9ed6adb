"""Bringing events to the endpoint: signed, retried with growing gaps, in any order a test wants.

An event stays outgoing until the endpoint answers 2xx, a test drops it, or three days of tries
are over. The lock is never held while the endpoint works, since it may ask the API in turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import requests

from local.fake_stripe.signing import sign
from local.fake_stripe.world import World

Json = dict[str, Any]
# An endpoint: an URL, or a function of body and headers that answers an HTTP status.
Endpoint = str | Callable[[bytes, Mapping[str, str]], int]
GAPS_MINUTES = (5, 30, 120, 300, 600, 720, 720, 720, 720)  # up to three days
TIMEOUT_SECONDS = 30
NOT_REACHED = 0


class Deliveries:
    """The queue of our two webhook endpoints: one hears of our own account, the other of connected
    accounts. Each has a secret of its own."""

    def __init__(
        self,
        world: World,
        webhook: Endpoint | None,
        secret: str,
        connect_webhook: Endpoint | None = None,
        connect_secret: str = "",
    ) -> None:
        self._world = world
        self.webhook = webhook
        self.secret = secret
        self.connect_webhook = connect_webhook
        self.connect_secret = connect_secret
        self.paused = False

    def outgoing(self) -> list[Json]:
        """Events that have not arrived, in the order they happened."""
        with self._world.lock:
            waiting = [row for row in self._world.deliveries if row["state"] == "waiting"]
            return [self._world.get("event", row["event_id"]) for row in waiting]

    def signed(self, event: Json) -> tuple[bytes, str]:
        """Body and `Stripe-Signature` header, signed now."""
        body = json.dumps(event, indent=2).encode()
        return body, sign(body, self._goes_to(event)[1], self._world.now())

    def _goes_to(self, event: Json) -> tuple[Endpoint | None, str]:
        """The endpoint of an event, and its secret."""
        if "account" in event:
            return self.connect_webhook, self.connect_secret
        return self.webhook, self.secret

    def deliver(self, event_id: str, times: int = 1) -> list[int]:
        """Send an event now, due or not, arrived or not; the statuses, 0 when nobody answered."""
        event = self._world.get("event", event_id)
        statuses = [self._send(event) for _ in range(times)]
        self._note(event_id, statuses)
        return statuses

    def deliver_due(self) -> int:
        """Try every event whose time has come, once; how many were tried."""
        if self.paused:
            return 0
        with self._world.lock:
            due = [
                row["event_id"]
                for row in self._world.deliveries
                if row["state"] == "waiting"
                and row["next_at"] <= self._world.epoch()
                and self._goes_to(self._world.get("event", row["event_id"]))[0] is not None
            ]
        for event_id in due:
            self.deliver(event_id)
        return len(due)

    def drop(self, event_id: str) -> None:
        """The event never arrives, though it can still be listed and resent."""
        with self._world.changing():
            self._row(event_id)["state"] = "dropped"

    def resend(self, event_id: str) -> None:
        """Queue an event again, as the Dashboard's button does."""
        with self._world.changing():
            row = self._row(event_id)
            row.update(state="waiting", attempts=0, next_at=self._world.epoch())

    def _row(self, event_id: str) -> Json:
        self._world.get("event", event_id)
        return next(row for row in self._world.deliveries if row["event_id"] == event_id)

    def _note(self, event_id: str, statuses: list[int]) -> None:
        with self._world.changing():
            row = self._row(event_id)
            row["attempts"] += len(statuses)
            tries = row["attempts"]
            if any(200 <= status < 300 for status in statuses):
                row["state"] = "delivered"
            elif tries > len(GAPS_MINUTES):
                row["state"] = "given up"
            else:
                row["next_at"] = self._world.epoch() + 60 * GAPS_MINUTES[max(tries, 1) - 1]

    def _send(self, event: Json) -> int:
        body, signature = self.signed(event)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        webhook = self._goes_to(event)[0]
        if webhook is None:
            return NOT_REACHED
        if not isinstance(webhook, str):
            return webhook(body, headers)
        with requests.Session() as session:
            session.trust_env = False  # straight to the endpoint, never through a proxy
            try:
                answer = session.post(
                    webhook, body, headers=headers, timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )  # fmt: skip
            except requests.RequestException:
                return NOT_REACHED
            return answer.status_code

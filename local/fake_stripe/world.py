"""What the stand-in remembers: Stripe's objects in Stripe's own shape, under one lock.

Objects refer to each other by id; expanding is done when they leave (lists.py). `notes` keep
what Stripe knows but does not show. With a state path everything survives a restart.
What does not live here: any behaviour of an endpoint.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from local.fake_stripe.refusals import Refused

Json = dict[str, Any]
KINDS = (
    "checkout.session",
    "payment_intent",
    "charge",
    "refund",
    "dispute",
    "radar.early_fraud_warning",
    "payout",
    "account",
    "transfer",
    "transfer_reversal",
    "connected.payout",  # of a connected account: not one of ours
    "balance_transaction",
    "event",
)
# How Stripe calls the id of a missing object in its 404.
PARAMS = {
    "checkout.session": "session",
    "payment_intent": "intent",
    "radar.early_fraud_warning": "early_fraud_warning",
}


class World:
    """All objects, idempotent answers and deliveries, and the clock they live by."""

    def __init__(
        self, now: Callable[[], datetime], seed: str | None, state_path: Path | None
    ) -> None:
        self.now = now
        self.lock = RLock()
        self.base_url = "http://127.0.0.1"
        self._state_path = state_path
        self._saves_later = False
        self.seed = secrets.token_hex(4) if seed is None else seed
        self.counter = 0
        self.objects: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self.notes: dict[str, Json] = {}
        self.answers: dict[str, Json] = {}
        self.deliveries: list[Json] = []
        self.unmade_events: list[str] = []  # types whose next event is never generated
        self.movements_held = False  # Stripe writes a charge's movement some time after it
        self.account_payouts_held = False  # money stays on connected accounts
        self.next_refunds: list[str] = []  # fates of the refunds to come, see refunds.py
        if state_path and state_path.exists():
            self._load(json.loads(state_path.read_text()))

    def epoch(self) -> int:
        """The fake's now in Stripe's epoch seconds."""
        return int(self.now().timestamp())

    def new_id(self, prefix: str) -> str:
        """A fresh id; the seed keeps two runs apart when our own tables outlive the stand-in."""
        self.counter += 1
        return f"{prefix}_{self.seed}{self.counter:08d}"

    def add(self, thing: Json, kind: str = "") -> Json:
        """Remember a new object under its own `object` (or another `kind`) and `id`."""
        self.objects[kind or thing["object"]][thing["id"]] = thing
        return thing

    def get(self, kind: str, thing_id: str) -> Json:
        """An object, or Stripe's 404."""
        try:
            return self.objects[kind][thing_id]
        except KeyError:
            message = f"No such {kind}: '{thing_id}'"
            param = PARAMS.get(kind, "id" if "_" in kind else kind)
            code = "resource_missing"
            raise Refused(message, status=404, code=code, param=param) from None

    def find(self, thing_id: str) -> Json | None:
        """An object of any kind, None when nothing bears this id."""
        return next((kept[thing_id] for kept in self.objects.values() if thing_id in kept), None)

    def all(self, kind: str) -> list[Json]:
        """Every object of a kind, newest first, as Stripe lists them."""
        last_first = list(self.objects[kind].values())[::-1]
        return sorted(last_first, key=lambda each: -each["created"])

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock; save what was changed, if there is a state path."""
        with self.lock:
            yield
            if self._state_path and not self._saves_later:
                self._save(self._state_path)

    @contextmanager
    def saving_later(self) -> Iterator[None]:
        """Save once, at the end: each save writes the whole state."""
        self._saves_later = True
        try:
            yield
        finally:
            self._saves_later = False
            with self.changing():
                pass

    def snapshot(self) -> Json:
        """Everything remembered, as JSON."""
        with self.lock:
            return deepcopy(
                {
                    "seed": self.seed,
                    "counter": self.counter,
                    "objects": self.objects,
                    "notes": self.notes,
                    "answers": self.answers,
                    "deliveries": self.deliveries,
                }
            )

    def _save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(self.snapshot()))
        os.replace(fresh, path)

    def _load(self, kept: Json) -> None:
        self.seed, self.counter = kept["seed"], kept["counter"]
        self.objects = {kind: kept["objects"].get(kind, {}) for kind in KINDS}
        self.notes, self.answers = kept["notes"], kept["answers"]
        self.deliveries = kept["deliveries"]

"""One API request from key to answer: who asks, what fits, what was answered before, faults.

What does not live here: sockets (server.py), the endpoints themselves (api.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.fake_stripe import api, faults, params
from local.fake_stripe.idempotency import Keys, Reply
from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import World

Json = dict[str, Any]


class Dropped(Exception):
    """The connection is to be cut without an answer."""


@dataclass(frozen=True)
class Request:
    """One request as it came in; `form` is the decoded form or query, still strings."""

    method: str
    path: str
    form: Json
    headers: Mapping[str, str]  # names in lower case

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")


@dataclass(frozen=True)
class Exchange:
    """What was asked and answered, for tests; `lost` when the answer never left."""

    request: Request
    endpoint: str  # `POST /v1/refunds` as in Stripe's description, "" when there is none
    params: Json  # typed by the description; the raw form when they were refused
    reply: Reply | None
    lost: bool = False


class Api:
    """The API of one account."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keys = Keys(world)
        self.faults = faults.Faults()
        self.exchanges: list[Exchange] = []
        # secret key -> parts of `METHOD /path` it must not use; other test keys may do anything
        self.restricted: dict[str, tuple[str, ...]] = {}

    def answer(self, request: Request) -> Reply:
        """Answer and write the exchange down; raises Dropped when a fault cuts the line."""
        fault = self.faults.take(request.method, request.path)
        endpoint, given = "", request.form
        if fault and fault.kind == faults.LOSE_REQUEST:
            self.exchanges.append(Exchange(request, endpoint, given, None, lost=True))
            raise Dropped
        try:
            found, thing_id = api.route(request.method, request.path)
            endpoint = found.name
            self._admit(request)
            given = params.checked(endpoint, request.form)
            reply = self._once(request, found, thing_id, given, fault)
        except Refused as refused:
            reply = Reply(refused.status, refused.body)
        lost = fault is not None and fault.kind == faults.LOSE_REPLY
        self.exchanges.append(Exchange(request, endpoint, given, reply, lost))
        if lost:
            raise Dropped
        return reply

    def _admit(self, request: Request) -> None:
        secret = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not secret:
            raise Refused("You did not provide an API key.", status=401)
        if not secret.startswith(("sk_test_", "rk_test_")):
            raise Refused(f"Invalid API Key provided: {secret[:8]}***", status=401)
        act = f"{request.method} {request.path}"
        if any(part in act for part in self.restricted.get(secret, ())):
            raise Refused(
                f"The provided key '{secret[:8]}***' does not have the required permissions "
                "for this endpoint.",
                status=403,
            )
        version = request.headers.get("stripe-version", STRIPE_VERSION)
        if version != STRIPE_VERSION:
            raise Refused(f"Invalid Stripe API version: {version}")

    def _once(
        self, request: Request, found: api.Endpoint, thing_id: str, given: Json,
        fault: faults.Fault | None,
    ) -> Reply:  # fmt: skip
        """Work under the idempotency key, if there is one."""
        if request.method != "POST" or not request.key:
            return self._work(request, found, thing_id, given, fault)
        asked = {"method": request.method, "path": request.path, "params": given}
        kept = self._keys.begin(request.key, asked)
        if kept:
            return kept
        try:
            reply = self._work(request, found, thing_id, given, fault)
            if not fault or fault.kind != faults.FAIL or fault.stored:
                with self._world.changing():
                    self._keys.keep(request.key, asked, reply)
            return reply
        finally:
            self._keys.let_go(request.key)

    def _work(
        self, request: Request, found: api.Endpoint, thing_id: str, given: Json,
        fault: faults.Fault | None,
    ) -> Reply:  # fmt: skip
        if fault and fault.kind == faults.FAIL:
            return _ordered_failure(fault.status)
        if fault and fault.kind == faults.HOLD:
            fault.reached.set()
            fault.released.wait(faults.HOLD_SECONDS_MAX)
        try:
            with self._world.changing():
                thing = api.perform(self._world, found, request.path, thing_id, given)
                return Reply(200, json.loads(json.dumps(thing)))
        except Refused as refused:
            return Reply(refused.status, refused.body)


def _ordered_failure(status: int) -> Reply:
    kinds = {429: "invalid_request_error", 409: "invalid_request_error"}
    codes = {429: {"code": "rate_limit"}, 409: {"code": "lock_timeout"}}
    error = {"type": kinds.get(status, "api_error"), "message": "A fault the test ordered."}
    return Reply(status, {"error": {**error, **codes.get(status, {})}})

"""The endpoints the stand-in plays: one table from method and path to what they do.

A new resource is a module of its own and rows in this table.
What does not live here: HTTP, keys and idempotency (server.py, answering.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.fake_stripe import (
    accounts,
    balance,
    connected,
    onboarding,
    payouts,
    refunds,
    sessions,
    transfers,
)
from local.fake_stripe.lists import expanded, filtered, page
from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import World

Json = dict[str, Any]
Act = Callable[[World, Json, str], Json]


@dataclass(frozen=True)
class Endpoint:
    """One row; `path` is written as in Stripe's description."""

    method: str
    path: str
    act: Act

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def thing_id(self, path: str) -> str | None:
        """The id in `path` ("" when this endpoint takes none), None when it is another's path."""
        ours, theirs = self.path.split("/"), path.split("/")
        if len(ours) != len(theirs):
            return None
        taken = [b for a, b in zip(ours, theirs, strict=True) if a.startswith("{")]
        fixed = [(a, b) for a, b in zip(ours, theirs, strict=True) if not a.startswith("{")]
        return "".join(taken) if all(a == b for a, b in fixed) and all(taken) else None


def _one(kind: str) -> Act:
    return lambda world, _params, thing_id: world.get(kind, thing_id)


def _many(kind: str, *fields: str) -> Act:
    def act(world: World, params: Json, path: str) -> Json:
        return page(filtered(world.all(kind), params, fields), params, path)

    return act


def _event(world: World, _params: Json, event_id: str) -> Json:
    """An event of our own; those of a connected account can only be seen in its name."""
    event = world.get("event", event_id)
    if "account" in event:
        raise Refused(f"No such event: '{event_id}'", status=404, code="resource_missing")
    return event


def _reversals(world: World, params: Json, transfer_id: str) -> Json:
    """Reversals of one transfer."""
    world.get("transfer", transfer_id)
    mine = [one for one in world.all("transfer_reversal") if one["transfer"] == transfer_id]
    return page(filtered(mine, params, ()), params, f"/v1/transfers/{transfer_id}/reversals")


def _reverse(world: World, params: Json, transfer_id: str) -> Json:
    return transfers.reverse(world, transfer_id, params)


def _movements(world: World, params: Json, path: str) -> Json:
    """Movements; those of one payout are what it carries and its own line."""
    rest = {name: value for name, value in params.items() if name != "payout"}
    things = filtered(world.all("balance_transaction"), rest, ("source", "type", "currency"))
    if "payout" in params:
        world.get("payout", params["payout"])
        things = [each for each in things if payouts.payout_of(world, each) == params["payout"]]
    return page(things, params, path)


def _events(world: World, params: Json, path: str) -> Json:
    """Our own events are listed for 30 days, also by types and by whether they arrived."""
    rest = {k: v for k, v in params.items() if k not in ("types", "delivery_success")}
    missed = {each["event_id"] for each in world.deliveries if each["state"] != "delivered"}
    arrived = params.get("delivery_success")
    return page(
        [
            each
            for each in filtered(world.all("event"), rest, ("type",))
            if "account" not in each
            and each["type"] in params.get("types", [each["type"]])
            and each["created"] > world.epoch() - 30 * 86_400
            and arrived in (None, each["id"] not in missed)
        ],
        params,
        path,
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/account_links",
        lambda world, params, _path: onboarding.create_link(world, params),
    ),
    Endpoint("POST", "/v1/accounts", lambda world, params, _path: accounts.create(world, params)),
    Endpoint(
        "GET",
        "/v1/accounts/{account}",
        lambda world, _params, account_id: accounts.load(world, account_id),
    ),
    Endpoint("GET", "/v1/balance", lambda world, _params, _path: balance.balance(world)),
    Endpoint("GET", "/v1/balance_transactions", _movements),
    Endpoint("GET", "/v1/balance_transactions/{id}", _one("balance_transaction")),
    Endpoint("GET", "/v1/charges", _many("charge", "payment_intent", "transfer_group")),
    Endpoint("GET", "/v1/charges/{charge}", _one("charge")),
    Endpoint("GET", "/v1/checkout/sessions", _many("checkout.session", "payment_intent", "status")),
    Endpoint(
        "POST", "/v1/checkout/sessions", lambda world, params, _path: sessions.create(world, params)
    ),
    Endpoint("GET", "/v1/checkout/sessions/{session}", _one("checkout.session")),
    Endpoint(
        "POST",
        "/v1/checkout/sessions/{session}/expire",
        lambda world, _params, thing_id: sessions.expire(world, thing_id),
    ),
    Endpoint("GET", "/v1/disputes", _many("dispute", "charge", "payment_intent")),
    Endpoint("GET", "/v1/disputes/{dispute}", _one("dispute")),
    Endpoint("GET", "/v1/events", _events),
    Endpoint("GET", "/v1/events/{id}", _event),
    Endpoint("GET", "/v1/payment_intents", _many("payment_intent")),
    Endpoint("GET", "/v1/payment_intents/{intent}", _one("payment_intent")),
    Endpoint("GET", "/v1/payouts", _many("payout", "status", "destination")),
    Endpoint("GET", "/v1/payouts/{payout}", _one("payout")),
    Endpoint(
        "GET",
        "/v1/radar/early_fraud_warnings",
        _many("radar.early_fraud_warning", "charge", "payment_intent"),
    ),
    Endpoint(
        "GET",
        "/v1/radar/early_fraud_warnings/{early_fraud_warning}",
        _one("radar.early_fraud_warning"),
    ),
    Endpoint("GET", "/v1/refunds", _many("refund", "charge", "payment_intent")),
    Endpoint("POST", "/v1/refunds", lambda world, params, _path: refunds.create(world, params)),
    Endpoint("GET", "/v1/refunds/{refund}", _one("refund")),
    Endpoint("GET", "/v1/transfers", _many("transfer", "destination", "transfer_group")),
    Endpoint("POST", "/v1/transfers", lambda world, params, _path: transfers.create(world, params)),
    Endpoint("GET", "/v1/transfers/{id}/reversals", _reversals),
    Endpoint("POST", "/v1/transfers/{id}/reversals", _reverse),
    Endpoint("GET", "/v1/transfers/{transfer}", _one("transfer")),
)


def route(method: str, path: str) -> tuple[Endpoint, str]:
    """The endpoint of a request and the id in its path; raises Stripe's 404."""
    for endpoint in ENDPOINTS:
        thing_id = endpoint.thing_id(path)
        if endpoint.method == method and thing_id is not None:
            return endpoint, thing_id
    raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


def catch_up(world: World) -> None:
    """Let everything happen whose time has come: sessions end, refunds meet their fate, money
    becomes available, payouts arrive."""
    sessions.expire_due(world)
    refunds.settle_due(world)
    balance.settle_due(world)
    payouts.settle_due(world)
    connected.settle_due(world)


def perform(world: World, endpoint: Endpoint, path: str, thing_id: str, params: Json) -> Json:
    """Do what the request asks, and expand what it wants expanded."""
    catch_up(world)
    thing = endpoint.act(world, params, thing_id or path)
    return expanded(world, thing, params.get("expand", []))

"""Events: a snapshot of an object at the moment something happened to it.

What does not live here: bringing them to an endpoint (delivery.py).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.fake_stripe.world import World

Json = dict[str, Any]


def emit(
    world: World,
    kind: str,
    thing: Json,
    previous: Json | None = None,
    account: str | None = None,
) -> None:
    """Write the event and queue its delivery, unless a test said that it is never generated.

    With the id of a connected `account` it goes to the endpoint for those."""
    if kind in world.unmade_events:
        world.unmade_events.remove(kind)
        return
    data: Json = {"object": deepcopy(thing)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = world.add(
        {
            "id": world.new_id("evt"),
            "object": "event",
            **({"account": account} if account else {}),
            "api_version": STRIPE_VERSION,
            "created": world.epoch(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
    )
    world.deliveries.append(
        {"event_id": event["id"], "attempts": 0, "next_at": world.epoch(), "state": "waiting"}
    )

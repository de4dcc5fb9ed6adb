"""The job that sends dies before or after every single word with Stripe and with the store: whoever
goes on makes exactly one transfer, booked once."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chalicelib.store import tables
from tests.connect_steps import forget_events, payout, send, to_be_sent
from tests.flows.test_pay_run_deaths import put_back, rows
from tests.pay_steps import owed
from tests.shop import Shop
from tests.simulation.fate import Died, Fate, Watched

CALLS_MAX = 12


def remembered(shop: Shop) -> dict[str, Any]:
    """All that Stripe knows."""
    plain = dict | list | int | str | None
    every = vars(shop.fake.world)
    return copy.deepcopy({name: one for name, one in every.items() if isinstance(one, plain)})


def put_stripe_back(shop: Shop, kept: dict[str, Any]) -> None:
    for name, value in copy.deepcopy(kept).items():
        setattr(shop.fake.world, name, value)


def dies(shop: Shop, fate: Fate, place: str, moment: str, call: int) -> bool:
    """The job dies at its `call`-th word; whether it came so far."""
    client = tables.connection().client
    shop.world.outside.connect = Watched(shop.connect, "stripe", fate)  # type: ignore[assignment]
    fate.watch(client)
    fate.arm(place, moment, call)
    try:
        send()
    except Died:
        return True
    finally:
        fate.clear()
        fate.unwatch()
        shop.world.outside.connect = shop.connect
    return False


@pytest.mark.parametrize("event", ["told", "lost"])
@pytest.mark.parametrize(
    ("place", "moment"),
    [("store", "before"), ("store", "after"), ("stripe", "before"), ("stripe", "after")],
)
def test_it_dies_at_any_call_and_one_transfer_is_made(
    shop: Shop, place: str, moment: str, event: str
) -> None:
    to_be_sent(shop)
    shop.hear_all()
    kept, stripe, begun = copy.deepcopy(rows()), remembered(shop), shop.world.now
    fate, came, call = Fate(), True, 0
    while came and call < CALLS_MAX:
        call += 1
        put_back(kept)
        put_stripe_back(shop, stripe)
        shop.world.clock.at = begun
        came = dies(shop, fate, place, moment, call)
        if event == "lost":
            forget_events(shop)
        shop.hear_all()
        for _ in range(3):
            shop.world.clock.move(minutes=20)
            send()
            shop.hear_all()
        assert len(shop.fake.objects("transfer")) == 1, f"{moment} {place} {call}"
        assert (payout().state, owed()) == ("sent", 9750), f"{moment} {place} {call}"
        assert len(shop.mails("leader_paid")) == 1
    assert call > 2
    assert not came, "every call has died once"

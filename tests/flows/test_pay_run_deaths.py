"""A run of payouts whose process dies before or after every single write: whoever goes on with it
comes to one payout for each leader, and the books agree."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from moto.backends import get_backend

from chalicelib.errors import Conflict
from chalicelib.store import tables
from tests.pay_steps import approved, earned, owed, paid, prepared, run, states, tick
from tests.shop import Shop
from tests.simulation.fate import Died, Fate
from tests.world import World

PERIOD = "2027-01"
CALLS_MAX = 12
Act = Callable[[World], None]


def prepare(world: World) -> None:
    assert prepared(world) == PERIOD


def approve(world: World) -> None:
    approved(world, PERIOD)


def take_up(world: World) -> None:
    tick()


def confirm(world: World) -> None:
    paid(world, PERIOD)


ACTS: tuple[Act, ...] = (prepare, approve, take_up, confirm)


def rows() -> dict[str, Any]:
    found = get_backend("dynamodb")["123456789012"]["eu-west-2"].tables
    return {name: table.items for name, table in found.items()}


def put_back(kept: dict[str, Any]) -> None:
    found = get_backend("dynamodb")["123456789012"]["eu-west-2"].tables
    for name, table in found.items():
        table.items = copy.deepcopy(kept[name])


def dies_and_again(world: World, fate: Fate, act: Act, moment: str, call: int) -> bool:
    """The act dies at its `call`-th write, and is done once more; whether it came so far."""
    fate.arm("store", moment, call)
    try:
        act(world)
    except Died:
        pass
    else:
        fate.clear()
        return False
    try:
        act(world)
    except Conflict:
        assert moment == "after", "what was written stands, and is not written twice"
    return True


@pytest.mark.parametrize("act", ACTS, ids=lambda act: str(act.__name__))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_it_dies_at_any_write_and_ends_as_if_it_had_not(shop: Shop, act: Act, moment: str) -> None:
    earned(shop)
    world, fate, at = shop.world, Fate(), ACTS.index(act)
    for before in ACTS[:at]:
        before(world)
    kept, call, came = copy.deepcopy(rows()), 0, True
    client = tables.connection().client
    while came and call < CALLS_MAX:
        call += 1
        put_back(kept)
        fate.watch(client)
        try:
            came = dies_and_again(world, fate, act, moment, call)
        finally:
            fate.unwatch()
        for after in ACTS[at + 1 :]:
            after(world)
        assert set(states().values()) == {("paid_manually", 9750)}
        assert (len(states()), run(PERIOD).state, owed()) == (2, "done", 0)
        assert len(shop.mails("leader_paid")) == 2
        shop.prove(with_stripe=False)
    assert call > 1, "at least one write could die"
    assert not came, "every write has died once"

"""What the rehearsal does to let time pass is exact: everything is older, and fits as before. It
needs no deployment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3

from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.running.groups import Session
from local.fake_stripe.world import World as StripesWorld
from tests.connect_steps import send, to_be_sent
from tests.deployed import passing
from tests.shop import Shop
from tests.simulation.seen import Seen, look

DAYS = 40


def instants(seen: Seen) -> dict[str, list[Any]]:
    """When things were, in order."""
    return {
        "sessions": sorted(one.starts_at for one in seen.all(Session)),
        "entries": sorted(one.posted_at for one in seen.all(Entry)),
        "applications": sorted(one.created_at for one in seen.all(Application)),
    }


def of_stripe(world: StripesWorld) -> list[int]:
    """When everything at Stripe was made, in order."""
    return sorted(one["created"] for kind in world.objects.values() for one in kind.values())


def test_everything_is_older_and_the_story_goes_on_as_if_nothing_had_happened(shop: Shop) -> None:
    to_be_sent(shop)
    rows = boto3.client("dynamodb")
    before, stripe_before = look(), shop.fake.world.snapshot()
    then = of_stripe(shop.fake.world)
    passing.tables_age(rows, "test", DAYS)
    passing.stripe_ages(shop.fake.world, DAYS)

    aged = look()
    by = timedelta(days=DAYS)
    assert aged.stale == (), "what indexes see fits its row"
    assert len(aged.rows) == len(before.rows)
    assert instants(aged) == {
        name: [one - by for one in found] for name, found in instants(before).items()
    }
    assert of_stripe(shop.fake.world) == [one - DAYS * 86_400 for one in then]

    passing.tables_age(rows, "test", -DAYS)
    passing.stripe_ages(shop.fake.world, -DAYS)
    assert look().rows == before.rows
    assert shop.fake.world.snapshot() == stripe_before

    passing.tables_age(rows, "test", DAYS)
    passing.stripe_ages(shop.fake.world, DAYS)
    shop.world.clock.move(days=-DAYS)
    assert send() == {"sent": 1}

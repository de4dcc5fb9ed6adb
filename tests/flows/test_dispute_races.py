"""News of one dispute from many sides at once, on AWS's own DynamoDB Local, with real threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.flows.disputes import disputes
from chalicelib.rules.books.ledger import Entry
from chalicelib.store import reads, tables
from tests.shop import Shop, a_shop
from tests.stories import a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

TIMES = 4


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    with a_shop(local_world) as shop:
        yield shop


def test_every_event_of_a_lost_dispute_at_once_counts_once(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    offered = shop.offer(whole)
    shop.pay(offered)
    shop.settle_down()
    dispute_id = shop.fake.dispute(str(shop.payment(offered).intent_id))["id"]
    hint = shop.gateway.dispute(dispute_id)
    for event in shop.fake.outgoing:
        shop.fake.drop(event["id"])

    def hear(number: int) -> object:
        """In the middle of it all the bank decides."""
        if number == TIMES:
            return shop.fake.lose(dispute_id)
        return disputes.take_in(shop.world.outside, hint)

    with ThreadPoolExecutor(TIMES) as crowd:
        list(crowd.map(hear, range(3 * TIMES)))

    (row,) = shop.debt(offered).disputes
    assert (row.state, row.booked_lost, row.lost_minor) == ("lost", True, 21600)
    entries = (one for one in reads.everything(tables.Ledger) if isinstance(one, Entry))
    kinds = Counter(one.entry_id.split("#")[0] for one in entries)
    assert (kinds["dispute_withdrawn"], kinds["dispute_lost"]) == (1, 1)
    assert [one.state for one in shop.roster(whole)] == ["suspended"]

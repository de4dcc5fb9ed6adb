"""Several at the same money that nobody can place, at one moment, on AWS's own DynamoDB Local."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from chalicelib.flows.books import reconciling, setting_apart, unknown_money
from chalicelib.flows.money import payments
from chalicelib.handlers.books.reconciling import reconcile
from chalicelib.rules.changes import Caller
from tests.flows.test_suspense_races import at_once
from tests.shop import Offered, Shop, a_shop
from tests.stories import a_recruiting_term
from tests.unknown_money import asked, lost_payment
from tests.world import World

pytestmark = pytest.mark.dynamodb_local
DESK = Caller(actor="person-treasurer")


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    """Its books are proven at the end."""
    with a_shop(local_world) as open_shop:
        yield open_shop


def test_it_pays_for_one_place_and_is_set_apart_or_not_but_never_booked_twice(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    first, second = (shop.offer(whole, name, days=14) for name in ("Pip Pear", "Una Plum"))
    shop.begin(second)  # the member's address is proven by it
    checkout_id = lost_payment(shop, first)
    shop.world.clock.move(days=1)
    reconcile(outside)
    shop.world.clock.move(days=2)
    [movement] = reconciling.open_movements()

    def put(offered: Offered) -> Callable[[], None]:
        debt_id = shop.offer_row(offered).obligation_id

        def act() -> None:
            told = unknown_money.put_to(outside, DESK, checkout_id, debt_id, "she rang")
            payments.settle(outside, told)

        return act

    def apart() -> None:
        setting_apart.set_apart(outside, DESK, movement.movement_id, "lost")

    told = at_once([put(first), apart, put(second), put(first), put(second)])
    assert set(told) <= {"done", "StateChanged", "NotFound", "AlreadyCounted"}
    for offered in (first, second):  # set apart between reading and writing: once more
        if asked():
            at_once([put(offered)])
    assert asked() == set()
    paid = [one for one in (first, second) if shop.debt(one).obligation.paid_minor]
    assert len(paid) == 1
    assert Counter(one.full_name for one in shop.roster(whole)).total() == 1
    shop.settle_down()
    reconcile(outside)
    assert asked() == set()

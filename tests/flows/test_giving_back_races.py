"""Two people who give the same back at the same moment, on AWS's own DynamoDB Local."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from chalicelib.flows.returning import giving_back, leaving, refunds, refunds_by_hand
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.returning import leaving as leaving_rules
from chalicelib.store import reads
from chalicelib.store.commit import commit
from tests.flows.test_sign_in_races import at_once
from tests.shop import ADMIN, Offered, Shop, a_shop
from tests.stories import a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local
OTHER = Caller(actor="person-treasurer")


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    """A shop on DynamoDB Local; at the end its books are proven."""
    with a_shop(local_world) as open_shop:
        yield open_shop


@pytest.fixture
def paid(shop: Shop) -> Offered:
    offered = shop.offer(a_recruiting_term(shop.world))
    shop.pay(offered)
    shop.settle_down()
    return offered


def debt_id(shop: Shop, offered: Offered) -> str:
    return shop.offer_row(offered).obligation_id


def given(shop: Shop) -> int:
    shop.settle_down()
    return sum(one["amount"] for one in shop.fake.objects("refund"))


def test_two_administrators_give_all_of_it_back_at_once_and_it_goes_back_once(
    shop: Shop, paid: Offered
) -> None:
    outside, obligation_id = shop.world.outside, debt_id(shop, paid)
    told = at_once(
        [lambda: giving_back.request(outside, ADMIN, obligation_id, Wish(reason="x"))] * 4
    )
    assert Counter(told)["done"] == 1, told
    assert given(shop) == 21600


def test_parts_given_at_once_are_each_given_once_or_refused(shop: Shop, paid: Offered) -> None:
    outside, obligation_id = shop.world.outside, debt_id(shop, paid)
    wish = Wish(reason="x", amount_minor=9000)
    told = at_once([lambda: giving_back.request(outside, ADMIN, obligation_id, wish)] * 4)
    done = Counter(told)["done"]
    assert 1 <= done <= 2, told
    assert given(shop) == done * 9000


def test_a_proposal_agreed_to_by_many_at_once_is_carried_out_once(
    shop: Shop, paid: Offered
) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"refund_limit_minor": 100})))
    outside, obligation_id = shop.world.outside, debt_id(shop, paid)
    wish = Wish(reason="x")
    told = at_once([lambda: giving_back.request(outside, ADMIN, obligation_id, wish)] * 3)
    assert Counter(told)["proposed"] == 1, told
    (row,) = shop.debt(paid).releases
    ids = (obligation_id, row.release_id)
    told = at_once(
        [
            lambda: giving_back.approve(outside, OTHER, *ids),
            lambda: giving_back.approve(outside, OTHER, *ids),
            lambda: giving_back.withdraw(outside, ADMIN, *ids),
        ]
    )
    assert told.count(None) == 1, told
    (row,) = shop.debt(paid).releases
    assert given(shop) == (21600 if row.state == "done" else 0)


def test_a_leaver_and_a_refund_at_stripe_at_once_take_every_penny_once(
    shop: Shop, paid: Offered
) -> None:
    outside, obligation_id = shop.world.outside, debt_id(shop, paid)
    shop.fake.deliveries.paused = True
    made = shop.fake.dashboard_refund(str(shop.payment(paid).intent_id), 6000)
    told = shop.gateway.refund_by_id(made["id"])
    shown = leaving.show(outside, obligation_id, None)
    assert shown
    wish = leaving_rules.Wish(way="policy", told_on=shown.told_on)
    at_once(
        [
            lambda: leaving.leave(outside, ADMIN, obligation_id, wish, shown.promise),
            lambda: refunds.take_in(outside, told),
            lambda: refunds.take_in(outside, told),
        ]
    )
    shop.fake.deliveries.paused = False
    shop.settle_down()
    debt = shop.debt(paid)
    ours = [one for one in debt.refunds if one.stripe_refund_id == made["id"]]
    assert len(ours) == 1
    assert debt.payments[0].refunded_minor <= 21600


def test_a_transfer_written_down_twice_at_once_is_one(shop: Shop, paid: Offered) -> None:
    outside, obligation_id = shop.world.outside, debt_id(shop, paid)
    giving_back.request(outside, ADMIN, obligation_id, Wish(reason="x"))
    shop.work()
    (refund,) = shop.refunds(paid)
    shop.fake.fail_refund(str(refund.stripe_refund_id))
    shop.hear_all()
    day = shop.world.now.date()
    told = at_once(
        [
            lambda n=n: refunds_by_hand.pay(
                outside, OTHER, obligation_id, refund.refund_id, f"T-{n}", day
            )
            for n in range(4)
        ]
    )
    assert told.count(None) == 1, told

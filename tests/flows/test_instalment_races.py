"""The same part paid by many at the same moment, on AWS's own DynamoDB Local."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from chalicelib.flows.money import checkout, payments
from chalicelib.gateways.webhook_signature import verify
from chalicelib.rules.changes import Caller
from chalicelib.rules.links import personal_link
from chalicelib.rules.money import wishes
from chalicelib.rules.money.stripe_objects import checkout_from
from tests.flows.test_sign_in_races import at_once
from tests.shop import SECRET, Offered, Shop, a_shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    with a_shop(local_world) as shop:
        yield shop


@pytest.fixture
def offered(shop: Shop) -> Offered:
    """A place taken with nothing paid, its whole price due after the first session."""
    a_circle(shop.world)
    given = shop.offer(a_recruiting_term(shop.world, payment_due="after_first_session"))
    shop.press_pay(given)
    return given


def wish(shop: Shop, offered: Offered) -> wishes.DebtWish:
    obligation_id = shop.offer_row(offered).obligation_id
    token = personal_link(shop.world.outside.places.link_keys, "debt", obligation_id, 1)
    return wishes.DebtWish(obligation_id=obligation_id, token=token, all_of_it=True)


def press(shop: Shop, offered: Offered) -> str:
    return checkout.pay_debt(shop.world.outside, Caller(actor="visitor"), wish(shop, offered))


def settle(shop: Shop, body: bytes, header: str) -> str:
    event = verify(body, header, (SECRET,), shop.world.now)
    return payments.settle(shop.world.outside, checkout_from(event.object), event.id, event.type)


def test_the_same_part_paid_in_two_tabs_counts_once_and_one_goes_back_whole(
    shop: Shop, offered: Offered
) -> None:
    for _ in range(2):
        shop.fake.pay(shop.session_of(press(shop, offered)))
        shop.world.clock.move(minutes=59)
    told = [
        shop.fake.signed(event)
        for event in shop.fake.outgoing
        if event["type"] == "checkout.session.completed"
    ]
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    acts = [lambda one=one: settle(shop, *one) for one in told * 5]
    words = Counter(at_once(acts))
    assert set(words) <= {"part", "surplus", "nothing"}
    debt = shop.debt(offered)
    assert sorted(one.outcome for one in debt.payments) == ["part", "surplus"]
    assert (debt.obligation.state, debt.obligation.outstanding_minor) == ("paid", 0)
    assert [one.state for one in debt.instalments] == ["paid"]
    assert [one.amount_minor for one in debt.refunds] == [21600]


def test_eight_presses_at_once_open_one_session(shop: Shop, offered: Offered) -> None:
    found = at_once([lambda: press(shop, offered) for _ in range(8)])
    urls = {one for one in found if one.startswith("http")}
    assert len(urls) == 1, found
    assert len(shop.debt(offered).payments) == 1
    assert len(shop.fake.objects("checkout.session")) == 1

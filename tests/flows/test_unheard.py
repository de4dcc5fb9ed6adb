"""An event of Stripe's that ends in an error of ours is known by name until it is taken in."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from chalicelib.flows import health
from chalicelib.flows.money import unheard
from chalicelib.handlers import jobs
from chalicelib.rules.money.unheard import KEPT
from chalicelib.store import tables
from tests.again import _moto
from tests.handlers.test_health import busy, jobs_come, listening, told
from tests.people import signed_in
from tests.shop import Offered, Shop
from tests.stories import a_recruiting_term


def broken_debt(shop: Shop, offered: Offered) -> Any:
    """The rows of its payments cannot be read any more; what they were."""
    items = _moto()["test-payments"].items
    before = copy.deepcopy(items)
    client = tables.connection().client
    debt_id = shop.offer_row(offered).obligation_id
    key = {"obligation_id": {"S": debt_id}, "item": {"S": "obligation"}}
    row = client.get_item(TableName="test-payments", Key=key)["Item"]
    client.put_item(TableName="test-payments", Item={**row, "amount_minor": {"S": "no sum"}})
    return before


def paid_and_broken(shop: Shop) -> tuple[Offered, Any]:
    """Somebody paid, and the news of it ends in a bug."""
    offered = shop.offer(a_recruiting_term(shop.world))
    shop.pay(offered)
    before = broken_debt(shop, offered)
    shop.hear_all()
    assert unheard.waiting() == [], "fresh: it comes again"
    shop.world.clock.move(minutes=2)
    shop.hear_all()
    return offered, before


def mended(before: Any) -> None:
    """The rows are as they were."""
    items = _moto()["test-payments"].items
    items.clear()
    items.update(before)


def test_an_event_that_ends_in_a_bug_is_written_down_and_struck_out_when_it_comes_again(
    shop: Shop,
) -> None:
    world = shop.world
    offered, before = paid_and_broken(shop)
    [row] = unheard.waiting()
    event = shop.fake.outgoing[-1]
    assert (row.event_id, row.event_type) == (event["id"], "checkout.session.completed")
    assert (row.tries, row.error) == (1, "AttributeDeserializationError")
    world.clock.move(hours=2)
    shop.hear_all()
    [again] = unheard.waiting()
    assert (again.tries, again.failed_at, again.created_at) == (2, world.now, row.created_at)
    mended(before)
    shop.hear_all()
    assert unheard.waiting() == []
    assert shop.payment(offered).state == "paid"


def test_an_hour_later_the_page_and_the_machines_are_told(shop: Shop) -> None:
    world = shop.world
    jobs_come(world)
    _, before = paid_and_broken(shop)
    assert [sign.code for sign in health.look(world.outside).signs] == []
    mended(before)  # else the page of health would have more to tell
    world.clock.move(minutes=61)
    jobs_come(world)
    jobs.send_mails({}, None)
    assert told(world) == (503, "event_unheard\n")
    desk = signed_in(world)
    desk.get("/admin/health")
    assert "Stripe has told something that could not be taken in: 1" in desk.text
    shop.hear_all()
    assert told(world) == (200, "ok\n")


def test_a_fresh_event_costs_no_look(shop: Shop) -> None:
    shop.pay(shop.offer(a_recruiting_term(shop.world)))
    asked: list[Any] = []
    with listening(lambda params, **_: asked.append(str(params["body"]))):
        shop.hear_all()
    assert asked
    assert [one for one in asked if "unheard" in one] == []


def test_while_the_store_does_not_answer_nothing_can_be_written_down(shop: Shop) -> None:
    """It is a 503 all the same, and Stripe comes again."""
    shop.pay(shop.offer(a_recruiting_term(shop.world)))
    with listening(busy):
        assert 503 in shop.fake.deliver_all()
    assert unheard.waiting() == []
    shop.hear_all()
    assert unheard.waiting() == []


def test_what_nobody_can_deliver_any_more_is_let_go(shop: Shop) -> None:
    world = shop.world
    _, before = paid_and_broken(shop)
    for event in shop.fake.outgoing:
        shop.fake.drop(event["id"])
    mended(before)
    [row] = unheard.waiting()
    world.clock.at = row.created_at + KEPT
    assert jobs.nightly({}, None)["events"] == {}
    world.clock.at += timedelta(days=1)
    assert jobs.nightly({}, None)["events"] == {"forgotten": 1}
    assert unheard.waiting() == []

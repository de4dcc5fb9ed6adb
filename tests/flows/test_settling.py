"""News from Stripe in any order, doubled, forged, or meant for somebody else."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest

from chalicelib.errors import StripeUnknown
from chalicelib.flows.money import payments
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import Task
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from local.fake_stripe import sign
from tests.shop import SECRET, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World


def said(shop: Shop, event: dict[str, Any]) -> str:
    """Send an event, signed as Stripe does; what became of it."""
    body = json.dumps(event).encode()
    headers = {
        "stripe-signature": sign(body, SECRET, shop.world.now),
        "content-type": "application/json; charset=utf-8",
    }
    answer = shop.browser.gateway.handle("POST", "/webhooks/stripe", headers, body)
    assert answer.status == 200, answer.text
    return answer.text.strip()


def test_every_order_of_a_delayed_payments_events_ends_the_same(world: World, shop: Shop) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world, capacity=30)
    ends = set()
    for order in itertools.permutations(range(3)):
        offered = shop.offer(whole, f"Sample Person {order}".replace(",", "").strip("()"))
        session_id = shop.begin(offered)
        shop.fake.pay_delayed(session_id)
        shop.fake.settle_delayed(session_id, ok=True)
        told = [e for e in shop.fake.outgoing if e["type"].startswith("checkout.session")]
        third = copy.deepcopy(told[0]) | {"id": f"evt_again_{order}".replace(" ", "")}
        for event in list(shop.fake.outgoing):
            shop.fake.drop(event["id"])
        for position in order:
            said(shop, [*told, third][position])
        row = shop.offer_row(offered)
        ends.add((row.state, row.hold, shop.payment(offered).state, len(shop.refunds(offered))))
    assert ends == {("taken", "taken", "paid", 0)}
    assert len(shop.roster(whole)) == 6


def test_a_webhook_that_beats_our_own_request_is_enough(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    shop.fake.lose_next_reply("POST /v1/checkout/sessions")
    with pytest.raises(StripeUnknown):
        shop.press_pay(offered)
    (session,) = shop.fake.objects("checkout.session")
    shop.fake.pay(session["id"])
    shop.hear_all()
    assert shop.payment(offered).state == "paid"
    assert len(shop.roster(whole)) == 1


def test_a_forged_amount_is_checked_against_stripe_itself(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = shop.begin(offered)
    event = _completed(shop, session_id) | {"id": "evt_forged"}
    event["data"]["object"] |= {"payment_status": "paid", "status": "complete", "amount_total": 1}
    assert said(shop, event) == "nothing"
    assert shop.roster(whole) == []


def test_an_amount_that_is_not_ours_calls_a_person_and_sells_nothing(
    world: World, shop: Shop
) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = shop.begin(offered)
    commit(Change.of(Update(shop.payment(offered), {"amount_minor": 100})))
    shop.fake.pay(session_id)
    shop.hear_all()
    shop.hear_all()
    assert shop.roster(whole) == []
    tasks: list[Task] = reads.under(tables.Circle, "task#open")
    assert [task.code for task in tasks] == ["payment_mismatch"]
    commit(Change.of(Update(shop.payment(offered), {"amount_minor": 21600})))
    shop.world.clock.move(hours=2)
    shop.work()
    assert len(shop.roster(whole)) == 1


@pytest.mark.parametrize(
    ("changed", "became"),
    [
        ({"livemode": True}, "not_ours"),
        ({"account": "acct_of_somebody"}, "not_ours"),
        ({"type": "customer.created"}, "unknown_type"),
    ],
)
def test_what_is_not_ours_changes_nothing(
    world: World, shop: Shop, changed: dict[str, Any], became: str
) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = shop.pay(offered)
    event = copy.deepcopy(_event(shop, session_id)) | changed
    assert said(shop, event) == became
    assert shop.roster(whole) == []


def test_another_deployment_on_the_same_account_is_left_alone(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world))
    session_id = shop.pay(offered)
    event = copy.deepcopy(_event(shop, session_id))
    event["data"]["object"]["metadata"]["deployment"] = "somebody-else"
    assert said(shop, event) == "not_ours"


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (None, b"{}"),
        ("t=1,v1=00", b"{}"),
        ("signed", b""),
        ("signed", b"\xff\xfe"),
        ("signed", b"no json"),
        ("signed", b"[]"),
    ],
)
def test_what_is_not_signed_or_not_an_event_is_refused_with_400(
    world: World, shop: Shop, header: str | None, body: bytes
) -> None:
    a_circle(world)
    headers = {"content-type": "application/json"}
    if header:
        headers["stripe-signature"] = (
            sign(body, SECRET, world.now) if header == "signed" else header
        )
    answer = shop.browser.gateway.handle("POST", "/webhooks/stripe", headers, body)
    assert answer.status == 400


def test_the_return_page_settles_before_any_webhook(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = shop.pay(offered)
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    payments.returned(world.outside, shop.payment(offered).obligation_id, session_id)
    assert len(shop.roster(whole)) == 1


def test_the_return_page_believes_no_session_of_another_debt(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    mine, other = shop.offer(whole, "Ludo Featherstone"), shop.offer(whole, "Otis Wheelbarrow")
    shop.begin(mine)
    paid = shop.pay(other)
    payments.returned(world.outside, shop.payment(mine).obligation_id, paid)
    assert shop.roster(whole) == []


def _completed(shop: Shop, session_id: str) -> dict[str, Any]:
    (session,) = [one for one in shop.fake.objects("checkout.session") if one["id"] == session_id]
    return {
        "id": "evt_x",
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "created": 1,
        "data": {"object": copy.deepcopy(session)},
    }


def _event(shop: Shop, session_id: str) -> dict[str, Any]:
    return next(
        event
        for event in shop.fake.outgoing
        if event["type"] == "checkout.session.completed"
        and event["data"]["object"]["id"] == session_id
    )

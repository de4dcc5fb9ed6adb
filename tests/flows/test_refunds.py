"""Money back: asked for once, sent once, watched until it has arrived or a person is told."""

from __future__ import annotations

import pytest

from chalicelib.errors import RefundNotPossible, SwitchedOff
from chalicelib.flows.returning import giving_back, refunds
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import World


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return a_recruiting_term(world)


@pytest.fixture
def paid(shop: Shop, whole: WholeTerm) -> Offered:
    """A seat that was paid for, with everything settled."""
    offered = shop.offer(whole)
    shop.pay(offered)
    shop.settle_down()
    return offered


def give_back(shop: Shop, offered: Offered, reason: str = "moved abroad") -> None:
    obligation_id = shop.offer_row(offered).obligation_id
    giving_back.request(shop.world.outside, ADMIN, obligation_id, Wish(reason=reason))


def open_tasks() -> list[Task]:
    return reads.under(tables.Circle, "task#open")


def test_an_administrators_refund_frees_the_seat_and_returns_every_penny(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    give_back(shop, paid)
    assert shop.term(whole).occupied == 0
    assert [one.state for one in shop.roster(whole)] == ["cancelled"]
    shop.work()
    (refund,) = shop.refunds(paid)
    assert (refund.amount_minor, refund.state, refund.cause) == (
        21600, "succeeded", "administrator",
    )  # fmt: skip
    assert [one.template for one in shop.mails("refund_started")] == ["refund_started"]


def test_two_administrators_cannot_refund_twice(shop: Shop, paid: Offered) -> None:
    give_back(shop, paid)
    with pytest.raises(RefundNotPossible):
        give_back(shop, paid)
    shop.work()
    assert len(shop.fake.objects("refund")) == 1


def test_a_lost_reply_from_stripe_makes_one_refund(shop: Shop, paid: Offered) -> None:
    give_back(shop, paid)
    shop.fake.lose_next_reply("POST /v1/refunds")
    shop.work()
    shop.settle_down()
    assert len(shop.fake.objects("refund")) == 1
    assert [one.state for one in shop.refunds(paid)] == ["succeeded"]


def test_a_refund_unanswered_for_two_days_is_found_before_it_is_asked_again(
    shop: Shop, paid: Offered
) -> None:
    give_back(shop, paid)
    shop.fake.lose_next_reply("POST /v1/refunds", times=50)
    shop.fake.deliveries.paused = True
    refunds.send_due(shop.world.outside)
    shop.fake.clear_faults()
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    shop.fake.deliveries.paused = False
    shop.world.clock.move(days=2)  # Stripe has forgotten the key
    shop.work()
    assert len(shop.fake.objects("refund")) == 1
    assert [one.state for one in shop.refunds(paid)] == ["succeeded"]


def test_a_refund_to_a_closed_card_comes_back_and_a_person_is_told(
    shop: Shop, paid: Offered
) -> None:
    give_back(shop, paid)
    shop.work()
    (refund,) = shop.refunds(paid)
    shop.fake.fail_refund(str(refund.stripe_refund_id))
    shop.hear_all()
    (refund,) = shop.refunds(paid)
    assert refund.state == "failed"
    assert [task.code for task in open_tasks()] == ["refund_failed"]


def test_a_failed_refund_is_found_without_any_webhook(shop: Shop, paid: Offered) -> None:
    give_back(shop, paid)
    shop.work()
    (refund,) = shop.refunds(paid)
    shop.fake.fail_refund(str(refund.stripe_refund_id))
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    shop.world.clock.move(days=2)
    shop.work()
    assert [one.state for one in shop.refunds(paid)] == ["failed"]


def test_what_stripe_refuses_for_good_is_told_by_name(shop: Shop, paid: Offered) -> None:
    intent_id = str(shop.payment(paid).intent_id)
    give_back(shop, paid)
    shop.fake.fail_next("POST /v1/refunds", 400)
    shop.work()
    (refund,) = shop.refunds(paid)
    assert refund.state == "failed"
    assert [task.code for task in open_tasks()] == ["refund_failed"]
    assert shop.gateway.refunds_of(intent_id) == []


def test_a_key_that_may_not_refund_loses_nobody_their_money(shop: Shop, paid: Offered) -> None:
    give_back(shop, paid)
    shop.fake.restrict("sk_test_invented", "POST /v1/refunds")
    shop.work()
    assert [one.state for one in shop.refunds(paid)] == ["requested"]
    shop.fake.restrict("sk_test_invented")
    shop.world.clock.move(hours=1)
    shop.work()
    assert [one.state for one in shop.refunds(paid)] == ["succeeded"]


def test_refunds_switched_off_are_refused_and_nothing_is_sent(shop: Shop, paid: Offered) -> None:
    give_back(shop, paid)
    switch(refunds=False)
    assert refunds.send_due(shop.world.outside) == {"switched_off": 1}
    with pytest.raises(SwitchedOff):
        give_back(shop, paid)
    switch(refunds=True)


def test_who_was_refunded_can_come_back_to_the_same_term(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    give_back(shop, paid)
    shop.work()
    application = shop.application(whole, "Pip Buttonwood")
    again = shop.offer_to(application)
    shop.pay(again)
    shop.settle_down()
    (member,) = shop.roster(whole)
    assert (member.state, member.offer_id) == ("active", again.offer_id)
    assert len(shop.mails("enrolment_confirmation")) == 2


def switch(**values: bool) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, values)))

"""From offer to paid seat: money in, once, whatever Stripe tells us and in which order."""

from __future__ import annotations

import pytest

from chalicelib.errors import OfferNotOpen, StripeUnknown, TooManyTries
from chalicelib.flows.books import books
from chalicelib.flows.joining import offers
from chalicelib.rules.changes import Change, Update
from chalicelib.store.commit import commit
from chalicelib.store.tasks import open_tasks
from tests.shop import ADMIN, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World


def test_a_paid_offer_becomes_one_seat_one_receipt_and_one_confirmation(
    world: World, shop: Shop
) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    assert (shop.term(whole).held, shop.term(whole).taken) == (1, 0)
    shop.pay(offered)
    shop.hear_all()
    (member,) = shop.roster(whole)
    assert (member.full_name, member.state) == ("Pip Buttonwood", "active")
    assert (shop.term(whole).held, shop.term(whole).taken) == (0, 1)
    assert shop.offer_row(offered).state == "taken"
    assert shop.payment(offered).state == "paid"
    assert len(shop.mails("receipt")) == len(shop.mails("enrolment_confirmation")) == 1


def test_the_same_event_ten_times_is_one_seat(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    shop.pay(offered)
    for event in list(shop.fake.outgoing):
        assert set(shop.fake.deliver(event["id"], times=10)) == {200}
    assert len(shop.roster(whole)) == 1
    assert len(shop.mails("receipt")) == 1


def test_a_webhook_that_never_comes_is_healed_by_the_reconciler(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    shop.pay(offered)
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    world.clock.move(minutes=70)
    shop.work()
    assert shop.payment(offered).state == "paid"
    assert len(shop.roster(whole)) == 1


def test_a_lost_reply_from_stripe_is_healed_by_the_same_key(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    shop.fake.lose_next_reply("POST /v1/checkout/sessions")
    with pytest.raises(StripeUnknown):
        shop.press_pay(offered)
    session_id = shop.begin(offered)
    assert len(shop.debt(offered).payments) == 1
    assert [one["id"] for one in shop.fake.objects("checkout.session")] == [session_id]


def test_an_intent_stripe_never_answered_is_replaced_after_twenty_five_minutes(
    world: World, shop: Shop
) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    shop.fake.lose_next_request("POST /v1/checkout/sessions", times=99)
    with pytest.raises(StripeUnknown):
        shop.press_pay(offered)
    world.clock.move(minutes=26)
    shop.work()
    shop.fake.clear_faults()
    shop.pay(offered)
    shop.hear_all()
    assert sorted(one.state for one in shop.debt(offered).payments) == ["failed", "paid"]


def test_a_second_press_goes_on_with_the_same_session(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world))
    assert shop.press_pay(offered) == shop.press_pay(offered)
    assert len(shop.debt(offered).payments) == 1


def test_paying_twice_gives_the_second_payment_back_whole(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    first = shop.begin(offered)
    world.clock.move(minutes=59)  # the first session is about to end: a second one is opened
    second = shop.begin(offered)
    assert first != second
    shop.fake.pay(first)
    shop.fake.pay(second)
    shop.hear_all()
    shop.work()
    outcomes = sorted(one.outcome for one in shop.debt(offered).payments)
    assert outcomes == ["seat", "surplus"]
    (refund,) = shop.refunds(offered)
    assert (refund.cause, refund.amount_minor, refund.state) == ("surplus", 21600, "succeeded")
    assert len(shop.roster(whole)) == 1
    assert len(shop.mails("refund_started")) == 1


def test_a_delayed_payment_keeps_the_seat_until_it_is_there(world: World, shop: Shop) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    assert shop.payment(offered).state == "on_its_way"
    assert shop.roster(whole) == []
    world.clock.move(days=9)
    shop.work()
    assert shop.offer_row(offered).state == "open"
    shop.fake.settle_delayed(session_id, ok=True)
    shop.hear_all()
    assert len(shop.roster(whole)) == 1
    assert len(shop.mails("payment_on_its_way")) == 1


def test_a_delayed_payment_that_fails_leaves_a_day_to_try_again(world: World, shop: Shop) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world)
    offered = shop.offer(whole, days=3)
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    world.clock.move(days=6)
    shop.fake.settle_delayed(session_id, ok=False)
    shop.hear_all()
    assert shop.payment(offered).state == "failed"
    assert shop.offer_row(offered).state == "open"
    assert len(shop.mails("payment_failed")) == 1
    world.clock.move(days=2)
    shop.work()
    assert shop.offer_row(offered).state == "expired"


def test_a_failed_delayed_payment_is_found_without_any_webhook(world: World, shop: Shop) -> None:
    a_circle(world, bank_debit=True)
    offered = shop.offer(a_recruiting_term(world), days=14)
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    shop.fake.settle_delayed(session_id, ok=False)
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    world.clock.move(days=1)
    shop.work()
    assert shop.payment(offered).state == "failed"
    assert len(shop.mails("payment_failed")) == 1


def test_card_testers_run_out_of_sessions(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world), days=14)
    for _ in range(10):
        shop.begin(offered)
        world.clock.move(minutes=59)
    with pytest.raises((TooManyTries, OfferNotOpen)):
        shop.begin(offered)


def test_an_unpaid_offer_expires_and_frees_its_seat(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    world.clock.move(days=8)
    shop.work()
    assert shop.offer_row(offered).state == "expired"
    assert shop.term(whole).occupied == 0
    assert len(shop.mails("offer_expired")) == 1
    with pytest.raises(OfferNotOpen):
        shop.press_pay(offered)


def test_opening_the_checkout_holds_the_seat_past_the_deadline_once(
    world: World, shop: Shop
) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    deadline = shop.offer_row(offered).expires_at
    world.clock.at = deadline.replace(minute=deadline.minute - 2)
    session_id = shop.begin(offered)
    world.clock.move(minutes=50)
    shop.work()
    assert shop.offer_row(offered).state == "open"
    shop.fake.pay(session_id)
    shop.hear_all()
    assert len(shop.roster(whole)) == 1


def test_late_money_takes_a_seat_that_is_free(world: World, shop: Shop) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world, capacity=1)
    offered = shop.offer(whole)
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)  # a slow debit that nobody hears of
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    _force_expiry(shop, offered)
    shop.fake.settle_delayed(session_id, ok=True)
    shop.hear_all()
    (member,) = shop.roster(whole)
    assert member.state == "active"
    assert shop.offer_row(offered).state == "expired"
    assert shop.term(whole).occupied == shop.term(whole).taken == 1


def test_late_money_without_a_seat_goes_back_and_leads_the_waitlist(
    world: World, shop: Shop
) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world, capacity=1)
    offered = shop.offer(whole)
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    _force_expiry(shop, offered)
    other = shop.offer(whole, "Saffron Umbrella")
    shop.pay(other)
    shop.fake.settle_delayed(session_id, ok=True)
    shop.hear_all()
    shop.work()
    assert [one.full_name for one in shop.roster(whole)] == ["Saffron Umbrella"]
    (refund,) = shop.refunds(offered)
    assert (refund.cause, refund.state) == ("late_money", "succeeded")
    application, _ = offers.load(offered.which)
    assert (application.state, application.priority) == ("waitlisted", 0)
    assert len(shop.mails("late_money")) == 1


def test_a_withdrawn_offer_cannot_be_paid_and_its_money_goes_back(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = shop.begin(offered)
    offers.withdraw(world.outside, ADMIN, offered.which, "made by mistake")
    shop.fake.pay(session_id)
    shop.hear_all()
    shop.work()
    assert shop.roster(whole) == []
    assert [one.cause for one in shop.refunds(offered)] == ["late_money"]


def test_a_place_without_a_price_is_settled_without_stripe(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world, price_minor=0)
    offered = shop.offer(whole)
    assert shop.press_pay(offered) == f"/offers/{offered.token}/paid"
    (member,) = shop.roster(whole)
    assert member.state == "active"
    assert shop.fake.objects("checkout.session") == []


def test_the_processors_real_fee_is_booked(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world))
    shop.pay(offered)
    shop.settle_down()
    payment = shop.payment(offered)
    assert payment.charge_id
    assert payment.fee_minor
    assert payment.fee_minor > 0


def _force_expiry(shop: Shop, offered: object) -> None:
    """The hold runs out while Stripe does not answer whether the session was paid: the delayed
    payment was never heard of, and the session at Stripe is complete."""
    row = shop.offer_row(offered)  # type: ignore[arg-type]
    offers._end(shop.world.outside, ADMIN, offered.which, "expired")  # type: ignore[attr-defined]
    assert shop.offer_row(offered).state == "expired" != row.state  # type: ignore[arg-type]


def test_the_nightly_proof_waits_for_a_fee_that_is_not_booked_yet(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world))
    shop.pay(offered)
    shop.hear_all()
    early = books.check(world.outside)
    assert early == {"findings": 0, "unexplained_minor": 0, "stripe_left_out": 1}
    shop.settle_down()
    assert books.check(world.outside) == {"findings": 0, "unexplained_minor": 0}


def test_a_task_of_the_proof_is_closed_when_the_books_agree_again(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    commit(Change.of(Update(shop.term(whole), {"taken": 1, "occupied": 1})))
    books.check(world.outside)
    assert [task.code for task in open_tasks()] == ["books_do_not_agree"]
    commit(Change.of(Update(shop.term(whole), {"taken": 0, "occupied": 0})))
    books.check(world.outside)
    assert open_tasks() == []

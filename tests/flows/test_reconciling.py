"""Stripe's own objects against our books: what is missing is repaired or told, what is not ours is
booked apart, and every payout to the bank is explained to the penny (T5, O6, N18)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.flows.books import reconciling
from chalicelib.handlers import jobs
from chalicelib.handlers.books.reconciling import reconcile
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry, balances
from chalicelib.rules.changes import Caller
from chalicelib.store import reads, tables
from chalicelib.store.tasks import open_tasks
from tests.shop import Shop
from tests.stories import a_recruiting_term

TREASURER = Caller(actor="person-treasurer")


def ledger() -> dict[tuple[str, str], int]:
    """Balances by book and account."""
    entries = [row for row in reads.everything(tables.Ledger) if isinstance(row, Entry)]
    return {(book, account): minor for (book, account, _), minor in balances(entries).items()}


def look(shop: Shop) -> dict[str, Any]:
    return reconcile(shop.world.outside)


def seen(shop: Shop) -> dict[str, Any]:
    return reconciling.show(shop.world.outside)


def test_a_quiet_day_is_explained_to_the_last_penny(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    for name in ("Pip Buttonwood", "Saffron Umbrella", "Ludo Featherstone"):
        shop.pay(shop.offer(whole, name))
    shop.settle_down()
    told = look(shop)
    assert told["explained"] == 3
    assert (told["unexplained_minor"], told["oldest_hours"]) == (0, 0)
    assert seen(shop)["movements"] == []


def test_a_payment_that_nobody_told_us_about_becomes_an_enrolment(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    offered = shop.offer(whole)
    shop.pay(offered)
    for event in shop.fake.events:
        shop.fake.drop(event["id"])
    shop.world.clock.move(hours=2)
    told = look(shop)
    assert told["seat"] == 1
    assert [one.full_name for one in shop.roster(whole)] == ["Pip Buttonwood"]
    assert told["unexplained_minor"] == 0


def test_a_payout_to_the_bank_is_explained_line_by_line(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    shop.pay(shop.offer(whole, "Pip Buttonwood"))
    gone = shop.offer(whole, "Saffron Umbrella")
    shop.pay(gone)
    shop.settle_down()
    shop.fake.dashboard_refund(str(shop.payment(gone).intent_id), 5000)
    shop.settle_down()
    shop.world.clock.move(days=4)
    shop.fake.pay_out()
    shop.settle_down()
    look(shop)
    (payout,) = seen(shop)["payouts"]
    assert payout.lines == 3
    assert payout.unexplained_minor == 0
    assert payout.explained_minor == payout.amount_minor > 0
    assert ledger()[CIRCLE_BOOK, "bank"] == payout.amount_minor
    shop.world.clock.move(days=3)
    look(shop)
    assert ledger()[CIRCLE_BOOK, "bank"] == payout.amount_minor  # booked once


def test_the_first_look_finds_payouts_since_the_circle_was_set_up(shop: Shop) -> None:
    shop.pay(shop.offer(a_recruiting_term(shop.world)))
    shop.settle_down()
    shop.world.clock.move(days=4)
    shop.fake.pay_out()
    shop.world.clock.move(days=40)
    look(shop)
    assert [one.unexplained_minor for one in seen(shop)["payouts"]] == [0]


def test_a_payout_that_comes_back_from_the_bank_is_ours_again(shop: Shop) -> None:
    shop.pay(shop.offer(a_recruiting_term(shop.world)))
    shop.settle_down()
    shop.world.clock.move(days=4)
    payout = shop.fake.pay_out()
    shop.world.clock.move(days=1)
    look(shop)
    shop.fake.fail_payout(payout["id"])
    look(shop)
    assert (CIRCLE_BOOK, "bank") not in ledger()
    assert seen(shop)["payouts"][0].state == "failed"


def test_money_of_another_shop_stands_apart_until_somebody_says_what_it_was(shop: Shop) -> None:
    a_recruiting_term(shop.world)
    shop.fake.foreign_charge(1234)
    told = look(shop)
    assert told["unknown"] == 1
    assert look(shop).get("unknown") is None  # asked once
    (task,) = [one for one in open_tasks() if one.code == "movement_unknown"]
    apart = -ledger()[CIRCLE_BOOK, "suspense"]
    assert apart == task.facts["amount_minor"] > 0
    reconciling.clear(
        shop.world.outside, TREASURER, task.facts["movement_id"], "Books sold at a conference"
    )
    assert (CIRCLE_BOOK, "suspense") not in ledger()
    assert ledger()[CIRCLE_BOOK, "not_ours"] == -apart
    assert [one for one in open_tasks() if one.code == "movement_unknown"] == []


def test_money_of_ours_that_cannot_be_placed_is_told_until_it_is(shop: Shop) -> None:
    """Its session is not listed any more and its payment row still waits: told by name and age,
    and told no more once it is booked."""
    offered = shop.offer(a_recruiting_term(shop.world))
    session_id = shop.pay(offered)
    for event in shop.fake.events:
        shop.fake.drop(event["id"])
    shop.world.clock.move(hours=5)
    reconciling.look(shop.world.outside)
    (movement,) = seen(shop)["movements"]
    assert seen(shop)["unexplained_minor"] == movement.net_minor > 0
    assert seen(shop)["oldest_hours"] == 5
    assert [one.code for one in open_tasks() if one.code.startswith("movement")] == [
        "movement_missing"
    ]
    shop.world.clock.move(days=4)
    shop.fake.pay_out()
    reconciling.look(shop.world.outside)
    assert seen(shop)["payouts"][0].unexplained_minor == movement.net_minor
    look(shop)
    shop.settle_down()
    look(shop)
    assert session_id
    assert seen(shop)["payouts"][0].unexplained_minor == 0
    assert seen(shop)["movements"] == []
    assert [one.code for one in open_tasks() if one.code.startswith("movement")] == []


@pytest.mark.parametrize("end", ["win", "lose"])
def test_a_dispute_leaves_nothing_unexplained(shop: Shop, end: str) -> None:
    offered = shop.offer(a_recruiting_term(shop.world))
    shop.pay(offered)
    shop.settle_down()
    dispute = shop.fake.dispute(str(shop.payment(offered).intent_id))
    for event in shop.fake.events:
        shop.fake.drop(event["id"])
    shop.world.clock.move(hours=2)
    assert look(shop)["unexplained_minor"] == 0
    getattr(shop.fake, end)(dispute["id"])
    shop.world.clock.move(hours=2)
    assert look(shop)["unexplained_minor"] == 0


def test_the_button_asks_and_the_next_tick_answers(shop: Shop) -> None:
    a_recruiting_term(shop.world)
    reconciling.ask(shop.world.outside, TREASURER)
    reconciling.ask(shop.world.outside, TREASURER)
    assert seen(shop)["asked"] is not None
    jobs.tick({}, None)
    assert seen(shop)["asked"] is None
    assert seen(shop)["last"].ended_at == shop.world.now

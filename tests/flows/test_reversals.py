"""Money of transfers that comes back: asked for because of a clawback, or by itself; each return
is counted once and nothing is lost."""

from __future__ import annotations

import pytest

from chalicelib.flows.leaders import clawbacks, connecting
from chalicelib.flows.leaders.own_pay import show_pay
from chalicelib.handlers import jobs
from chalicelib.handlers.books.reconciling import reconcile
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.leaders import clawbacks as store
from chalicelib.store.tasks import open_tasks
from tests.connect_steps import codes, forget_events, payout, send, to_be_sent
from tests.pay_steps import ADA, approved, leader, owed, payouts, prepared, tick
from tests.shop import ADMIN, Shop


def returned() -> list[Returned]:
    every = list(reads.everything(tables.Payouts))
    return [one for one in every if isinstance(one, Returned)]


def sent(shop: Shop, sessions: int = 1) -> WholeTerm:
    """Imelda was paid through Stripe; the money is still on her account there."""
    shop.fake.hold_account_payouts()
    whole, _ = to_be_sent(shop, sessions=sessions)
    assert send() == {"sent": 1}
    shop.hear_all()
    return whole


def test_a_part_that_comes_back_by_itself_is_owed_again_and_paid_again(shop: Shop) -> None:
    sent(shop)
    shop.fake.dashboard_reversal(payout().transfer_id, 2750)
    shop.hear_all()
    assert (payout().state, payout().reversed_minor) == ("sent", 2750)
    assert [(one.amount_minor, one.settled_minor) for one in returned()] == [(2750, 0)]
    assert (owed(), codes()) == (9750 + 2750, {"transfer_came_back"})
    shop.world.clock.move(days=1)
    second = prepared(shop.world)
    approved(shop.world, second)
    tick()
    assert send() == {"sent": 1}
    assert payouts()[f"Inkwell {second}"].amount_minor == 2750
    (task,) = [one for one in open_tasks() if one.code == "transfer_came_back"]
    leader_id = leader(shop.world, "Imelda").person_id
    connecting.dealt_with(shop.world.outside, ADA, leader_id, task.task_id)
    assert codes() == set()


def test_the_leader_sees_that_what_came_back_is_owed_again(shop: Shop) -> None:
    sent(shop)
    before = show_pay(shop.world.outside, leader(shop.world, "Imelda"))
    assert (before.owed_again, before.owed_back) == ((), ())
    shop.fake.dashboard_reversal(payout().transfer_id, 2750)
    shop.hear_all()
    shown = show_pay(shop.world.outside, leader(shop.world, "Imelda"))
    assert [one.amount_minor for one in shown.owed_again] == [2750]
    assert (shown.owed_back, shown.open_minor) == ((), before.open_minor + 2750)


def test_all_of_it_in_two_parts_told_many_times_is_counted_once(shop: Shop) -> None:
    sent(shop)
    shop.fake.dashboard_reversal(payout().transfer_id, 50)
    shop.fake.dashboard_reversal(payout().transfer_id)
    for event in reversed(list(shop.fake.events)):
        shop.fake.deliver(event["id"], times=2)
    assert (payout().state, payout().reversed_minor) == ("reversed", 9750)
    assert sorted(one.amount_minor for one in returned()) == [50, 9700]
    assert owed() == 9750 + 9750


def test_what_came_back_of_an_old_transfer_is_found_without_any_event(shop: Shop) -> None:
    sent(shop)
    reconcile(shop.world.outside)
    shop.world.clock.move(days=40)
    reconcile(shop.world.outside)
    shop.world.clock.move(days=5)
    shop.fake.dashboard_reversal(payout().transfer_id, 700)
    forget_events(shop)
    told = reconcile(shop.world.outside)
    assert (told["came_back"], told["unexplained_minor"]) == (1, 0)
    assert payout().reversed_minor == 700


def test_what_came_back_of_a_transfer_that_is_not_ours_is_set_apart(shop: Shop) -> None:
    shop.fake.hold_account_payouts()
    _, account_id = to_be_sent(shop)
    transfer = shop.fake.dashboard_transfer(account_id, 900)
    shop.fake.dashboard_reversal(transfer["id"], 300)
    shop.hear_all()
    shop.world.clock.move(hours=2)
    told = reconcile(shop.world.outside)
    assert (told["unknown"], told["unexplained_minor"]) == (2, 0)
    assert (payout().reversed_minor, returned()) == (0, [])


# Asked for


@pytest.fixture
def owing(shop: Shop) -> tuple[WholeTerm, Clawback]:
    """Imelda was paid through Stripe, and owes back a part of it since a payment was lost."""
    whole = sent(shop)
    intent = shop.fake.objects("payment_intent")[0]["id"]
    dispute = shop.fake.dispute(intent)
    shop.hear_all()
    shop.fake.lose(dispute["id"])
    shop.settle_down()
    return whole, owed_back(shop)


def owed_back(shop: Shop) -> Clawback:
    (row,) = store.of_leader(leader(shop.world, "Imelda").person_id)
    return row


def ask(shop: Shop, row: Clawback) -> None:
    clawbacks.take_back(shop.world.outside, ADMIN, row.leader_id, row.clawback_id)


def take_back() -> dict[str, int]:
    told: dict[str, int] = jobs.send_payouts({}, None)["taken_back"]
    return told


def test_what_the_treasurer_asks_back_comes_back_once(
    shop: Shop, owing: tuple[WholeTerm, Clawback]
) -> None:
    row = owing[1]
    ask(shop, row)
    assert take_back() == {"came_back": 1}
    shop.hear_all()
    after = owed_back(shop)
    assert (after.reversed_minor, after.open_minor, after.take_back_at) == (row.open_minor, 0, None)
    assert payout().reversed_minor == row.open_minor
    assert (len(shop.fake.objects("transfer_reversal")), returned(), take_back()) == (1, [], {})


def test_a_lost_answer_about_it_is_looked_for_and_asked_only_once(
    shop: Shop, owing: tuple[WholeTerm, Clawback]
) -> None:
    ask(shop, owing[1])
    shop.fake.lose_next_reply("POST /v1/transfers")
    shop.fake.deliveries.paused = True
    assert take_back() == {"waits": 1}
    forget_events(shop)
    shop.fake.deliveries.paused = False
    shop.world.clock.move(days=2)
    take_back()
    assert owed_back(shop).open_minor == 0
    assert len(shop.fake.objects("transfer_reversal")) == 1


def test_what_her_account_does_not_hold_any_more_is_set_off_instead(
    shop: Shop, owing: tuple[WholeTerm, Clawback]
) -> None:
    row = owing[1]
    account_id = payout().account_id
    shop.fake.hold_account_payouts(False)
    shop.fake.pay_out_account(account_id)
    ask(shop, row)
    assert take_back() == {"refused": 1}
    after = owed_back(shop)
    assert (after.open_minor, after.take_back_at) == (row.open_minor, None)
    assert after.take_back_refused == "balance_insufficient"
    shop.fake.hold_account_payouts()
    ask(shop, after)
    assert take_back() == {"refused": 1}, "another asking has a key of its own"


def test_trouble_with_the_key_is_no_refusal(shop: Shop, owing: tuple[WholeTerm, Clawback]) -> None:
    ask(shop, owing[1])
    shop.fake.fail_next("POST /v1/transfers", 403)
    assert take_back() == {"waits": 1}
    assert owed_back(shop).take_back_at is not None
    shop.world.clock.move(days=2)
    assert take_back() == {"came_back": 1}

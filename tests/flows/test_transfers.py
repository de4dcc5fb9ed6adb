"""Payouts through Stripe: one transfer for each, whatever is lost, refused or done twice.

What does not live here: dying half way (test_transfer_deaths.py), two at once
(test_transfer_races.py), money that comes back (test_reversals.py), accounts (test_connecting.py).
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import NotFound, StateChanged
from chalicelib.flows.leaders import bank_list, transfers
from chalicelib.flows.returning import giving_back
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.handlers.books.reconciling import reconcile
from chalicelib.rules.money.checkout import TAG
from tests.connect_steps import (
    PERIOD,
    account,
    circle,
    codes,
    forget_events,
    is_ready,
    payout,
    send,
    to_be_sent,
)
from tests.pay_steps import ADA, approved, earned, leader, owed, paid, prepared, run, tick
from tests.shop import ADMIN, Shop


def made(shop: Shop) -> list[dict[str, object]]:
    found: list[dict[str, object]] = shop.fake.objects("transfer")
    return found


def test_an_approved_payout_becomes_one_transfer_booked_and_told(shop: Shop) -> None:
    _, account_id = to_be_sent(shop)
    assert send() == {"sent": 1}
    (transfer,) = made(shop)
    one = payout()
    assert transfer["metadata"] == {
        "app": TAG,
        "deployment": "test",
        "payout_id": one.payout_id,
        "leader_id": one.leader_id,
    }
    assert (transfer["destination"], transfer["transfer_group"]) == (account_id, one.payout_id)
    assert (one.state, one.transfer_id, one.tries) == ("sent", transfer["id"], 1)
    assert [letter.facts["route"] for letter in shop.mails("leader_paid")] == ["stripe"]
    assert owed() == 9750  # Barnaby's, from the bank
    paid(shop.world, PERIOD)
    assert (run(PERIOD).state, owed()) == ("done", 0)


def test_each_run_pays_under_a_name_of_its_own(shop: Shop) -> None:
    whole, _ = to_be_sent(shop)
    send()
    paid(shop.world, PERIOD)
    shop.hold(whole, 2)
    shop.world.clock.move(days=8)
    period = prepared(shop.world)
    approved(shop.world, period)
    tick()
    assert send() == {"sent": 1}
    first, second = payout(), payout(period=period)
    assert first.payout_id != second.payout_id
    assert sorted(str(one["transfer_group"]) for one in made(shop)) == sorted(
        (first.payout_id, second.payout_id)
    )
    assert [one["amount"] for one in made(shop)] == [9750, 9750]
    paid(shop.world, period)


def test_the_job_run_again_and_events_told_twice_change_nothing(shop: Shop) -> None:
    to_be_sent(shop)
    send()
    for event in list(shop.fake.events):
        shop.fake.deliver(event["id"])
        shop.fake.deliver(event["id"])
    shop.world.clock.move(days=2)
    assert send() == {}
    assert (len(made(shop)), payout().state, len(shop.mails("leader_paid"))) == (1, "sent", 1)


def test_what_the_leader_had_is_told_once_the_last_payout_has_left(shop: Shop) -> None:
    to_be_sent(shop)
    paid(shop.world, PERIOD)
    assert run(PERIOD).state == "approved"
    send()
    assert run(PERIOD).state == "done"


def test_a_lost_answer_is_looked_for_before_anything_is_asked_again(shop: Shop) -> None:
    to_be_sent(shop)
    shop.fake.lose_next_reply("POST /v1/transfers")
    shop.fake.deliveries.paused = True
    assert send() == {"unanswered": 1}
    forget_events(shop)
    shop.fake.deliveries.paused = False
    assert (payout().state, send()) == ("sending", {})
    shop.world.clock.move(minutes=16)
    assert send() == {"sent": 1}
    assert (len(made(shop)), payout().tries) == (1, 1)


def test_a_lost_answer_is_known_at_once_when_the_event_comes(shop: Shop) -> None:
    to_be_sent(shop)
    shop.fake.lose_next_reply("POST /v1/transfers")
    send()
    shop.hear_all()
    assert (payout().state, payout().transfer_id) == ("sent", made(shop)[0]["id"])


def test_a_stored_500_is_asked_under_a_new_key_once_nothing_is_under_way(shop: Shop) -> None:
    to_be_sent(shop)
    shop.fake.fail_next("POST /v1/transfers", 500)
    send()
    shop.world.clock.move(minutes=16)
    send()
    assert (payout().state, payout().tries, made(shop)) == ("sending", 1, [])
    shop.world.clock.move(hours=1)
    assert send() == {"sent": 1}
    assert (len(made(shop)), payout().tries) == (1, 2)


def test_too_little_that_is_ready_waits_says_so_and_is_sent_when_it_is_there(shop: Shop) -> None:
    whole, _ = to_be_sent(shop)
    shop.fake.pay_out()
    assert send() == {"waits_balance_insufficient": 1}
    one = payout()
    assert (one.state, one.refused, one.tries, codes()) == (
        "approved",
        "balance_insufficient",
        0,
        set(),
    )
    gaps = []
    for _ in range(12):
        gaps.append(payout().check_at - shop.world.now)  # type: ignore[operator]
        shop.world.clock.at = payout().check_at  # type: ignore[assignment]
        send()
    assert gaps == sorted(gaps)
    assert gaps[0].total_seconds() == 900
    shop.world.clock.move(days=5)
    send()
    assert codes() == {"payout_waits_balance_insufficient"}
    shop.pay(shop.offer(whole, "Zoe Latecomer"))
    shop.settle_down()
    shop.fake.make_available()
    shop.world.clock.move(days=1)
    assert send() == {"sent": 1}
    assert codes() == set()
    reconcile(shop.world.outside)


def test_money_that_refunds_may_take_is_not_spent_on_leaders(shop: Shop) -> None:
    whole, _ = to_be_sent(shop, members=1)
    late = shop.offer(whole, "Zoe Latecomer")
    shop.pay(late)
    shop.hear_all()
    obligation_id = shop.offer_row(late).obligation_id
    giving_back.request(shop.world.outside, ADMIN, obligation_id, Wish(reason="moved abroad"))
    assert shop.fake.available_minor() > payout().amount_minor
    assert send() == {"waits_balance_insufficient": 1}
    shop.settle_down()
    shop.world.clock.move(days=4)
    shop.settle_down()
    assert (payout().state, len(made(shop))) == ("sent", 1)


def test_money_that_an_inquiry_may_take_is_not_spent_on_leaders(shop: Shop) -> None:
    to_be_sent(shop, members=1)
    debt = next(one for one in shop.fake.objects("payment_intent"))
    dispute = shop.fake.dispute(debt["id"], inquiry=True)
    shop.hear_all()
    assert shop.fake.available_minor() > payout().amount_minor
    assert send() == {"waits_balance_insufficient": 1}
    shop.fake.close_inquiry(dispute["id"])
    shop.hear_all()
    shop.world.clock.move(hours=1)
    assert send() == {"sent": 1}


class Optimist:
    """A Stripe that says it holds more than it does."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def available_minor(self, currency: str) -> int:
        return int(self._real.available_minor(currency)) + 1_000_000


def test_a_refusal_for_want_of_money_is_asked_again_under_a_new_key(shop: Shop) -> None:
    whole, _ = to_be_sent(shop)
    shop.fake.pay_out()
    shop.world.outside.connect = Optimist(shop.connect)  # type: ignore[assignment]
    assert send() == {"refused": 1}
    assert (payout().state, payout().refused) == ("approved", "balance_insufficient")
    shop.pay(shop.offer(whole, "Zoe Latecomer"))
    shop.settle_down()
    shop.fake.make_available()
    shop.world.clock.move(hours=12)
    assert send() == {"sent": 1}
    assert (len(made(shop)), payout().tries > 1) == (1, True)
    reconcile(shop.world.outside)


def test_an_account_that_was_lost_after_approval_is_not_paid_until_it_is_back(shop: Shop) -> None:
    _, account_id = to_be_sent(shop)
    shop.fake.ask_for_documents(account_id)
    forget_events(shop)
    assert send() == {"waits_account_not_ready": 1}
    assert (payout().state, payout().refused, made(shop)) == ("approved", "account_not_ready", [])
    assert codes() == {"payout_account", "payout_waits_account_not_ready"}
    (letter,) = shop.mails("payout_account_trouble")
    assert letter.facts["what"] == "documents"
    shop.fake.onboard(account_id)
    shop.world.clock.move(hours=12)
    assert send() == {"sent": 1}
    assert codes() == set()


def test_an_account_that_let_us_go_waits_with_its_reason_day_after_day(shop: Shop) -> None:
    _, account_id = to_be_sent(shop)
    shop.fake.close_account(account_id)
    shop.hear_all()
    for _ in range(3):
        assert send() == {"waits_account_not_ready": 1}
        shop.world.clock.move(days=1)
    assert (payout().state, payout().refused, made(shop)) == ("approved", "account_not_ready", [])


def test_what_waits_for_an_account_can_be_paid_from_the_bank_instead(shop: Shop) -> None:
    _, account_id = to_be_sent(shop)
    shop.fake.reject(account_id)
    shop.hear_all()
    send()
    imelda = leader(shop.world, "Imelda").person_id
    transfers.by_bank(shop.world.outside, ADA, imelda, PERIOD)
    assert (payout().route, payout().state) == ("bank", "approved")
    shown = bank_list.show(shop.world.outside, PERIOD)
    assert {(one.payout.leader_id, one.why) for one in shown.lines} >= {(imelda, "")}
    shop.fake.onboard(account_id)
    shop.world.clock.move(days=1)
    assert send() == {}
    paid(shop.world, PERIOD)
    assert (payout().state, made(shop), owed()) == ("paid_manually", [], 0)
    with pytest.raises(NotFound):
        transfers.by_bank(shop.world.outside, ADA, imelda, PERIOD)


def test_what_stripe_has_after_all_is_not_paid_from_the_bank(shop: Shop) -> None:
    to_be_sent(shop)
    shop.fake.fail_next("POST /v1/transfers", 400)
    send()
    assert (payout().refused, codes()) == ("refused", {"payout_waits_refused"})
    one, connect = payout(), shop.connect
    params = {
        "amount": one.amount_minor,
        "currency": "gbp",
        "destination": one.account_id,
        "transfer_group": one.payout_id,
        "metadata": {
            "app": TAG,
            "deployment": "test",
            "payout_id": one.payout_id,
            "leader_id": one.leader_id,
        },
    }
    shop.fake.deliveries.paused = True
    connect.transfer(params, "a try whose answer was wrong")
    with pytest.raises(StateChanged):
        transfers.by_bank(shop.world.outside, ADA, one.leader_id, PERIOD)
    shop.fake.deliveries.paused = False
    shop.hear_all()
    assert (payout().state, len(made(shop))) == ("sent", 1)


@pytest.mark.parametrize("status", [401, 403])
def test_trouble_with_the_key_loses_nothing_and_refuses_nobody(shop: Shop, status: int) -> None:
    to_be_sent(shop)
    shop.fake.fail_next("POST /v1/transfers", status)
    assert send() == {"unanswered": 1}
    assert (payout().state, payout().refused) == ("sending", "")
    shop.world.clock.move(hours=2)
    assert send() == {"sent": 1}
    assert len(made(shop)) == 1


def test_nothing_leaves_while_payouts_are_switched_off(shop: Shop) -> None:
    to_be_sent(shop)
    circle(payouts=False)
    assert send() == {}
    circle(payouts=True)
    assert send() == {"sent": 1}


def test_an_account_that_is_not_ready_holds_her_fees_and_nobody_elses(shop: Shop) -> None:
    earned(shop)
    account_id = is_ready(shop)
    shop.fake.ask_for_documents(account_id)
    shop.hear_all()
    held = [(one["reason"], one["amount_minor"]) for one in run(prepared(shop.world)).held]
    assert held == [("account_not_ready", 9750)]
    assert list(run(PERIOD).payouts.values()) == [9750]
    assert account(leader(shop.world, "Imelda").person_id).ready is False


def test_reconciliation_finds_a_transfer_that_nobody_told_us_about(shop: Shop) -> None:
    to_be_sent(shop)
    shop.fake.lose_next_reply("POST /v1/transfers")
    shop.fake.deliveries.paused = True
    send()
    forget_events(shop)
    shop.fake.deliveries.paused = False
    told = reconcile(shop.world.outside)
    assert (told["sent"], told["unexplained_minor"]) == (1, 0)
    assert payout().state == "sent"


def test_a_transfer_made_in_the_dashboard_is_set_apart_and_a_person_asked(shop: Shop) -> None:
    _, account_id = to_be_sent(shop)
    send()
    shop.fake.dashboard_transfer(account_id, 700)
    shop.hear_all()
    told = reconcile(shop.world.outside)
    assert (told["unknown"], told["unexplained_minor"]) == (1, 0)
    assert (payout().state, owed()) == ("sent", 9750)
    assert "unknown" not in reconcile(shop.world.outside)

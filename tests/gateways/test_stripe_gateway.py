"""Our gateway against the stand-in, over real HTTP with the real SDK."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.errors import StripeRefused, StripeUnknown
from chalicelib.gateways.outside import Stripe
from chalicelib.gateways.stripe_gateway import StripeGateway
from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.fake_stripe import Refused
from tests.contract.stories import (
    METADATA,
    SECRET_KEY,
    Shop,
    checkout_params,
    refund_params,
    running_shop,
)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


def test_the_gateway_is_what_the_flows_ask_for(shop: Shop) -> None:
    promised: Stripe = shop.stripe
    assert promised.balance_minor("GBP") == 0


def test_an_opened_checkout_carries_our_amount_ids_and_a_page_to_pay_on(shop: Shop) -> None:
    opened = shop.stripe.open_checkout(checkout_params(shop.clock.at), "key-1")
    assert (opened.status, opened.payment_status) == ("open", "unpaid")
    assert (opened.amount_minor, opened.currency) == (21600, "GBP")
    assert opened.metadata == METADATA
    assert opened.url == f"{shop.base_url}/c/pay/{opened.id}"
    assert opened.expires_at == shop.clock.at + timedelta(minutes=60)
    assert not opened.livemode


def test_every_request_names_our_api_version_and_every_post_a_key(shop: Shop) -> None:
    checkout_id = shop.open("our-own-key")
    shop.stripe.expire_checkout(checkout_id)
    opened, expired = (each.request for each in shop.fake.exchanges)
    assert opened.headers["stripe-version"] == expired.headers["stripe-version"] == STRIPE_VERSION
    assert opened.key == "our-own-key"
    assert expired.key
    assert not [name for name in opened.headers if "telemetry" in name]


def test_the_same_key_and_parameters_find_the_same_session(shop: Shop) -> None:
    assert shop.open("key-1") == shop.open("key-1")
    assert len(shop.fake.objects("checkout.session")) == 1
    assert [each.reply.replayed for each in shop.fake.exchanges if each.reply] == [False, True]


def test_a_lost_reply_is_healed_by_the_same_key(shop: Shop) -> None:
    shop.fake.lose_next_reply("POST /v1/checkout/sessions")
    with pytest.raises(StripeUnknown):
        shop.open("key-1")
    assert shop.open("key-1") == shop.fake.objects("checkout.session")[0]["id"]


def test_a_lost_request_left_nothing_behind(shop: Shop) -> None:
    shop.fake.lose_next_request("POST /v1/checkout/sessions")
    with pytest.raises(StripeUnknown):
        shop.open("key-1")
    assert not shop.fake.objects("checkout.session")


def test_the_same_key_with_other_parameters_is_loud(shop: Shop) -> None:
    shop.open("key-1")
    shop.clock.move(seconds=1)  # so expires_at differs
    with pytest.raises(StripeRefused) as caught:
        shop.open("key-1")
    assert caught.value.args[0] == "idempotency_error"


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.open("key-1")
    shop.clock.move(hours=24)
    assert shop.open("key-1") != first


def test_a_key_in_use_is_unknown_not_refused(shop: Shop) -> None:
    held = shop.fake.hold_next("POST /v1/checkout/sessions")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(shop.open, "key-1")
        assert held.reached.wait(5)
        with pytest.raises(StripeUnknown) as caught:
            shop.open("key-1")
        held.release()
        assert first.result(5) == shop.open("key-1")
    assert caught.value.args[0] == "idempotency_key_in_use"


def test_silence_is_unknown(shop: Shop) -> None:
    hasty = StripeGateway(
        SECRET_KEY, shop.base_url, max_network_retries=0, read_timeout_seconds=0.05
    )
    held = shop.fake.hold_next("POST /v1/checkout/sessions")
    with pytest.raises(StripeUnknown):
        hasty.open_checkout(checkout_params(shop.clock.at), "key-1")
    held.release()
    hasty.close()


def test_a_closed_door_is_unknown() -> None:
    nobody = StripeGateway(SECRET_KEY, "http://127.0.0.1:1", max_network_retries=0)
    with pytest.raises(StripeUnknown):
        nobody.balance_minor("GBP")
    nobody.close()


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503])
def test_an_answer_that_settles_nothing_is_unknown(shop: Shop, status: int) -> None:
    shop.fake.fail_next("/v1/checkout/sessions", status, stored=False)
    with pytest.raises(StripeUnknown):
        shop.open("key-1")
    assert shop.open("key-1")


def test_a_stored_failure_comes_back_under_its_key_but_not_under_another(shop: Shop) -> None:
    shop.fake.fail_next("/v1/checkout/sessions", 500)
    for _ in range(2):
        with pytest.raises(StripeUnknown):
            shop.open("key-1")
    assert shop.open("key-2")


def test_a_retry_of_the_gateway_keeps_the_key(shop: Shop) -> None:
    patient = StripeGateway(SECRET_KEY, shop.base_url, max_network_retries=1)
    shop.fake.lose_next_reply("POST /v1/checkout/sessions")
    opened = patient.open_checkout(checkout_params(shop.clock.at), "key-1")
    assert [each.request.key for each in shop.fake.exchanges] == ["key-1", "key-1"]
    assert [each["id"] for each in shop.fake.objects("checkout.session")] == [opened.id]
    patient.close()


def test_expiring_closes_an_open_session(shop: Shop) -> None:
    expired = shop.stripe.expire_checkout(shop.open())
    assert (expired.status, expired.url) == ("expired", None)


def test_expiring_a_paid_session_answers_that_it_is_paid(shop: Shop) -> None:
    checkout_id = shop.open()
    shop.fake.pay(checkout_id)
    found = shop.stripe.expire_checkout(checkout_id)
    assert (found.status, found.payment_status) == ("complete", "paid")


def test_expiring_twice_answers_that_it_is_expired(shop: Shop) -> None:
    checkout_id = shop.open()
    assert shop.stripe.expire_checkout(checkout_id) == shop.stripe.expire_checkout(checkout_id)


def test_expiring_what_never_was_is_refused(shop: Shop) -> None:
    with pytest.raises(StripeRefused) as caught:
        shop.stripe.expire_checkout("cs_test_never")
    assert caught.value.args[0] == "resource_missing"


def test_a_payment_leads_from_session_to_intent_to_charge_to_its_real_fee(shop: Shop) -> None:
    intent = shop.stripe.payment_intent(shop.paid())
    assert (intent.status, intent.received_minor, intent.currency) == ("succeeded", 21600, "GBP")
    assert intent.metadata == METADATA
    movement = shop.stripe.movement_of_charge(intent.charge_id or "")
    assert movement is not None
    assert (movement.kind, movement.source_id) == ("charge", intent.charge_id)
    assert (movement.amount_minor, movement.fee_minor, movement.net_minor) == (21600, 344, 21256)


def test_a_movement_not_yet_written_is_none(shop: Shop) -> None:
    shop.fake.hold_movements()
    intent = shop.stripe.payment_intent(shop.paid())
    assert shop.stripe.movement_of_charge(intent.charge_id or "") is None
    shop.fake.write_movements()
    assert shop.stripe.movement_of_charge(intent.charge_id or "") is not None


def test_a_refund_in_parts_and_then_too_much(shop: Shop) -> None:
    intent_id = shop.paid()
    first = shop.stripe.refund(refund_params(intent_id, 10000), "refund-1")
    assert (first.status, first.amount_minor) == ("succeeded", 10000)
    assert first.payment_intent_id == intent_id
    with pytest.raises(StripeRefused):
        shop.stripe.refund(refund_params(intent_id, 11601), "refund-2")
    second = shop.stripe.refund(refund_params(intent_id, 11600), "refund-3")
    with pytest.raises(StripeRefused) as caught:
        shop.stripe.refund(refund_params(intent_id, 1), "refund-4")
    assert caught.value.args[0] == "charge_already_refunded"
    assert shop.stripe.refunds_of(intent_id) == [second, first]


def test_one_refund_key_refunds_once(shop: Shop) -> None:
    intent_id = shop.paid()
    shop.fake.lose_next_reply("POST /v1/refunds")
    with pytest.raises(StripeUnknown):
        shop.stripe.refund(refund_params(intent_id, 500), "refund-1")
    refund = shop.stripe.refund(refund_params(intent_id, 500), "refund-1")
    assert shop.stripe.refunds_of(intent_id) == [refund]


def test_a_refund_that_fails_later_says_why(shop: Shop) -> None:
    refund = shop.stripe.refund(refund_params(shop.paid(), 500), "refund-1")
    shop.fake.fail_refund(refund.id)
    failed = shop.stripe.refund_by_id(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")


def test_a_refund_made_in_the_dashboard_is_seen_without_our_metadata(shop: Shop) -> None:
    intent_id = shop.paid()
    shop.fake.dashboard_refund(intent_id, 700)
    (found,) = shop.stripe.refunds_of(intent_id)
    assert (found.amount_minor, found.metadata) == (700, {})


def test_a_key_without_the_right_to_refund_is_refused(shop: Shop) -> None:
    intent_id = shop.paid()
    shop.fake.restrict("rk_test_web", "POST /v1/refunds")
    web = StripeGateway("rk_test_web\n", shop.base_url, max_network_retries=0)
    with pytest.raises(StripeRefused) as caught:
        web.refund(refund_params(intent_id, 500), "refund-1")
    assert caught.value.args[0] == "permission_error"
    assert web.open_checkout(checkout_params(shop.clock.at), "key-2")
    web.close()


def test_a_wrong_key_is_refused(shop: Shop) -> None:
    stranger = StripeGateway("pk_live_wrong", shop.base_url, max_network_retries=0)
    with pytest.raises(StripeRefused) as caught:
        stranger.balance_minor("GBP")
    assert caught.value.args[0] == "authentication_error"
    stranger.close()


def test_the_balance_is_the_sum_of_all_movements(shop: Shop) -> None:
    intent_id = shop.paid("key-1")
    shop.paid("key-2")
    refund = shop.stripe.refund(refund_params(intent_id, 10000), "refund-1")
    movements = shop.fake.objects("balance_transaction")
    expected = 2 * 21256 - 10000
    assert shop.stripe.balance_minor("GBP") == sum(each["net"] for each in movements) == expected
    shop.fake.fail_refund(refund.id)
    shop.clock.move(days=7)
    assert shop.stripe.balance_minor("gbp") == shop.fake.balance_minor() == 2 * 21256
    assert shop.stripe.balance_minor("EUR") == 0


def test_sessions_are_listed_newest_first_page_by_page(shop: Shop) -> None:
    shop.open("too-old")
    shop.clock.move(hours=1)
    ids = [shop.open(f"key-{number}") for number in range(101)]
    found = [each.id for each in shop.stripe.checkouts_since(shop.clock.at)]
    assert found == ids[::-1]
    assert len([each for each in shop.fake.exchanges if each.request.method == "GET"]) == 2


def test_trouble_in_the_middle_of_a_list_is_ours(shop: Shop) -> None:
    shop.fake.fail_next("GET /v1/checkout/sessions", 503)
    with pytest.raises(StripeUnknown):
        list(shop.stripe.checkouts_since(shop.clock.at))


def test_nothing_but_the_gateway_pays_for_importing_the_sdk() -> None:
    script = (
        "import sys, chalicelib.gateways.outside, chalicelib.gateways.webhook_signature;"
        "sys.exit('stripe' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], env=os.environ, check=False).returncode == 0
    )


def test_a_dispute_takes_amount_and_fee_and_forbids_refunds_until_it_is_won(shop: Shop) -> None:
    intent_id = shop.paid()
    opened = shop.stripe.dispute(shop.fake.dispute(intent_id, "product_not_received")["id"])
    assert (opened.status, opened.reason) == ("needs_response", "product_not_received")
    assert (opened.payment_intent_id, opened.is_charge_refundable) == (intent_id, False)
    assert opened.due_by == shop.clock.at + timedelta(days=9)
    (taken,) = opened.movements
    assert (taken.kind, taken.source_id) == ("adjustment", opened.id)
    assert (taken.amount_minor, taken.fee_minor, taken.net_minor) == (-21600, 2000, -23600)
    with pytest.raises(StripeRefused) as caught:
        shop.stripe.refund(refund_params(intent_id, 500), "refund-1")
    assert caught.value.args[0] == "charge_disputed"
    assert shop.stripe.charge(opened.charge_id or "").disputed
    shop.fake.win(opened.id)
    won = shop.stripe.dispute(opened.id)
    assert (won.status, [one.net_minor for one in won.movements]) == ("won", [-23600, 23600])
    assert shop.stripe.balance_minor("GBP") == 21256
    assert list(shop.stripe.disputes_since(shop.clock.at)) == [won]


def test_an_inquiry_takes_nothing_and_allows_refunds_until_it_is_a_dispute(shop: Shop) -> None:
    intent_id = shop.paid()
    asked = shop.fake.dispute(intent_id, "general", inquiry=True)["id"]
    assert shop.stripe.dispute(asked).movements == ()
    assert shop.stripe.dispute(asked).is_charge_refundable
    assert shop.stripe.refund(refund_params(intent_id, 500), "refund-1").status == "succeeded"
    shop.fake.escalate(asked)
    assert shop.stripe.dispute(asked).status == "needs_response"
    assert shop.stripe.balance_minor("GBP") == 21256 - 500 - 23600


def test_a_lost_dispute_moves_nothing_more(shop: Shop) -> None:
    dispute_id = shop.fake.dispute(shop.paid())["id"]
    shop.fake.lose(dispute_id)
    assert shop.stripe.dispute(dispute_id).status == "lost"
    assert shop.stripe.balance_minor("GBP") == 21256 - 23600
    assert not shop.fake.objects("refund")


def test_a_payout_lists_what_it_carries_and_its_own_line(shop: Shop) -> None:
    intent_id = shop.paid()
    shop.stripe.refund(refund_params(intent_id, 10000), "refund-1")
    shop.fake.foreign_charge(5000)
    shop.clock.move(days=3)
    shop.paid("not available yet")
    payout_id = shop.fake.pay_out()["id"]
    lines = list(shop.stripe.movements_of_payout(payout_id))
    kinds = sorted(one.kind for one in lines)
    assert kinds == ["charge", "charge", "payout", "refund"]
    assert sum(one.net_minor for one in lines) == 0
    (payout,) = shop.stripe.payouts_since(shop.clock.at)
    assert (payout.id, payout.amount_minor, payout.automatic) == (payout_id, 16161, True)
    assert payout.arrives_on == (shop.clock.at + timedelta(days=2)).date()
    assert shop.stripe.balance_minor("GBP") == 21256


def test_a_payout_is_on_its_way_for_days_and_can_come_back(shop: Shop) -> None:
    shop.paid()
    shop.clock.move(days=3)
    payout_id = shop.fake.pay_out()["id"]
    states = []
    for _ in range(4):
        (payout,) = shop.stripe.payouts_since(shop.clock.at - timedelta(days=9))
        states.append(payout.status)
        shop.clock.move(days=1)
    assert states == ["pending", "in_transit", "paid", "paid"]
    shop.fake.fail_payout(payout_id)
    assert shop.stripe.balance_minor("GBP") == 21256
    again = shop.fake.pay_out()["id"]
    kinds = [one.kind for one in shop.stripe.movements_of_payout(again)]
    assert sorted(kinds) == ["payout", "payout_failure"]
    told = [each["type"] for each in shop.fake.events if each["type"].startswith("payout")]
    assert told == [
        *("payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.created")
    ]


def test_nothing_available_is_no_payout(shop: Shop) -> None:
    shop.paid()
    with pytest.raises(Refused):
        shop.fake.pay_out()
    assert not shop.fake.objects("payout")


def test_everything_that_moved_is_listed_newest_first(shop: Shop) -> None:
    shop.paid("too-old")
    shop.clock.move(hours=1)
    since = shop.clock.at
    charge = shop.fake.foreign_charge(5000)
    shop.clock.move(hours=1)
    refund = shop.stripe.refund(refund_params(charge["payment_intent"], 700), "refund-1")
    found = list(shop.stripe.movements_since(since))
    assert [one.source_id for one in found] == [refund.id, charge["id"]]
    assert shop.stripe.charge(charge["id"]).metadata == {}
    assert shop.stripe.charge(charge["id"]).refunded_minor == 700
    assert list(shop.stripe.refunds_since(since)) == [refund]

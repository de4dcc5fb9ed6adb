"""Our gateway to leaders' accounts against the stand-in, over real HTTP with the real SDK."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.errors import StripeRefused, StripeUnknown
from chalicelib.gateways.outside import Connect
from chalicelib.gateways.stripe_connect import StripeConnect
from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.fake_stripe import Refused
from tests.contract.stories import (
    Shop,
    account_params,
    link_params,
    running_shop,
    transfer_params,
)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


def _code(caught: pytest.ExceptionInfo[StripeRefused]) -> str:
    return str(caught.value.args[0])


def test_the_gateway_is_what_the_flows_ask_for(shop: Shop) -> None:
    promised: Connect = shop.connect
    assert promised.available_minor("GBP") == 0


# Accounts


def test_a_fresh_account_may_do_nothing_and_says_what_it_lacks(shop: Shop) -> None:
    account = shop.connect.open_account(account_params(), "account-1")
    assert (account.country, account.transfers, account.payouts_enabled) == (
        "GB",
        "inactive",
        False,
    )
    assert (account.details_submitted, account.disabled_reason) == (
        False,
        "requirements.past_due",
    )
    assert "external_account" in account.currently_due
    assert account.metadata == {"app": "marmalade", "person_id": "person-1"}
    assert shop.connect.account(account.id) == account
    request = shop.fake.exchanges[0].request
    assert (request.key, request.headers["stripe-version"]) == ("account-1", STRIPE_VERSION)


def test_a_lost_answer_about_an_account_is_found_by_the_same_key(shop: Shop) -> None:
    shop.fake.lose_next_reply("POST /v1/accounts")
    with pytest.raises(StripeUnknown):
        shop.connect.open_account(account_params(), "account-1")
    found = shop.connect.open_account(account_params(), "account-1")
    assert [each["id"] for each in shop.fake.objects("account")] == [found.id]


def test_without_the_capability_there_is_nothing_to_be_active(shop: Shop) -> None:
    account = shop.connect.open_account(account_params(capabilities={}), "account-1")
    shop.fake.onboard(account.id)
    found = shop.connect.account(account.id)
    assert (found.transfers, found.payouts_enabled) == ("unrequested", False)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "express"}, "not_played_by_the_stand_in"),
        ({"country": "AQ"}, "country_unsupported"),
        ({"capabilities": {"card_payments": {"requested": True}}}, "not_played_by_the_stand_in"),
        ({"controler": "x"}, "parameter_unknown"),
    ],
)
def test_an_account_the_stand_in_would_not_open(
    shop: Shop, change: dict[str, object], code: str
) -> None:
    with pytest.raises(StripeRefused) as caught:
        shop.connect.open_account(account_params(**change), "account-1")
    assert _code(caught) == code
    assert not shop.fake.objects("account")


def test_what_becomes_of_an_account_is_seen_by_looking(shop: Shop) -> None:
    account_id = shop.connect.open_account(account_params(), "account-1").id
    seen = []
    for happens in (
        shop.fake.submit_account,
        shop.fake.onboard,
        lambda one: shop.fake.ask_for_documents(one, past_due=False),
        shop.fake.ask_for_documents,
        shop.fake.onboard,
        shop.fake.reject,
    ):
        happens(account_id)
        now = shop.connect.account(account_id)
        seen.append((now.transfers, now.payouts_enabled, now.disabled_reason))
        assert now.details_submitted
    assert seen == [
        ("pending", False, "requirements.pending_verification"),
        ("active", True, ""),
        ("active", True, ""),
        ("inactive", False, "requirements.past_due"),
        ("active", True, ""),
        ("inactive", False, "rejected.other"),
    ]


def test_an_account_that_left_or_never_was_is_named_by_its_own_code(shop: Shop) -> None:
    account_id = shop.leader()
    shop.fake.close_account(account_id)
    for gone in (account_id, "acct_never"):
        with pytest.raises(StripeRefused) as caught:
            shop.connect.account(gone)
        assert _code(caught) == "account_invalid"
        with pytest.raises(StripeRefused) as caught:
            shop.connect.account_link(link_params(gone))
        assert _code(caught) == "account_invalid"


def test_every_link_is_new_and_ends_after_five_minutes(shop: Shop) -> None:
    account_id = shop.connect.open_account(account_params(), "account-1").id
    first, second = (shop.connect.account_link(link_params(account_id)) for _ in range(2))
    assert first.url != second.url
    assert first.expires_at == shop.clock.at + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"return_url": "nowhere"}, "url_invalid"),
        ({"type": "account_update"}, "invalid_request_error"),
        ({"collect": "currently_due"}, "not_played_by_the_stand_in"),
    ],
)
def test_a_link_that_stripe_would_not_make(shop: Shop, change: dict[str, str], code: str) -> None:
    with pytest.raises(StripeRefused) as caught:
        shop.connect.account_link(link_params(shop.leader(), **change))
    assert _code(caught) == code


# Transfers


def test_a_transfer_moves_what_is_available_and_says_whose_it_is(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    before = shop.connect.available_minor("GBP")
    transfer = shop.connect.transfer(transfer_params(account_id, 12_000), "payout-1")
    assert (transfer.amount_minor, transfer.reversed_minor) == (12_000, 0)
    assert (transfer.currency, transfer.account_id) == ("GBP", account_id)
    assert transfer.metadata == {"app": "marmalade", "payout_id": "payout-1"}
    assert transfer.created_at == shop.clock.at
    assert shop.connect.transfers_of("payout-1") == [transfer]
    assert shop.connect.transfer_by_id(transfer.id) == transfer
    assert shop.connect.available_minor("gbp") == before - 12_000
    assert shop.stripe.balance_minor("GBP") == before - 12_000
    assert shop.fake.account_balance_minor(account_id) == 12_000
    movement = next(iter(shop.stripe.movements_since(shop.clock.at)))
    assert (movement.kind, movement.source_id, movement.net_minor) == (
        *("transfer", transfer.id),
        -12_000,
    )


def test_a_lost_reply_and_the_same_key_are_one_transfer(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    shop.fake.lose_next_reply("POST /v1/transfers")
    with pytest.raises(StripeUnknown):
        shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
    transfer = shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
    assert shop.connect.transfers_of("payout-1") == [transfer]
    assert shop.fake.account_balance_minor(account_id) == 500


def test_after_a_day_the_key_is_forgotten_and_only_the_group_tells(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    shop.fake.lose_next_reply("POST /v1/transfers")
    with pytest.raises(StripeUnknown):
        shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
    shop.clock.move(hours=24)
    assert len(shop.connect.transfers_of("payout-1")) == 1
    shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
    assert len(shop.connect.transfers_of("payout-1")) == 2


def test_the_same_key_at_the_same_moment_is_one_transfer(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    held = shop.fake.hold_next("POST /v1/transfers")
    with ThreadPoolExecutor() as pool:
        asked = transfer_params(account_id, 500)
        first = pool.submit(shop.connect.transfer, asked, "payout-1")
        assert held.reached.wait(5)
        with pytest.raises(StripeUnknown):
            shop.connect.transfer(asked, "payout-1")
        held.release()
        made = first.result(5)
    assert shop.connect.transfers_of("payout-1") == [made]


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_an_answer_that_settles_nothing_is_unknown(shop: Shop, status: int) -> None:
    account_id = shop.leader()
    shop.earn()
    shop.fake.fail_next("POST /v1/transfers", status, stored=False)
    with pytest.raises(StripeUnknown):
        shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
    assert shop.connect.transfer(transfer_params(account_id, 500), "payout-1")


def test_pending_money_cannot_be_transferred_and_the_refusal_stays_under_its_key(
    shop: Shop,
) -> None:
    account_id = shop.leader()
    shop.fake.foreign_charge(50_000)
    assert shop.stripe.balance_minor("GBP") > 0
    assert shop.connect.available_minor("GBP") == 0
    with pytest.raises(StripeRefused) as caught:
        shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
    assert _code(caught) == "balance_insufficient"
    shop.clock.move(days=3)
    assert shop.connect.transfer(transfer_params(account_id, 500), "payout-1")


def test_a_stored_refusal_comes_back_though_the_money_is_there_now(shop: Shop) -> None:
    account_id = shop.leader()
    shop.fake.foreign_charge(50_000)
    for _ in range(2):
        with pytest.raises(StripeRefused):
            shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
        shop.fake.make_available()
    assert shop.connect.transfer(transfer_params(account_id, 500), "payout-1-again")


def test_exactly_what_is_available_can_be_transferred_and_no_penny_more(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    all_of_it = shop.connect.available_minor("GBP")
    with pytest.raises(StripeRefused):
        shop.connect.transfer(transfer_params(account_id, all_of_it + 1), "too-much")
    shop.connect.transfer(transfer_params(account_id, all_of_it), "all")
    assert shop.connect.available_minor("GBP") == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"destination": "acct_never"}, "resource_missing"),
        ({"currency": "eur"}, "balance_insufficient"),
        ({"amount": 0}, "parameter_invalid_integer"),
        ({"source_transaction": "ch_1"}, "not_played_by_the_stand_in"),
    ],
)
def test_a_transfer_that_stripe_would_not_make(
    shop: Shop, change: dict[str, object], code: str
) -> None:
    shop.earn()
    with pytest.raises(StripeRefused) as caught:
        shop.connect.transfer({**transfer_params(shop.leader(), 500), **change}, "payout-1")
    assert _code(caught) == code
    assert not shop.fake.objects("transfer")


def test_an_account_that_may_not_be_paid_is_not_paid(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    codes = []
    for number, happens in enumerate(
        (shop.fake.reject, shop.fake.ask_for_documents, shop.fake.close_account)
    ):
        happens(account_id)
        with pytest.raises(StripeRefused) as caught:
            shop.connect.transfer(transfer_params(account_id, 500), f"payout-{number}")
        codes.append(_code(caught))
    may_not = "insufficient_capabilities_for_transfer"
    assert codes == [may_not, may_not, "resource_missing"]


def test_transfers_since_are_all_of_them_newest_first(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    shop.fake.dashboard_transfer(account_id, 100)
    shop.clock.move(hours=1)
    since = shop.clock.at
    ours = shop.connect.transfer(transfer_params(account_id, 200), "payout-1")
    by_hand = shop.fake.dashboard_transfer(account_id, 300)
    found = list(shop.connect.transfers_since(since))
    assert [one.id for one in found] == [by_hand["id"], ours.id]
    assert (found[0].metadata, found[0].transfer_group) == ({}, "")


def test_a_key_without_the_right_to_transfer_is_refused(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    shop.fake.restrict("rk_test_web", "POST /v1/transfers")
    web = StripeConnect("rk_test_web", shop.base_url, max_network_retries=0)
    with pytest.raises(StripeRefused) as caught:
        web.transfer(transfer_params(account_id, 500), "payout-1")
    assert _code(caught) == "permission_error"
    assert web.account(account_id).transfers == "active"
    web.close()


# Reversals


def test_a_reversal_in_parts_and_then_too_much(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    before = shop.stripe.balance_minor("GBP")
    transfer_id = shop.connect.transfer(transfer_params(account_id, 5000), "payout-1").id
    metadata = {"payout_id": "payout-1"}
    part = shop.connect.reverse(transfer_id, {"amount": 2000, "metadata": metadata}, "back-1")
    assert (part.transfer_id, part.amount_minor, part.currency) == (transfer_id, 2000, "GBP")
    assert (part.metadata, part.created_at) == (metadata, shop.clock.at)
    assert shop.connect.transfer_by_id(transfer_id).reversed_minor == 2000
    assert shop.stripe.balance_minor("GBP") == before - 3000
    movement = next(iter(shop.stripe.movements_since(shop.clock.at)))
    assert (movement.kind, movement.source_id) == ("transfer_refund", part.id)
    with pytest.raises(StripeRefused):
        shop.connect.reverse(transfer_id, {"amount": 3001}, "back-2")
    rest = shop.connect.reverse(transfer_id, {}, "back-3")
    assert shop.connect.reversals_of(transfer_id) == [rest, part]
    with pytest.raises(StripeRefused):
        shop.connect.reverse(transfer_id, {"amount": 1}, "back-4")
    assert shop.stripe.balance_minor("GBP") == before
    assert shop.fake.account_balance_minor(account_id) == 0


def test_a_lost_reply_and_the_same_key_are_one_reversal(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    transfer_id = shop.connect.transfer(transfer_params(account_id, 5000), "payout-1").id
    shop.fake.lose_next_reply("/reversals")
    with pytest.raises(StripeUnknown):
        shop.connect.reverse(transfer_id, {"amount": 2000}, "back-1")
    reversal = shop.connect.reverse(transfer_id, {"amount": 2000}, "back-1")
    assert shop.connect.reversals_of(transfer_id) == [reversal]


def test_what_went_to_the_leaders_bank_cannot_be_taken_back(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    transfer_id = shop.connect.transfer(transfer_params(account_id, 5000), "payout-1").id
    shop.fake.pay_out_account(account_id)
    with pytest.raises(StripeRefused) as caught:
        shop.connect.reverse(transfer_id, {"amount": 1}, "back-1")
    assert _code(caught) == "balance_insufficient"
    shop.fake.dashboard_transfer(account_id, 300)
    assert shop.connect.reverse(transfer_id, {"amount": 300}, "back-2").amount_minor == 300


def test_many_reversals_come_page_by_page(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    transfer_id = shop.connect.transfer(transfer_params(account_id, 5000), "payout-1").id
    made = [shop.fake.dashboard_reversal(transfer_id, 1)["id"] for _ in range(101)]
    assert [one.id for one in shop.connect.reversals_of(transfer_id)] == made[::-1]
    shown = shop.fake.objects("transfer")[0]["reversals"]
    assert (len(shown["data"]), shown["has_more"]) == (10, True)


# Payouts


def test_our_own_payout_carries_transfers_and_reversals(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    transfer = shop.connect.transfer(transfer_params(account_id, 5000), "payout-1")
    reversal = shop.connect.reverse(transfer.id, {"amount": 1000}, "back-1")
    payout_id = shop.fake.pay_out()["id"]
    lines = {one.source_id: one for one in shop.stripe.movements_of_payout(payout_id)}
    assert {transfer.id, reversal.id} < lines.keys()
    assert sum(one.net_minor for one in lines.values()) == 0
    assert shop.connect.available_minor("GBP") == 0


def test_a_leaders_payouts_are_not_ours(shop: Shop) -> None:
    account_id = shop.leader()
    shop.earn()
    shop.connect.transfer(transfer_params(account_id, 5000), "payout-1")
    before = shop.stripe.balance_minor("GBP")
    shop.clock.move(days=1)
    assert list(shop.stripe.payouts_since(shop.clock.at - timedelta(days=9))) == []
    assert shop.fake.account_balance_minor(account_id) == 0
    assert [each["amount"] for each in shop.fake.objects("connected.payout")] == [5000]
    assert shop.stripe.balance_minor("GBP") == before
    with pytest.raises(Refused):
        shop.fake.pay_out_account(account_id)

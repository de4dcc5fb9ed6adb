"""A story with every word about leaders' accounts, for the contract with Stripe's description."""

from __future__ import annotations

import pytest

from chalicelib.errors import StripeRefused
from tests.contract.stories import Shop, account_params, link_params, transfer_params

EVENTS = {
    "account.application.deauthorized",
    "account.updated",
    "capability.updated",
    "transfer.created",
    "transfer.reversed",
    "transfer.updated",
}


def tell_leaders(shop: Shop) -> None:
    """Accounts of every end, transfers refused, made and taken back, payouts to leaders' banks."""
    shop.earn()
    _tell_accounts(shop)
    account_id = shop.leader("paid")
    _tell_transfers(shop, account_id)
    _tell_their_payouts(shop, account_id)


def _tell_accounts(shop: Shop) -> None:
    account = shop.connect.open_account(account_params(), "account-1")
    for act in ("leave", "submit", "complete"):
        shop.fake.follow_link(shop.connect.account_link(link_params(account.id)).url, act)
        shop.connect.account(account.id)
    for past_due in (False, True):
        shop.fake.ask_for_documents(account.id, past_due)
        shop.connect.account(account.id)
    shop.fake.reject(account.id)
    shop.connect.account(account.id)
    with pytest.raises(StripeRefused):
        shop.connect.transfer(transfer_params(account.id, 100), "to a rejected one")
    shop.fake.close_account(account.id)
    for ask in (
        lambda: shop.connect.account(account.id),
        lambda: shop.connect.account_link(link_params(account.id)),
        lambda: shop.connect.transfer(transfer_params(account.id, 100), "to a closed one"),
        lambda: shop.connect.open_account(account_params(country="AQ"), "nobody lives there"),
    ):
        with pytest.raises(StripeRefused):
            ask()


def _tell_transfers(shop: Shop, account_id: str) -> None:
    with pytest.raises(StripeRefused):
        shop.connect.transfer(transfer_params(account_id, 1_000_000), "far too much")
    transfer = shop.connect.transfer(transfer_params(account_id, 5000), "transfer-1")
    shop.fake.describe_transfer(transfer.id, "Six sessions of autumn")
    shop.connect.reverse(transfer.id, {"amount": 100, "metadata": {"app": "marmalade"}}, "part")
    shop.fake.dashboard_reversal(transfer.id)
    with pytest.raises(StripeRefused):
        shop.connect.reverse(transfer.id, {}, "nothing is left")
    shop.connect.transfer_by_id(transfer.id)
    shop.connect.transfers_of("payout-1")
    shop.connect.reversals_of(transfer.id)
    list(shop.connect.transfers_since(shop.clock.at))
    shop.connect.available_minor("GBP")


def _tell_their_payouts(shop: Shop, account_id: str) -> None:
    """One that arrives by itself, one that comes back."""
    shop.fake.dashboard_transfer(account_id, 700)
    shop.clock.move(days=1)
    shop.fake.expire_due()
    shop.clock.move(days=3)
    shop.fake.dashboard_transfer(account_id, 800)
    payout = shop.fake.pay_out_account(account_id)
    shop.fake.fail_account_payout(payout["id"])

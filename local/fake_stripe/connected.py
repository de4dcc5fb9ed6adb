"""A connected account's own money: what transfers brought, and its daily payouts to its bank.

It is kept apart from ours: neither our balance nor our lists know it. Its payouts are told to the
endpoint for connected accounts. What does not live here: our own payouts (payouts.py).
"""

from __future__ import annotations

from typing import Any

from local.fake_stripe import accounts, payouts
from local.fake_stripe.events import emit
from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import World

Json = dict[str, Any]
PAYOUT = "connected.payout"  # the kind under which they are kept


def balance_of(world: World, account_id: str, currency: str = "gbp") -> int:
    """What the account holds, in minor units; all of it is available."""
    amount: int = world.notes[account_id]["balance"].get(currency, 0)
    return amount


def put(world: World, account_id: str, amount: int, currency: str) -> None:
    """Money comes (or goes, below zero); it waits for the next day's payout."""
    note = world.notes[account_id]
    note["balance"][currency] = balance_of(world, account_id, currency) + amount
    note["moved_on"] = _today(world)


def pay_out(world: World, account_id: str, currency: str = "gbp") -> Json:
    """Everything the account holds goes to its bank. Refused when that is nothing, or when its
    payouts are switched off."""
    account = accounts.load(world, account_id)
    amount = balance_of(world, account_id, currency)
    if not account["payouts_enabled"]:
        raise Refused("Payouts are not enabled for this account.", code="payouts_not_allowed")
    if amount <= 0:
        raise Refused("The account holds nothing.", code="balance_insufficient")
    put(world, account_id, -amount, currency)
    payout = payouts.new(world, amount, currency)
    payout["destination"] = account["external_accounts"]["data"][0]["id"]
    payout["balance_transaction"] = world.new_id("txn")
    world.add(payout, PAYOUT)
    world.notes[payout["id"]] = {"account": account_id}
    emit(world, "payout.created", payout, account=account_id)
    return payout


def fail(world: World, payout_id: str, code: str = "account_closed") -> Json:
    """The leader's bank sends a payout back: the money is in the account's balance again, and no
    more payouts go until there is another bank account."""
    payout = world.get(PAYOUT, payout_id)
    account_id = world.notes[payout_id]["account"]
    payouts.send_back(payout, code)
    payout["failure_balance_transaction"] = world.new_id("txn")
    put(world, account_id, payout["amount"], payout["currency"])
    emit(world, "payout.failed", payout, account=account_id)
    if not world.notes[account_id]["closed"]:
        accounts.lose_bank(world, world.get("account", account_id))
    return payout


def settle_due(world: World) -> None:
    """Payouts move on, and yesterday's money goes to the bank."""
    for payout in list(world.objects[PAYOUT].values()):
        payouts.move_on(world, payout, world.notes[payout["id"]]["account"])
    if world.account_payouts_held:
        return
    for account in list(world.objects["account"].values()):
        note = world.notes[account["id"]]
        daily = account["settings"]["payouts"]["schedule"]["interval"] == "daily"
        if not daily or note["closed"] or not account["payouts_enabled"]:
            continue
        if note["moved_on"] < _today(world):
            for currency in [name for name, amount in note["balance"].items() if amount > 0]:
                pay_out(world, account["id"], currency)


def _today(world: World) -> int:
    return world.epoch() // payouts.DAY_SECONDS

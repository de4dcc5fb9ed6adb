"""Automatic payouts to the bank: what is available goes, arrives days later, or comes back.

A payout carries every movement that is available and that no payout carried before; its own
movement takes the sum out of the balance. What does not live here: movements (balance.py), payouts
of connected accounts (connected.py).
"""

from __future__ import annotations

from typing import Any

from local.fake_stripe import balance
from local.fake_stripe.events import emit
from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import World

Json = dict[str, Any]
DAY_SECONDS = 86_400
SECONDS_UNTIL_IN_TRANSIT = DAY_SECONDS
DAYS_UNTIL_PAID = 2
BANK_ACCOUNT = "ba_stand_in"
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "no_account": "An account with this number and name could not be found.",
}


def pay_out(world: World, currency: str = "gbp") -> Json:
    """Send everything that is available to the bank. Refused when that is nothing or less."""
    balance.settle_due(world)
    carried = [
        each
        for each in world.objects["balance_transaction"].values()
        if each["status"] == "available"
        and each["currency"] == currency
        and payout_of(world, each) is None
    ]
    amount = sum(each["net"] for each in carried)
    if amount <= 0:
        raise Refused("You have insufficient funds for a payout.", code="balance_insufficient")
    payout = world.add(new(world, amount, currency))
    own = balance.write(world, "payout", -amount, currency, payout["id"])
    payout["balance_transaction"] = own["id"]
    for each in (*carried, own):
        world.notes[each["id"]] = {"payout": payout["id"]}
    emit(world, "payout.created", payout)
    return payout


def payout_of(world: World, movement: Json) -> str | None:
    """The payout that carries a movement, None while it is in the balance."""
    name: str | None = world.notes.get(movement["id"], {}).get("payout")
    return name


def fail(world: World, payout_id: str, code: str = "account_closed") -> Json:
    """The bank sends a payout back, even days after it was paid: the money is in the balance
    again, by a movement of its own that the next payout carries."""
    payout = world.get("payout", payout_id)
    send_back(payout, code)
    back = balance.write(world, "payout_failure", payout["amount"], payout["currency"], payout_id)
    payout["failure_balance_transaction"] = back["id"]
    emit(world, "payout.failed", payout)
    return payout


def send_back(payout: Json, code: str) -> None:
    """A bank does not take a payout. Refused when it failed before."""
    if payout["status"] not in ("pending", "in_transit", "paid"):
        raise Refused(f"This payout is {payout['status']}.", status=409)
    payout.update(status="failed", failure_code=code, failure_message=FAILURES[code])


def settle_due(world: World) -> None:
    """Payouts whose time has come are in transit, then paid."""
    for payout in list(world.objects["payout"].values()):
        move_on(world, payout)


def move_on(world: World, payout: Json, account: str | None = None) -> None:
    """One payout, ours or of a connected `account`, is in transit, then paid."""
    if payout["status"] == "pending" and _age(world, payout) >= SECONDS_UNTIL_IN_TRANSIT:
        payout["status"] = "in_transit"
        emit(world, "payout.updated", payout, {"status": "pending"}, account)
    if payout["status"] == "in_transit" and payout["arrival_date"] <= world.epoch():
        payout["status"] = "paid"
        emit(world, "payout.paid", payout, account=account)


def _age(world: World, payout: Json) -> int:
    age: int = world.epoch() - payout["created"]
    return age


def new(world: World, amount: int, currency: str) -> Json:
    """A fresh payout in Stripe's shape; nobody knows it yet."""
    today = world.epoch() // DAY_SECONDS * DAY_SECONDS
    unused = (
        "application_fee", "application_fee_amount", "balance_transaction", "description",
        "failure_balance_transaction", "failure_code", "failure_message", "original_payout",
        "payout_method", "reversed_by", "statement_descriptor", "trace_id",
    )  # fmt: skip
    return {
        **dict.fromkeys(unused),
        "id": world.new_id("po"),
        "object": "payout",
        "amount": amount,
        "arrival_date": today + DAYS_UNTIL_PAID * DAY_SECONDS,
        "automatic": True,
        "created": world.epoch(),
        "currency": currency,
        "destination": BANK_ACCOUNT,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": "pending",
        "type": "bank_account",
    }

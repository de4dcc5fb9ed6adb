"""The balance: every movement with its fee; what is pending becomes available with time.

Fees are those of a British account: cards 1.5% + 20p, Bacs Direct Debit 1% between 20p and £4.
The balance is always the sum of its movements.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from local.fake_stripe.world import World

Json = dict[str, Any]
SECONDS_UNTIL_AVAILABLE = {"card": 3 * 86_400, "bacs_debit": 3 * 86_400}
CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
}


def fee_minor(amount_minor: int, method: str) -> int:
    """Stripe's fee in minor units, rounded half up."""
    if method == "bacs_debit":
        return min(max((amount_minor + 50) // 100, 20), 400)
    return (amount_minor * 15 + 500) // 1000 + 20


def write_charge(world: World, charge: Json) -> Json:
    """The movement of a charge that succeeded; the charge refers to it from now on."""
    method = charge["payment_method_details"]["type"]
    kind = "charge" if method == "card" else "payment"
    fee = fee_minor(charge["amount"], method)
    movement = write(world, kind, charge["amount"], charge["currency"], charge["id"], fee)
    movement["available_on"] += SECONDS_UNTIL_AVAILABLE[method]
    movement["status"] = "pending"
    charge["balance_transaction"] = movement["id"]
    return movement


def write(
    world: World,
    kind: str,
    amount: int,
    currency: str,
    source: str,
    fee: int = 0,
    category: str = "",
    fee_words: str = "Stripe processing fees",
) -> Json:
    """A movement of `amount` minor units less `fee`, available at once. `category` is Stripe's
    reporting category, where the kind alone does not say it."""
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": fee_words,
        "type": "stripe_fee",
    }
    return world.add(
        {
            "id": world.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": world.epoch(),
            "balance_type": "payments",
            "created": world.epoch(),
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [detail] if fee else [],
            "net": amount - fee,
            "reporting_category": category or CATEGORIES[kind],
            "source": source,
            "status": "available",
            "type": kind,
        }
    )


def settle_due(world: World) -> None:
    """Movements whose day has come become available."""
    for movement in world.objects["balance_transaction"].values():
        if movement["available_on"] <= world.epoch():
            movement["status"] = "available"


def make_available(world: World) -> None:
    """Everything that is pending becomes available before its day."""
    for movement in world.objects["balance_transaction"].values():
        if movement["status"] == "pending":
            movement.update(status="available", available_on=world.epoch())


def balance(world: World) -> Json:
    """The balance object, one row per currency in each part."""
    sums: dict[str, Counter[str]] = {"available": Counter(), "pending": Counter()}
    for movement in world.objects["balance_transaction"].values():
        sums[movement["status"]][movement["currency"]] += movement["net"]
    currencies = sorted({*sums["available"], *sums["pending"]}) or ["gbp"]
    return {
        "object": "balance",
        "livemode": False,
        **{
            part: [_row(each, amounts[each]) for each in currencies]
            for part, amounts in sums.items()
        },
    }


def _row(currency: str, amount: int) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}

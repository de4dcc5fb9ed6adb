"""Transfers from our balance to connected accounts, and reversals that bring them back.

A transfer takes what is available, never what is pending; a reversal takes no more than the
account still holds. What does not live here: movements (balance.py), the accounts' own money
(connected.py).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from local.fake_stripe import accounts, balance, connected
from local.fake_stripe.events import emit
from local.fake_stripe.refusals import Refused, not_played
from local.fake_stripe.session_params import check_metadata
from local.fake_stripe.world import World

Json = dict[str, Any]
PLAYED = {
    "amount", "currency", "description", "destination", "expand", "metadata", "transfer_group",
}  # fmt: skip
PLAYED_OF_REVERSAL = {"amount", "description", "expand", "metadata"}
SHOWN_REVERSALS = 10


def create(world: World, params: Json) -> Json:
    """Move money to an account; raises Stripe's 400 for what it would refuse."""
    _only(params, PLAYED)
    amount = _positive(params)
    currency = params["currency"].lower()
    account = _destination(world, params["destination"])
    if amount > available(world, currency):
        raise Refused(
            "You have insufficient available funds in your Stripe account: see /v1/balance.",
            code="balance_insufficient",
        )
    transfer = world.add(_new(world, amount, currency, params))
    movement = balance.write(world, "transfer", -amount, currency, transfer["id"])
    transfer["balance_transaction"] = movement["id"]
    connected.put(world, account["id"], amount, currency)
    emit(world, "transfer.created", transfer)
    return transfer


def reverse(world: World, transfer_id: str, params: Json) -> Json:
    """Take a transfer back, wholly or in part; refused beyond what is left of it, and beyond what
    the account holds."""
    _only(params, PLAYED_OF_REVERSAL)
    transfer = world.get("transfer", transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    if left == 0:
        raise Refused(f"Transfer {transfer_id} is already fully reversed.")
    amount = _positive({"amount": left, **params})
    if amount > left:
        message = f"Reversal amount ({amount}) is greater than what is left of it ({left})."
        raise Refused(message, param="amount")
    account_id, currency = transfer["destination"], transfer["currency"]
    if amount > connected.balance_of(world, account_id, currency):
        raise Refused(
            "The connected account's balance does not cover this reversal.",
            code="balance_insufficient",
        )
    reversal = world.add(_new_reversal(world, transfer, amount, params))
    movement = balance.write(world, "transfer_refund", amount, currency, reversal["id"])
    reversal["balance_transaction"] = movement["id"]
    connected.put(world, account_id, -amount, currency)
    _note_reversal(world, transfer, reversal)
    return reversal


def describe(world: World, transfer_id: str, description: str) -> Json:
    """Somebody writes a description in the Dashboard."""
    transfer = world.get("transfer", transfer_id)
    before = {"description": transfer["description"]}
    transfer["description"] = description
    emit(world, "transfer.updated", transfer, before)
    return transfer


def available(world: World, currency: str) -> int:
    """What may leave our balance now, in minor units."""
    balance.settle_due(world)
    rows = balance.balance(world)["available"]
    return sum(row["amount"] for row in rows if row["currency"] == currency)


def _destination(world: World, account_id: str) -> Json:
    try:
        account = accounts.load(world, account_id)
    except Refused:
        message = f"No such destination: '{account_id}'"
        raise Refused(message, code="resource_missing", param="destination") from None
    if not accounts.may_receive(account):
        raise Refused(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    return account


def _only(params: Json, played: set[str]) -> None:
    strange = sorted(params.keys() - played)
    if strange:
        raise not_played(strange[0])
    check_metadata(params.get("metadata"), "metadata")


def _positive(params: Json) -> int:
    if "amount" not in params:
        raise Refused("Missing required param: amount.", code="parameter_missing", param="amount")
    amount: int = params["amount"]
    if amount < 1:
        code = "parameter_invalid_integer"
        raise Refused("This value must be greater than or equal to 1.", code=code, param="amount")
    return amount


def _new(world: World, amount: int, currency: str, params: Json) -> Json:
    transfer_id = world.new_id("tr")
    url = f"/v1/transfers/{transfer_id}/reversals"
    return {
        "id": transfer_id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": world.epoch(),
        "currency": currency,
        "description": params.get("description"),
        "destination": params["destination"],
        "destination_payment": world.new_id("py"),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "reversals": {"object": "list", "data": [], "has_more": False, "url": url},
        "reversed": False,
        "source_transaction": None,
        "source_type": "card",
        "transfer_group": params.get("transfer_group"),
    }


def _new_reversal(world: World, transfer: Json, amount: int, params: Json) -> Json:
    return {
        "id": world.new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": world.epoch(),
        "currency": transfer["currency"],
        "destination_payment_refund": world.new_id("pyr"),
        "metadata": params.get("metadata") or {},
        "source_refund": None,
        "transfer": transfer["id"],
    }


def _note_reversal(world: World, transfer: Json, reversal: Json) -> None:
    """The transfer shows what came back of it, and its last reversals."""
    before = {name: transfer[name] for name in ("amount_reversed", "reversed")}
    transfer["amount_reversed"] += reversal["amount"]
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    shown = transfer["reversals"]
    every = [deepcopy(reversal), *shown["data"]]
    shown.update(
        data=every[:SHOWN_REVERSALS], has_more=shown["has_more"] or len(every) > SHOWN_REVERSALS
    )
    emit(world, "transfer.reversed", transfer, before)

"""Refunds: created through the API or in the Dashboard, succeeding, waiting, failing later.

What does not live here: movements (balance.py).
"""

from __future__ import annotations

from typing import Any

from local.fake_stripe import balance, disputes
from local.fake_stripe.events import emit
from local.fake_stripe.payments import REFUND_FAILING_CARD, REFUND_PENDING_CARD
from local.fake_stripe.refusals import Refused, not_played
from local.fake_stripe.session_params import check_metadata
from local.fake_stripe.world import World

Json = dict[str, Any]
PLAYED = {"amount", "charge", "expand", "metadata", "payment_intent", "reason"}
SECONDS_UNTIL_SETTLED = 60


def create(world: World, params: Json) -> Json:
    """Refund a charge, wholly or in part; raises Stripe's 400 for what it would refuse."""
    strange = sorted(params.keys() - PLAYED)
    if strange:
        raise not_played(strange[0])
    check_metadata(params.get("metadata"), "metadata")
    charge = _charge_of(world, params)
    disputes.refuse_refund(world, charge)
    amount = _amount(charge, params)
    refund = world.add(_new(world, charge, amount, params))
    kind = "payment_refund" if charge["id"].startswith("py_") else "refund"
    movement = balance.write(world, kind, -amount, charge["currency"], refund["id"])
    refund["balance_transaction"] = movement["id"]
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    _meet_fate(world, refund, charge)
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge, before)
    return refund


def succeed(world: World, refund_id: str) -> Json:
    """A pending refund arrives."""
    refund = world.get("refund", refund_id)
    if refund["status"] != "pending":
        raise Refused(f"This refund is {refund['status']}.", status=409)
    refund["status"] = "succeeded"
    refund.pop("pending_reason", None)
    emit(world, "refund.updated", refund, {"status": "pending"})
    return refund


def fail(world: World, refund_id: str, reason: str = "expired_or_canceled_card") -> Json:
    """The bank sends the money back, even after the refund succeeded: it is ours again."""
    refund = world.get("refund", refund_id)
    if refund["status"] not in ("pending", "succeeded"):
        raise Refused(f"This refund is {refund['status']}.", status=409)
    charge = world.get("charge", refund["charge"])
    movement = balance.write(
        world, "refund_failure", refund["amount"], refund["currency"], refund_id
    )
    before = {"status": refund["status"]}
    refund.update(
        status="failed", failure_reason=reason, failure_balance_transaction=movement["id"]
    )
    refund.pop("pending_reason", None)
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    emit(world, "refund.failed", refund)
    emit(world, "refund.updated", refund, before)
    return refund


def settle_due(world: World) -> None:
    """Refunds whose fate was written when they were made meet it when its time comes."""
    for refund_id in list(world.objects["refund"]):
        fate = world.notes.get(refund_id, {})
        if fate and fate["at"] <= world.epoch():
            del world.notes[refund_id]
            status = world.get("refund", refund_id)["status"]
            if fate["then"] == "failed" and status in ("pending", "succeeded"):
                fail(world, refund_id)
            elif fate["then"] == "succeeded" and status == "pending":
                succeed(world, refund_id)


def _charge_of(world: World, params: Json) -> Json:
    if ("charge" in params) == ("payment_intent" in params):
        raise Refused("One of charge or payment_intent is needed.", code="parameter_missing")
    if "charge" in params:
        charge = world.get("charge", params["charge"])
    else:
        intent = world.get("payment_intent", params["payment_intent"])
        charge = world.objects["charge"].get(intent["latest_charge"] or "", {"status": None})
    if charge["status"] != "succeeded":
        raise Refused("This PaymentIntent does not have a successful charge to refund.")
    return charge


def _amount(charge: Json, params: Json) -> int:
    left: int = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise Refused(message, code="charge_already_refunded")
    amount: int = params.get("amount", left)
    if amount < 1:
        code = "parameter_invalid_integer"
        raise Refused("This value must be greater than or equal to 1.", code=code, param="amount")
    if amount > left:
        raise Refused(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    return amount


def _new(world: World, charge: Json, amount: int, params: Json) -> Json:
    prefix = "pyr" if charge["id"].startswith("py_") else "re"
    return {
        "id": world.new_id(prefix),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.epoch(),
        "currency": charge["currency"],
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _meet_fate(world: World, refund: Json, charge: Json) -> None:
    """What the card, or a test, decided: wait as pending, or fail after a while."""
    number = world.notes[charge["id"]]["number"]
    by_card = {REFUND_PENDING_CARD: "pending", REFUND_FAILING_CARD: "failing"}.get(number)
    fate = world.next_refunds.pop(0) if world.next_refunds else by_card
    if fate is None:
        return
    if fate == "pending":
        refund.update(status="pending", pending_reason="processing")
    then = "succeeded" if fate == "pending" else "failed"
    world.notes[refund["id"]] = {"then": then, "at": world.epoch() + SECONDS_UNTIL_SETTLED}

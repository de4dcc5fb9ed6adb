"""Disputes and inquiries of cardholders, and early warnings of fraud.

An inquiry takes no money and leaves the charge refundable; a dispute takes the amount and a fee
out of the balance at once, and gives both back when it is won. What a bank decides is decided by
a test. What does not live here: movements (balance.py), refusing refunds (refunds.py).
"""

from __future__ import annotations

from typing import Any

from local.fake_stripe import balance
from local.fake_stripe.events import emit
from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import World

Json = dict[str, Any]
FEE_MINOR = 2000
FEE_WORDS = "Dispute fee"
SECONDS_TO_ANSWER = 9 * 86_400
OPEN = ("needs_response", "under_review")
INQUIRIES = ("warning_needs_response", "warning_under_review")
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
    "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
    "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def open_dispute(
    world: World, intent_id: str, reason: str, inquiry: bool, amount: int | None
) -> Json:
    """A cardholder disputes a payment, or only asks about it (`inquiry`); all of it without an
    amount. Refused for a payment that has no successful charge."""
    charge = _charge_of(world, intent_id)
    disputed = amount or charge["amount"]
    dispute = world.add(_new(world, charge, reason, inquiry, disputed))
    charge["disputed"] = True
    if not inquiry:
        _withdraw(world, dispute)
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", dispute)
    for warning in world.objects["radar.early_fraud_warning"].values():
        if warning["charge"] == charge["id"]:
            warning["actionable"] = False
    return dispute


def escalate(world: World, dispute_id: str) -> Json:
    """An inquiry becomes a dispute: now the money is taken."""
    dispute = _in(world, dispute_id, INQUIRIES)
    before = {"status": dispute["status"]}
    dispute.update(status="needs_response", is_charge_refundable=False)
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["evidence_details"]["due_by"] = world.epoch() + SECONDS_TO_ANSWER
    _withdraw(world, dispute)
    emit(world, "charge.dispute.updated", dispute, before)
    emit(world, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def answer(world: World, dispute_id: str) -> Json:
    """We send our evidence in the Dashboard: the bank looks at it."""
    dispute = _in(world, dispute_id, ("needs_response", "warning_needs_response"))
    before = {"status": dispute["status"]}
    dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    dispute["evidence_details"].update(has_evidence=True, submission_count=1)
    emit(world, "charge.dispute.updated", dispute, before)
    return dispute


def win(world: World, dispute_id: str, fee_back: bool = True) -> Json:
    """The bank decides for us: the amount comes back, and usually the fee."""
    dispute = _in(world, dispute_id, (*OPEN, "lost"))
    fee = -FEE_MINOR if fee_back else 0
    movement = balance.write(
        world, "adjustment", dispute["amount"], dispute["currency"], dispute["id"], fee,
        "dispute_reversal", FEE_WORDS,
    )  # fmt: skip
    dispute["balance_transactions"].append(movement)
    dispute.update(status="won", is_charge_refundable=True)
    emit(world, "charge.dispute.funds_reinstated", dispute)
    emit(world, "charge.dispute.closed", dispute)
    return dispute


def lose(world: World, dispute_id: str) -> Json:
    """The bank decides for the cardholder: the money stays where it went. No refund is made."""
    dispute = _in(world, dispute_id, OPEN)
    dispute["status"] = "lost"
    emit(world, "charge.dispute.closed", dispute)
    return dispute


def close_inquiry(world: World, dispute_id: str) -> Json:
    """An inquiry ends without a dispute."""
    dispute = _in(world, dispute_id, INQUIRIES)
    dispute["status"] = "warning_closed"
    emit(world, "charge.dispute.closed", dispute)
    return dispute


def warn_of_fraud(world: World, intent_id: str, fraud_type: str) -> Json:
    """The card's bank believes that a payment was fraud, before any dispute."""
    charge = _charge_of(world, intent_id)
    warning = world.add(
        {
            "id": world.new_id("issfr"),
            "object": "radar.early_fraud_warning",
            "actionable": not charge["disputed"] and not charge["refunded"],
            "charge": charge["id"],
            "created": world.epoch(),
            "fraud_type": fraud_type,
            "livemode": False,
            "payment_intent": intent_id,
        }
    )
    emit(world, "radar.early_fraud_warning.created", warning)
    return warning


def refuse_refund(world: World, charge: Json) -> None:
    """Raise Stripe's refusal for a charge that is disputed and must not be refunded."""
    every = [one for one in world.objects["dispute"].values() if one["charge"] == charge["id"]]
    if any(not one["is_charge_refundable"] for one in every):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Refused(message, code="charge_disputed")


def _charge_of(world: World, intent_id: str) -> Json:
    intent = world.get("payment_intent", intent_id)
    if intent["status"] != "succeeded":
        raise Refused(f"This payment is {intent['status']}: nobody can dispute it.", status=409)
    return world.get("charge", intent["latest_charge"])


def _in(world: World, dispute_id: str, states: tuple[str, ...]) -> Json:
    dispute = world.get("dispute", dispute_id)
    if dispute["status"] not in states:
        raise Refused(f"This dispute is {dispute['status']}.", status=409)
    return dispute


def _withdraw(world: World, dispute: Json) -> None:
    movement = balance.write(
        world, "adjustment", -dispute["amount"], dispute["currency"], dispute["id"], FEE_MINOR,
        "dispute", FEE_WORDS,
    )  # fmt: skip
    dispute["balance_transactions"].append(movement)


def _new(world: World, charge: Json, reason: str, inquiry: bool, amount: int) -> Json:
    return {
        "id": world.new_id("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.epoch(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": world.epoch() + SECONDS_TO_ANSWER,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": None,
            },
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }

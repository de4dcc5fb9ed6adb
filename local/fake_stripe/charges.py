"""The shapes of a fresh PaymentIntent and a fresh charge.

What does not live here: what becomes of them (payments.py, refunds.py).
"""

from __future__ import annotations

from typing import Any

from local.fake_stripe.world import World

Json = dict[str, Any]
PREFIXES = {"card": "ch", "bacs_debit": "py"}


def new_intent(world: World, session: Json) -> Json:
    """A PaymentIntent of a session, with the metadata that payment_intent_data gave it."""
    asked = world.notes[session["id"]]["payment_intent_data"]
    intent_id = world.new_id("pi")
    unused = (
        "application", "application_fee_amount", "automatic_payment_methods", "canceled_at",
        "cancellation_reason", "customer", "last_payment_error", "latest_charge", "next_action",
        "on_behalf_of", "payment_method", "processing", "review", "setup_future_usage",
        "shipping", "statement_descriptor", "transfer_data",
    )  # fmt: skip
    return world.add(
        {
            **dict.fromkeys(unused),
            "id": intent_id,
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": "automatic_async",
            "client_secret": None,
            "confirmation_method": "automatic",
            "created": world.epoch(),
            "currency": session["currency"],
            "description": asked.get("description"),
            "livemode": False,
            "metadata": asked.get("metadata", {}),
            "payment_method_options": {},
            "payment_method_types": session["payment_method_types"],
            "receipt_email": asked.get("receipt_email"),
            "statement_descriptor_suffix": asked.get("statement_descriptor_suffix"),
            "status": "requires_payment_method",
            "transfer_group": asked.get("transfer_group"),
        }
    )


def new_charge(world: World, intent: Json, session: Json, method: str, number: str) -> Json:
    """A pending charge of an intent; the caller decides what becomes of it."""
    unused = (
        "application", "application_fee", "application_fee_amount", "balance_transaction",
        "customer", "failure_balance_transaction", "failure_code", "failure_message",
        "on_behalf_of", "receipt_number", "review", "shipping", "source_transfer",
        "statement_descriptor", "transfer_data",
    )  # fmt: skip
    intent["payment_method"] = world.new_id("pm")
    charge_id = world.new_id(PREFIXES[method])
    copied = ("amount", "currency", "description", "metadata", "receipt_email", "transfer_group")
    world.notes[charge_id] = {"number": number}
    return world.add(
        {
            **dict.fromkeys(unused),
            **{field: intent[field] for field in copied},
            "id": charge_id,
            "object": "charge",
            "amount_captured": 0,
            "amount_refunded": 0,
            "billing_details": _billing(session),
            "calculated_statement_descriptor": "STAND-IN",
            "captured": False,
            "created": world.epoch(),
            "disputed": False,
            "fraud_details": {},
            "livemode": False,
            "outcome": _outcome(),
            "paid": False,
            "payment_intent": intent["id"],
            "payment_method": intent["payment_method"],
            "payment_method_details": _method_details(method, number),
            "receipt_url": None,
            "refunded": False,
            "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
            "status": "pending",
        }
    )


def _billing(session: Json) -> Json:
    details = session["customer_details"] or {}
    unknown = dict.fromkeys(("address", "name", "phone", "tax_id"))
    return {**unknown, "email": details.get("email")}


def _outcome() -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def _method_details(method: str, number: str) -> Json:
    if method == "bacs_debit":
        details: Json = {"last4": number[-4:], "mandate": None, "sort_code": "108800"}
        return {"type": method, method: {**details, "fingerprint": None}}
    card = {"brand": "visa", "country": "GB", "exp_month": 12, "exp_year": 2034}
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    rest = {"checks": checks, "funding": "credit", "last4": number[-4:], "network": "visa"}
    return {"type": method, method: {**card, **rest}}

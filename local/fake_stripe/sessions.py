"""Checkout Sessions in payment mode on the hosted page: opening, expiring.

What does not live here: the checks of parameters beyond Stripe's description
(session_params.py), paying (payments.py).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from local.fake_stripe.events import emit
from local.fake_stripe.refusals import Refused
from local.fake_stripe.session_params import LIFE_SECONDS_MAX, amount_of, check
from local.fake_stripe.world import World

Json = dict[str, Any]
# What Stripe answers for everything a plain payment does not use.
UNUSED: Json = {
    "adaptive_pricing": {"enabled": False},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "client_secret": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer": None,
    "customer_creation": "if_required",
    "discounts": [],
    "invoice": None,
    "invoice_creation": None,
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_options": {},
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "subscription": None,
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "wallet_options": None,
}


def create(world: World, params: Json) -> Json:
    """Open a session; raises Stripe's 400 for what it would refuse."""
    check(world, params)
    session_id = world.new_id("cs_test")
    total = sum(amount_of(item) for item in params["line_items"])
    world.notes[session_id] = {
        "line_items": _line_items(world, session_id, params["line_items"]),
        "payment_intent_data": params.get("payment_intent_data", {}),
    }
    return world.add(
        {
            **deepcopy(UNUSED),
            **_from_params(params),
            "id": session_id,
            "object": "checkout.session",
            "amount_subtotal": total,
            "amount_total": total,
            "created": world.epoch(),
            "currency": params["line_items"][0]["price_data"]["currency"].lower(),
            "customer_details": customer_details(params.get("customer_email")),
            "expires_at": params.get("expires_at", world.epoch() + LIFE_SECONDS_MAX),
            "livemode": False,
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "ui_mode": "hosted_page",
            "url": f"{world.base_url}/c/pay/{session_id}",
        }
    )


def customer_details(email: str | None) -> Json | None:
    """What Stripe knows of the payer: at most an address to write to."""
    if not email:
        return None
    unknown = ("address", "business_name", "individual_name", "name", "phone", "tax_ids")
    return {"email": email, "tax_exempt": "none", **dict.fromkeys(unknown)}


def expire(world: World, session_id: str) -> Json:
    """Close an open session; raises Stripe's 400 for one that is complete or expired."""
    session = world.get("checkout.session", session_id)
    if session["status"] != "open":
        raise Refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    session.update(status="expired", url=None)
    if session["payment_intent"]:
        _cancel(world, world.get("payment_intent", session["payment_intent"]))
    emit(world, "checkout.session.expired", session)
    return session


def expire_due(world: World) -> None:
    """Close every open session whose time is over."""
    for session in list(world.objects["checkout.session"].values()):
        if session["status"] == "open" and session["expires_at"] <= world.epoch():
            expire(world, session["id"])


def _cancel(world: World, intent: Json) -> None:
    intent.update(status="canceled", canceled_at=world.epoch(), cancellation_reason="expired")
    emit(world, "payment_intent.canceled", intent)


def _from_params(params: Json) -> Json:
    return {
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "customer_email": params.get("customer_email"),
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": params["mode"],
        "payment_method_types": params.get("payment_method_types") or ["card"],
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
    }


def _line_items(world: World, session_id: str, items: list[Json]) -> Json:
    return {
        "object": "list",
        "data": [_line_item(world, item) for item in items],
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session_id}/line_items",
    }


def _line_item(world: World, item: Json) -> Json:
    amount, price = amount_of(item), item["price_data"]
    return {
        "id": world.new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"].lower(),
        "description": price["product_data"]["name"],
        "price": _price(world, price),
        "quantity": item["quantity"],
    }


def _price(world: World, price: Json) -> Json:
    return {
        "id": world.new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": world.epoch(),
        "currency": price["currency"].lower(),
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": world.new_id("prod"),
        "recurring": None,
        "tax_behavior": "unspecified",
        "type": "one_time",
        "unit_amount": price["unit_amount"],
        "unit_amount_decimal": str(price["unit_amount"]),
    }

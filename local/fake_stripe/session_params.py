"""What Stripe checks of a new Checkout Session beyond the names and types of its description.

Whatever the stand-in would ignore it refuses, so that a flow cannot rely on it unawares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.rules.money.amounts import STRIPE_MINIMUM_MINOR
from local.fake_stripe.refusals import Refused, not_played
from local.fake_stripe.world import World

Json = dict[str, Any]
LIFE_SECONDS_MIN = 30 * 60
LIFE_SECONDS_MAX = 24 * 60 * 60
METHODS = ("card", "bacs_debit")
PLAYED = {
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "expand",
    "expires_at",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "payment_method_types",
    "submit_type",
    "success_url",
}
PLAYED_OF_INTENT = {
    "description",
    "metadata",
    "receipt_email",
    "statement_descriptor_suffix",
    "transfer_group",
}
PLAYED_OF_ITEM = {"price_data", "quantity"}
PLAYED_OF_PRICE = {"currency", "product_data", "unit_amount"}


def check(world: World, params: Json) -> None:
    """Raise Stripe's 400 for what it would refuse."""
    _only(params, PLAYED, "")
    for name in ("mode", "line_items", "success_url"):
        if name not in params:
            raise Refused(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if params["mode"] != "payment":
        raise not_played(f"mode={params['mode']}")
    _check_urls(params)
    _check_times(world, params)
    _check_items(params["line_items"])
    _check_methods(params)
    _check_words(params)


def amount_of(item: Mapping[str, Any]) -> int:
    """A line's amount in minor units."""
    amount: int = item["price_data"]["unit_amount"] * item["quantity"]
    return amount


def check_metadata(metadata: Any, path: str) -> None:
    """Stripe's limits: 50 keys, names of 40 characters without brackets, values of 500."""
    pairs = metadata if isinstance(metadata, dict) else {}
    if len(pairs) > 50:
        raise Refused("Metadata can have at most 50 keys.", param=path)
    for name, value in pairs.items():
        if len(name) > 40 or len(value) > 500:
            raise Refused(f"Metadata {name[:40]} is too long.", param=f"{path}[{name}]")


def _only(params: Json, played: set[str], path: str) -> None:
    strange = sorted(params.keys() - played)
    if strange:
        raise not_played(f"{path}[{strange[0]}]" if path else strange[0])


def _check_urls(params: Json) -> None:
    for name in ("success_url", "cancel_url"):
        if name in params:
            check_url(params[name], name)


def check_url(url: str, name: str) -> None:
    """Raise Stripe's 400 for what is no address of a page."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused("Not a valid URL", code="url_invalid", param=name)


def _check_times(world: World, params: Json) -> None:
    life = params.get("expires_at", world.epoch() + LIFE_SECONDS_MAX) - world.epoch()
    if life < LIFE_SECONDS_MIN:
        raise _bad_expiry("at least 30 minutes")
    if life > LIFE_SECONDS_MAX:
        raise _bad_expiry("less than 24 hours")


def _bad_expiry(limit: str) -> Refused:
    message = f"The `expires_at` timestamp must be {limit} from Checkout Session creation."
    return Refused(message, param="expires_at")


def _check_items(items: list[Json]) -> None:
    for place, item in enumerate(items):
        _check_item(item, f"line_items[{place}]")
    currencies = {item["price_data"]["currency"].lower() for item in items}
    if len(currencies) != 1:
        raise Refused("All line items must have the same currency.", param="line_items")
    minimum = STRIPE_MINIMUM_MINOR.get(currencies.pop().upper(), 50)
    if sum(amount_of(item) for item in items) < minimum:
        raise Refused(
            f"The Checkout Session's total amount must convert to at least {minimum} minor units.",
            code="amount_too_small",
        )


def _check_item(item: Json, path: str) -> None:
    _only(item, PLAYED_OF_ITEM, path)
    price = item.get("price_data")
    if not price or "quantity" not in item:
        raise Refused(f"Missing price_data or quantity in {path}.", code="parameter_missing")
    _only(price, PLAYED_OF_PRICE, f"{path}[price_data]")
    if "product_data" not in price or "unit_amount" not in price:
        raise Refused(f"Missing product or amount in {path}.", code="parameter_missing")
    if item["quantity"] < 1 or price["unit_amount"] < 0:
        raise Refused("Invalid non-negative integer", code="parameter_invalid_integer", param=path)
    if not price["product_data"]["name"]:
        raise Refused("You passed an empty string for a name.", code="parameter_invalid_empty")


def _check_methods(params: Json) -> None:
    methods = params.get("payment_method_types") or ["card"]
    for method in methods:
        if method not in METHODS:
            raise Refused(f"The payment method type provided: {method} is invalid.")
    currency = params["line_items"][0]["price_data"]["currency"].lower()
    if "bacs_debit" in methods and currency != "gbp":
        raise Refused("The currency provided is invalid for one of the payment methods.")


def _check_words(params: Json) -> None:
    intent = params.get("payment_intent_data", {})
    _only(intent, PLAYED_OF_INTENT, "payment_intent_data")
    check_metadata(params.get("metadata"), "metadata")
    check_metadata(intent.get("metadata"), "payment_intent_data[metadata]")
    email = params.get("customer_email")
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", email):
        raise Refused(
            f"Invalid email address: {email}", code="email_invalid", param="customer_email"
        )
    suffix = intent.get("statement_descriptor_suffix")
    if suffix is not None and not re.fullmatch(r"(?=.*[A-Za-z])[^<>\\'\"*]{1,22}", suffix):
        raise Refused(
            "The statement descriptor suffix must contain a letter and none of <>\\'\"*.",
            param="payment_intent_data[statement_descriptor_suffix]",
        )

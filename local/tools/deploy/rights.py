"""What each restricted key of Stripe may do, and the events our endpoints ask for: the one place
that docs/deploying.md, the checks before a deployment and the rehearsal all follow.

What does not live here: where the keys are kept (secrets.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.handlers.leaders import connect_events
from chalicelib.handlers.money import webhooks

READ, WRITE = "read", "write"

# As the form for restricted keys in Stripe's dashboard calls them -> the paths they open.
RESOURCES: Mapping[str, tuple[str, ...]] = {
    "Checkout Sessions": ("/v1/checkout/sessions",),
    "PaymentIntents": ("/v1/payment_intents",),
    "Charges and Refunds": ("/v1/charges", "/v1/refunds"),
    "Disputes": ("/v1/disputes",),
    "Early Fraud Warnings": ("/v1/radar/early_fraud_warnings",),
    "Balance": ("/v1/balance",),
    "Balance transaction sources": ("/v1/balance_transactions",),
    "Payouts": ("/v1/payouts",),
    "Webhook Endpoints": ("/v1/webhook_endpoints",),
    "Accounts (Connect)": ("/v1/accounts",),
    "Account Links (Connect)": ("/v1/account_links",),
    "Transfers (Connect)": ("/v1/transfers",),
}

# The last name of a key in SSM -> what it may do. Whatever is not listed stays on "None".
RIGHTS: Mapping[str, Mapping[str, str]] = {
    "stripe-web-key": {
        "Checkout Sessions": WRITE,
        "PaymentIntents": READ,
        "Charges and Refunds": READ,
        "Disputes": READ,
        "Accounts (Connect)": WRITE,
        "Account Links (Connect)": WRITE,
        "Transfers (Connect)": READ,
    },
    "stripe-jobs-key": {
        "Checkout Sessions": WRITE,
        "PaymentIntents": READ,
        "Charges and Refunds": READ,
        "Disputes": READ,
        "Early Fraud Warnings": READ,
        "Balance": READ,
        "Balance transaction sources": READ,
        "Payouts": READ,
        "Webhook Endpoints": READ,
        "Accounts (Connect)": READ,
        "Transfers (Connect)": READ,
    },
    "stripe-refunds-key": {
        "Charges and Refunds": WRITE,
        "PaymentIntents": READ,
        "Disputes": READ,
    },
    "stripe-payouts-key": {
        "Transfers (Connect)": WRITE,
        "Accounts (Connect)": READ,
        "Charges and Refunds": READ,
        "Balance": READ,
        "Balance transaction sources": READ,
    },
}

# Only these keys can move money away from us; a check asks Stripe whether the others cannot.
MOVES_MONEY = {
    "Charges and Refunds": "stripe-refunds-key",
    "Transfers (Connect)": "stripe-payouts-key",
}

ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "/webhooks/stripe": tuple(sorted(webhooks.EVENTS)),
    "/webhooks/stripe/connect": tuple(sorted(connect_events.EVENTS)),
}


def allows(key: str, method: str, path: str) -> bool:
    """Whether a key may make a request."""
    needed = (WRITE,) if method == "POST" else (READ, WRITE)
    return any(
        RIGHTS[key].get(resource) in needed
        for resource, paths in RESOURCES.items()
        for one in paths
        if path == one or path.startswith((f"{one}/", f"{one}?"))
    )

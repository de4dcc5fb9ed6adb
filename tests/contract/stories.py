"""What the stories about Stripe share: a clock, our parameters, a gateway on a fresh stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.gateways.stripe_connect import StripeConnect
from chalicelib.gateways.stripe_gateway import StripeGateway
from local.fake_stripe import FakeStripe

SECRET_KEY = "sk_test_invented"
METADATA = {
    "app": "marmalade",
    "circle": "marmalade-circle",
    "obligation_id": "obligation-1",
    "payment_id": "payment-1",
    "offer_id": "offer-1",
}


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, **parts: float) -> None:
        self.at += timedelta(**parts)


def checkout_params(now: datetime, **changes: Any) -> dict[str, Any]:
    """What our flow sends for a seat of £216; `changes` replace whole parameters."""
    product = {"name": "Thursday Lantern Group, spring 2027", "description": "Six sessions online"}
    price = {"currency": "gbp", "unit_amount": 21600, "product_data": product}
    return {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "client_reference_id": "payment-1",
        "customer_email": "pip.buttonwood@example.org",
        "success_url": "https://circle.example/offers/t/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://circle.example/offers/t",
        "expires_at": int((now + timedelta(minutes=60)).timestamp()),
        "payment_method_types": ["card"],
        "metadata": METADATA,
        "payment_intent_data": {
            "metadata": METADATA,
            "description": "Thursday Lantern Group, spring 2027",
            "statement_descriptor_suffix": "LANTERN",
        },
        "submit_type": "pay",
        "locale": "en-GB",
        **changes,
    }


def refund_params(intent_id: str, amount: int) -> dict[str, Any]:
    """What our flow sends for a refund of `amount` pence."""
    metadata = {"app": "marmalade", "obligation_id": "obligation-1", "refund_id": "refund-1"}
    return {
        "payment_intent": intent_id,
        "amount": amount,
        "reason": "requested_by_customer",
        "metadata": metadata,
    }


def account_params(**changes: Any) -> dict[str, Any]:
    """A leader who is paid through Stripe; `changes` replace whole parameters."""
    return {
        "country": "GB",
        "email": "wren.harbour@example.org",
        "business_type": "individual",
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
        "metadata": {"app": "marmalade", "person_id": "person-1"},
        **changes,
    }


def link_params(account_id: str, **changes: Any) -> dict[str, Any]:
    """A way into onboarding."""
    return {
        "account": account_id,
        "type": "account_onboarding",
        "refresh_url": "https://circle.example/pay/again",
        "return_url": "https://circle.example/pay/back",
        **changes,
    }


def transfer_params(account_id: str, amount: int, **changes: Any) -> dict[str, Any]:
    """A leader's fee of `amount` pence."""
    return {
        "amount": amount,
        "currency": "gbp",
        "destination": account_id,
        "transfer_group": "payout-1",
        "metadata": {"app": "marmalade", "payout_id": "payout-1"},
        **changes,
    }


@dataclass
class Shop:
    """A running stand-in with our gateways on it."""

    clock: Clock
    fake: FakeStripe
    stripe: StripeGateway
    connect: StripeConnect
    base_url: str

    def open(self, key: str = "key-1", **changes: Any) -> str:
        """Open a checkout; its id."""
        return self.stripe.open_checkout(checkout_params(self.clock.at, **changes), key).id

    def paid(self, key: str = "key-1", **changes: Any) -> str:
        """Open a checkout and pay on it by card; the PaymentIntent's id."""
        charge = self.fake.pay(self.open(key, **changes))
        return str(charge["payment_intent"])

    def leader(self, key: str = "account-1", **changes: Any) -> str:
        """A leader's account that may be paid; its id."""
        account = self.connect.open_account(account_params(**changes), key)
        self.fake.onboard(account.id)
        return account.id

    def earn(self, amount: int = 50_000) -> None:
        """A payment that is in our balance and available."""
        self.fake.foreign_charge(amount)
        self.fake.make_available()


@contextmanager
def running_shop(**settings: Any) -> Iterator[Shop]:
    """A shop with one try per request, so that tests never wait for a retry."""
    clock = Clock()
    fake = FakeStripe(clock.now, **settings)
    base_url = fake.start()
    gateway = StripeGateway(SECRET_KEY, base_url, max_network_retries=0)
    connect = StripeConnect(SECRET_KEY, base_url, max_network_retries=0)
    try:
        yield Shop(clock, fake, gateway, connect, base_url)
    finally:
        gateway.close()
        connect.close()
        fake.stop()

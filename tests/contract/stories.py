"""What the stories about Stripe share: a clock, our parameters, a gateway on a fresh stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

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


@dataclass
class Shop:
    """A running stand-in with our gateway on it."""

    clock: Clock
    fake: FakeStripe
    stripe: StripeGateway
    base_url: str

    def open(self, key: str = "key-1", **changes: Any) -> str:
        """Open a checkout; its id."""
        return self.stripe.open_checkout(checkout_params(self.clock.at, **changes), key).id

    def paid(self, key: str = "key-1", **changes: Any) -> str:
        """Open a checkout and pay on it by card; the PaymentIntent's id."""
        charge = self.fake.pay(self.open(key, **changes))
        return str(charge["payment_intent"])


@contextmanager
def running_shop(**settings: Any) -> Iterator[Shop]:
    """A shop with one try per request, so that tests never wait for a retry."""
    clock = Clock()
    fake = FakeStripe(clock.now, **settings)
    base_url = fake.start()
    gateway = StripeGateway(SECRET_KEY, base_url, max_network_retries=0)
    try:
        yield Shop(clock, fake, gateway, base_url)
    finally:
        gateway.close()
        fake.stop()

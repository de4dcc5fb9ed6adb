"""A stand-in for Stripe that the real SDK talks to over HTTP, for tests and the laptop run.

It plays Checkout in payment mode, refunds, the balance, transfers to connected accounts and signed
events, with the memory,
idempotency keys and refusals of the real thing; what it does not play it refuses by name.
"""

from local.fake_stripe.fake import CONNECT_WEBHOOK_SECRET, WEBHOOK_SECRET, FakeStripe
from local.fake_stripe.refusals import Refused
from local.fake_stripe.signing import sign

__all__ = ["CONNECT_WEBHOOK_SECRET", "WEBHOOK_SECRET", "FakeStripe", "Refused", "sign"]

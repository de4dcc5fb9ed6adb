"""Our own account of Stripe: checkouts, refunds, disputes, the balance and its payouts.

Answers leave here as plain dicts parsed to the dataclasses of rules/money/stripe_objects.py.
What does not live here: the SDK, its errors and its settings (stripe_client.py), accounts of
leaders (stripe_connect.py), what to ask for (flows decide parameters and keys), and the check of
webhook signatures (webhook_signature.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from chalicelib.errors import StripeRefused
from chalicelib.gateways.stripe_client import (
    StripeClient,
    created_since,
    every,
    in_currency,
    our_errors,
)
from chalicelib.rules.money.stripe_objects import (
    BalanceMovement,
    BankPayoutObject,
    ChargeObject,
    Checkout,
    DisputeObject,
    FraudWarningObject,
    PaymentIntent,
    RefundObject,
    bank_payout_from,
    charge_from,
    checkout_from,
    dispute_from,
    fraud_warning_from,
    movement_from,
    payment_intent_from,
    refund_from,
)


class StripeGateway(StripeClient):
    """What we ask of our own account. Implements outside.Stripe."""

    def open_checkout(self, params: Mapping[str, Any], key: str) -> Checkout:
        """Open a hosted Checkout Session; the same key and parameters find the same session."""
        with our_errors():
            session = self._v1.checkout.sessions.create(
                cast(Any, dict(params)), {"idempotency_key": key}
            )
        return checkout_from(session.to_dict())

    def expire_checkout(self, checkout_id: str) -> Checkout:
        """Close a session so that nobody can pay on it; a complete one comes back as it is.

        The key is the SDK's, new for each call: expiring twice changes nothing, while a fixed key
        would bring a stored 500 back for a day.
        """
        try:
            with our_errors():
                return checkout_from(self._v1.checkout.sessions.expire(checkout_id).to_dict())
        except StripeRefused:
            session = self.checkout(checkout_id)
            if session.status == "open":
                raise
            return session

    def checkout(self, checkout_id: str) -> Checkout:
        """A session as it is now."""
        with our_errors():
            return checkout_from(self._v1.checkout.sessions.retrieve(checkout_id).to_dict())

    def checkouts_since(self, since: datetime) -> Iterator[Checkout]:
        """Every session created at `since` or later, newest first, page by page."""
        return every(self._v1.checkout.sessions.list, created_since(since), checkout_from)

    def payment_intent(self, intent_id: str) -> PaymentIntent:
        """A PaymentIntent as it is now."""
        with our_errors():
            return payment_intent_from(self._v1.payment_intents.retrieve(intent_id).to_dict())

    def refund(self, params: Mapping[str, Any], key: str) -> RefundObject:
        """Refund a payment, wholly or in part; the same key never refunds twice."""
        with our_errors():
            refund = self._v1.refunds.create(cast(Any, dict(params)), {"idempotency_key": key})
        return refund_from(refund.to_dict())

    def refund_by_id(self, refund_id: str) -> RefundObject:
        """A refund as it is now: it can fail weeks after it succeeded."""
        with our_errors():
            return refund_from(self._v1.refunds.retrieve(refund_id).to_dict())

    def refunds_of(self, intent_id: str) -> list[RefundObject]:
        """Every refund of a payment, newest first, also those made in the Dashboard."""
        return list(every(self._v1.refunds.list, {"payment_intent": intent_id}, refund_from))

    def refunds_since(self, since: datetime) -> Iterator[RefundObject]:
        """Every refund created at `since` or later, also those that are not ours."""
        return every(self._v1.refunds.list, created_since(since), refund_from)

    def charge(self, charge_id: str) -> ChargeObject:
        """A charge as it is now."""
        with our_errors():
            return charge_from(self._v1.charges.retrieve(charge_id).to_dict())

    def dispute(self, dispute_id: str) -> DisputeObject:
        """A dispute as it is now, with everything it moved."""
        with our_errors():
            return dispute_from(self._v1.disputes.retrieve(dispute_id).to_dict())

    def disputes_since(self, since: datetime) -> Iterator[DisputeObject]:
        """Every dispute and inquiry opened at `since` or later, newest first."""
        return every(self._v1.disputes.list, created_since(since), dispute_from)

    def fraud_warnings_since(self, since: datetime) -> Iterator[FraudWarningObject]:
        """Every early fraud warning of `since` or later, newest first; a right of its own."""
        return every(
            self._v1.radar.early_fraud_warnings.list, created_since(since), fraud_warning_from
        )

    def movements_since(self, since: datetime, kind: str = "") -> Iterator[BalanceMovement]:
        """Every balance transaction created at `since` or later, of all types or of one, newest
        first."""
        asked = created_since(since) | ({"type": kind} if kind else {})
        return every(self._v1.balance_transactions.list, asked, movement_from)

    def movements_of_payout(self, payout_id: str) -> Iterator[BalanceMovement]:
        """What an automatic payout carries, and its own line; Stripe refuses for manual ones."""
        return every(self._v1.balance_transactions.list, {"payout": payout_id}, movement_from)

    def payouts_since(self, since: datetime) -> Iterator[BankPayoutObject]:
        """Every payout to the bank created at `since` or later, newest first."""
        return every(self._v1.payouts.list, created_since(since), bank_payout_from)

    def movement_of_charge(self, charge_id: str) -> BalanceMovement | None:
        """The balance movement of a charge, None while Stripe has not written it yet."""
        with our_errors():
            charge = self._v1.charges.retrieve(charge_id, {"expand": ["balance_transaction"]})
        movement = charge.to_dict().get("balance_transaction")
        return movement_from(movement) if movement else None

    def balance_minor(self, currency: str) -> int:
        """Available plus pending, in minor units of `currency`."""
        with our_errors():
            balance = self._v1.balance.retrieve().to_dict()
        return in_currency([*balance["available"], *balance["pending"]], currency)

"""Stripe over its SDK: the only module that imports `stripe`, which costs 200 ms.

Answers leave here as plain dicts parsed to the dataclasses of rules/money/stripe_objects.py, errors
as StripeUnknown (no answer, or an unclear one) and StripeRefused (no, for good). The API version,
timeouts and retries are ours, never the SDK's defaults, which change with the package.
What does not live here: what to ask for (flows decide parameters and keys), and the check of
webhook signatures (webhook_signature.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

import stripe

from chalicelib.errors import StripeRefused, StripeUnknown
from chalicelib.rules.money.stripe_objects import (
    STRIPE_VERSION,
    BalanceMovement,
    BankPayoutObject,
    ChargeObject,
    Checkout,
    DisputeObject,
    PaymentIntent,
    RefundObject,
    bank_payout_from,
    charge_from,
    checkout_from,
    dispute_from,
    movement_from,
    payment_intent_from,
    refund_from,
)

stripe.enable_telemetry = False

Thing = TypeVar("Thing")
PAGE_LIMIT = 100
# Too slow, key in use by another request, too many requests: the outcome is not known yet.
UNCLEAR_STATUSES = frozenset({408, 409, 429})
# Errors for which Stripe sends no code of its own.
CODES = {
    stripe.IdempotencyError: "idempotency_error",
    stripe.AuthenticationError: "authentication_error",
    stripe.PermissionError: "permission_error",
}


class StripeGateway:
    """One account of Stripe, spoken to with one key. Implements outside.Stripe."""

    def __init__(
        self,
        secret_key: str,
        api_base: str | None = None,
        *,
        max_network_retries: int = 1,
        connect_timeout_seconds: float = 3,
        read_timeout_seconds: float = 8,
    ) -> None:
        """Web functions keep one retry, jobs pass two; each repeats the same idempotency key."""
        self._http = stripe.RequestsClient(timeout=(connect_timeout_seconds, read_timeout_seconds))
        client = stripe.StripeClient(
            secret_key.strip(),
            stripe_version=STRIPE_VERSION,
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
            max_network_retries=max_network_retries,
            http_client=self._http,
        )
        self._v1 = client.v1

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()  # type: ignore[no-untyped-call]

    def open_checkout(self, params: Mapping[str, Any], key: str) -> Checkout:
        """Open a hosted Checkout Session; the same key and parameters find the same session."""
        with _our_errors():
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
            with _our_errors():
                return checkout_from(self._v1.checkout.sessions.expire(checkout_id).to_dict())
        except StripeRefused:
            session = self.checkout(checkout_id)
            if session.status == "open":
                raise
            return session

    def checkout(self, checkout_id: str) -> Checkout:
        """A session as it is now."""
        with _our_errors():
            return checkout_from(self._v1.checkout.sessions.retrieve(checkout_id).to_dict())

    def checkouts_since(self, since: datetime) -> Iterator[Checkout]:
        """Every session created at `since` or later, newest first, page by page."""
        return _every(self._v1.checkout.sessions, _since(since), checkout_from)

    def payment_intent(self, intent_id: str) -> PaymentIntent:
        """A PaymentIntent as it is now."""
        with _our_errors():
            return payment_intent_from(self._v1.payment_intents.retrieve(intent_id).to_dict())

    def refund(self, params: Mapping[str, Any], key: str) -> RefundObject:
        """Refund a payment, wholly or in part; the same key never refunds twice."""
        with _our_errors():
            refund = self._v1.refunds.create(cast(Any, dict(params)), {"idempotency_key": key})
        return refund_from(refund.to_dict())

    def refund_by_id(self, refund_id: str) -> RefundObject:
        """A refund as it is now: it can fail weeks after it succeeded."""
        with _our_errors():
            return refund_from(self._v1.refunds.retrieve(refund_id).to_dict())

    def refunds_of(self, intent_id: str) -> list[RefundObject]:
        """Every refund of a payment, newest first, also those made in the Dashboard."""
        return list(_every(self._v1.refunds, {"payment_intent": intent_id}, refund_from))

    def refunds_since(self, since: datetime) -> Iterator[RefundObject]:
        """Every refund created at `since` or later, also those that are not ours."""
        return _every(self._v1.refunds, _since(since), refund_from)

    def charge(self, charge_id: str) -> ChargeObject:
        """A charge as it is now."""
        with _our_errors():
            return charge_from(self._v1.charges.retrieve(charge_id).to_dict())

    def dispute(self, dispute_id: str) -> DisputeObject:
        """A dispute as it is now, with everything it moved."""
        with _our_errors():
            return dispute_from(self._v1.disputes.retrieve(dispute_id).to_dict())

    def disputes_since(self, since: datetime) -> Iterator[DisputeObject]:
        """Every dispute and inquiry opened at `since` or later, newest first."""
        return _every(self._v1.disputes, _since(since), dispute_from)

    def movements_since(self, since: datetime) -> Iterator[BalanceMovement]:
        """Every balance transaction created at `since` or later, of all types, newest first."""
        return _every(self._v1.balance_transactions, _since(since), movement_from)

    def movements_of_payout(self, payout_id: str) -> Iterator[BalanceMovement]:
        """What an automatic payout carries, and its own line; Stripe refuses for manual ones."""
        return _every(self._v1.balance_transactions, {"payout": payout_id}, movement_from)

    def payouts_since(self, since: datetime) -> Iterator[BankPayoutObject]:
        """Every payout to the bank created at `since` or later, newest first."""
        return _every(self._v1.payouts, _since(since), bank_payout_from)

    def movement_of_charge(self, charge_id: str) -> BalanceMovement | None:
        """The balance movement of a charge, None while Stripe has not written it yet."""
        with _our_errors():
            charge = self._v1.charges.retrieve(charge_id, {"expand": ["balance_transaction"]})
        movement = charge.to_dict().get("balance_transaction")
        return movement_from(movement) if movement else None

    def balance_minor(self, currency: str) -> int:
        """Available plus pending, in minor units of `currency`."""
        with _our_errors():
            balance = self._v1.balance.retrieve().to_dict()
        parts = [*balance["available"], *balance["pending"]]
        return sum(part["amount"] for part in parts if part["currency"] == currency.lower())


def _since(since: datetime) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}}


def _every(
    service: Any, asked: Mapping[str, Any], parse: Callable[[Mapping[str, Any]], Thing]
) -> Iterator[Thing]:
    """Everything a list holds, page by page; each page is asked for when it is needed."""
    with _our_errors():
        things = service.list({**asked, "limit": PAGE_LIMIT})
        for thing in things.auto_paging_iter():
            yield parse(thing.to_dict())


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise _ours(error) from error


def _ours(error: stripe.StripeError) -> StripeUnknown | StripeRefused:
    status = error.http_status or 0
    code = CODES.get(type(error)) or _code_of(error) or f"http_{status}"
    if 400 <= status < 500 and status not in UNCLEAR_STATUSES:
        return StripeRefused(code, error.user_message or "")
    return StripeUnknown(code, error.user_message or "")


def _code_of(error: stripe.StripeError) -> str | None:
    """Stripe's code, else its type; the SDK leaves `code` empty for several statuses."""
    body = error.json_body
    detail = body.get("error") if isinstance(body, Mapping) else None
    return detail.get("code") or detail.get("type") if isinstance(detail, Mapping) else None

"""Stripe's objects as we decide on them: frozen, typed, only the fields that count.

Parsed from plain dicts, so the same code reads a signed webhook payload, an SDK answer and a
reconciler's listing. Amounts are integer minor units; currency is upper case here, lower there.
Stripe's API reference for version 2026-05-27.dahlia rules. What does not live here: any decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

STRIPE_VERSION = "2026-05-27.dahlia"


@dataclass(frozen=True)
class Checkout:
    """A Checkout Session."""

    id: str
    status: str  # open | complete | expired
    payment_status: str  # paid | unpaid | no_payment_required
    amount_minor: int
    currency: str
    livemode: bool
    url: str | None
    payment_intent_id: str | None
    metadata: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True)
class PaymentIntent:
    """A PaymentIntent; `charge_id` is its latest charge."""

    id: str
    status: str  # requires_payment_method | processing | succeeded | canceled | ...
    amount_minor: int
    received_minor: int
    currency: str
    charge_id: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class RefundObject:
    """A Refund of one charge."""

    id: str
    status: str  # pending | requires_action | succeeded | failed | canceled
    amount_minor: int
    currency: str
    payment_intent_id: str | None
    charge_id: str | None
    failure_reason: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class BalanceMovement:
    """A BalanceTransaction: what really moved at Stripe, and its real fee."""

    id: str
    kind: str  # Stripe's `type`: charge | payment | refund | payment_refund | payout | ...
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    source_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class ChargeObject:
    """A Charge: what one payment took from a card or account."""

    id: str
    status: str  # succeeded | pending | failed
    amount_minor: int
    refunded_minor: int
    currency: str
    payment_intent_id: str | None
    disputed: bool
    metadata: Mapping[str, str]
    movement_id: str | None = None  # its balance transaction, txn_..


@dataclass(frozen=True)
class DisputeObject:
    """A Dispute or an inquiry about a charge; `movements` are what it took and gave back."""

    id: str
    status: str  # needs_response | under_review | won | lost | prevented | warning_...
    reason: str
    amount_minor: int
    currency: str
    charge_id: str | None
    payment_intent_id: str | None
    is_charge_refundable: bool
    due_by: datetime | None  # evidence has to be there by then; None where none is asked for
    movements: tuple[BalanceMovement, ...]
    created_at: datetime


@dataclass(frozen=True)
class FraudWarningObject:
    """An early fraud warning: a card's bank believes that a charge was fraud."""

    id: str
    charge_id: str
    payment_intent_id: str | None


@dataclass(frozen=True)
class BankPayoutObject:
    """A Payout to our bank account. Only automatic ones can be listed line by line."""

    id: str
    amount_minor: int
    currency: str
    status: str  # pending | in_transit | paid | failed | canceled
    arrives_on: date
    created_at: datetime
    automatic: bool


@dataclass(frozen=True)
class Event:
    """A signed event; `object` is the payload's object, still a plain mapping."""

    id: str
    type: str
    livemode: bool
    account: str | None
    created_at: datetime
    object: Mapping[str, Any]


def at(seconds: int) -> datetime:
    """Stripe's epoch seconds as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _id(value: Any) -> str | None:
    """An id, whether Stripe sent it bare or the object expanded."""
    return value.get("id") if isinstance(value, Mapping) else value


def event_from(raw: Mapping[str, Any]) -> Event:
    """Parse an event; KeyError when a field that counts is missing."""
    return Event(
        id=raw["id"],
        type=raw["type"],
        livemode=raw["livemode"],
        account=raw.get("account"),
        created_at=at(raw["created"]),
        object=raw["data"]["object"],
    )


def checkout_from(raw: Mapping[str, Any]) -> Checkout:
    """Parse a Checkout Session; KeyError when a field that counts is missing."""
    return Checkout(
        id=raw["id"],
        status=raw["status"],
        payment_status=raw["payment_status"],
        amount_minor=raw["amount_total"] or 0,
        currency=(raw["currency"] or "").upper(),
        livemode=raw["livemode"],
        url=raw.get("url"),
        payment_intent_id=_id(raw.get("payment_intent")),
        metadata=dict(raw.get("metadata") or {}),
        expires_at=at(raw["expires_at"]),
    )


def payment_intent_from(raw: Mapping[str, Any]) -> PaymentIntent:
    """Parse a PaymentIntent; KeyError when a field that counts is missing."""
    return PaymentIntent(
        id=raw["id"],
        status=raw["status"],
        amount_minor=raw["amount"],
        received_minor=raw.get("amount_received") or 0,
        currency=raw["currency"].upper(),
        charge_id=_id(raw.get("latest_charge")),
        metadata=dict(raw.get("metadata") or {}),
    )


def refund_from(raw: Mapping[str, Any]) -> RefundObject:
    """Parse a Refund; KeyError when a field that counts is missing."""
    return RefundObject(
        id=raw["id"],
        status=raw["status"] or "pending",
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        payment_intent_id=_id(raw.get("payment_intent")),
        charge_id=_id(raw.get("charge")),
        failure_reason=raw.get("failure_reason"),
        metadata=dict(raw.get("metadata") or {}),
    )


def movement_from(raw: Mapping[str, Any]) -> BalanceMovement:
    """Parse a BalanceTransaction; KeyError when a field that counts is missing."""
    return BalanceMovement(
        id=raw["id"],
        kind=raw["type"],
        amount_minor=raw["amount"],
        fee_minor=raw["fee"],
        net_minor=raw["net"],
        currency=raw["currency"].upper(),
        source_id=_id(raw.get("source")),
        created_at=at(raw["created"]),
    )


def charge_from(raw: Mapping[str, Any]) -> ChargeObject:
    """Parse a Charge; KeyError when a field that counts is missing."""
    return ChargeObject(
        id=raw["id"],
        status=raw["status"],
        amount_minor=raw["amount"],
        refunded_minor=raw["amount_refunded"],
        currency=raw["currency"].upper(),
        payment_intent_id=_id(raw.get("payment_intent")),
        disputed=raw["disputed"],
        metadata=dict(raw.get("metadata") or {}),
        movement_id=_id(raw.get("balance_transaction")),
    )


def dispute_from(raw: Mapping[str, Any]) -> DisputeObject:
    """Parse a Dispute; KeyError when a field that counts is missing."""
    due_by = raw["evidence_details"].get("due_by")  # 0 where no evidence is taken
    return DisputeObject(
        id=raw["id"],
        status=raw["status"],
        reason=raw["reason"],
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        charge_id=_id(raw.get("charge")),
        payment_intent_id=_id(raw.get("payment_intent")),
        is_charge_refundable=raw["is_charge_refundable"],
        due_by=at(due_by) if due_by else None,
        movements=tuple(movement_from(one) for one in raw["balance_transactions"]),
        created_at=at(raw["created"]),
    )


def fraud_warning_from(raw: Mapping[str, Any]) -> FraudWarningObject:
    """Parse an early fraud warning; KeyError when a field that counts is missing."""
    return FraudWarningObject(
        id=raw["id"],
        charge_id=str(_id(raw["charge"])),
        payment_intent_id=_id(raw.get("payment_intent")),
    )


def bank_payout_from(raw: Mapping[str, Any]) -> BankPayoutObject:
    """Parse a Payout; KeyError when a field that counts is missing."""
    return BankPayoutObject(
        id=raw["id"],
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        status=raw["status"],
        arrives_on=at(raw["arrival_date"]).date(),
        created_at=at(raw["created"]),
        automatic=raw["automatic"],
    )

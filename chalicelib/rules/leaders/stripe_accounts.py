"""Stripe's Connect objects as we decide on them: accounts of leaders, transfers, reversals.

Parsed from plain dicts as the other objects of Stripe (money/stripe_objects.py). Amounts are
integer minor units; currency is upper case here, lower there. What does not live here: whether an
account may be paid (accounts.py), what is transferred (payouts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.rules.money.stripe_objects import at


@dataclass(frozen=True)
class AccountObject:
    """A connected account: a leader who is paid through Stripe."""

    id: str
    country: str  # two letters
    transfers: str  # the capability: active | pending | inactive | unrequested
    payouts_enabled: bool
    details_submitted: bool
    disabled_reason: str  # Stripe's, empty for none
    currently_due: tuple[str, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class AccountLinkObject:
    """A link into Stripe's onboarding: for one use, and only for minutes."""

    url: str
    expires_at: datetime


@dataclass(frozen=True)
class TransferObject:
    """Money moved from our balance to a leader's account."""

    id: str
    amount_minor: int
    reversed_minor: int
    currency: str
    account_id: str
    transfer_group: str
    metadata: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True)
class ReversalObject:
    """Money of a transfer that came back to our balance."""

    id: str
    transfer_id: str
    amount_minor: int
    currency: str
    metadata: Mapping[str, str]
    created_at: datetime


def account_from(raw: Mapping[str, Any]) -> AccountObject:
    """An account as Stripe shows it."""
    wants = raw.get("requirements") or {}
    return AccountObject(
        id=raw["id"],
        country=raw.get("country") or "",
        transfers=(raw.get("capabilities") or {}).get("transfers") or "unrequested",
        payouts_enabled=bool(raw.get("payouts_enabled")),
        details_submitted=bool(raw.get("details_submitted")),
        disabled_reason=wants.get("disabled_reason") or "",
        currently_due=tuple(wants.get("currently_due") or ()),
        metadata=dict(raw.get("metadata") or {}),
    )


def account_link_from(raw: Mapping[str, Any]) -> AccountLinkObject:
    """A link into onboarding."""
    return AccountLinkObject(url=raw["url"], expires_at=at(raw["expires_at"]))


def transfer_from(raw: Mapping[str, Any]) -> TransferObject:
    """A transfer as Stripe shows it; `destination` may come expanded."""
    to = raw.get("destination")
    return TransferObject(
        id=raw["id"],
        amount_minor=raw["amount"],
        reversed_minor=raw.get("amount_reversed") or 0,
        currency=raw["currency"].upper(),
        account_id=(to["id"] if isinstance(to, Mapping) else to) or "",
        transfer_group=raw.get("transfer_group") or "",
        metadata=dict(raw.get("metadata") or {}),
        created_at=at(raw["created"]),
    )


def reversal_from(raw: Mapping[str, Any]) -> ReversalObject:
    """A reversal of a transfer."""
    of = raw["transfer"]
    return ReversalObject(
        id=raw["id"],
        transfer_id=of["id"] if isinstance(of, Mapping) else of,
        amount_minor=raw["amount"],
        currency=raw["currency"].upper(),
        metadata=dict(raw.get("metadata") or {}),
        created_at=at(raw["created"]),
    )

"""What a flow may ask of the world: the Protocols, and `Outside`, which carries one of each.

Implementations live beside this file; wiring builds them, each on first use. Tests and the
laptop run use the same implementations against stand-ins that are HTTP servers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # names for checkers: a cold start does not read what nobody asks of Stripe
    from chalicelib.rules.leaders.stripe_accounts import (
        AccountLinkObject,
        AccountObject,
        ReversalObject,
        TransferObject,
    )
    from chalicelib.rules.mail import Letter
    from chalicelib.rules.money.stripe_objects import (
        BalanceMovement,
        BankPayoutObject,
        ChargeObject,
        Checkout,
        DisputeObject,
        FraudWarningObject,
        PaymentIntent,
        RefundObject,
    )


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime: ...


class Ids(Protocol):
    """Names for new things, and unguessable tokens."""

    def new(self, kind: str) -> str:
        """A fresh id that sorts by time: `offer-01j...`."""
        ...

    def secret(self) -> str:
        """256 random bits, URL safe."""
        ...


class Stripe(Protocol):
    """What we ask of Stripe. Raises StripeUnknown (ask again, same key) and StripeRefused."""

    def open_checkout(self, params: Mapping[str, Any], key: str) -> Checkout: ...

    def expire_checkout(self, checkout_id: str) -> Checkout:
        """Close a session so that nobody can pay on it; a complete one comes back as it is."""
        ...

    def checkout(self, checkout_id: str) -> Checkout: ...

    def checkouts_since(self, since: datetime) -> Iterator[Checkout]: ...

    def payment_intent(self, intent_id: str) -> PaymentIntent: ...

    def refund(self, params: Mapping[str, Any], key: str) -> RefundObject: ...

    def refund_by_id(self, refund_id: str) -> RefundObject: ...

    def refunds_of(self, intent_id: str) -> list[RefundObject]: ...

    def refunds_since(self, since: datetime) -> Iterator[RefundObject]:
        """Every refund of the account, also those of other uses and of the Dashboard."""
        ...

    def charge(self, charge_id: str) -> ChargeObject: ...

    def dispute(self, dispute_id: str) -> DisputeObject: ...

    def disputes_since(self, since: datetime) -> Iterator[DisputeObject]: ...

    def fraud_warnings_since(self, since: datetime) -> Iterator[FraudWarningObject]:
        """Early fraud warnings of the account; StripeRefused("permission_error") for a key
        without that right."""
        ...

    def movements_since(self, since: datetime, kind: str = "") -> Iterator[BalanceMovement]:
        """Everything that moved the balance, of all types or of one, newest first."""
        ...

    def movements_of_payout(self, payout_id: str) -> Iterator[BalanceMovement]:
        """What an automatic payout carries, and its own movement of type payout."""
        ...

    def payouts_since(self, since: datetime) -> Iterator[BankPayoutObject]:
        """Payouts to our bank account."""
        ...

    def movement_of_charge(self, charge_id: str) -> BalanceMovement | None:
        """The balance movement of a charge, None while Stripe has not written it yet."""
        ...

    def balance_minor(self, currency: str) -> int:
        """Available plus pending, in minor units."""
        ...


class Connect(Protocol):
    """What we ask of Stripe about leaders who are paid through it. Raises as Stripe does;
    StripeRefused("balance_insufficient") when a transfer finds too little available."""

    def open_account(self, params: Mapping[str, Any], key: str) -> AccountObject: ...

    def account(self, account_id: str) -> AccountObject: ...

    def account_link(self, params: Mapping[str, Any]) -> AccountLinkObject:
        """A fresh link into onboarding: for one use, minted when a person presses."""
        ...

    def transfer(self, params: Mapping[str, Any], key: str) -> TransferObject: ...

    def transfer_by_id(self, transfer_id: str) -> TransferObject: ...

    def transfers_of(self, transfer_group: str) -> list[TransferObject]:
        """Every transfer of a group, newest first: how a lost answer is found again."""
        ...

    def transfers_since(self, since: datetime) -> Iterator[TransferObject]: ...

    def reverse(self, transfer_id: str, params: Mapping[str, Any], key: str) -> ReversalObject: ...

    def reversals_of(self, transfer_id: str) -> list[ReversalObject]: ...

    def available_minor(self, currency: str) -> int:
        """What may be transferred now, in minor units: pending money is not in it."""
        ...


class Mailer(Protocol):
    """Sends one letter once. Raises MailUnknown and MailRefused; returns SES's message id."""

    def send(self, letter: Letter) -> str: ...


class Files(Protocol):
    """A private place for exports."""

    def save(self, key: str, body: bytes, content_type: str, download_name: str) -> None: ...

    def link(self, key: str, seconds: int) -> str:
        """A presigned link that ends after `seconds`."""
        ...

    def remember(self, name: str, body: bytes) -> None:
        """A line of the list of erasures, which stands beside the exports without end."""
        ...


class Failures(Protocol):
    """What failed for good and lies in a queue until somebody has looked."""

    def waiting(self) -> Mapping[str, int]:
        """Name of a queue -> how many messages; nothing where there are no queues."""
        ...


@dataclass(frozen=True)
class Places:
    """Where the product lives, and the keys it signs links and forms with."""

    base_url: str
    link_keys: Mapping[str, str]  # key id -> secret; the first one signs, all verify
    deployment: str  # our tag on Stripe objects, so that two deployments may share an account
    livemode: bool  # whether Stripe's live objects are ours


class Outside(Protocol):
    """Everything a flow may touch beyond the store."""

    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def stripe(self) -> Stripe: ...
    @property
    def connect(self) -> Connect: ...
    @property
    def mailer(self) -> Mailer: ...
    @property
    def files(self) -> Files: ...
    @property
    def failures(self) -> Failures: ...
    @property
    def places(self) -> Places: ...

"""Leaders' accounts at Stripe and transfers to them: the v1 API with controller properties.

Answers leave here as plain dicts parsed to the dataclasses of rules/leaders/stripe_accounts.py. Our
names for Stripe's objects end here, so that its newer Accounts API would change this file alone.
What does not live here: the SDK, its errors and its settings (stripe_client.py), our own account
(stripe_gateway.py), what to ask for (flows decide parameters and keys).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

from chalicelib.gateways.stripe_client import (
    StripeClient,
    created_since,
    every,
    in_currency,
    our_errors,
)
from chalicelib.rules.leaders.stripe_accounts import (
    AccountLinkObject,
    AccountObject,
    ReversalObject,
    TransferObject,
    account_from,
    account_link_from,
    reversal_from,
    transfer_from,
)


class StripeConnect(StripeClient):
    """What we ask about leaders who are paid through Stripe. Implements outside.Connect."""

    def open_account(self, params: Mapping[str, Any], key: str) -> AccountObject:
        """Open a connected account; the same key and parameters find the same account."""
        with our_errors():
            account = self._v1.accounts.create(cast(Any, dict(params)), {"idempotency_key": key})
        return account_from(account.to_dict())

    def account(self, account_id: str) -> AccountObject:
        """An account as it is now. StripeRefused("account_invalid") when it is not connected to
        us, or not any more."""
        with our_errors():
            return account_from(self._v1.accounts.retrieve(account_id).to_dict())

    def account_link(self, params: Mapping[str, Any]) -> AccountLinkObject:
        """A fresh link into onboarding: for one use, minted when a person presses.

        The key is the SDK's, new for each call: an earlier link may have been used already.
        """
        with our_errors():
            return account_link_from(
                self._v1.account_links.create(cast(Any, dict(params))).to_dict()
            )

    def transfer(self, params: Mapping[str, Any], key: str) -> TransferObject:
        """Move money from our balance to an account; the same key never moves it twice.

        StripeRefused("balance_insufficient") is kept under the key for a day as any answer: after
        it, a fresh attempt needs a key of its own.
        """
        with our_errors():
            transfer = self._v1.transfers.create(cast(Any, dict(params)), {"idempotency_key": key})
        return transfer_from(transfer.to_dict())

    def transfer_by_id(self, transfer_id: str) -> TransferObject:
        """A transfer as it is now: parts of it may have been reversed."""
        with our_errors():
            return transfer_from(self._v1.transfers.retrieve(transfer_id).to_dict())

    def transfers_of(self, transfer_group: str) -> list[TransferObject]:
        """Every transfer of a group, newest first: how a lost answer is found again."""
        return list(
            every(self._v1.transfers.list, {"transfer_group": transfer_group}, transfer_from)
        )

    def transfers_since(self, since: datetime) -> Iterator[TransferObject]:
        """Every transfer created at `since` or later, also those that are not ours."""
        return every(self._v1.transfers.list, created_since(since), transfer_from)

    def reverse(self, transfer_id: str, params: Mapping[str, Any], key: str) -> ReversalObject:
        """Take a transfer back, wholly or in part, as far as the account's own balance covers it;
        the same key never takes it twice."""
        with our_errors():
            reversal = self._v1.transfers.reversals.create(
                transfer_id, cast(Any, dict(params)), {"idempotency_key": key}
            )
        return reversal_from(reversal.to_dict())

    def reversals_of(self, transfer_id: str) -> list[ReversalObject]:
        """Every reversal of a transfer, newest first, also those made in the Dashboard."""
        ask = partial(self._v1.transfers.reversals.list, transfer_id)
        return list(every(ask, {}, reversal_from))

    def available_minor(self, currency: str) -> int:
        """What may be transferred now, in minor units: pending money is not in it."""
        with our_errors():
            balance = self._v1.balance.retrieve().to_dict()
        return in_currency(balance["available"], currency)

"""What leaders, their banks and Stripe's reviewers do: the part of FakeStripe about Connect.

Tests drive it beside the control methods of fake.py. What does not live here: any behaviour of
Stripe itself.
"""

from __future__ import annotations

from typing import Any

from local.fake_stripe import accounts, balance, connected, onboarding, transfers
from local.fake_stripe.world import World

Json = dict[str, Any]


class ConnectControls:
    """Control methods about connected accounts; FakeStripe has them."""

    world: World

    def follow_link(self, url: str, act: str = "complete") -> str:
        """Walk through an onboarding link as a browser does: `complete`, `submit` (Stripe looks at
        it first) or `leave` half way; where it ends. A link that is used up ends at once."""
        with self.world.changing():
            return onboarding.follow(self.world, url, act)

    def onboard(self, account_id: str) -> Json:
        """Everything told, everything checked: transfers and payouts are on. Also once Stripe is
        content with a document it asked for, or took a rejection back."""
        with self.world.changing():
            return accounts.enable(self.world, account_id)

    def submit_account(self, account_id: str) -> Json:
        """Everything told, but Stripe still looks at it: transfers are pending."""
        with self.world.changing():
            return accounts.submit(self.world, account_id)

    def reject(self, account_id: str, reason: str = "other") -> Json:
        """Stripe wants nothing to do with this person: transfers and payouts are off."""
        with self.world.changing():
            return accounts.reject(self.world, account_id, reason)

    def ask_for_documents(self, account_id: str, past_due: bool = True) -> Json:
        """Stripe wants a document; once it is past due, transfers and payouts are off."""
        with self.world.changing():
            return accounts.ask_for_documents(self.world, account_id, past_due)

    def close_account(self, account_id: str) -> Json:
        """The leader ends the connection to us; from now on the account is `account_invalid`."""
        with self.world.changing():
            return accounts.close(self.world, account_id)

    def make_available(self) -> None:
        """All that is pending in our balance becomes available now."""
        with self.world.changing():
            balance.make_available(self.world)

    def available_minor(self, currency: str = "gbp") -> int:
        """What of our balance may be transferred now, in minor units."""
        with self.world.lock:
            return transfers.available(self.world, currency)

    def account_balance_minor(self, account_id: str, currency: str = "gbp") -> int:
        """What a connected account holds, in minor units."""
        with self.world.lock:
            return connected.balance_of(self.world, account_id, currency)

    def dashboard_transfer(self, account_id: str, amount: int, currency: str = "gbp") -> Json:
        """A transfer made by hand in the Dashboard: none of our metadata, no group."""
        asked = {"destination": account_id, "amount": amount, "currency": currency}
        with self.world.changing():
            return transfers.create(self.world, asked)

    def dashboard_reversal(self, transfer_id: str, amount: int | None = None) -> Json:
        """A reversal made by hand, of everything left when no amount is given."""
        asked = {} if amount is None else {"amount": amount}
        with self.world.changing():
            return transfers.reverse(self.world, transfer_id, asked)

    def describe_transfer(self, transfer_id: str, description: str) -> Json:
        """Somebody writes a description in the Dashboard: `transfer.updated`."""
        with self.world.changing():
            return transfers.describe(self.world, transfer_id, description)

    def hold_account_payouts(self, held: bool = True) -> None:
        """Money stays on connected accounts, which otherwise pay out by themselves the next day
        (UTC), until `pay_out_account` is called."""
        self.world.account_payouts_held = held

    def pay_out_account(self, account_id: str, currency: str = "gbp") -> Json:
        """All that a connected account holds goes to its bank; arrives two days later."""
        with self.world.changing():
            return connected.pay_out(self.world, account_id, currency)

    def fail_account_payout(self, payout_id: str, code: str = "account_closed") -> Json:
        """The leader's bank sends a payout back, even after it was paid: the account's payouts are
        off until another bank account is given (`onboard`)."""
        with self.world.changing():
            return connected.fail(self.world, payout_id, code)

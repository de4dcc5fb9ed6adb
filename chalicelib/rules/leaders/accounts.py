"""Where a leader's fee is sent: bank details, or an account at Stripe, and whether it may be used.

What does not live here: what is sent (payouts.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

ROUTES = ("bank", "stripe")
# Where a British account of Stripe can transfer to (D4): the UK, the EEA, the US, Canada and
# Switzerland, from Stripe's page on cross-border transfers.
EEA = {
    *("AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT"),
    *("LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO"),
}
REACHED = frozenset(EEA | {"GB", "US", "CA", "CH"})
LOOK_OFTEN = timedelta(days=1)  # while an account is not ready
LOOK_SELDOM = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class PayProfile:
    """How a leader wants to be paid, and what the treasurer has to know first (D4). The bank's
    details are the leader's own words; nobody else changes them."""

    leader_id: str
    route: str = "bank"  # bank | stripe
    account_name: str = ""
    sort_code: str = ""  # six digits, UK
    account_number: str = ""  # eight digits, UK
    iban: str = ""  # elsewhere: IBAN, or the account's number as its country writes it
    bic: str = ""
    country: str = "GB"
    details_at: datetime | None = None
    changed_at: datetime | None = None  # since when they stand in place of others
    connected: bool = False  # a trustee, or connected to one: paid only with an agreement
    agreement_ref: str = ""  # the minute or agreement that allows it

    @property
    def has_details(self) -> bool:
        """Whether a bank could pay."""
        own = self.sort_code and self.account_number
        return bool(self.account_name and (own or self.iban))


@dataclass(frozen=True, kw_only=True)
class PayoutAccount:
    """A leader's account at Stripe as we last saw it."""

    leader_id: str
    account_id: str = ""  # acct_.., once Stripe has made it
    country: str
    transfers: str = "unrequested"  # active | pending | inactive | unrequested
    payouts_enabled: bool = False
    details_submitted: bool = False
    disabled_reason: str = ""
    currently_due: tuple[str, ...] = ()
    asked_at: datetime
    seen_at: datetime | None = None
    attempt: int = 1  # a part of the key under which Stripe is asked to open it
    closed: bool = False  # the connection to us was ended: what is there is another's now

    @property
    def ready(self) -> bool:
        """Whether money may be transferred to it: it can be lost again at any time."""
        stands = bool(self.account_id) and not self.closed
        return stands and self.transfers == "active" and self.payouts_enabled

    @property
    def rejected(self) -> bool:
        """Whether Stripe does not want to work with this person."""
        return self.disabled_reason.startswith("rejected.")

    @property
    def look_at(self) -> datetime | None:
        """When the night looks at it again; None where there is nothing to look at."""
        if not self.account_id or self.closed:
            return None
        return (self.seen_at or self.asked_at) + (LOOK_SELDOM if self.ready else LOOK_OFTEN)


@dataclass(frozen=True, kw_only=True)
class AccountOwner:
    """Finds the leader whose account at Stripe it is."""

    account_id: str
    owner_id: str

"""What is owed and what was paid: the rows of one debt.

What does not live here: opening a checkout (checkout.py), deciding what a payment means
(settling.py), refunds (refunds.py), entries (ledger.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Somebody else who is asked to pay a debt; `link` is the generation of the payer's link."""

    full_name: str
    email: str
    reference: str
    link: int


@dataclass(frozen=True, kw_only=True)
class OnBehalf:
    """For whom a payer apart from the member pays (N12), and the generation of the payer's link."""

    member_name: str
    member_email: str
    reference: str = ""  # the payer's own, printed on papers: cost centre, order number
    link: int


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """An amount owed and why; one for each offer. Its payer may be apart from the member (N12):
    who is asked to pay now is in `payer_*`, who paid is on each payment."""

    obligation_id: str
    group_id: str
    term_id: str
    application_id: str
    offer_id: str
    person_id: str | None = None
    amount_minor: int
    currency: str
    book: str
    state: str = "due"  # due | paid | void
    category: str = "standard"  # the price it was sold at (R86)
    policy: Mapping[str, int] = field(default_factory=dict)  # of refunds, frozen (D5)
    shares: Mapping[str, int] = field(default_factory=dict)  # session -> its part of the fee
    begins_at: datetime | None = None  # the first of these sessions
    billed_at: datetime | None = None  # since when a seat is taken for it
    ended_at: datetime | None = None  # when that seat was given up
    paid_by: str | None = None  # the payment that took the seat
    paid_minor: int = 0  # paid towards it, over all its payments
    released_minor: int = 0  # taken off the bill: given back, credited or never to be paid
    refunded_minor: int = 0  # of what was paid: reserved for going back, or gone back
    credit_minor: int = 0  # settled with a credit of an earlier term (N9)
    bursary_minor: int = 0  # paid by the bursary fund beside amount_minor (confidential)
    bursary_code: str = ""
    open_release: str | None = None  # a release that waits for a second person
    mints: int = 0  # checkout sessions opened for its later parts
    payer_name: str = ""  # somebody else who is asked to pay; none: the member pays
    payer_email: str = ""
    payer_reference: str = ""
    payer_links: int = 0  # payers named so far: the link of each earlier one has ended
    payer_named_at: datetime | None = None
    payer_asked_at: datetime | None = None  # when the last mail to this payer was queued
    payer_mails: int = 0  # asking somebody to pay, whomever
    created_at: datetime

    @property
    def outstanding_minor(self) -> int:
        """What is still to be paid of it; only a debt with a seat is owed."""
        bill = self.amount_minor - self.released_minor - self.credit_minor
        return bill - (self.paid_minor - self.refunded_minor)

    @property
    def payer(self) -> Payer | None:
        """Who is asked to pay it, where that is not the member."""
        if not self.payer_email:
            return None
        return Payer(
            full_name=self.payer_name,
            email=self.payer_email,
            reference=self.payer_reference,
            link=self.payer_links,
        )

    @property
    def to_pay_minor(self) -> int:
        """What a payer can still be asked for: what a bursary or a credit pays is none of it."""
        return max(0, self.outstanding_minor)


@dataclass(frozen=True, kw_only=True)
class Payment:
    """One try to pay an obligation. Stripe's ids are written once and compared after.

    `params` and `key` are what Stripe is asked with, kept so that a retry sends the same bytes.
    """

    obligation_id: str
    payment_id: str
    state: str = "pending"
    method: str = "stripe"  # stripe | nothing_due | bank | cash
    amount_minor: int
    currency: str
    offer_id: str
    application_id: str
    group_id: str
    term_id: str
    book: str
    email: str  # whom receipts and refunds are told: of who pays
    full_name: str
    on_behalf: OnBehalf | None = None  # where that is not the member
    zone: str
    title: str  # what it is for, in words
    seller: Mapping[str, str] = field(default_factory=dict)  # whom papers name as paid (D11)
    person_id: str | None = None
    key: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    checkout_id: str | None = None
    checkout_url: str | None = None
    checkout_expires_at: datetime | None = None
    intent_id: str | None = None
    charge_id: str | None = None
    fee_minor: int | None = None  # the processor's real fee, once known
    outcome: str = ""  # seat | part | surplus | late
    refunded_minor: int = 0  # reserved or refunded
    credited_minor: int = 0  # kept for a later term instead (N9)
    receipt_number: str = ""
    reference: str = ""  # of a transfer, as the bank shows it
    bank_receipt_id: str = ""  # the money that was matched with it
    created_at: datetime
    paid_at: datetime | None = None
    check_at: datetime | None = None  # when the reconciler looks at it again


@dataclass(frozen=True, kw_only=True)
class StripeLookup:
    """Finds our payment by a Stripe id: `pi_..`, `ch_..`, `re_..`, `cs_..`."""

    stripe_id: str
    owner_id: str  # obligation_id
    payment_id: str


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money on its way back. The row stands before Stripe is asked; its id is the key."""

    obligation_id: str
    refund_id: str
    payment_id: str
    state: str = "requested"
    amount_minor: int
    currency: str
    cause: str  # surplus | late_money | dashboard, or the cause of its release
    release_id: str = ""  # the release that decided it; none for surplus and late money
    method: str = "stripe"  # stripe | bank: a transfer that the treasurer makes
    ends_seat: str = ""  # as its release: what became of the place
    suspense_minor: int = 0  # beside the amount: made at Stripe beyond what was left to give
    given_away: bool = False  # the group bears what was in suspense
    reason: str = ""
    requested_by: str
    requested_at: datetime
    book: str
    term_id: str
    application_id: str
    person_id: str | None = None
    intent_id: str = ""
    email: str
    full_name: str
    on_behalf: OnBehalf | None = None  # of the payment
    zone: str
    title: str
    seller: Mapping[str, str] = field(default_factory=dict)  # of the payment
    stripe_refund_id: str | None = None
    attempts: int = 0
    failure: str = ""
    paid_reference: str = ""  # of the transfer that ended it by hand (M7)
    paid_on: date | None = None  # the day of that transfer
    check_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Release:
    """An amount taken off a debt: why, by whom, and what became of it. Minor units.

    amount = unbilled (was not paid yet) + refund (goes back to the payer) + credit (kept for a
    later term) + bursary (goes back to the fund)."""

    obligation_id: str
    release_id: str
    state: str = "done"  # proposed | done | withdrawn
    cause: str  # administrator | policy | cooling_off | hardship | session_cancelled | ...
    amount_minor: int
    unbilled_minor: int = 0
    refund_minor: int = 0
    credit_minor: int = 0
    bursary_minor: int = 0
    currency: str
    why: str = ""  # what of a rule gave it: a word of [options.policy_why]
    reason: str = ""
    ends_seat: str = ""  # cancelled | left: what becomes of the enrolment
    session_id: str = ""  # the cancelled session it is about
    book: str
    term_id: str
    person_id: str | None = None
    asked_by: str
    asked_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A fact or event that counts once; lives 90 days. Written with its effects."""

    marker_id: str
    at: datetime
    expires_epoch: int

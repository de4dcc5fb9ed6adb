"""The books: balanced, append-only entries. Debit is positive, credit negative; minor units.

Each money fact has one function here that makes its entry; the entry's id comes from the fact,
so a fact is booked once. Totals are derived from entries, never kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.changes import Create
from chalicelib.rules.money.payments import Payment, Refund

CIRCLE_BOOK = "circle"


def group_book(group_id: str) -> str:
    """The book of a group."""
    return f"group#{group_id}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """An amount on an account, of one fund (D1): general | designated | restricted."""

    account: str
    amount_minor: int
    fund: str = "general"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One money fact. The lines sum to zero, or it cannot be made."""

    book: str
    entry_id: str
    posted_at: datetime
    currency: str
    lines: tuple[Line, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if sum(line.amount_minor for line in self.lines) != 0:
            raise ValueError(f"{self.entry_id} does not balance")


def entry(
    book: str,
    entry_id: str,
    now: datetime,
    currency: str,
    moves: Mapping[str, int],
    **facts: str,
) -> Create:
    """The write of one entry; AlreadyCounted answers when the fact was booked before."""
    lines = tuple(Line(account=name, amount_minor=amount) for name, amount in moves.items())
    return Create(
        Entry(
            book=book,
            entry_id=entry_id,
            posted_at=now,
            currency=currency,
            lines=lines,
            facts=facts,
        ),
        refusal=AlreadyCounted,
    )


def deferred(term_id: str) -> str:
    """Fees taken for sessions of a term that were not held yet: a liability (T10)."""
    return f"deferred/{term_id}"


def payment_entry(payment: Payment, intent_id: str, now: datetime, outcome: str) -> Create:
    """Money from a card: a liability to the member's term, or a surplus that goes back."""
    account = deferred(payment.term_id) if outcome == "seat" else "surplus"
    amount = payment.amount_minor
    return entry(
        payment.book,
        f"payment#{intent_id}",
        now,
        payment.currency,
        {"stripe": amount, account: -amount},
        payment_id=payment.payment_id,
        obligation_id=payment.obligation_id,
    )


def nothing_due_entry(payment: Payment, now: datetime) -> Create:
    """A seat without a price: booked as a fact of nothing, so that each seat has its entry."""
    return entry(
        payment.book,
        f"nothing_due#{payment.payment_id}",
        now,
        payment.currency,
        {"stripe": 0, deferred(payment.term_id): 0},
        payment_id=payment.payment_id,
        obligation_id=payment.obligation_id,
    )


def fee_entry(payment: Payment, charge_id: str, fee_minor: int, now: datetime) -> Create:
    """The processor's real fee of a charge."""
    return entry(
        payment.book,
        f"fee#{charge_id}",
        now,
        payment.currency,
        {"processor_fees": fee_minor, "stripe": -fee_minor},
        payment_id=payment.payment_id,
        obligation_id=payment.obligation_id,
    )


def refund_requested_entry(refund: Refund, source: str, now: datetime) -> Create:
    """Money promised back: from the term's deferred fees or from the surplus account."""
    return entry(
        refund.book,
        f"refund_requested#{refund.refund_id}",
        now,
        refund.currency,
        {source: refund.amount_minor, "refunds_pending": -refund.amount_minor},
        refund_id=refund.refund_id,
        obligation_id=refund.obligation_id,
    )


def refund_sent_entry(refund: Refund, stripe_refund_id: str, now: datetime) -> Create:
    """Stripe took the refund from our balance."""
    return entry(
        refund.book,
        f"refund#{stripe_refund_id}",
        now,
        refund.currency,
        {"refunds_pending": refund.amount_minor, "stripe": -refund.amount_minor},
        refund_id=refund.refund_id,
        obligation_id=refund.obligation_id,
    )


def refund_failed_entry(refund: Refund, stripe_refund_id: str, now: datetime) -> Create:
    """The refund came back to our balance: it is owed again (M7)."""
    return entry(
        refund.book,
        f"refund_failed#{stripe_refund_id}",
        now,
        refund.currency,
        {"stripe": refund.amount_minor, "refunds_pending": -refund.amount_minor},
        refund_id=refund.refund_id,
        obligation_id=refund.obligation_id,
    )


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str, str], int]:
    """Sum per (book, account, currency), in minor units; accounts at nothing are left out."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for one in entries:
        for line in one.lines:
            sums[one.book, line.account, one.currency] += line.amount_minor
    return {key: amount for key, amount in sums.items() if amount}

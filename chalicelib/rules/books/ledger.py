"""The books: balanced, append-only entries. Debit is positive, credit negative; minor units.

Each money fact has one function here that makes its entry; the entry's id comes from the fact,
so a fact is booked once. Totals are derived from entries, never kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.books.shares import Taken, earned, unearned
from chalicelib.rules.changes import Create
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release

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
    obligation_id: str = ""  # the debt it is about, where an entry is about several


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
    """The write of one entry; AlreadyCounted answers when the fact was booked before. Accounts
    that nothing moves on are left out, unless the fact is about nothing at all."""
    moved = {name: amount for name, amount in moves.items() if amount} or moves
    lines = tuple(Line(account=name, amount_minor=amount) for name, amount in moved.items())
    return entry_of_lines(book, entry_id, now, currency, lines, facts)


def entry_of_lines(
    book: str,
    entry_id: str,
    now: datetime,
    currency: str,
    lines: tuple[Line, ...],
    facts: Mapping[str, str],
) -> Create:
    """The same for lines that name their fund or their debt."""
    row = Entry(
        book=book, entry_id=entry_id, posted_at=now, currency=currency, lines=lines, facts=facts
    )
    return Create(row, refusal=AlreadyCounted)


def deferred(term_id: str) -> str:
    """Fees taken for sessions of a term that were not held yet: a liability (T10)."""
    return f"deferred/{term_id}"


def seat_entry(obligation: Obligation, held: Collection[str], now: datetime) -> Create:
    """A seat is taken: its price is owed, and is a liability to the term until its sessions are
    held; what falls on sessions that were held already is earned at once (O4). The part of the
    bursary fund is owed by the circle's book."""
    later = unearned(obligation.shares, held)
    moves = {
        "receivable": obligation.amount_minor - obligation.credit_minor,
        "credits": obligation.credit_minor,
        due_to(CIRCLE_BOOK): obligation.bursary_minor,
        deferred(obligation.term_id): -later,
        "fees": -earned(obligation.shares, held),
    }
    always = ("receivable", deferred(obligation.term_id))
    return entry(
        obligation.book,
        f"seat#{obligation.obligation_id}",
        now,
        obligation.currency,
        {name: amount for name, amount in moves.items() if amount or name in always},
        obligation_id=obligation.obligation_id,
        term_id=obligation.term_id,
    )


def bursary_entry(obligation: Obligation, now: datetime) -> Create:
    """The restricted bursary fund pays its part of a seat to the group (D1)."""
    return _bursary_entry(obligation, "bursary", obligation.obligation_id, 1, now)


def bursary_back_entry(obligation: Obligation, release: Release) -> Create:
    """What a release gives back of it returns to the fund."""
    share = release.bursary_minor
    return _bursary_entry(
        replace(obligation, bursary_minor=share),
        "bursary_back",
        release.release_id,
        -1,
        release.decided_at or release.asked_at,
    )


def _bursary_entry(
    obligation: Obligation, kind: str, name: str, sign: int, now: datetime
) -> Create:
    amount = sign * obligation.bursary_minor
    lines = (
        Line(account="bursaries", amount_minor=amount, fund="restricted"),
        Line(account=due_to(obligation.book), amount_minor=-amount),
    )
    facts = {"obligation_id": obligation.obligation_id, "term_id": obligation.term_id}
    return entry_of_lines(CIRCLE_BOOK, f"{kind}#{name}", now, obligation.currency, lines, facts)


def due_to(book: str) -> str:
    """What two books of the circle owe each other: credit is owed to that book."""
    return f"due_to/{book}"


def payment_entry(
    payment: Payment, intent_id: str, now: datetime, outcome: str, over_minor: int = 0
) -> Create:
    """Money from a card: it settles what is owed, or is a surplus that goes back. `over_minor`
    is what it is more than was owed."""
    amount = payment.amount_minor
    counted = amount - over_minor if outcome in ("seat", "part") else 0
    moves = {"stripe": amount, "receivable": -counted, "surplus": counted - amount}
    return entry(
        payment.book,
        f"payment#{intent_id}",
        now,
        payment.currency,
        moves,
        payment_id=payment.payment_id,
        obligation_id=payment.obligation_id,
        term_id=payment.term_id,
    )


def release_entry(obligation: Obligation, taken: Taken, release: Release) -> Create:
    """An amount leaves a debt: out of fees not yet earned, then out of earned ones; to nobody
    as far as it was not paid, else back to the payer, into a credit, to the bursary fund."""
    moves = {
        deferred(obligation.term_id): taken.from_deferred,
        "fees": taken.from_fees,
        "receivable": -release.unbilled_minor,
        "refunds_pending": -release.refund_minor,
        "credits": -release.credit_minor,
        due_to(CIRCLE_BOOK): -release.bursary_minor,
    }
    return entry(
        obligation.book,
        f"released#{release.release_id}",
        release.decided_at or release.asked_at,
        obligation.currency,
        moves,
        obligation_id=obligation.obligation_id,
        release_id=release.release_id,
        term_id=obligation.term_id,
        cause=release.cause,
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
        term_id=payment.term_id,
    )


def surplus_back_entry(refund: Refund, now: datetime) -> Create:
    """Money that bought nothing is promised back."""
    moves = {"surplus": refund.amount_minor, "refunds_pending": -refund.amount_minor}
    return entry_of_refund(refund.book, f"refund_requested#{refund.refund_id}", moves, refund, now)


def refund_sent_entry(refund: Refund, stripe_refund_id: str, now: datetime) -> Create:
    """Stripe took the refund from our balance."""
    moves = {"refunds_pending": refund.amount_minor, "stripe": -refund.amount_minor}
    return entry_of_refund(refund.book, f"refund#{stripe_refund_id}", moves, refund, now)


def refund_failed_entry(refund: Refund, stripe_refund_id: str, now: datetime) -> Create:
    """The refund came back to our balance: it is owed again (M7)."""
    beyond = "given_away" if refund.given_away else due_to(CIRCLE_BOOK)
    moves = {
        "stripe": refund.amount_minor + refund.suspense_minor,
        "refunds_pending": -refund.amount_minor,
        beyond: -refund.suspense_minor,
    }
    return entry_of_refund(refund.book, f"refund_failed#{stripe_refund_id}", moves, refund, now)


def entry_of_refund(
    book: str, name: str, moves: Mapping[str, int], refund: Refund, now: datetime, **facts: str
) -> Create:
    """An entry about a refund, in its group's book or the circle's, with what leads back to it."""
    known = {"refund_id": refund.refund_id, "obligation_id": refund.obligation_id}
    if refund.paid_reference:
        known["reference"] = refund.paid_reference
    return entry(book, name, now, refund.currency, moves, term_id=refund.term_id, **known, **facts)


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str, str], int]:
    """Sum per (book, account, currency), in minor units; accounts at nothing are left out."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for one in entries:
        for line in one.lines:
            sums[one.book, line.account, one.currency] += line.amount_minor
    return {key: amount for key, amount in sums.items() if amount}

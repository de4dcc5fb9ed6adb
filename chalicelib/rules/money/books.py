"""The proof of the books: what must agree, and every place where it does not, by name.

Pure: it is given everything and returns findings; none means the books are proven. What does not
live here: gathering the rows (flows/money/books.py), repairing (the reconciler).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money import ledger
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.ledger import Entry
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.running.groups import Term

OWED_BACK = ("requested", "failed")  # refunds whose money is (again) with us


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Every row the proof looks at."""

    entries: Sequence[Entry]
    obligations: Sequence[Obligation]
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    enrolments: Sequence[Enrolment]
    offers: Sequence[Offer]
    terms: Sequence[Term]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that does not agree: the proof's name, where, and by how many minor units or
    rows."""

    proof: str
    where: str
    expected: int
    found: int

    @property
    def difference(self) -> int:
        """How far apart: 0 is nowhere."""
        return self.found - self.expected


def under_way(kept: Kept) -> bool:
    """Whether Stripe may know of money that our books do not know yet, or of fees: then its
    balance proves nothing."""
    unheard = any(one.state == "pending" for one in kept.payments)
    fees = any(one.state == "paid" and one.fee_minor is None for one in kept.payments)
    asked = any(one.state == "requested" for one in kept.refunds)
    return unheard or fees or asked


def check_books(kept: Kept, stripe_balance: Money | None) -> list[Finding]:
    """Every finding of every proof. `stripe_balance` is Stripe's own word; None leaves that
    proof out (no answer from Stripe is a trouble of its own, never a finding)."""
    findings = [
        *_each_entry_balances(kept.entries),
        *_deferred(kept),
        *_refunds_pending(kept),
        *_nothing_left_in(kept.entries, "surplus"),
        *_fees(kept),
        *_seats(kept),
        *_roster(kept),
    ]
    if stripe_balance is not None:
        ours = _on_account(kept.entries, "stripe", stripe_balance.currency)
        findings += _same("stripe", "Stripe's balance", stripe_balance.amount_minor, ours)
    return findings


def _same(proof: str, where: str, expected: int, found: int) -> list[Finding]:
    if expected == found:
        return []
    return [Finding(proof=proof, where=where, expected=expected, found=found)]


def _on_account(entries: Iterable[Entry], account: str, currency: str = "") -> int:
    return sum(
        amount
        for (_, name, of), amount in ledger.balances(entries).items()
        if name == account and currency in ("", of)
    )


def _each_entry_balances(entries: Iterable[Entry]) -> list[Finding]:
    return [
        finding
        for one in entries
        for finding in _same("entry", one.entry_id, 0, sum(line.amount_minor for line in one.lines))
    ]


def _deferred(kept: Kept) -> list[Finding]:
    """Deferred fees of a term are what its seats were paid with and not given back."""
    expected: Counter[str] = Counter()
    for payment in kept.payments:
        if payment.state == "paid" and payment.outcome == "seat":
            expected[payment.term_id] += payment.amount_minor - payment.refunded_minor
    found: Counter[str] = Counter()
    for one in kept.entries:
        for line in one.lines:
            kind, _, term_id = line.account.partition("/")
            if kind == "deferred":
                found[term_id] -= line.amount_minor
    return [
        finding
        for term_id in sorted({*expected, *found})
        for finding in _same("deferred", term_id, expected[term_id], found[term_id])
    ]


def _refunds_pending(kept: Kept) -> list[Finding]:
    expected = sum(one.amount_minor for one in kept.refunds if one.state in OWED_BACK)
    return _same("refunds_pending", "all", expected, -_on_account(kept.entries, "refunds_pending"))


def _nothing_left_in(entries: Sequence[Entry], account: str) -> list[Finding]:
    """An account that every flow clears, in every book and currency."""
    return [
        Finding(proof=account, where=f"{book} {currency}", expected=0, found=amount)
        for (book, name, currency), amount in sorted(ledger.balances(entries).items())
        if name == account
    ]


def _fees(kept: Kept) -> list[Finding]:
    expected = sum(one.fee_minor or 0 for one in kept.payments)
    return _same("processor_fees", "all", expected, _on_account(kept.entries, "processor_fees"))


def _seats(kept: Kept) -> list[Finding]:
    """The counters of a term are the number of its live rows (S1)."""
    held: Counter[str] = Counter(one.term_id for one in kept.offers if one.hold == "held")
    taken = Counter(one.term_id for one in kept.enrolments if one.state in IN_SEAT)
    return [
        finding
        for term in kept.terms
        for finding in (
            *_same("taken", term.term_id, taken[term.term_id], term.taken),
            *_same("held", term.term_id, held[term.term_id], term.held),
        )
    ]


def _roster(kept: Kept) -> list[Finding]:
    """Who is on the roster has paid or owes nothing, and who has paid is on it (B1)."""
    paid = {
        (one.term_id, str(one.person_id), one.obligation_id)
        for one in kept.obligations
        if one.state == "paid"
    }
    seated = {
        (one.term_id, one.person_id, one.obligation_id)
        for one in kept.enrolments
        if one.state in IN_SEAT
    }
    return [
        *(
            Finding(proof="seat_without_money", where=key[2], expected=1, found=0)
            for key in sorted(seated - paid)
        ),
        *(
            Finding(proof="money_without_seat", where=key[2], expected=1, found=0)
            for key in sorted(paid - seated)
        ),
    ]

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
from chalicelib.rules.money.ledger import Entry, deferred
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.money.shares import earned, unearned
from chalicelib.rules.running.groups import Session, Term

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
    sessions: Sequence[Session] = ()


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
        *_of_seats(kept),
        *_debts(kept),
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


def _of_seats(kept: Kept) -> list[Finding]:
    """What the debts with a seat say of themselves is what the books say: fees of sessions still
    to come are deferred, of those that were held earned, and what is not paid is receivable."""
    held = {one.session_id for one in kept.sessions if one.state == "held"}
    expected: Counter[tuple[str, str]] = Counter()
    for one in kept.obligations:
        if one.billed_at is None:
            continue
        where = deferred(one.term_id)
        expected[one.book, where] -= unearned(one.shares, held)
        expected[one.book, "fees"] -= earned(one.shares, held)
        expected[one.book, "receivable"] += one.outstanding_minor
    found: Counter[tuple[str, str]] = Counter()
    for (book, account, _), amount in ledger.balances(kept.entries).items():
        if account in ("fees", "receivable") or account.startswith("deferred/"):
            found[book, account] += amount
    return [
        finding
        for book, account in sorted({*expected, *found})
        for finding in _same(
            account.partition("/")[0],
            f"{book} {account}",
            expected[book, account],
            found[book, account],
        )
    ]


def _debts(kept: Kept) -> list[Finding]:
    """A debt's sums are those of its payments; its shares are what it was billed less what was
    let go; nothing is paid twice over (M2)."""
    paid: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for payment in kept.payments:
        if payment.state == "paid" and payment.outcome in ("seat", "part"):
            paid[payment.obligation_id] += payment.amount_minor
            back[payment.obligation_id] += payment.refunded_minor + payment.credited_minor
    findings = []
    for one in kept.obligations:
        name = one.obligation_id
        findings += _same("paid", name, paid[name], one.paid_minor)
        findings += _same("given_back", name, back[name], one.refunded_minor)
        bill = one.amount_minor - one.released_minor + one.bursary_minor
        findings += _same("shares", name, bill, sum(one.shares.values()))
        findings += _same("overpaid", name, 0, min(0, one.outstanding_minor))
    return findings


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
    """Who is on the roster has a debt with a seat, and who has one is on it (B1)."""
    billed = {
        (one.term_id, str(one.person_id), one.obligation_id)
        for one in kept.obligations
        if one.billed_at is not None and one.ended_at is None
    }
    seated = {
        (one.term_id, one.person_id, one.obligation_id)
        for one in kept.enrolments
        if one.state in IN_SEAT
    }
    return [
        *(
            Finding(proof="seat_without_money", where=key[2], expected=1, found=0)
            for key in sorted(seated - billed)
        ),
        *(
            Finding(proof="money_without_seat", where=key[2], expected=1, found=0)
            for key in sorted(billed - seated)
        ),
    ]

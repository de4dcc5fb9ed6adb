"""The proof of the books: what must agree, and every place where it does not, by name.

Pure: it is given everything and returns findings; none means the books are proven. What does not
live here: gathering the rows (flows/books/books.py), repairing (the reconciler).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.books import ledger
from chalicelib.rules.books.findings import Finding, on_account, same
from chalicelib.rules.books.ledger import Entry, deferred
from chalicelib.rules.books.shares import earned, unearned
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.leaders.payouts import Item, Payout
from chalicelib.rules.leaders.proof import of_leaders
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.prices.bursaries import PROMISED, BursaryCode, balance_of
from chalicelib.rules.prices.credits import Credit, on_the_books
from chalicelib.rules.running.groups import Session, Term

TAKES_MONEY = ("needs_response", "under_review")  # disputes whose money Stripe takes at once
BY_HAND = ("bank_receipt", "matched", "returned")  # entries of money that came by hand
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
    disputes: Sequence[Dispute] = ()
    credits: Sequence[Credit] = ()
    receipts: Sequence[BankReceipt] = ()
    codes: Sequence[BursaryCode] = ()
    items: Sequence[Item] = ()  # what leaders earned, owe back, are owed again
    payouts: Sequence[Payout] = ()


def under_way(kept: Kept) -> bool:
    """Whether Stripe may know of money that our books do not know yet, or of fees: then its
    balance proves nothing."""
    unheard = any(one.state == "pending" for one in kept.payments)
    fees = any(one.state == "paid" and one.fee_minor is None for one in kept.payments)
    asked = any(one.state == "requested" for one in kept.refunds)
    taken = any(one.state in TAKES_MONEY and not one.movements for one in kept.disputes)
    return unheard or fees or asked or taken


def check_books(kept: Kept, stripe_balance: Money | None) -> list[Finding]:
    """Every finding of every proof. `stripe_balance` is Stripe's own word; None leaves that
    proof out (no answer from Stripe is a trouble of its own, never a finding)."""
    findings = [
        *_each_entry_balances(kept.entries),
        *_of_seats(kept),
        *_debts(kept),
        *_refunds_pending(kept),
        *_credits(kept),
        *_bursaries(kept),
        *_nothing_left_in(kept.entries, "surplus"),
        *_fees(kept),
        *_disputed(kept),
        *_by_hand(kept),
        *_between_books(kept.entries),
        *_seats(kept),
        *_roster(kept),
        *of_leaders(kept.entries, kept.items, kept.payouts),
    ]
    if stripe_balance is not None:
        ours = on_account(kept.entries, "stripe", stripe_balance.currency)
        findings += same("stripe", "Stripe's balance", stripe_balance.amount_minor, ours)
    return findings


def _each_entry_balances(entries: Iterable[Entry]) -> list[Finding]:
    return [
        finding
        for one in entries
        for finding in same("entry", one.entry_id, 0, sum(line.amount_minor for line in one.lines))
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
        for finding in same(
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
        findings += same("paid", name, paid[name], one.paid_minor)
        findings += same("given_back", name, back[name], one.refunded_minor)
        bill = one.amount_minor - one.released_minor + one.bursary_minor
        findings += same("shares", name, bill, sum(one.shares.values()))
        findings += same("overpaid", name, 0, min(0, one.outstanding_minor))
    return findings


def _refunds_pending(kept: Kept) -> list[Finding]:
    expected = sum(one.amount_minor for one in kept.refunds if one.state in OWED_BACK)
    return same("refunds_pending", "all", expected, -on_account(kept.entries, "refunds_pending"))


def _credits(kept: Kept) -> list[Finding]:
    """What people keep for a later term is what the books owe them as credits, book by book."""
    expected = on_the_books(kept.credits, kept.obligations)
    found = {
        book: -amount
        for (book, account, _), amount in ledger.balances(kept.entries).items()
        if account == "credits"
    }
    return [
        finding
        for book in sorted({*expected, *found})
        for finding in same("credits", book, expected[book], found.get(book, 0))
    ]


def _bursaries(kept: Kept) -> list[Finding]:
    """The fund holds its gifts less what it has paid for seats, and promises no more than that;
    every code stands for one debt (D1)."""
    billed = [one for one in kept.obligations if one.billed_at and one.bursary_code]
    open_ones = [one for one in kept.obligations if one.state == "due" and not one.billed_at]
    gifts = balance_of(one for one in kept.entries if one.entry_id.startswith("gift#"))
    holds = balance_of(kept.entries)
    promised = sum(one.amount_minor for one in kept.codes if one.state in PROMISED)
    used = {(one.bursary_code, "spent") for one in billed}
    used |= {(one.bursary_code, "used") for one in open_ones if one.bursary_code}
    stand = {(one.code, one.state) for one in kept.codes if one.state in ("used", "spent")}
    return [
        *same("bursaries", "the fund", gifts - sum(one.bursary_minor for one in billed), holds),
        *same("bursary_promises", "the fund", 0, max(0, promised - holds)),
        *(f for code, _ in sorted(used ^ stand) for f in same("bursary_code", code, 0, 1)),
    ]


def _nothing_left_in(entries: Sequence[Entry], account: str) -> list[Finding]:
    """An account that every flow clears, in every book and currency."""
    return [
        Finding(proof=account, where=f"{book} {currency}", expected=0, found=amount)
        for (book, name, currency), amount in sorted(ledger.balances(entries).items())
        if name == account
    ]


def _by_hand(kept: Kept) -> list[Finding]:
    """What came by hand and is not matched or sent back is what these entries leave on suspense;
    what others put there (`unknown#...`) is not counted with it (T3)."""
    ours = [one for one in kept.entries if one.entry_id.partition("#")[0] in BY_HAND]
    left = sum(one.left_minor for one in kept.receipts)
    return same("suspense", "money by hand", left, -on_account(ours, "suspense"))


def _between_books(entries: Iterable[Entry]) -> list[Finding]:
    """What one book says it owes another, the other says it is owed."""
    sums: Counter[str] = Counter()
    for (book, account, currency), amount in ledger.balances(entries).items():
        name, _, other = account.partition("/")
        if name == "due_to":
            sums[f"{' and '.join(sorted((book, other)))} {currency}"] += amount
    return [one for where in sorted(sums) for one in same("due_to", where, 0, sums[where])]


def _fees(kept: Kept) -> list[Finding]:
    expected = sum(one.fee_minor or 0 for one in kept.payments)
    expected += sum(one.fee_minor for one in kept.disputes)
    return same("processor_fees", "all", expected, on_account(kept.entries, "processor_fees"))


def _disputed(kept: Kept) -> list[Finding]:
    """What disputes have taken and not given back, until it is booked as lost."""
    expected = sum(one.withdrawn_minor for one in kept.disputes if not one.booked_lost)
    return same("disputed", "all", expected, on_account(kept.entries, "disputed"))


def _seats(kept: Kept) -> list[Finding]:
    """The counters of a term are the number of its live rows (S1)."""
    held: Counter[str] = Counter(one.term_id for one in kept.offers if one.hold == "held")
    taken = Counter(one.term_id for one in kept.enrolments if one.state in IN_SEAT)
    return [
        finding
        for term in kept.terms
        for finding in (
            *same("taken", term.term_id, taken[term.term_id], term.taken),
            *same("held", term.term_id, held[term.term_id], term.held),
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

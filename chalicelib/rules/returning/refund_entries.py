"""Entries of refunds that do not go the usual way: made at Stripe by somebody, paid from the bank,
beyond what was left. What does not live here: refunds that we send ourselves (ledger.py).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.rules.books.ledger import CIRCLE_BOOK, deferred, due_to, entry, entry_of_refund
from chalicelib.rules.books.shares import Taken
from chalicelib.rules.changes import Create
from chalicelib.rules.money.payments import Obligation, Payment, Refund


def outside_refund_entry(
    refund: Refund, obligation: Obligation, taken: Taken | None, now: datetime
) -> Create:
    """A refund that somebody made at Stripe: the money has left already. It comes out of the
    fees of its debt; what is more than was left of its payment is nobody's, in suspense."""
    moves = {
        deferred(obligation.term_id): taken.from_deferred if taken else 0,
        "fees": taken.from_fees if taken else 0,
        due_to(CIRCLE_BOOK): refund.suspense_minor,
        "stripe": -refund.amount_minor - refund.suspense_minor,
    }
    name = f"refund#{refund.stripe_refund_id}"
    return entry_of_refund(refund.book, name, moves, refund, now, cause=refund.cause)


def come_to_nothing_entry(payment: Payment, name: str, minor: int, now: datetime) -> Create:
    """One of the two movements of a refund that left and came back before it was booked: away
    (positive) or back (negative). Together they are nothing."""
    moves = {"refunds_pending": minor, "stripe": -minor}
    ids = {"obligation_id": payment.obligation_id, "payment_id": payment.payment_id}
    return entry(payment.book, name, now, payment.currency, moves, term_id=payment.term_id, **ids)


def suspense_entry(refund: Refund, name: str, sign: int, now: datetime) -> Create:
    """The circle's side of what a refund took beyond what was left: in suspense (`sign` 1) until
    it is known why, out of it (-1) when it came back or a person took it on."""
    amount = sign * refund.suspense_minor
    moves = {"suspense": amount, due_to(refund.book): -amount}
    return entry_of_refund(CIRCLE_BOOK, name, moves, refund, now)


def given_away_entry(refund: Refund, now: datetime) -> Create:
    """The group bears what went out without a reason: it is given away."""
    amount = refund.suspense_minor
    moves = {"given_away": amount, due_to(CIRCLE_BOOK): -amount}
    return entry_of_refund(refund.book, f"given_away#{refund.refund_id}", moves, refund, now)


def paid_by_hand_entry(refund: Refund, now: datetime) -> Create:
    """A refund was paid from the bank: the group owes it to the circle, which paid (M7)."""
    moves = {"refunds_pending": refund.amount_minor, due_to(CIRCLE_BOOK): -refund.amount_minor}
    return entry_of_refund(refund.book, f"refund_by_bank#{refund.refund_id}", moves, refund, now)


def bank_refund_entry(refund: Refund, now: datetime) -> Create:
    """The same in the circle's book, whose bank it left."""
    moves = {due_to(refund.book): refund.amount_minor, "bank": -refund.amount_minor}
    return entry_of_refund(CIRCLE_BOOK, f"refund_by_bank#{refund.refund_id}", moves, refund, now)

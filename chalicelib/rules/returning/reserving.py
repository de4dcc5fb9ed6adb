"""What may go back of the payments of a debt, and how it is reserved on them.

Never more than was paid, nothing twice, nothing while a bank is looking at it. What does not live
here: why an amount goes back, and what it takes from the debt (releases.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chalicelib.errors import DisputeOpen, RefundNotPossible
from chalicelib.rules.changes import Is, Update
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.payments import Obligation, Payment


class Holding(Protocol):
    """A debt with its payments and their disputes."""

    @property
    def obligation(self) -> Obligation: ...
    @property
    def payments(self) -> Sequence[Payment]: ...
    @property
    def disputes(self) -> Sequence[Dispute]: ...


def refundable(payment: Payment) -> int:
    """What may still go back of a payment that was counted towards its debt, in minor units."""
    if payment.state != "paid" or payment.outcome not in ("seat", "part"):
        return 0
    return payment.amount_minor - payment.refunded_minor - payment.credited_minor


def over(owed: Holding, amount_minor: int) -> list[tuple[Payment, int]]:
    """An amount over the payments it came with, the newest first; one that is in dispute keeps
    its own. DisputeOpen or RefundNotPossible when the others do not hold it."""
    found, wanted = [], amount_minor
    for payment in sorted(owed.payments, key=lambda one: one.created_at, reverse=True):
        free = not in_dispute(payment, owed.disputes)
        part = min(wanted, refundable(payment)) if free else 0
        if part > 0:
            found.append((payment, part))
            wanted -= part
    if wanted and any(in_dispute(one, owed.disputes) for one in owed.payments):
        raise DisputeOpen
    if wanted:
        raise not_possible(owed.obligation, amount_minor - wanted)
    return found


def in_dispute(payment: Payment, disputes: Sequence[Dispute]) -> bool:
    """Whether a dispute keeps a payment from being given back. Stripe's own word decides, over
    all disputes of the payment; an inquiry takes no money and lets it go, and so does one that
    was won. One that was lost lets go what is left of the payment, once its loss is booked."""
    return any(
        not (one.refundable or one.is_inquiry or one.state == "won" or one.booked_lost)
        for one in disputes
        if one.payment_id == payment.payment_id
    )


def only_by_bank(payment: Payment, disputes: Sequence[Dispute]) -> bool:
    """Whether what is left of a payment cannot go back in the way it came: Stripe sends nothing
    back of one that was lost to a bank."""
    return any(
        one.booked_lost and not one.refundable and one.state != "won"
        for one in disputes
        if one.payment_id == payment.payment_id
    )


def reserved(payment: Payment, amount_minor: int) -> Update:
    """So much of a payment goes back; conditional on what was reserved of it before."""
    return Update(
        payment,
        add={"refunded_minor": amount_minor},
        when=(
            Is("refunded_minor", payment.refunded_minor),
            Is("credited_minor", payment.credited_minor),
            Is("state", "paid"),
        ),
        refusal=RefundNotPossible,
    )


def not_possible(obligation: Obligation, left_minor: int) -> RefundNotPossible:
    """The refusal that names what is left to give."""
    return RefundNotPossible(refundable=str(Money(left_minor, obligation.currency)))

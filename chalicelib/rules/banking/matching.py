"""What money that was recorded by hand becomes: a payment, with all that a card payment does.

Pure. Confirming writes one change: the payment, an entry in the circle's book and one in the
group's, the debt, and for an open offer the seat. What does not live here: recording the money
and proposing what it is for (bank.py), suggesting debts (suggesting.py), refunds that are paid
by hand (refunds_by_hand.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from chalicelib.errors import DebtNotOpen, DisputeOpen, StateChanged
from chalicelib.rules.banking.bank import BankReceipt, used
from chalicelib.rules.books.ledger import CIRCLE_BOOK, due_to, entry
from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.enrolments import IN_SEAT
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money import instalments
from chalicelib.rules.money.beginning import payment_for
from chalicelib.rules.money.instalments import Owing
from chalicelib.rules.money.mails import receipt_mail
from chalicelib.rules.money.news import Debt
from chalicelib.rules.money.payments import Obligation, Payment
from chalicelib.rules.money.settling import (
    billed,
    enrolled,
    offer_taken,
    receipt_number,
    satisfied,
    seated,
)
from chalicelib.rules.returning.refunds import bank_task, refund_of
from chalicelib.rules.returning.releases import as_read
from chalicelib.rules.returning.reserving import in_dispute, refundable, reserved

INSTEAD = "paid_instead"  # the cause of a refund: somebody else has paid in this payer's place
NOON = time(12)


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Who confirms what stands on a receipt, and when."""

    receipt: BankReceipt
    actor: str
    now: datetime


# What may be matched


def asked_for(obligation: Obligation) -> int:
    """What may be paid towards a debt, in minor units: the price of an open offer, or what is
    not paid of a seat; nothing of an offer that has ended."""
    if obligation.billed_at is None and obligation.state != "due":
        return 0
    return max(0, obligation.outstanding_minor)


def takes_seat(obligation: Obligation) -> bool:
    """Whether money for this debt is money for an open offer."""
    return obligation.billed_at is None


def replaceable(payments: Sequence[Payment], disputes: Sequence[Dispute]) -> Payment | None:
    """The payment whose place other money can take (M6): the newest of which anything is left."""
    held = [one for one in payments if refundable(one) > 0 and not in_dispute(one, disputes)]
    return max(held, key=lambda one: one.created_at, default=None)


def falls_short(receipt: BankReceipt, offer: Offer, obligation: Obligation) -> int:
    """How much is missing for the seat to be taken without a further word (T3), in minor
    units; nothing for a seat that is taken."""
    if not takes_seat(obligation):
        return 0
    return max(0, instalments.first_minor(offer, obligation) - receipt.proposed_minor)


def may_become(receipt: BankReceipt, debt: Debt) -> None:
    """That what is proposed can be done with the debt as it is now. Raises DebtNotOpen with what
    is in the way: how the offer ended, `paid`, `seated`, `unproven` or `currency`."""
    obligation, offer = debt.obligation, debt.offer
    if receipt.currency != obligation.currency:
        raise DebtNotOpen(state="currency")
    if takes_seat(obligation):
        if (offer.state, offer.hold) != ("open", "held"):
            raise DebtNotOpen(state=offer.state)
        if debt.application.person_id is None:
            raise DebtNotOpen(state="unproven")
        if debt.before is not None and debt.before.state in IN_SEAT:
            raise DebtNotOpen(state="seated")
    if not receipt.proposed_instead and receipt.proposed_minor > asked_for(obligation):
        raise DebtNotOpen(state="paid")


def may_be_replaced(old: Payment | None, disputes: Sequence[Dispute], amount_minor: int) -> Payment:
    """The payment that goes back for other money. Raises StateChanged, DisputeOpen, and
    DebtNotOpen when less of it is left."""
    if old is None:
        raise StateChanged
    if in_dispute(old, disputes):
        raise DisputeOpen
    if amount_minor > refundable(old):
        raise DebtNotOpen(state="paid")
    return old


# What it becomes


def payment_of(hand: Hand, obligation: Obligation, offer: Offer, person_id: str | None) -> Payment:
    """The payment that the proposal becomes: paid on the day the money came, without a fee."""
    receipt = hand.receipt
    came = datetime.combine(receipt.received_on, NOON, ZoneInfo(str(offer.facts["zone"])))
    payment = payment_for(
        offer,
        obligation,
        obligation.payer,
        receipt.proposal_id,
        receipt.proposed_minor,
        hand.now,
        state="paid",
        method=receipt.method,
        person_id=person_id,
        fee_minor=0,
        outcome="seat" if takes_seat(obligation) else "part",
        reference=receipt.reference,
        bank_receipt_id=receipt.receipt_id,
        paid_at=min(came, hand.now),
    )
    return replace(payment, receipt_number=receipt_number(payment))


def matched(hand: Hand, debt: Debt) -> Change:
    """The money is for this debt: `debt.payment` is the payment it becomes, `debt.before` the
    enrolment of the payer's seat, or of an earlier one. Raises DebtNotOpen.

    Conditional on the receipt, the debt and the offer as they were read, so that it is counted
    once and a card payment that came between wins.
    """
    may_become(hand.receipt, debt)
    seat = takes_seat(debt.obligation)
    becomes, owing = _seat(debt, hand.now) if seat else _towards(debt, hand.now)
    return Change.of(
        used(hand.receipt, "matched", hand.now),
        Create(debt.payment),
        _entries(hand, debt.payment),
        becomes,
        _receipt(hand, debt, owing),
    )


def _seat(debt: Debt, now: datetime) -> tuple[Change, Owing]:
    """The held seat is taken, as by a card; what is short stays owed by its holder."""
    payment = debt.payment
    rows, owing = instalments.taken(debt.offer, debt.obligation, payment, now)
    holder = {"person_id": payment.person_id}
    change = Change.of(
        billed(debt, satisfied(debt) | holder, now),
        *(Create(row) for row in rows),
        offer_taken(debt.offer, holder),
        seated(debt, {"taken": 1}),
        enrolled(debt, now, owing),
    )
    return change, owing


def _towards(debt: Debt, now: datetime) -> tuple[Change, Owing]:
    """So much less is owed for a seat that is taken."""
    obligation, payment, seat = debt.obligation, debt.payment, debt.before
    after = _with_payment(obligation, payment, now)
    done = obligation.state == "due" and after.outstanding_minor <= 0
    mine = seat is not None and seat.obligation_id == obligation.obligation_id
    change = Change.of(
        Update(
            obligation,
            {"state": "paid"} if done else {},
            add={"paid_minor": payment.amount_minor},
            when=_as_read(obligation),
        ),
        instalments.brought_up(debt.instalments, after),
        Update(
            seat,
            add={"paid_minor": payment.amount_minor},
            when=(Is("obligation_id", obligation.obligation_id),),
        )
        if mine
        else None,
    )
    owing = instalments.owing_after(debt.offer, obligation, after, debt.instalments, now)
    return change, owing


def instead(
    hand: Hand, debt: Debt, old: Payment, refund_id: str, disputes: Sequence[Dispute] = ()
) -> Change:
    """Somebody else has paid what a member had paid already (M6): the money that is here takes
    the place of so much of the member's, which goes back. The seat, its price and the first
    receipt stay as they are; a new receipt says which one it takes the place of."""
    receipt, payment, obligation = hand.receipt, debt.payment, debt.obligation
    amount = receipt.proposed_minor
    may_become(receipt, debt)
    back = refund_of(old, refund_id, amount, hand.actor, hand.now, disputes)
    refund = replace(back, cause=INSTEAD, reason=payment.receipt_number)
    owed_again = {"receivable": amount, "refunds_pending": -amount}
    name = f"replaced#{payment.payment_id}"
    owing = instalments.owing(debt.offer, obligation, debt.instalments, hand.now)
    return Change.of(
        used(receipt, "matched", hand.now),
        Create(payment),
        _entries(hand, payment),
        _entry(hand, payment, obligation.book, name, owed_again),
        Create(refund),
        bank_task(refund, hand.now) if refund.method == "bank" else None,
        reserved(old, amount),
        Update(
            obligation,
            add={"paid_minor": amount, "refunded_minor": amount},
            when=_as_read(obligation),
        ),
        _receipt(hand, debt, owing, replaces=old.receipt_number),
    )


def _entries(hand: Hand, payment: Payment) -> Change:
    """The circle's book owes the group what came to its bank; the group's book is paid by it."""
    amount = payment.amount_minor
    out_of = {"suspense": amount, due_to(payment.book): -amount}
    paid = {due_to(CIRCLE_BOOK): amount, "receivable": -amount}
    name = payment.payment_id
    return Change.of(
        _entry(hand, payment, CIRCLE_BOOK, f"matched#{name}", out_of),
        _entry(hand, payment, payment.book, f"payment#{name}", paid),
    )


def _entry(
    hand: Hand, payment: Payment, book: str, entry_id: str, moves: Mapping[str, int]
) -> Create:
    facts = {
        "payment_id": payment.payment_id,
        "obligation_id": payment.obligation_id,
        "term_id": payment.term_id,
        "receipt_id": hand.receipt.receipt_id,
        "proposed_by": hand.receipt.proposed_by,
        "confirmed_by": hand.actor,
    }
    return entry(book, entry_id, hand.now, payment.currency, moves, **facts)


def _receipt(hand: Hand, debt: Debt, owing: Owing, replaces: str = "") -> Create:
    """The receipt, in the name of who paid as the bank shows it."""
    payment = debt.payment
    return receipt_mail(
        debt.offer,
        payment,
        payment.receipt_number,
        payment.outcome,
        hand.now,
        owing,
        more={"payer": hand.receipt.payer, "replaces": replaces},
    )


def _with_payment(obligation: Obligation, payment: Payment, now: datetime) -> Obligation:
    """The debt as this payment leaves it."""
    return replace(
        obligation,
        paid_minor=obligation.paid_minor + payment.amount_minor,
        billed_at=obligation.billed_at or now,
    )


def _as_read(obligation: Obligation) -> tuple[Is, ...]:
    return (*as_read(obligation), Is("credit_minor", obligation.credit_minor))

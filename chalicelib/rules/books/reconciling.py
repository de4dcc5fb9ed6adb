"""What Stripe moved against what our books say: which entry explains a movement, what is booked
of those that no debt of ours caused, and what stays unexplained (T5, N18).

Every movement of Stripe's balance is either explained by the entry of its fact, or booked here (a
payout to our bank, a fee of the account, money that is not ours: on `suspense`), or it is one of
ours that is missing: then it is told by name until it is repaired. What does not live here:
asking Stripe, repairing (flows/books/reconciling.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry, group_book
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.leaders.sending import TransferLookup
from chalicelib.rules.money.stripe_objects import BalanceMovement
from chalicelib.rules.people.circle import Task

CHARGES = ("charge", "payment")
REFUNDS = ("refund", "payment_refund")
REFUNDS_BACK = ("refund_failure", "payment_failure_refund")
DISPUTES = ("adjustment",)
PAYOUTS = ("payout",)
PAYOUTS_BACK = ("payout_failure", "payout_cancel")
TRANSFER, TRANSFER_BACK = "transfer", "transfer_refund"
CLEARED = "unknown_cleared"  # the fact that somebody has said what money on suspense was
OF_LEADERS = (TRANSFER, TRANSFER_BACK)
ACCOUNT_FEES = ("stripe_fee", "stripe_fx_fee", "tax_fee")
YOUNG = timedelta(hours=1)  # what moved a moment ago may still be on its way into our books
TASK_AFTER = timedelta(days=1)
LOST_AFTER = timedelta(days=1)  # a night has passed: it is not mended by rule


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A balance transaction of Stripe that no entry of ours explains: kept until one does."""

    movement_id: str  # txn_..
    moved: str  # Stripe's type
    net_minor: int
    currency: str
    source_id: str = ""
    moved_at: datetime
    found_at: datetime


@dataclass(frozen=True, kw_only=True)
class BankPayout:
    """A payout of Stripe to our bank account, explained line by line. Minor units;
    amount = explained + unexplained."""

    payout_id: str  # po_..
    amount_minor: int
    currency: str
    state: str  # Stripe's: pending | in_transit | paid | failed | canceled
    arrives_on: date
    lines: int = 0
    explained_minor: int = 0
    unexplained_minor: int = 0
    made_at: datetime
    looked_at: datetime


@dataclass(frozen=True)
class Origin:
    """What a movement is about, as far as we know it: the book of its debt and the name of the
    fact there; `ours` says that it bears our tag. A transfer stands in the books of several
    groups under one name."""

    book: str = CIRCLE_BOOK
    fact: str = ""
    fee_fact: str = ""
    ours: bool = False
    more_books: tuple[str, ...] = ()

    @property
    def entries(self) -> list[tuple[str, str]]:
        """Book and name of every entry that it rests on, its fee's the last."""
        facts = [(book, self.fact) for book in (self.book, *self.more_books)]
        return [*facts, (self.book, self.fee_fact)] if self.fee_fact else facts


def of_charge(book: str, intent_id: str, charge_id: str) -> Origin:
    """The origin of a charge of ours."""
    return Origin(book, f"payment#{intent_id}", f"fee#{charge_id}", ours=True)


def of_refund(book: str, refund_id: str, back: bool = False) -> Origin:
    """The origin of a refund of ours, or of one that came back."""
    return Origin(book, f"{'refund_failed' if back else 'refund'}#{refund_id}", ours=True)


def of_dispute(book: str, movement: BalanceMovement) -> Origin:
    """The origin of money that a dispute took or gave back."""
    kind = "withdrawn" if movement.net_minor < 0 else "reinstated"
    return Origin(book, f"dispute_{kind}#{movement.id}", ours=True)


def of_transfer(movement: BalanceMovement, known: TransferLookup | None) -> Origin:
    """The origin of a transfer to a leader, or of what came back of one. One that nobody has
    looked at yet may be ours; one that was looked at and has no owner is not."""
    if known is not None and not known.owner_id:
        return of_account(movement)
    kind = "transfer" if movement.kind == TRANSFER else "reversal"
    groups = known.groups if known else ()
    book, *more = [group_book(one) for one in groups] or [CIRCLE_BOOK]
    return Origin(book, f"{kind}#{movement.source_id}", ours=True, more_books=tuple(more))


def of_account(movement: BalanceMovement) -> Origin:
    """The origin of what the account itself caused: payouts, their return, fees."""
    if movement.kind in PAYOUTS:
        return Origin(fact=f"payout#{movement.source_id}")
    if movement.kind in PAYOUTS_BACK:
        return Origin(fact=f"payout_back#{movement.source_id}")
    if movement.kind in ACCOUNT_FEES:
        return Origin(fact=f"stripe_fee#{movement.id}")
    return Origin(fact=f"unknown#{movement.id}")


def explains(entries: Sequence[Entry | None], movement: BalanceMovement) -> bool:
    """Whether these entries move exactly what Stripe moved, its fee included. One that is
    missing explains nothing."""
    if not all(entries):
        return False
    ours = sum(
        line.amount_minor
        for one in entries
        if one
        for line in one.lines
        if line.account == "stripe"
    )
    return ours == movement.net_minor


def fee_is_due(entries: Sequence[Entry | None], movement: BalanceMovement) -> bool:
    """Whether only the processor's fee of a booked payment is missing: the tick books it."""
    return entries[-1] is None and explains(
        entries[:-1], replace(movement, net_minor=movement.amount_minor)
    )


def booking(movement: BalanceMovement, now: datetime) -> Create:
    """The entry of a movement that no debt of ours caused, in the circle's book: money sent to
    our bank or back from it, a fee of the account, or money we do not know, on suspense."""
    account = "suspense"
    if movement.kind in (*PAYOUTS, *PAYOUTS_BACK):
        account = "bank"
    elif movement.kind in ACCOUNT_FEES:
        account = "account_fees"
    return ledger.entry(
        CIRCLE_BOOK,
        of_account(movement).fact,
        now,
        movement.currency,
        {"stripe": movement.net_minor, account: -movement.net_minor},
        movement_id=movement.id,
        source_id=movement.source_id or "",
    )


def may_be_lost(row: Movement, now: datetime) -> bool:
    """Whether what can be mended by rule would have been mended by now."""
    return now - row.found_at > LOST_AFTER


def set_apart(row: Movement, task: Task, now: datetime) -> Change:
    """A movement of ours whose debt is lost, after a restore: its money goes on suspense as money
    we do not know would, and its task asks from now on what it was. What is told as missing is
    told no more. It must not have been explained meanwhile."""
    return Change.of(
        apart(row, now),
        Remove(row, when=(Is("found_at", row.found_at),)),
        Update(task, {"code": "movement_unknown", "due_at": now + TASK_AFTER}),
    )


def apart(row: Movement, now: datetime) -> Create:
    """The entry that puts a missing movement on suspense."""
    lines = {"stripe": row.net_minor, "suspense": -row.net_minor}
    fact, about = f"unknown#{row.movement_id}", row.movement_id
    return ledger.entry(CIRCLE_BOOK, fact, now, row.currency, lines, movement_id=about)


def cleared(entry: Entry, movement_id: str, task: Task, now: datetime) -> Change:
    """Money on suspense is not the circle's: it leaves suspense for what is kept for others.
    Conditional on its task, so that nobody says twice what it was."""
    moved = sum(line.amount_minor for line in entry.lines if line.account == "suspense")
    lines = {"suspense": -moved, "not_ours": moved}
    name = f"{CLEARED}#{movement_id}"
    return Change.of(
        ledger.entry(CIRCLE_BOOK, name, now, entry.currency, lines, movement_id=movement_id),
        Remove(task, when=(Is("code", task.code),)),
    )


def taken_back(entry: Entry, is_cleared: bool, movement_id: str, now: datetime) -> Create:
    """Money that was set apart belongs to a debt after all: its entry is undone by a counter-entry,
    for the debt books it anew."""
    moved = sum(line.amount_minor for line in entry.lines if line.account == "stripe")
    account = "not_ours" if is_cleared else "suspense"
    lines = {account: moved, "stripe": -moved}
    name = f"unknown_taken_back#{movement_id}"
    return ledger.entry(CIRCLE_BOOK, name, now, entry.currency, lines, movement_id=movement_id)


def missing(movement: BalanceMovement, now: datetime) -> Movement:
    """The row of a movement that should be in our books and is not."""
    return Movement(
        movement_id=movement.id,
        moved=movement.kind,
        net_minor=movement.net_minor,
        currency=movement.currency,
        source_id=movement.source_id or "",
        moved_at=movement.created_at,
        found_at=now,
    )


def task_id(movement_id: str) -> str:
    """The name of the task about a movement; closed when it is explained."""
    return f"movement#{movement_id}"


def task_of(movement: BalanceMovement, code: str, now: datetime) -> Create:
    """What a person has to find out: `movement_missing` for money of ours that is not booked,
    `movement_unknown` for money that came to the account and is not ours."""
    return Create(
        Task(
            task_id=task_id(movement.id),
            code=code,
            facts={
                "movement_id": movement.id,
                "source_id": movement.source_id or "",
                "amount_minor": movement.net_minor,
                "currency": movement.currency,
            },
            path="/admin/reconciliation",
            owner="treasurer",
            opened_at=now,
            due_at=now + TASK_AFTER,
        )
    )


def unexplained(movements: Iterable[Movement], now: datetime) -> tuple[int, int]:
    """The two numbers we publish: how many minor units are unexplained, and for how many whole
    hours the oldest of them has been."""
    every = list(movements)
    oldest = min((one.moved_at for one in every), default=now)
    return sum(abs(one.net_minor) for one in every), int((now - oldest).total_seconds()) // 3600

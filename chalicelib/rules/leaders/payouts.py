"""Payouts to leaders: one for each leader and run, frozen when the run is prepared (D4, R67).

`prepared -> approved -> sending -> sent` at Stripe, `prepared -> approved -> paid_manually` from
the bank. Approval takes up what is open on the rows of the lines; money has left once the state
is sent or paid_manually. Minor units. What does not live here: who is paid what in a run
(preparing.py), talking to Stripe (sending.py), the bank's file (bank_list.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import CIRCLE_BOOK, due_to, group_book
from chalicelib.rules.changes import Create
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.accruing import clawback_account, leader_account
from chalicelib.rules.leaders.clawbacks import Clawback, Returned

Item = Accrual | Clawback | Returned
LINES_MAX = 80  # a transaction takes a hundred writes: what is beyond waits for the next run
TAKEN_UP = ("approved", "sending", "sent", "paid_manually", "reversed")
MONEY_LEFT = ("sent", "paid_manually", "reversed")


@dataclass(frozen=True, kw_only=True)
class PayoutLine:
    """One thing a payout takes up: an accrual, a clawback (below nothing), or money that came
    back. `ref` is the id of the session, of the clawback or of the return."""

    what: str  # accrual | clawback | returned
    ref: str
    group_id: str
    term_id: str = ""
    amount_minor: int
    whole_minor: int = 0  # what was open of it, of which this may be a part


@dataclass(frozen=True, kw_only=True)
class Payout:
    """What one leader is paid in one run."""

    leader_id: str
    payout_id: str
    period: str  # the run it belongs to
    name: str
    route: str  # bank | stripe
    state: str = "prepared"
    lines: tuple[PayoutLine, ...]
    amount_minor: int  # the sum of the lines: always more than nothing
    currency: str
    account_id: str = ""  # acct_.. of the route stripe
    transfer_id: str = ""
    reversed_minor: int = 0
    paid_reference: str = ""  # of the bank
    paid_on: date | None = None
    refused: str = ""  # Stripe's code, or why it waits
    tries: int = 0
    prepared_at: datetime
    approved_at: datetime | None = None
    first_asked_at: datetime | None = None  # since when Stripe may have heard of it
    asked_at: datetime | None = None  # the same of this try, whose key it asks under
    left_at: datetime | None = None
    check_at: datetime | None = None  # when a job looks at it, or a person is reminded
    undone: int = 0  # how often it was written down as paid from the bank, and was not
    undo_asked_by: str = ""  # who says that it was not paid, where a second person has to agree
    undo_asked_at: datetime | None = None
    undo_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PayRun:
    """A run of payouts: prepared by somebody or by the clock, approved by somebody else."""

    period: str  # its name: 2026-11, 2026-11-2
    state: str = "prepared"  # prepared | approved | done | withdrawn
    currency: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    payouts: Mapping[str, int] = field(default_factory=dict)  # leader_id -> minor units
    held: tuple[Mapping[str, Any], ...] = ()  # leader_id, amount_minor, reason: not in it
    advanced: Mapping[str, str] = field(default_factory=dict)  # leader_id -> the reason
    advanced_by: tuple[str, ...] = ()
    revision: int = 1  # grows with every change before it is approved
    followed_by: str = ""  # the run that was prepared after it
    taken_up: bool = False  # each of its payouts was approved or withdrawn
    next_at: datetime | None = None  # when a job goes on with it

    @property
    def total_minor(self) -> int:
        """What it sends altogether."""
        return sum(self.payouts.values())


def of_this_time(payout: Payout) -> str:
    """The name of its payment: with a number, if an earlier one was taken back."""
    again = f"-{payout.undone + 1}" if payout.undone else ""
    return f"{payout.payout_id}{again}"


def payout_id(leader_id: str, period: str) -> str:
    """The one payout of a leader in a run, and its key at Stripe."""
    return f"payout-{sha256(f'{leader_id}#{period}'.encode()).hexdigest()[:32]}"


def line_of(item: Item) -> PayoutLine:
    """What is open of a row, as a line of a payout."""
    if isinstance(item, Accrual):
        return PayoutLine(
            what="accrual",
            ref=item.session_id,
            group_id=item.group_id,
            term_id=item.term_id,
            amount_minor=item.open_minor,
            whole_minor=item.open_minor,
        )
    if isinstance(item, Clawback):
        return PayoutLine(
            what="clawback",
            ref=item.clawback_id,
            group_id=item.group_id,
            term_id=item.term_id,
            amount_minor=-item.open_minor,
            whole_minor=-item.open_minor,
        )
    return PayoutLine(
        what="returned",
        ref=item.returned_id,
        group_id=item.group_id,
        amount_minor=item.open_minor,
        whole_minor=item.open_minor,
    )


# Entries


def moves_by_group(payout: Payout) -> dict[str, dict[str, int]]:
    """For each group what its book owes the leader less once this is paid, what it has got back
    by setting off, and what leaves it: accounts `leader/..`, `clawback/..`, and `paid`."""
    sums: dict[str, Counter[str]] = {}
    for line in payout.lines:
        account = clawback_account if line.what == "clawback" else leader_account
        moves = sums.setdefault(line.group_id, Counter())
        moves[account(payout.leader_id)] += line.amount_minor
        moves["paid"] -= line.amount_minor
    return {group_id: dict(moves) for group_id, moves in sorted(sums.items())}


def transfer_entries(payout: Payout, transfer_id: str, now: datetime) -> list[Create]:
    """A transfer has left Stripe's balance: one entry `transfer#ID` in the book of each group."""
    return [
        ledger.entry(
            group_book(group_id),
            f"transfer#{transfer_id}",
            now,
            payout.currency,
            {("stripe" if name == "paid" else name): amount for name, amount in moves.items()},
            leader_id=payout.leader_id,
            payout_id=payout.payout_id,
        )
        for group_id, moves in moves_by_group(payout).items()
    ]


def bank_entries(payout: Payout, now: datetime) -> list[Create]:
    """The treasurer has paid from the bank, which the circle keeps: one entry `leader_paid#ID`
    in the book of each group, and one in the circle's. One that was taken back and is paid again
    has a number behind it."""
    facts = {"leader_id": payout.leader_id, "payout_id": payout.payout_id}
    by_group = moves_by_group(payout)
    groups = [
        ledger.entry(
            group_book(group_id),
            f"leader_paid#{of_this_time(payout)}",
            now,
            payout.currency,
            {(due_to(CIRCLE_BOOK) if name == "paid" else name): n for name, n in moves.items()},
            **facts,
        )
        for group_id, moves in by_group.items()
    ]
    between = {due_to(group_book(group_id)): -m["paid"] for group_id, m in by_group.items()}
    circle = ledger.entry(
        CIRCLE_BOOK,
        f"leader_paid#{of_this_time(payout)}",
        now,
        payout.currency,
        {**between, "bank": -payout.amount_minor},
        **facts,
    )
    return [*groups, circle]


def returned_entries(parts: Iterable[Returned], reversal_id: str, now: datetime) -> list[Create]:
    """Money of a transfer came back and is owed to the leader again: `reversal#ID` for each."""
    return [
        ledger.entry(
            group_book(one.group_id),
            f"reversal#{reversal_id}",
            now,
            one.currency,
            {"stripe": one.amount_minor, leader_account(one.leader_id): -one.amount_minor},
            leader_id=one.leader_id,
            payout_id=one.payout_id,
        )
        for one in parts
    ]

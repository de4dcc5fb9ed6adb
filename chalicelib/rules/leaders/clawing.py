"""What makes a leader owe back a part of a fee, and every way in which that ends (L6).

For each session that lost money, the matching part of each leader's fee is owed back, also of a
fee that was not paid yet: it is then less in the next payout. Never more than the fee itself.
Minor units. What does not live here: the rows (clawbacks.py), setting off against fees
(preparing.py), talking to Stripe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from chalicelib.errors import Conflict
from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import group_book
from chalicelib.rules.changes import Change, Create, Is, Update, Write
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.accruing import clawback_account
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.disputed import matching
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.leaders.recalls import Recall
from chalicelib.rules.leaders.stripe_accounts import ReversalObject

ENDINGS = ("settled_minor", "reversed_minor", "written_off_minor", "lifted_minor")


@dataclass(frozen=True, kw_only=True)
class Fee:
    """A leader's fee for a session that lost money, and what is owed back of it so far."""

    accrual: Accrual
    clawbacks: Sequence[Clawback] = ()

    @property
    def left_minor(self) -> int:
        """What could still be owed back of it."""
        standing = sum(one.amount_minor - one.lifted_minor for one in self.clawbacks)
        return max(0, self.accrual.amount_minor - standing)


def clawback_id(recall_id: str, session_id: str, leader_id: str) -> str:
    """The one clawback of a leader for a session of a recall: a replay counts once."""
    return f"clawback-{sha256(f'{recall_id}#{session_id}#{leader_id}'.encode()).hexdigest()[:32]}"


def brought(
    session_id: str, lies_minor: int, fees: Iterable[Fee], waiting: Iterable[Recall]
) -> int:
    """What all places brought for a session before any of it went back: what lies on it now, and
    what earlier recalls, and those that wait to be taken up, have lost of it."""
    lost = {one.cause_id: one.lost_minor for fee in fees for one in fee.clawbacks}
    lost |= {one.cause_id: one.lost.get(session_id, 0) for one in waiting if one.what == "take"}
    return lies_minor + sum(lost.values())


def clawed(
    recall: Recall, session_id: str, fees: Sequence[Fee], of_minor: int, now: datetime
) -> Change:
    """What a session that lost money makes its leaders owe back: a row and an entry
    `clawback#ID` for each. Conditional on each fee as read; nothing for one that was counted."""
    writes: list[Write] = []
    for fee in fees:
        row = fee.accrual
        name = clawback_id(recall.recall_id, session_id, row.leader_id)
        part = matching(row.amount_minor, recall.lost[session_id], of_minor)
        amount = min(part, fee.left_minor)
        if amount and all(one.clawback_id != name for one in fee.clawbacks):
            as_read = ("amount_minor", "revision", "clawed_minor")
            writes += [
                Update(
                    row,
                    {"clawed_minor": row.clawed_minor + amount},
                    when=tuple(Is(each, getattr(row, each)) for each in as_read),
                ),
                Create(made := _made(recall, row, name, amount, of_minor, now)),
                _entry(made, f"clawback#{name}", "leader_fees", amount, now),
            ]
    return Change.of(*writes)


def _made(
    recall: Recall, row: Accrual, name: str, amount_minor: int, of_minor: int, now: datetime
) -> Clawback:
    return Clawback(
        leader_id=row.leader_id,
        clawback_id=name,
        group_id=row.group_id,
        term_id=row.term_id,
        session_id=row.session_id,
        number=row.number,
        session_at=row.session_at,
        cause=recall.cause,
        cause_id=recall.cause_id,
        obligation_id=recall.obligation_id,
        lost_minor=recall.lost[row.session_id],
        of_minor=of_minor,
        amount_minor=amount_minor,
        currency=row.currency,
        made_at=now,
    )


def _entry(row: Clawback, name: str, against: str, amount_minor: int, now: datetime) -> Create:
    """An amount more that the leader owes the group's book, against an account."""
    return ledger.entry(
        group_book(row.group_id),
        name,
        now,
        row.currency,
        {clawback_account(row.leader_id): amount_minor, against: -amount_minor},
        leader_id=row.leader_id,
        clawback_id=row.clawback_id,
        term_id=row.term_id,
    )


def _ended(row: Clawback, values: Mapping[str, Any]) -> Update:
    """Conditional on everything that has ended a part of it as read."""
    unchanged = tuple(Is(name, getattr(row, name)) for name in ENDINGS)
    return Update(row, values, when=(*unchanged, Is("take_back_at", row.take_back_at)))


# Not owed after all


def lifted(row: Clawback, now: datetime) -> Change:
    """The money came back: nothing is owed for it any more. What was paid back already is owed
    to the leader again; what the treasurer had written off stays with the leader."""
    if row.came_back:
        return Change()
    whole = row.amount_minor - row.written_off_minor
    return _lifted_to(row, whole, "came_back", now, {"came_back": True})


def corrected(
    change: Change, kept: Mapping[str, Sequence[Clawback]], revision: int, now: datetime
) -> Change:
    """A register was corrected by `change`: of each leader no more is owed back than the session
    still earns her, so that nothing is taken twice; the oldest first. Corrected once more, what
    it had lifted is owed again. `kept` are the clawbacks of the session, by leader."""
    parts: list[Change] = []
    for write in change.writes:
        if isinstance(write, Update) and isinstance(write.row, Accrual):
            left = int(write.values["amount_minor"])
            for row in sorted(kept.get(write.row.leader_id, ()), key=_age):
                if not row.came_back:
                    owed = row.amount_minor - row.written_off_minor
                    stays = min(owed, left)
                    left -= stays
                    parts.append(_lifted_to(row, owed - stays, str(revision), now))
    return Change.of(*parts)


def _age(row: Clawback) -> tuple[datetime, str]:
    return row.made_at, row.clawback_id


def _lifted_to(
    row: Clawback,
    lifted_minor: int,
    why: str,
    now: datetime,
    also: Mapping[str, Any] | None = None,
) -> Change:
    """So much of it is lifted now: entry `clawback_lifted#ID#WHY` of what that changes."""
    more, values = lifted_minor - row.lifted_minor, {"lifted_minor": lifted_minor, **(also or {})}
    name = f"clawback_lifted#{row.clawback_id}#{why}"
    return Change.of(
        _ended(row, values) if more or also else None,
        _entry(row, name, "leader_fees", -more, now) if more else None,
    )


# Ended by the treasurer


def written_off(row: Clawback, reason: str, now: datetime) -> Change:
    """The treasurer lets go what is open of it; the group bears it. Conflict when nothing is,
    or while Stripe is asked for it."""
    if row.open_minor <= 0:
        raise Conflict
    again = f"#{row.written_off_minor}" if row.written_off_minor else ""
    written = row.written_off_minor + row.open_minor
    return Change.of(
        _ended(row, {"written_off_minor": written, "reason": reason}),
        _entry(row, f"written_off#{row.clawback_id}{again}", "write_off", -row.open_minor, now),
    )


def may_take_back(row: Clawback, payouts: Iterable[Payout]) -> bool:
    """Whether it can be asked back from the leader's account at Stripe: something was transferred
    to it that has not come back yet."""
    left = any(one.state == "sent" and one.amount_minor > one.reversed_minor for one in payouts)
    return left and row.open_minor > 0


def asked_back(row: Clawback, payouts: Iterable[Payout], now: datetime) -> Change:
    """The treasurer wants it back from the leader's account: the job that may reverse transfers
    takes it up. Conflict when there is nothing to take it from."""
    if not may_take_back(row, payouts):
        raise Conflict
    return Change.of(_ended(row, {"take_back_at": now, "take_back_refused": ""}))


def reversed_by(row: Clawback, reversal: ReversalObject, now: datetime) -> Change:
    """Money of a transfer came back for it: entry `reversal#ID`. What is still open is set off
    against the next fee; what is more than was open by then is owed to the leader again."""
    values = {"reversed_minor": row.reversed_minor + reversal.amount_minor, "take_back_at": None}
    name = f"reversal#{reversal.id}"
    return Change.of(_ended(row, values), _entry(row, name, "stripe", -reversal.amount_minor, now))


def reversal_refused(row: Clawback, code: str) -> Change:
    """Stripe would not bring it back, such as from an empty account: it is set off against the
    next fee instead."""
    return Change.of(_ended(row, {"take_back_at": None, "take_back_refused": code}))

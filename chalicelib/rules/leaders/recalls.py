"""Money that goes back out of fees of sessions that were held, and asks for a part of its leaders'
pay (L6): the intent, written with the act.

What it comes to is worked out later, by the tick. What does not live here: what a leader owes
back for it (clawing.py), how an amount leaves a debt (returning/releases.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.rules.books.shares import Shares, Taken, take
from chalicelib.rules.changes import Create, Is, Update
from chalicelib.rules.money.payments import Obligation


@dataclass(frozen=True, kw_only=True)
class Recall:
    """What sessions that were held lost when money went back, in minor units by session; or,
    as `lift`, that money which was lost came back."""

    recall_id: str
    what: str = "take"  # take | lift
    cause: str  # refund | dispute
    cause_id: str  # the release or dispute
    group_id: str
    term_id: str
    obligation_id: str
    lost: Mapping[str, int] = field(default_factory=dict)
    currency: str
    asked_at: datetime
    next_at: datetime | None = None  # when the tick takes it up; None once it is done


def lost_by(shares: Shares, taken: Taken, held: Collection[str], back_minor: int) -> dict[str, int]:
    """What each session that was held has lost of the money that goes back. What was only let
    go, because it had not been paid, is not among it: it counts for the last sessions."""
    lost = {one: part for one in shares if one in held and (part := shares[one] - taken.left[one])}
    beyond = max(0, sum(lost.values()) - back_minor)
    return {one: part for one, part in take(lost, beyond, ()).left.items() if part}


def recalled(
    obligation: Obligation,
    lost: Mapping[str, int],
    cause: str,
    cause_id: str,
    now: datetime,
) -> Create | None:
    """The intent of a release or of a dispute that was lost; None where nothing earned is lost."""
    if not lost:
        return None
    row = Recall(
        recall_id=cause_id,
        cause=cause,
        cause_id=cause_id,
        group_id=obligation.group_id,
        term_id=obligation.term_id,
        obligation_id=obligation.obligation_id,
        lost=lost,
        currency=obligation.currency,
        asked_at=now,
        next_at=now,
    )
    return Create(row)


def came_back(obligation: Obligation, cause_id: str, name: str, now: datetime) -> Create:
    """Money that a dispute had lost is with us again: what leaders owed for it, they do not owe.
    `name` tells this time from another."""
    row = Recall(
        recall_id=f"{cause_id}-{name}",
        what="lift",
        cause="dispute",
        cause_id=cause_id,
        group_id=obligation.group_id,
        term_id=obligation.term_id,
        obligation_id=obligation.obligation_id,
        currency=obligation.currency,
        asked_at=now,
        next_at=now,
    )
    return Create(row)


def done(recall: Recall) -> Update:
    """It was taken up: once."""
    return Update(recall, {"next_at": None}, when=(Is("next_at", recall.next_at),))

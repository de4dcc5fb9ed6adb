"""Money of a transfer that came back: asked for because of a clawback, or by itself (L6).

Each return is counted once, under its own id at Stripe. What a clawback asked for ends that much of
it; anything else is owed to the leader again, one row for each group. Minor units. What does not
live here: transfers themselves (sending.py), what a leader owes back (clawing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.leaders import clawing
from chalicelib.rules.leaders.account_news import page_of
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.payouts import Payout, moves_by_group, returned_entries
from chalicelib.rules.leaders.sending import TransferLookup, lookup_of
from chalicelib.rules.leaders.stripe_accounts import ReversalObject
from chalicelib.rules.money.amounts import Money, share
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.people.circle import Task
from chalicelib.rules.states import move

CAME_BACK = "transfer_came_back"
DUE_WITHIN = timedelta(days=3)


def came_back(
    payout: Payout, reversal: ReversalObject, clawback: Clawback | None, now: datetime
) -> Change:
    """A part of a payout's transfer, or all of it, is with us again. AlreadyCounted when that was
    booked; StateChanged when another part came back meanwhile."""
    back = payout.reversed_minor + reversal.amount_minor
    values: dict[str, Any] = {"reversed_minor": back}
    if back >= payout.amount_minor:
        values["state"] = move("payout", payout.state, "reversed")
    as_read = (Is("state", "sent"), Is("reversed_minor", payout.reversed_minor))
    if clawback is not None:
        groups, what = [clawback.group_id], clawing.reversed_by(clawback, reversal, now)
    else:
        parts = owed_again(payout, reversal, now)
        groups, what = [one.group_id for one in parts], _owed(payout, reversal, parts, now)
    lookup = lookup_of(payout, reversal.id, groups)
    return Change.of(
        Create(lookup, refusal=AlreadyCounted), Update(payout, values, when=as_read), what
    )


def owed_again(payout: Payout, reversal: ReversalObject, now: datetime) -> list[Returned]:
    """What came back, shared by what each group had paid; remainders on the last."""
    paid = {group_id: max(0, -moves["paid"]) for group_id, moves in moves_by_group(payout).items()}
    weights = {group_id: amount for group_id, amount in paid.items() if amount}
    parts = share(reversal.amount_minor, list(weights.values()))
    return [
        Returned(
            leader_id=payout.leader_id,
            returned_id=f"{reversal.id}-{group_id}",
            payout_id=payout.payout_id,
            group_id=group_id,
            amount_minor=part,
            currency=payout.currency,
            returned_at=now,
        )
        for group_id, part in zip(weights, parts, strict=True)
        if part
    ]


def _owed(
    payout: Payout, reversal: ReversalObject, parts: Sequence[Returned], now: datetime
) -> Change:
    task = Task(
        task_id=f"{CAME_BACK}#{reversal.id}",
        code=CAME_BACK,
        facts={"name": payout.name, "amount": str(Money(reversal.amount_minor, payout.currency))},
        path=page_of(payout.leader_id),
        owner="treasurer",
        opened_at=now,
        due_at=now + DUE_WITHIN,
    )
    rows = (Create(one, refusal=AlreadyCounted) for one in parts)
    return Change.of(*rows, *returned_entries(parts, reversal.id, now), Create(task))


def not_ours(reversal_id: str) -> Change:
    """Looked at, and of no transfer of ours: it is not looked for again."""
    return Change.of(Create(TransferLookup(stripe_id=reversal_id), refusal=AlreadyCounted))


# Asking for it


def source_of(clawback: Clawback, payouts: Iterable[Payout]) -> Payout | None:
    """The transfer it is taken from: the newest of which all of it is left, else the one of which
    most is; None where nothing is left."""
    left = [one for one in payouts if one.state == "sent" and _left(one) > 0]
    newest = sorted(left, key=lambda one: (one.left_at or one.prepared_at, one.period))
    whole = [one for one in newest if _left(one) >= clawback.left_minor]
    return whole[-1] if whole else max(newest, key=_left, default=None)


def _left(payout: Payout) -> int:
    return payout.amount_minor - payout.reversed_minor


def reversal_params(clawback: Clawback, payout: Payout, deployment: str) -> dict[str, Any]:
    """What Stripe is asked."""
    return {
        "amount": min(clawback.left_minor, _left(payout)),
        "metadata": {
            "app": TAG,
            "deployment": deployment,
            "leader_id": clawback.leader_id,
            "clawback_id": clawback.clawback_id,
            "asked": asked_under(clawback),
        },
    }


def asked_under(clawback: Clawback) -> str:
    """The key of this asking; the treasurer's next one has another."""
    at = clawback.take_back_at
    return f"{clawback.clawback_id}-{int(at.timestamp()) if at else 0}"


def answers_to(clawback: Clawback, reversal: ReversalObject, deployment: str) -> bool:
    """Whether a return is what this asking has made."""
    told = reversal.metadata
    ours = told.get("app") == TAG and told.get("deployment") == deployment
    return ours and told.get("asked") == asked_under(clawback)

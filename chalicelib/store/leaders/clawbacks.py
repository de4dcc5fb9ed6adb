"""Reading what leaders owe back, and the money going back that asks for it (L6).

What does not live here: what they earned and were paid (pay.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.recalls import Recall
from chalicelib.store import reads, tables


def of_leader(leader_id: str) -> list[Clawback]:
    """Everything a leader owed back, the oldest first."""
    found: list[Clawback] = reads.under(tables.Payouts, leader_id, "clawback#")
    return sorted(found, key=lambda one: (one.made_at, one.clawback_id))


def one(leader_id: str, clawback_id: str) -> Clawback | None:
    """One of them."""
    return reads.get(Clawback, leader_id, f"clawback#{clawback_id}")


def of_session(fees: Iterable[Accrual]) -> dict[str, list[Clawback]]:
    """What is, or was, owed back of the fees of one session, by leader; of most there is none,
    and then nothing is read."""
    return {
        fee.leader_id: [
            each for each in of_leader(fee.leader_id) if each.session_id == fee.session_id
        ]
        for fee in fees
        if fee.clawed_minor
    }


def recall(recall_id: str) -> Recall | None:
    """One recall, done or not."""
    return reads.get(Recall, "recall", f"recall#{recall_id}")


def open_recalls(now: datetime) -> list[Recall]:
    """Recalls that wait to be taken up, the oldest first, each as it is now."""
    found = [reads.reread(each) for each in reads.due(tables.Payouts, "recall", now)]
    return [each for each in found if each is not None and each.next_at is not None]

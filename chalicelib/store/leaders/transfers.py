"""Reading what is sent to leaders through Stripe, and what may still leave our balance there.

What does not live here: runs and what they pay (gathering.py).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.rules.disputes.disputes import OPEN, Dispute
from chalicelib.rules.leaders.accounts import AccountOwner, PayoutAccount
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.leaders.sending import TransferLookup
from chalicelib.rules.money.payments import Refund
from chalicelib.store import reads, tables
from chalicelib.store.leaders import gathering, pay

MANY = 5000


def due_payouts(now: datetime, limit: int) -> list[Payout]:
    """Payouts of the route Stripe that wait for the job, the one that waits longest first."""
    found: list[Payout] = reads.due(tables.Payouts, "payout_stripe", now, limit)
    return found


def due_clawbacks(now: datetime, limit: int) -> list[Clawback]:
    """Clawbacks that are asked back from accounts at Stripe."""
    found: list[Clawback] = reads.due(tables.Payouts, "take_back", now, limit)
    return found


def due_accounts(now: datetime) -> list[PayoutAccount]:
    """Accounts that the night looks at again."""
    found: list[PayoutAccount] = reads.due(tables.Payouts, "payout_account", now)
    return found


def owner_of(account_id: str) -> str | None:
    """Whose account it is; None for one that is not ours."""
    found = reads.get(AccountOwner, f"stripe#{account_id}", "owner")
    return found.owner_id if found else None


def lookup(stripe_id: str) -> TransferLookup | None:
    """What we know of a transfer or of the return of one."""
    return reads.get(TransferLookup, f"stripe#{stripe_id}", "transfer")


def payout_of(found: TransferLookup) -> Payout | None:
    """The payout that a lookup leads to."""
    return gathering.payout(found.owner_id, found.period) if found.owner_id else None


def named(leader_id: str, payout_id: str) -> Payout | None:
    """A payout by its id."""
    every = pay.payouts(leader_id) if leader_id else []
    return next((one for one in every if one.payout_id == payout_id), None)


def sent() -> list[Payout]:
    """Every payout of whose transfer something is still with its leader, the newest first."""
    every = [one for run in reversed(pay.runs()) for one in gathering.of_run(run)]
    return [one for one in every if one.state == "sent"]


def reserve(currency: str, now: datetime) -> int:
    """What may still leave our balance at Stripe, in minor units: refunds that are asked for and
    have not left, and what open disputes have not taken yet."""
    far = now + pay.EVER
    refunds = [
        row.amount_minor
        for row in reads.due(tables.Payments, "refund", far, MANY)
        if isinstance(row, Refund) and row.state == "requested" and row.currency == currency
    ]
    disputes = [
        max(0, row.amount_minor - row.withdrawn_minor)
        for row in reads.due(tables.Payments, "dispute", far, MANY)
        if isinstance(row, Dispute) and row.state in OPEN and row.currency == currency
    ]
    return sum(refunds) + sum(disputes)

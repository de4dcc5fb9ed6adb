"""Reading what leaders earned, owe back, and were paid."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.rules.leaders.accounts import PayoutAccount, PayProfile
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.payouts import Item, Payout, PayRun
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.store import reads, tables

EVER = timedelta(days=3650)  # also what is not payable yet is open
OPEN_MAX = 5000


def accruals_of(whole: WholeTerm, session: Session) -> dict[str, Accrual]:
    """What a session has earned its leaders so far, by leader: of everybody who leads its term,
    led it, or was to lead it in place of somebody."""
    names = {one.leader_id for one in whole.leaders} | set(session.led_by)
    names |= {one.leader_id for one in whole.substitutes if one.session_id == session.session_id}
    item = f"accrual#{session.session_id}"
    keys: list[tuple[str, ...]] = [(name, item) for name in sorted(names)]
    return {row.leader_id: row for row in reads.many(Accrual, keys)}


def with_open(now: datetime) -> list[str]:
    """Leaders of whom anything is open, by id; an index, so each is read again by `items`."""
    found = reads.due(tables.Payouts, "leader_open", now + EVER, OPEN_MAX)
    return sorted({row.leader_id for row in found})


def items(leader_id: str) -> list[Item]:
    """Everything one leader earned, owes back, and is owed again."""
    every = reads.under(tables.Payouts, leader_id)
    return [row for row in every if isinstance(row, Accrual | Clawback | Returned)]


def payouts(leader_id: str) -> list[Payout]:
    """Every payout of one leader, by period."""
    return reads.under(tables.Payouts, leader_id, "payout#")


def runs() -> list[PayRun]:
    """Every run, the oldest first."""
    found: list[PayRun] = reads.under(tables.Payouts, "run", "run#")
    return sorted(found, key=lambda one: one.prepared_at)


def profile(leader_id: str) -> PayProfile:
    """How a leader wants to be paid; the default where nothing was said."""
    return reads.get(PayProfile, leader_id, "profile") or PayProfile(leader_id=leader_id)


def account(leader_id: str) -> PayoutAccount | None:
    """A leader's account at Stripe; None where there is none."""
    return reads.get(PayoutAccount, leader_id, "account")

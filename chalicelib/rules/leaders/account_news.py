"""What news of a leader's account at Stripe means: whether it may be paid, who is told what.

Decided from the account as it is now, never from the event that told of it, so that order and
number of events do not matter. What does not live here: opening it (opening.py), sending money to
it (sending.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update
from chalicelib.rules.leaders.accounts import PayoutAccount
from chalicelib.rules.leaders.opening import PAGE, seen_values
from chalicelib.rules.leaders.stripe_accounts import AccountObject
from chalicelib.rules.mail import mail
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person

LOST = "payout_account"  # it cannot be paid any more
FAILED = "account_payout_failed"  # the leader's bank sent money back to it
DUE_WITHIN = timedelta(days=3)


def page_of(leader_id: str) -> str:
    """The treasurer's page of a leader's account."""
    return f"/admin/payouts/leaders/{leader_id}/account"


def task_id(code: str, leader_id: str) -> str:
    """The one task of a kind about a leader's account."""
    return f"{code}#{leader_id}"


def seen(
    before: PayoutAccount,
    told: AccountObject | None,
    leader: Person | None,
    is_open: bool,
    now: datetime,
) -> Change:
    """An account as it is now; None for one that is not connected to us any more. When it cannot
    be paid any more, treasurer and leader are told; when it can again, nothing is left to do.
    `is_open`: the treasurer has been told already. Conditional on what was known."""
    values = seen_values(told, now)
    after = replace(before, **values)
    as_read = (Is("account_id", before.account_id), Is("seen_at", before.seen_at))
    change = Change.of(Update(before, values, when=as_read))
    if after.ready:
        return change + _cured(before)
    what = _what_happened(before, after)
    if not what:
        return change
    told_once = f"{before.account_id}-{what}-{now.isoformat()}"
    return Change.of(
        change,
        None if is_open else Create(_task(LOST, before.leader_id, leader, now)),
        _letter(leader, what, told_once, now),
    )


def _what_happened(before: PayoutAccount, after: PayoutAccount) -> str:
    """Why it cannot be paid any more; empty where nothing was lost."""
    if after.closed:
        return "closed"
    if after.rejected:
        return "" if before.rejected else "rejected"
    if before.ready:
        return "documents" if after.currently_due else "paused"
    return ""


def _cured(before: PayoutAccount) -> Change:
    codes = (LOST,) if before.ready else (LOST, FAILED)
    return Change.of(*(Remove(_named(code, before.leader_id)) for code in codes))


def bank_refused(
    account: PayoutAccount,
    payout: Mapping[str, Any],
    leader: Person | None,
    is_open: bool,
    now: datetime,
) -> Change:
    """The leader's own bank sent back what Stripe paid to it. Told once for each payout."""
    amount = str(Money(payout["amount"], payout["currency"].upper()))
    return Change.of(
        None if is_open else Create(_task(FAILED, account.leader_id, leader, now)),
        _letter(leader, "bank", payout["id"], now, amount),
    )


def bank_took(account: PayoutAccount) -> Change:
    """The leader's bank takes money again."""
    return Change.of(Remove(_named(FAILED, account.leader_id)))


def _letter(
    leader: Person | None, what: str, told_once: str, now: datetime, amount: str = ""
) -> Create | None:
    if leader is None or not leader.email:
        return None
    facts = {"full_name": leader.full_name, "what": what, "amount": amount, "path": PAGE}
    return mail(
        "payout_account_trouble", told_once, leader.email, now, facts, person_id=leader.person_id
    )


def _task(code: str, leader_id: str, leader: Person | None, now: datetime) -> Task:
    return Task(
        task_id=task_id(code, leader_id),
        code=code,
        facts={"name": leader.full_name if leader else leader_id},
        path=page_of(leader_id),
        owner="treasurer",
        opened_at=now,
        due_at=now + DUE_WITHIN,
    )


def _named(code: str, leader_id: str) -> Ref:
    return Ref(Task, {"task_id": task_id(code, leader_id)})

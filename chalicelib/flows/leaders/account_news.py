"""Looking at leaders' accounts at Stripe: because an event came, because money is about to be sent,
or because it is night.

What counts is the account as it is now; an event only makes us look. What does not live here:
opening accounts (connecting.py).
"""

from __future__ import annotations

import logging

from chalicelib.errors import AlreadyCounted, StateChanged, StripeRefused, Trouble
from chalicelib.gateways.outside import Outside
from chalicelib.rules.leaders import account_news as rules
from chalicelib.rules.leaders import opening
from chalicelib.rules.leaders.accounts import PayoutAccount
from chalicelib.rules.leaders.stripe_accounts import AccountObject
from chalicelib.rules.money.stripe_objects import Event
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import pay, transfers

log = logging.getLogger("balint.connect")
TRIES_MAX = 6
GONE = ("account_invalid", "resource_missing")  # never was, or let us go
HEARD = (
    "account.application.deauthorized",
    "account.updated",
    "capability.updated",
    "payout.failed",
    "payout.paid",
)


def hear(outside: Outside, event: Event) -> str:
    """One signed event about a connected account: what became of it, in a word, for the log."""
    if event.livemode != outside.places.livemode or not event.account:
        return "not_ours"
    if event.type not in HEARD:
        return "unknown_type"
    leader_id = transfers.owner_of(event.account) or _adopted(outside, event.account)
    account = pay.account(leader_id) if leader_id else None
    if account is None or account.account_id != event.account:
        return "not_ours"  # one that gave way to another included
    if event.type == "payout.failed":
        _bank_refused(outside, account, event)
    if event.type == "payout.paid":
        commit(rules.bank_took(account))
    return look(outside, account.leader_id)


def _adopted(outside: Outside, account_id: str) -> str | None:
    """The leader for whom an account was made whose answer we have not seen."""
    told = _told(outside, account_id)
    row = pay.account(told.metadata.get("leader_id", "")) if told and told.metadata else None
    if told is None or row is None or row.account_id:
        return None
    if not opening.is_ours(told, row, outside.places.deployment):
        return None
    try:
        commit(opening.opened(row, told, outside.clock.now()))
    except (AlreadyCounted, StateChanged):
        log.info("account_known already leader=%s", row.leader_id)
    return row.leader_id


def _bank_refused(outside: Outside, account: PayoutAccount, event: Event) -> None:
    leader, is_open = _leader(account), _is_open(rules.FAILED, account)
    change = rules.bank_refused(account, event.object, leader, is_open, outside.clock.now())
    try:
        commit(change)
    except StateChanged:
        log.info("told already payout=%s", event.object.get("id"))


def look(outside: Outside, leader_id: str) -> str:
    """Look at a leader's account: ready, not_ready, closed, or nothing where there is none to
    look at."""
    for _ in range(TRIES_MAX):
        before = pay.account(leader_id)
        if before is None or not before.account_id or before.closed:
            return "nothing"
        told = _told(outside, before.account_id)
        leader, is_open = _leader(before), _is_open(rules.LOST, before)
        change = rules.seen(before, told, leader, is_open, outside.clock.now())
        try:
            commit(change)
        except StateChanged:
            continue
        if told is None:
            return "closed"
        after = pay.account(leader_id)
        return "ready" if after and after.ready else "not_ready"
    raise Trouble("looking at an account did not come to rest")


def due(outside: Outside) -> list[PayoutAccount]:
    """Accounts that are not ready, or were not seen for a week."""
    return transfers.due_accounts(outside.clock.now())


def look_again(outside: Outside, account: PayoutAccount) -> str:
    """The night's look at one of them."""
    return f"account_{look(outside, account.leader_id)}"


def _told(outside: Outside, account_id: str) -> AccountObject | None:
    """The account as Stripe shows it; None for one that is not connected to us."""
    try:
        return outside.connect.account(account_id)
    except StripeRefused as error:
        if error.args[0] in GONE:
            return None
        raise


def _leader(account: PayoutAccount) -> Person | None:
    return reads.get(Person, account.leader_id)


def _is_open(code: str, account: PayoutAccount) -> bool:
    return reads.get(Task, "task#open", rules.task_id(code, account.leader_id)) is not None

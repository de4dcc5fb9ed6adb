"""Transfers to leaders: sent by the job that holds the key, and taken in however they are heard of.

The job, events and the nightly listing share `_book`, so that each transfer is counted once. What
does not live here: looking at accounts (account_news.py), money that comes back (reversals.py).
"""

from __future__ import annotations

import logging

from chalicelib.errors import (
    AlreadyCounted,
    NotFound,
    StateChanged,
    StripeRefused,
    StripeUnknown,
    Trouble,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Create, Update
from chalicelib.rules.leaders import sending as rules
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.leaders.sending import TransferLookup
from chalicelib.rules.leaders.stripe_accounts import TransferObject
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.store import reads
from chalicelib.store.commit import as_written, commit
from chalicelib.store.leaders import gathering, pay, transfers
from chalicelib.store.people import circle as circle_store
from chalicelib.store.running import groups

log = logging.getLogger("balint.transfers")
IN_ONE_GO = 50
TRIES_MAX = 6
# Ours to mend, or another request under the same key: no word about the transfer itself.
NO_ANSWER = ("authentication_error", "permission_error", "idempotency_error")


# The job


def due(outside: Outside) -> list[Payout]:
    """Payouts that wait to be sent, or to be looked after; none while payouts are switched off."""
    if not _switched_on():
        return []
    return transfers.due_payouts(outside.clock.now(), IN_ONE_GO)


def send(outside: Outside, due_payout: Payout) -> str:
    """One payout, one step further: sent, waits, or left for later. The leader's account has to
    have been looked at just now. Raises StateChanged when another run was quicker."""
    payout, now = reads.reread(due_payout), outside.clock.now()
    if payout is None or payout.route != "stripe" or not payout.check_at or payout.check_at > now:
        return "nothing"
    if not _switched_on():
        return "switched_off"
    if payout.state == "approved":
        return _begin(outside, payout)
    if payout.state == "sending":
        return _go_on(outside, payout)
    return "nothing"


def _begin(outside: Outside, payout: Payout) -> str:
    now, account = outside.clock.now(), pay.account(payout.leader_id)
    if not rules.was_seen(account, now):
        raise StripeUnknown("account_not_seen")
    available = outside.connect.available_minor(payout.currency)
    reserve = transfers.reserve(payout.currency, now)
    why = rules.hindrance(payout, account, available, reserve)
    if why or account is None:
        commit(rules.waits(payout, why, _is_told(payout), now))
        return f"waits_{why}"
    begun = rules.begun(payout, account, now)
    commit(Change.of(begun))
    payout = as_written(begun)
    if payout.tries > 1:
        made = _made(outside, payout)
        if made is not None:
            return _book(outside, payout, made)
    return _ask(outside, payout)


def _go_on(outside: Outside, payout: Payout) -> str:
    """A try that had no answer, or that nobody lived to write down: it is looked for first."""
    leased = rules.leased(payout, outside.clock.now())
    commit(Change.of(leased))
    payout = as_written(leased)
    made = _made(outside, payout)
    if made is not None:
        return _book(outside, payout, made)
    if rules.is_stale(payout, outside.clock.now()):
        anew = rules.begun_anew(payout, outside.clock.now())
        commit(Change.of(anew))
        payout = as_written(anew)
    return _ask(outside, payout)


def _made(outside: Outside, payout: Payout) -> TransferObject | None:
    """What an earlier try has made. A refusal to tell is trouble, never a no."""
    found = outside.connect.transfers_of(payout.payout_id)
    return rules.made_by(payout, found, outside.places.deployment)


def _ask(outside: Outside, payout: Payout) -> str:
    params = rules.transfer_params(payout, outside.places.deployment)
    try:
        made = outside.connect.transfer(params, rules.transfer_key(payout))
    except StripeUnknown:
        return _later(outside, payout)
    except StripeRefused as error:
        code = str(error.args[0])
        if code in NO_ANSWER:
            log.error("transfer_not_asked payout=%s code=%s", payout.payout_id, code)
            return _later(outside, payout)
        log.warning("transfer_refused payout=%s code=%s", payout.payout_id, code)
        commit(rules.refused(payout, code, _is_told(payout), outside.clock.now()))
        return "refused"
    return _book(outside, payout, made)


def _later(outside: Outside, payout: Payout) -> str:
    commit(rules.unanswered(payout, outside.clock.now()))
    return "unanswered"


def _book(outside: Outside, payout: Payout, made: TransferObject) -> str:
    """Everything that a transfer means, in one commit."""
    leader = reads.get(Person, payout.leader_id)
    items = gathering.payee(payout.leader_id).items
    ids = sorted({line.group_id for line in payout.lines})
    titles = {one.group_id: one.title for one in groups.groups(ids)}
    now = outside.clock.now()
    try:
        commit(rules.sent(payout, made, leader, items, titles, now))
    except AlreadyCounted:
        return "nothing"
    return "sent"


def _is_told(payout: Payout) -> bool:
    return reads.get(Task, "task#open", rules.task_id(payout)) is not None


def _switched_on() -> bool:
    circle = circle_store.settings()
    return circle is not None and circle.payouts


# However they are heard of


def take_in(outside: Outside, told: TransferObject) -> str:
    """A transfer at Stripe, from an event or a listing: sent, nothing (known), not_ours, or
    unexpected: one that bears our tag and pays what nobody waits for, which reconciliation tells
    by name."""
    for _ in range(TRIES_MAX):
        payout = _payout_of(outside, told)
        if payout is None:
            tagged = rules.is_ours(told.metadata, outside.places.deployment)
            return "unexpected" if tagged else "not_ours"
        if payout.transfer_id == told.id:
            return "nothing"
        if payout.transfer_id or payout.state not in ("approved", "sending"):
            log.error("transfer_unexpected transfer=%s payout=%s", told.id, payout.payout_id)
            return "unexpected"
        try:
            return _book(outside, _as_sending(outside, payout), told)
        except StateChanged:
            continue
    raise Trouble("taking in a transfer did not come to rest")


def set_apart(outside: Outside, told: TransferObject) -> None:  # noqa: ARG001 - as every flow
    """Somebody made it in the Dashboard, or another use of the account did."""
    if transfers.lookup(told.id) is None:
        try:
            commit(Change.of(Create(TransferLookup(stripe_id=told.id), refusal=AlreadyCounted)))
        except AlreadyCounted:
            log.info("looked at already transfer=%s", told.id)


def _payout_of(outside: Outside, told: TransferObject) -> Payout | None:
    known = transfers.lookup(told.id)
    if known is not None:
        return transfers.payout_of(known)
    if not rules.is_ours(told.metadata, outside.places.deployment):
        return None
    ids = told.metadata
    return transfers.named(ids.get("leader_id", ""), ids.get("payout_id", ""))


def _as_sending(outside: Outside, payout: Payout) -> Payout:
    """A payout that we took for refused, while Stripe has made its transfer."""
    if payout.state == "sending":
        return payout
    account = pay.account(payout.leader_id)
    if account is None:
        raise Trouble("a transfer to somebody without an account")
    begun: Update = rules.begun(payout, account, outside.clock.now())
    commit(Change.of(begun))
    return as_written(begun)  # type: ignore[no-any-return]


# Otherwise


def may_by_bank(leader_id: str, period: str) -> Payout:
    """A payout that can be paid from the bank instead. NotFound for any other."""
    payout = gathering.payout(leader_id, period)
    if payout is None or payout.state != "approved" or payout.route != "stripe":
        raise NotFound
    return payout


def show_by_bank(outside: Outside, leader_id: str, period: str) -> tuple[Payout, bool]:  # noqa: ARG001
    """The payout, and whether the leader has bank details."""
    return may_by_bank(leader_id, period), pay.profile(leader_id).has_details


def by_bank(outside: Outside, caller: Caller, leader_id: str, period: str) -> None:
    """The treasurer pays it from the bank instead of waiting for Stripe. Raises NotFound,
    StateChanged when there are no bank details, a transfer exists after all or a try has begun."""
    payout, now = may_by_bank(leader_id, period), outside.clock.now()
    if not pay.profile(leader_id).has_details:
        raise StateChanged
    if _made(outside, payout) is not None:
        raise StateChanged
    note = audit(
        leader_id,
        "payout.by_bank",
        caller.actor,
        now,
        outside.ids.new("act"),
        person_id=leader_id,
        period=period,
        amount_minor=payout.amount_minor,
    )
    commit(rules.by_bank(payout, now) + note, caller, now)

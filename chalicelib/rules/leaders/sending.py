"""Sending a payout through Stripe: exactly one transfer, whatever dies, is lost, or runs twice.

`approved -> sending` is written before Stripe is asked, and names the try, whose number is a part
of the key. Whoever works on a payout leases it by `check_at`; whoever comes after looks up what an
earlier try has made before asking under a new key. Minor units. What does not live here: who is
paid what (preparing.py), money that comes back (reversing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update
from chalicelib.rules.leaders.accounts import PayoutAccount
from chalicelib.rules.leaders.pay_mails import paid_mail
from chalicelib.rules.leaders.payouts import Item, Payout, transfer_entries
from chalicelib.rules.leaders.stripe_accounts import TransferObject
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.rules.states import move

LEASE = timedelta(minutes=10)  # longer than the job that holds it can live
ASK_ANEW = timedelta(hours=1)  # then nothing of the old key is under way any more
FIRST_GAP = timedelta(minutes=15)
GAP_MAX = timedelta(hours=12)
ARRIVES_WITHIN = timedelta(days=4)  # from the transfer to the leader's bank
SEEN_LATELY = timedelta(minutes=10)
MONEY_IS_COMING = timedelta(days=4)  # a card's money is available after three
TASK_WITHIN = timedelta(days=3)
# Stripe's codes for an account that cannot be paid.
NO_ACCOUNT = ("account_invalid", "resource_missing", "insufficient_capabilities_for_transfer")
NOT_READY, SHORT, REFUSED = "account_not_ready", "balance_insufficient", "refused"


@dataclass(frozen=True, kw_only=True)
class TransferLookup:
    """Whose a transfer (`tr_..`) or the return of one (`trr_..`) is, and the groups in whose
    books it stands. Written with its entries, so that it is counted once; without an owner it
    was looked at and is not ours."""

    stripe_id: str
    owner_id: str = ""  # the leader
    period: str = ""  # of the payout
    groups: tuple[str, ...] = ()


# Asking


def transfer_params(payout: Payout, deployment: str) -> dict[str, Any]:
    """What Stripe is asked; the same for every try of a payout."""
    return {
        "amount": payout.amount_minor,
        "currency": payout.currency.lower(),
        "destination": payout.account_id,
        "transfer_group": payout.payout_id,
        "metadata": tags(payout, deployment),
    }


def tags(payout: Payout, deployment: str) -> dict[str, str]:
    """What names a transfer as ours."""
    return {
        "app": TAG,
        "deployment": deployment,
        "payout_id": payout.payout_id,
        "leader_id": payout.leader_id,
    }


def is_ours(metadata: Mapping[str, str], deployment: str) -> bool:
    """Whether something at Stripe bears the tag of this deployment."""
    return metadata.get("app") == TAG and metadata.get("deployment") == deployment


def transfer_key(payout: Payout) -> str:
    """The idempotency key of this try: a refusal is kept under it, so the next has another."""
    return f"{payout.payout_id}-{payout.tries}"


def made_by(
    payout: Payout, found: Iterable[TransferObject], deployment: str
) -> TransferObject | None:
    """The transfer that an earlier try has made."""
    mine = tags(payout, deployment)
    return next((one for one in found if one.metadata == mine), None)


# Whether it may be asked for


def hindrance(
    payout: Payout, account: PayoutAccount | None, available_minor: int, reserve_minor: int
) -> str:
    """Why it cannot be sent just now; empty when it can. What refunds and disputes may still take
    from the balance is not spent on leaders."""
    if account is None or not account.ready:
        return NOT_READY
    return "" if payout.amount_minor <= available_minor - reserve_minor else SHORT


def was_seen(account: PayoutAccount | None, now: datetime) -> bool:
    """Whether what we know of an account was fetched just now, or there is none to be fetched."""
    if account is None or account.closed or account.seen_at is None:
        return True
    return now - account.seen_at <= SEEN_LATELY


def waits(payout: Payout, reason: str, told: bool, now: datetime) -> Change:
    """An approved payout that cannot be sent yet, after a longer gap each time. The treasurer is
    told, unless only money that is on its way to us is missing. `told`: that has been done."""
    values = _waiting(payout, reason, now)
    task = _task_about(payout, reason, told, now)
    return Change.of(Update(payout, values, when=_as_read(payout, "approved")), task)


def _waiting(payout: Payout, reason: str, now: datetime) -> dict[str, Any]:
    return {"refused": reason, "check_at": now + _gap(payout.approved_at, now)}


def _task_about(payout: Payout, reason: str, told: bool, now: datetime) -> Create | None:
    patient = reason == SHORT and now - (payout.approved_at or now) < MONEY_IS_COMING
    return None if told or patient else Create(_task(payout, reason, now))


def begun(payout: Payout, account: PayoutAccount, now: datetime) -> Update:
    """The try that comes now, written before Stripe is asked."""
    values = {
        "state": move("payout", payout.state, "sending"),
        "account_id": account.account_id,
        "refused": "",
        "first_asked_at": payout.first_asked_at or now,
        **_next_try(payout, now),
    }
    return Update(payout, values, when=_as_read(payout, "approved"))


def begun_anew(payout: Payout, now: datetime) -> Update:
    """Another try under another key, after nothing came of the last one."""
    return Update(payout, _next_try(payout, now), when=_as_read(payout, "sending"))


def _next_try(payout: Payout, now: datetime) -> dict[str, Any]:
    return {"tries": payout.tries + 1, "asked_at": now, "check_at": now + LEASE}


def leased(payout: Payout, now: datetime) -> Update:
    """Nobody else works on it for a while."""
    return Update(payout, {"check_at": now + LEASE}, when=_as_read(payout, "sending"))


def is_stale(payout: Payout, now: datetime) -> bool:
    """Whether a try is so old that its key answers for nothing that is still under way."""
    return payout.asked_at is None or now - payout.asked_at > ASK_ANEW


def _as_read(payout: Payout, state: str) -> tuple[Is, ...]:
    return (
        Is("state", state),
        Is("route", "stripe"),
        Is("tries", payout.tries),
        Is("check_at", payout.check_at),
    )


def _gap(since: datetime | None, now: datetime) -> timedelta:
    """Half of how long it has waited already, within bounds."""
    waited = now - since if since else timedelta()
    return min(max(FIRST_GAP, waited / 2), GAP_MAX)


# What came of it


def unanswered(payout: Payout, now: datetime) -> Change:
    """No answer: looked up later, and asked again under the same key."""
    values = {"check_at": now + _gap(payout.asked_at, now)}
    as_read = (Is("state", "sending"), Is("tries", payout.tries))
    return Change.of(Update(payout, values, when=as_read))


def refused(payout: Payout, code: str, told: bool, now: datetime) -> Change:
    """Stripe has said no to this try: it is approved again and waits; see `waits`."""
    reason = NOT_READY if code in NO_ACCOUNT else SHORT if code == SHORT else REFUSED
    values = {
        "state": move("payout", payout.state, "approved"),
        **_waiting(payout, reason, now),
    }
    as_read = (Is("state", "sending"), Is("tries", payout.tries))
    task = _task_about(payout, reason, told, now)
    return Change.of(Update(payout, values, when=as_read), task)


def sent(
    payout: Payout,
    transfer: TransferObject,
    leader: Person | None,
    items: Sequence[Item],
    titles: Mapping[str, str],
    now: datetime,
) -> Change:
    """The transfer is made: booked, findable by its id, told to the leader, nothing left to do."""
    values: dict[str, Any] = {
        "state": move("payout", payout.state, "sent"),
        "transfer_id": transfer.id,
        "left_at": now,
        "refused": "",
        "check_at": None,
    }
    lookup = lookup_of(payout, transfer.id, sorted({line.group_id for line in payout.lines}))
    arrives = (now + ARRIVES_WITHIN).date()
    letter = None
    if leader is not None and leader.email:
        letter = paid_mail(replace(payout, **values), leader, items, titles, arrives, now)
    return Change.of(
        Update(payout, values, when=(Is("state", "sending"),), refusal=AlreadyCounted),
        Create(lookup, refusal=AlreadyCounted),
        *transfer_entries(payout, transfer.id, now),
        letter,
        Remove(Ref(Task, {"task_id": task_id(payout)})),
    )


def lookup_of(payout: Payout, stripe_id: str, groups: Sequence[str]) -> TransferLookup:
    """What finds a payout by an id of Stripe's."""
    return TransferLookup(
        stripe_id=stripe_id,
        owner_id=payout.leader_id,
        period=payout.period,
        groups=tuple(groups),
    )


# Otherwise


def by_bank(payout: Payout, now: datetime) -> Change:
    """The treasurer pays it from the bank instead. Only while no try is under way."""
    values = {"route": "bank", "refused": "", "check_at": now}
    as_read = _as_read(payout, "approved")
    return Change.of(
        Update(payout, values, when=as_read), Remove(Ref(Task, {"task_id": task_id(payout)}))
    )


def task_id(payout: Payout) -> str:
    """The one task about a payout that cannot be sent."""
    return f"payout_waits#{payout.payout_id}"


def _task(payout: Payout, reason: str, now: datetime) -> Task:
    amount = str(Money(payout.amount_minor, payout.currency))
    return Task(
        task_id=task_id(payout),
        code=f"payout_waits_{reason}",
        facts={"name": payout.name, "amount": amount, "period": payout.period},
        path=f"/admin/payouts/{payout.period}",
        owner="treasurer",
        opened_at=now,
        due_at=now + TASK_WITHIN,
    )

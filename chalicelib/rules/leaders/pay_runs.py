"""A run of payouts: prepared, withdrawn, approved by a second person, taken up, done (D4).

Everything a run freezes is written in one transaction; approval takes up payout by payout, each on
condition that the rows of its lines are as they were. What does not live here: who is paid what
(preparing.py), when the clock prepares (pay_times.py), paying from the bank (bank_list.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from chalicelib.errors import NotFound, NothingToPay, RunOpen, SecondPersonNeeded, StateChanged
from chalicelib.rules.changes import Change, Create, Is, Remove, Require, Update, Write
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.payouts import Item, Payout, PayoutLine, PayRun, line_of, payout_id
from chalicelib.rules.leaders.preparing import Disputed, Payee, Preview, unpayable
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.states import move

PAYOUTS_MAX = 80  # a transaction takes a hundred writes
TASKS_MAX = 10  # that one run takes off the list beside its payouts
HELD_MAX = 2000  # rows of the held list
REMIND_AFTER = timedelta(days=3)
LOOK_AGAIN = timedelta(hours=1)
TO_APPROVE_WITHIN = timedelta(days=3)
UNDER_WAY = ("prepared", "approved", "sending")
ALONE = "solo"


def is_open(run: PayRun) -> bool:
    """Whether it has to come to an end before another run is prepared: it waits for its second
    person, or its payouts are not all taken up."""
    return run.state == "prepared" or (run.state == "approved" and not run.taken_up)


# Preparing


def prepared(
    previews: Sequence[Preview],
    period: str,
    circle: CircleSettings,
    by: str,
    now: datetime,
    runs: Sequence[PayRun],
) -> Change:
    """A run with one payout for each leader who can be paid, the task for its second person, and
    nothing left to do about payouts that an earlier run withdrew. Raises RunOpen, NothingToPay."""
    for one in runs:
        if is_open(one):
            raise RunOpen(period=one.period)
    paid = [one for one in previews if one.lines][:PAYOUTS_MAX]
    if not paid:
        raise NothingToPay
    run = PayRun(
        period=period,
        currency=circle.currency,
        prepared_by=by,
        prepared_at=now,
        payouts={one.payee.leader_id: one.net_minor for one in paid},
        held=held_list(previews, {one.payee.leader_id for one in paid}),
    )
    rows = [Create(frozen(one, period, circle.currency, now)) for one in paid]
    last = max(runs, key=lambda one: one.prepared_at, default=None)
    after = (Is("followed_by", ""), Is("state", last.state)) if last else ()
    return Change.of(
        Create(run),
        Update(last, {"followed_by": period}, when=after) if last else None,
        *rows,
        Create(_to_approve(run, now)),
    )


def frozen(preview: Preview, period: str, currency: str, now: datetime) -> Payout:
    """The payout of one leader, as it will be paid or not at all."""
    payee = preview.payee
    by_stripe = payee.profile.route == "stripe" and payee.account is not None
    return Payout(
        leader_id=payee.leader_id,
        payout_id=payout_id(payee.leader_id, period),
        period=period,
        name=payee.name,
        route=payee.profile.route,
        lines=preview.lines,
        amount_minor=preview.net_minor,
        currency=currency,
        account_id=payee.account.account_id if by_stripe and payee.account else "",
        prepared_at=now,
    )


def held_list(previews: Iterable[Preview], paid: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    """What a run does not pay, by leader, group and reason. A leader who did not find a place in
    it any more is held altogether."""
    inside, sums = set(paid), Counter[tuple[str, str, str]]()
    for one in previews:
        name = one.payee.leader_id
        for held in one.held:
            sums[name, held.line.group_id, held.reason] += held.line.amount_minor
        for line in () if name in inside else one.lines:
            sums[name, line.group_id, "too_many"] += line.amount_minor
    return tuple(
        {"leader_id": name, "group_id": group_id, "reason": reason, "amount_minor": amount}
        for (name, group_id, reason), amount in sorted(sums.items())[:HELD_MAX]
    )


def _to_approve(run: PayRun, now: datetime) -> Task:
    return Task(
        task_id=f"payouts_to_approve#{run.period}",
        code="payouts_to_approve",
        facts={"period": run.period, "amount": str(Money(run.total_minor, run.currency))},
        path=f"/admin/payouts/{run.period}",
        owner="treasurer",
        opened_at=now,
        due_at=now + TO_APPROVE_WITHIN,
    )


# Before approval


def digest(run: PayRun) -> str:
    """A short name of what somebody saw: who gets what, and what was advanced."""
    text = repr((run.revision, sorted(run.payouts.items()), sorted(run.advanced.items())))
    return sha256(text.encode()).hexdigest()[:20]


def advanced(
    run: PayRun,
    before: Payout | None,
    preview: Preview,
    by: str,
    reason: str,
    now: datetime,
) -> Change:
    """One leader is paid also what the fund does not cover. Who decides that cannot approve the
    run. On condition that it waits for approval; NothingToPay when it changes nothing."""
    name = preview.payee.leader_id
    if not preview.lines or run.payouts.get(name) == preview.net_minor:
        raise NothingToPay
    payout = frozen(preview, run.period, run.currency, now)
    names = ("route", "lines", "amount_minor", "account_id")
    values = {one: getattr(payout, one) for one in names}
    as_read = (Is("state", "prepared"), Is("amount_minor", before.amount_minor)) if before else ()
    held = [one for one in run.held if one["leader_id"] != name]
    total = run.total_minor - run.payouts.get(name, 0) + payout.amount_minor
    task = replace(_to_approve(run, now), opened_at=run.prepared_at)
    facts = {**task.facts, "amount": str(Money(total, run.currency))}
    return Change.of(
        _changed(
            run,
            payouts={**run.payouts, name: payout.amount_minor},
            held=(*held, *held_list([preview], {name})),
            advanced={**run.advanced, name: reason},
            advanced_by=tuple(sorted({*run.advanced_by, by})),
            revision=run.revision + 1,
        ),
        Update(before, values, when=as_read) if before else Create(payout),
        Update(task, {"facts": facts}),
    )


def withdrawn(run: PayRun, payouts: Sequence[Payout]) -> Change:
    """Nobody is paid by it; everything stays open for the next one. StateChanged once approved."""
    if run.state != "prepared":
        raise StateChanged
    state = move("pay_run", run.state, "withdrawn")
    return Change.of(
        _changed(run, state=state),
        *(_ended(one, "withdrawn", "withdrawn") for one in payouts if one.state == "prepared"),
        Remove(_to_approve(run, run.prepared_at)),
    )


def may_approve(run: PayRun, actor: str, circle: CircleSettings) -> bool:
    """Whether this person is a second one: did not prepare it, and advanced nobody in it."""
    return circle.preset == ALONE or actor not in (run.prepared_by, *run.advanced_by)


def approved(run: PayRun, actor: str, seen: str, circle: CircleSettings, now: datetime) -> Change:
    """A second person agrees to what was seen; the tick takes the payouts up. Raises
    SecondPersonNeeded, StateChanged when it is not what was seen any more."""
    if run.state != "prepared" or seen != digest(run):
        raise StateChanged
    if not may_approve(run, actor, circle):
        raise SecondPersonNeeded
    values = {"approved_by": actor, "approved_at": now, "next_at": now}
    state = move("pay_run", run.state, "approved")
    task = Remove(_to_approve(run, now))
    return Change.of(_changed(run, state=state, **values), task)


def _changed(run: PayRun, **values: Any) -> Update:
    return Update(run, values, when=(Is("state", "prepared"), Is("revision", run.revision)))


# Taking up


def changed_since(payout: Payout, payee: Payee, disputed: Disputed, now: datetime) -> str:
    """Why a payout cannot be paid as it was prepared; empty when it can."""
    if unpayable(payee, now):
        return unpayable(payee, now)
    account = payee.account.account_id if payee.account and payout.route == "stripe" else ""
    if payee.profile.route != payout.route or account != payout.account_id:
        return "route"
    by_ref = {_name_of(one): one for one in payee.items}
    for line in payout.lines:
        item = by_ref.get((line.what, line.ref))
        if item is None or line_of(item).whole_minor != line.whole_minor:
            return "changed"
        if isinstance(item, Accrual) and item.set_aside:
            return "set_aside"
        free = line.whole_minor - disputed.get((payout.leader_id, line.ref), 0)
        if 0 < line.amount_minor > free:
            return "disputed"
    return ""


def taken_up(run: PayRun, payout: Payout, payee: Payee, now: datetime) -> Change:
    """A payout is approved, and the row of each of its lines says so; on condition that each is
    as it was read."""
    by_ref = {_name_of(one): one for one in payee.items}
    rows = [_settled(by_ref[line.what, line.ref], line) for line in payout.lines]
    values = {
        "state": move("payout", payout.state, "approved"),
        "approved_at": now,
        "check_at": now if payout.route == "stripe" else now + REMIND_AFTER,
    }
    as_read = (Is("state", "prepared"), Is("amount_minor", payout.amount_minor))
    held_to = Require(run, when=(Is("state", "approved"),))
    return Change.of(held_to, Update(payout, values, when=as_read), *rows)


def _settled(item: Item, line: PayoutLine) -> Update:
    """The row of a line, with what the payout takes up of it. The value is written, not added:
    the index shows what is open."""
    sign = -1 if isinstance(item, Clawback) else 1
    names = ["amount_minor", "settled_minor"]
    if isinstance(item, Accrual):
        names.append("set_aside")
    if isinstance(item, Clawback):
        names += ["reversed_minor", "written_off_minor", "lifted_minor", "take_back_at"]
    settled = item.settled_minor + sign * line.amount_minor
    as_read = tuple(Is(name, getattr(item, name)) for name in names)
    return Update(item, {"settled_minor": settled}, when=as_read)


def _name_of(item: Item) -> tuple[str, str]:
    line = line_of(item)
    return line.what, line.ref


def given_up(payout: Payout, reason: str, now: datetime) -> Change:
    """A payout is not made, because something changed since it was prepared; somebody is told."""
    task = Task(
        task_id=f"payout_withdrawn#{payout.payout_id}",
        code="payout_withdrawn",
        facts={"name": payout.name, "period": payout.period},
        path=f"/admin/payouts/{payout.period}",
        owner="treasurer",
        opened_at=now,
        due_at=now + REMIND_AFTER,
    )
    return Change.of(_ended(payout, "withdrawn", reason), Create(task))


def _ended(payout: Payout, state: str, reason: str) -> Update:
    values = {"state": move("payout", payout.state, state), "refused": reason, "check_at": None}
    return Update(payout, values, when=(Is("state", payout.state),))


def went_on(run: PayRun, payouts: Sequence[Payout], now: datetime) -> Update:
    """How a run stands once its payouts were looked at: taken up, or done when each of them has
    left or was withdrawn; else it is looked at again."""
    if run.state != "approved":
        raise NotFound
    values: dict[str, Any] = {"next_at": now + LOOK_AGAIN}
    if not any(one.state == "prepared" for one in payouts):
        values["taken_up"] = True
    if not any(one.state in UNDER_WAY for one in payouts):
        values |= {"state": move("pay_run", run.state, "done"), "next_at": None}
    return Update(run, values, when=(Is("state", "approved"),))


def dealt_with(tasks: Sequence[Task]) -> list[Write]:
    """A new run decides again about leaders whose payout was withdrawn: their tasks are done."""
    return [Remove(one) for one in tasks[:TASKS_MAX]]

"""Runs of payouts to leaders (D4): prepared, advanced, withdrawn, approved, and taken up.

A run with all its payouts is one commit, so there is nothing to go on with when it dies half way.
Approval is one commit; then the tick takes up payout by payout, and what changed meanwhile is
withdrawn alone. What does not live here: the pages (run_pages.py), the bank list (bank_list.py),
sending transfers.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from chalicelib.errors import Conflict, NotFound, NothingToPay, StateChanged, SwitchedOff
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Create, Update
from chalicelib.rules.leaders import pay_runs as rules
from chalicelib.rules.leaders.pay_times import ends_a_term, is_time, period_of
from chalicelib.rules.leaders.payouts import Payout, PayRun
from chalicelib.rules.leaders.preparing import Preview, previews
from chalicelib.rules.people.circle import CircleSettings, JobRun, Task
from chalicelib.rules.running.groups import Term
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders import gathering, pay
from chalicelib.store.people import circle as circle_store
from chalicelib.store.people.circle import the_circle

log = logging.getLogger("balint.payouts")
CLOCK = Caller(actor="clock")
LOOKED = "pay_runs_looked"  # when the clock last found nothing to prepare
LOOK_AGAIN = timedelta(hours=6)
TRIES = 3
RUN_LASTS = timedelta(seconds=40)  # then the next tick goes on


# Preparing


def next_period(outside: Outside) -> str:
    """How the run will be called that is prepared now."""
    return period_of(outside.clock.now(), the_circle().zone, {one.period for one in pay.runs()})


def prepare(outside: Outside, caller: Caller, period: str, instead: str = "") -> None:
    """Prepare a run of everything that can be paid; `instead` of one that waits for its second
    person, which is withdrawn first. Raises RunOpen, NothingToPay, and StateChanged when somebody
    else has prepared one at the same moment."""
    circle, now, runs = the_circle(), outside.clock.now(), pay.runs()
    if period in {one.period for one in runs}:
        raise StateChanged
    found = previews_now(now, circle.currency)
    if instead and any(one.lines for one in found) and _run(instead).state == "prepared":
        withdraw(outside, Caller(actor=caller.actor), instead)
        runs = pay.runs()
    _prepare(outside, caller, period, circle, now, runs, found)


def _prepare(
    outside: Outside,
    caller: Caller,
    period: str,
    circle: CircleSettings,
    now: datetime,
    runs: list[PayRun],
    found: tuple[Preview, ...],
) -> None:
    change = rules.prepared(found, period, circle, caller.actor, now, runs)
    (run,) = change.created(PayRun)
    note = audit(
        f"payouts-{period}",
        "payouts.prepared",
        caller.actor,
        now,
        outside.ids.new("act"),
        period=period,
        amount_minor=run.total_minor,
        leaders=len(run.payouts),
    )
    done = rules.dealt_with(_withdrawn_tasks())
    commit(Change.of(change, *done, note), caller, now)


def previews_now(now: datetime, currency: str) -> tuple[Preview, ...]:
    """What each leader would be paid now."""
    found = gathering.payees(now)
    return previews(found, gathering.covers(found, currency), now, gathering.disputed(found))


def _withdrawn_tasks() -> list[Task]:
    found = reads.under(tables.Circle, "task#open", "payout_withdrawn#")
    return [row for row in found if isinstance(row, Task)]


def prepare_when_due(outside: Outside) -> dict[str, int]:
    """The clock prepares as the circle chooses; where nothing can be paid yet, it looks again
    some hours later. Counts for the job's row."""
    circle, now = circle_store.settings(), outside.clock.now()
    if circle is None or not circle.payouts:
        return {}
    runs = pay.runs()
    taken = {one.period for one in runs}
    if not is_time(circle, now, taken) or any(rules.is_open(one) for one in runs):
        return {}
    looked = reads.get(JobRun, "job", LOOKED)
    if looked is not None and now < looked.ended_at + LOOK_AGAIN:
        return {}
    found = previews_now(now, circle.currency)
    if circle.payouts_every == "month" or ends_a_term(found, _terms_of(found), now):
        try:
            period = period_of(now, circle.zone, taken)
            _prepare(outside, CLOCK, period, circle, now, runs, found)
        except NothingToPay:
            log.info("nothing to pay yet")
        except Conflict:
            log.info("somebody was quicker")
            return {}
        else:
            return {"prepared": 1}
    row = Update(looked, {"ended_at": now}) if looked else Create(JobRun(job=LOOKED, ended_at=now))
    commit(Change.of(row))
    return {}


def _terms_of(found: tuple[Preview, ...]) -> list[Term]:
    lines = [line for one in found for line in one.lines if line.term_id]
    keys = sorted({(line.group_id, f"term#{line.term_id}") for line in lines})
    return reads.many(Term, [tuple(key) for key in keys])


# Before approval


def advance(outside: Outside, caller: Caller, period: str, leader_id: str, reason: str) -> None:
    """Pay a leader in a prepared run also what the fund does not cover. Raises NotFound,
    NothingToPay, StateChanged."""
    run, now = _run(period), outside.clock.now()
    if run.state != "prepared":
        raise StateChanged
    found = gathering.payees(now)
    held = gathering.disputed(found)
    covers = gathering.covers(found, run.currency)
    every = previews(found, covers, now, held, {*run.advanced, leader_id})
    preview = next((one for one in every if one.payee.leader_id == leader_id), None)
    if preview is None:
        raise NotFound
    before = gathering.payout(leader_id, period)
    change = rules.advanced(run, before, preview, caller.actor, reason, now)
    note = audit(
        f"payouts-{period}",
        "payouts.advanced",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        person_id=leader_id,
        amount_minor=preview.net_minor,
    )
    commit(change + note, caller, now)


def withdraw(outside: Outside, caller: Caller, period: str) -> None:
    """Take a prepared run back; nobody was paid by it. Raises NotFound, StateChanged."""
    run, now = _run(period), outside.clock.now()
    act = outside.ids.new("act")
    note = audit(f"payouts-{period}", "payouts.withdrawn", caller.actor, now, act, period=period)
    commit(rules.withdrawn(run, gathering.of_run(run)) + note, caller, now)


def approve(outside: Outside, caller: Caller, period: str, seen: str) -> None:
    """The second person agrees to what was seen. Raises NotFound, SwitchedOff, StateChanged,
    SecondPersonNeeded."""
    run, circle, now = _run(period), the_circle(), outside.clock.now()
    if not circle.payouts:
        raise SwitchedOff(switch="payouts")
    note = audit(
        f"payouts-{period}",
        "payouts.approved",
        caller.actor,
        now,
        outside.ids.new("act"),
        period=period,
        amount_minor=run.total_minor,
        prepared_by=run.prepared_by,
    )
    commit(rules.approved(run, caller.actor, seen, circle, now) + note, caller, now)


# Taking up


def due(outside: Outside) -> list[PayRun]:
    """Approved runs that wait for the tick."""
    found: list[PayRun] = reads.due(tables.Payouts, "pay_run", outside.clock.now())
    return found


def go_on(outside: Outside, due_run: PayRun) -> str:
    """Take up the payouts of an approved run, one by one, and say how the run stands. It can stop
    anywhere: the next tick goes on. While payouts are switched off, nothing is taken up."""
    run, until = _run(due_run.period), outside.clock.now() + RUN_LASTS
    if run.state != "approved":
        return "over"
    for payout in gathering.of_run(run):
        if payout.state != "prepared":
            continue
        if not the_circle().payouts:
            return "switched_off"
        if outside.clock.now() >= until:
            return "goes_on"
        _take_up(outside, run, payout)
    step = rules.went_on(run, gathering.of_run(run), outside.clock.now())
    commit(Change.of(step))
    return str(step.values.get("state", "waits"))


def _take_up(outside: Outside, run: PayRun, payout: Payout) -> None:
    """One payout, decided again when somebody changed what it rests on; what does not come to
    rest is withdrawn, so that the others do not wait for it."""
    why = ""
    for _ in range(TRIES):
        now, current = outside.clock.now(), reads.reread(payout)
        if current is None or current.state != "prepared":
            return  # another tick was quicker
        payee = gathering.payee(payout.leader_id, payout.name)
        why = rules.changed_since(current, payee, gathering.disputed([payee]), now)
        if run.payouts.get(payout.leader_id) != current.amount_minor:
            why = "changed"
        if why:
            break
        try:
            commit(_recorded(outside, run, current) + rules.taken_up(run, current, payee, now))
        except StateChanged:
            why = "changed"
        else:
            return
    _give_up(outside, payout, why)


def _give_up(outside: Outside, payout: Payout, why: str) -> None:
    log.warning("payout_withdrawn payout=%s why=%s", payout.payout_id, why)
    try:
        commit(rules.given_up(payout, why, outside.clock.now()))
    except StateChanged:
        log.info("moved_on payout=%s", payout.payout_id)


def _recorded(outside: Outside, run: PayRun, payout: Payout) -> Change:
    note = audit(
        payout.leader_id,
        "payout.approved",
        run.approved_by,
        outside.clock.now(),
        outside.ids.new("act"),
        person_id=payout.leader_id,
        period=run.period,
        amount_minor=payout.amount_minor,
    )
    return Change.of(note)


def finish(outside: Outside, period: str) -> None:
    """Look at a run whose payouts may all have left, so that it is done at once."""
    run = _run(period)
    if run.state == "approved":
        step = rules.went_on(run, gathering.of_run(run), outside.clock.now())
        if step.values.get("state") == "done":
            commit(Change.of(step))


def _run(period: str) -> PayRun:
    found = gathering.run(period)
    if found is None:
        raise NotFound
    return found

"""Reconciling with Stripe's own objects, not only its events: every movement of the balance is
explained, booked or told by name, and every payout to the bank is explained line by line.

What does not live here: settling payments, refunds and disputes that we did not hear of: the job
composes those flows first (handlers/books/reconciling.py).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted, NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.books import ledger
from chalicelib.rules.books import reconciling as rules
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.reconciling import BankPayout, Movement, Origin
from chalicelib.rules.changes import Caller, Change, Create, Remove, Update
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.money.payments import Payment
from chalicelib.rules.money.stripe_objects import BalanceMovement, BankPayoutObject
from chalicelib.rules.people.circle import JobRun, Task, wish
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders.transfers import lookup
from chalicelib.store.money.payments import by_stripe_id
from chalicelib.store.people import circle as circle_store

log = logging.getLogger("balint.reconciling")
JOB = "reconciled"
OVERLAP = timedelta(days=3)
PAYOUTS_BACK = timedelta(days=14)


def since(outside: Outside) -> datetime:
    """From when on Stripe is asked: three days before the last time, at first since set-up, and
    always far enough back to see what is not explained yet."""
    last = reads.get(JobRun, "job", JOB)
    circle = circle_store.settings()
    if circle is None:
        return outside.clock.now()
    usual = max(last.ended_at if last else circle.set_up_at, circle.set_up_at) - OVERLAP
    return min([usual, *(one.moved_at for one in open_movements())])


def look(outside: Outside) -> dict[str, int]:
    """Explain every movement since the last time; counts by outcome, and the two published
    numbers `unexplained_minor` and `oldest_hours`."""
    begun, from_then = outside.clock.now(), since(outside)
    counts: Counter[str] = Counter()
    for movement in outside.stripe.movements_since(from_then):
        counts[_take_in(outside, movement)] += 1
    for payout in outside.stripe.payouts_since(min(from_then, begun - PAYOUTS_BACK)):
        counts[_explain_payout(outside, payout)] += 1
    minor, hours = rules.unexplained(open_movements(), outside.clock.now())
    told = dict(counts) | {"unexplained_minor": minor, "oldest_hours": hours}
    _remember(begun, told)
    return told


def _remember(at: datetime, told: dict[str, Any]) -> None:
    before = reads.get(JobRun, "job", JOB)
    row = JobRun(job=JOB, ended_at=at, facts=told)
    write = Update(before, {"ended_at": at, "facts": told}) if before else Create(row)
    commit(Change.of(write))


def open_movements() -> list[Movement]:
    """Movements that should be in our books and are not."""
    rows = reads.under(tables.Circle, "movement")
    return sorted((row for row in rows if isinstance(row, Movement)), key=lambda one: one.moved_at)


def _take_in(outside: Outside, movement: BalanceMovement) -> str:
    """explained, booked, unknown (booked on suspense, a person is asked) or missing."""
    origin = _origin(outside, movement)
    entries = _entries(origin)
    if rules.explains(entries, movement):
        return _explained(movement)
    if origin.fee_fact and rules.fee_is_due(entries, movement):
        _explained(movement)
        return "fee_due"
    now = outside.clock.now()
    if origin.ours:
        young = movement.created_at > now - rules.YOUNG
        return "young" if young else _missing(outside, movement)
    known = not origin.fact.startswith("unknown#")
    task = None if known else rules.task_of(movement, "movement_unknown", now)
    try:
        commit(Change.of(rules.booking(movement, now), task))
    except (AlreadyCounted, StateChanged):
        return "explained"
    return "booked" if known else "unknown"


def _explained(movement: BalanceMovement) -> str:
    """What was missing and is there now is told no more."""
    row = reads.get(Movement, "movement", movement.id)
    if row is None:
        return "explained"
    task = reads.get(Task, "task#open", rules.task_id(movement.id))
    commit(Change.of(Remove(row), Remove(task) if task else None))
    return "repaired"


def _missing(outside: Outside, movement: BalanceMovement) -> str:
    now = outside.clock.now()
    if reads.get(Movement, "movement", movement.id) is not None:
        return "missing"
    if reads.get(Entry, ledger.CIRCLE_BOOK, f"unknown#{movement.id}") is not None:
        return "set_apart"
    log.error("movement_missing id=%s source=%s", movement.id, movement.source_id)
    task = rules.task_of(movement, "movement_missing", now)
    commit(Change.of(Create(rules.missing(movement, now)), task))
    return "missing"


def _entries(origin: Origin) -> list[Entry | None]:
    return [reads.get(Entry, book, name) for book, name in origin.entries]


def _origin(outside: Outside, movement: BalanceMovement) -> Origin:
    """What a movement is about, found by the Stripe ids that our rows wrote down."""
    source = movement.source_id or ""
    if movement.kind in rules.CHARGES:
        return _of_charge(outside, movement, source)
    if movement.kind in (*rules.REFUNDS, *rules.REFUNDS_BACK):
        payment = _payment(source) or _payment(_intent_of_refund(outside, source))
        back = movement.kind in rules.REFUNDS_BACK
        if payment:
            return rules.of_refund(payment.book, source, back)
    if movement.kind in rules.DISPUTES and source.startswith(("dp_", "du_")):
        payment = _payment(outside.stripe.dispute(source).payment_intent_id or "")
        if payment:
            return rules.of_dispute(payment.book, movement)
    if movement.kind in rules.OF_LEADERS:
        return rules.of_transfer(movement, lookup(source))
    return rules.of_account(movement)


def _of_charge(outside: Outside, movement: BalanceMovement, charge_id: str) -> Origin:
    payment = _payment(charge_id)
    if payment is None:
        charge = outside.stripe.charge(charge_id)
        payment = _payment(charge.payment_intent_id or "")
        tags = (charge.metadata.get("app"), charge.metadata.get("deployment"))
        if payment is None:
            if tags == (TAG, outside.places.deployment):
                return Origin(fact=f"payment#{charge.payment_intent_id}", ours=True)
            return rules.of_account(movement)
    return rules.of_charge(payment.book, str(payment.intent_id), charge_id)


def _intent_of_refund(outside: Outside, refund_id: str) -> str:
    return outside.stripe.refund_by_id(refund_id).payment_intent_id or ""


def _payment(stripe_id: str) -> Payment | None:
    """The payment that a Stripe id belongs to."""
    lookup = by_stripe_id(stripe_id) if stripe_id else None
    if lookup is None:
        return None
    return reads.get(Payment, lookup.owner_id, f"payment#{lookup.payment_id}")


# Payouts to the bank


def _explain_payout(outside: Outside, payout: BankPayoutObject) -> str:
    """Every line of a payout has its entry, or the difference is told in minor units."""
    before = reads.get(BankPayout, "bank_payout", payout.id)
    if before and before.state == payout.status and not before.unexplained_minor:
        return "payout_known"
    lines, explained = _lines_of(outside, payout)
    row = BankPayout(
        payout_id=payout.id,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        state=payout.status,
        arrives_on=payout.arrives_on,
        lines=lines,
        explained_minor=explained,
        unexplained_minor=payout.amount_minor - explained,
        made_at=payout.created_at,
        looked_at=outside.clock.now(),
    )
    values = {name: value for name, value in vars(row).items() if name != "payout_id"}
    commit(Change.of(Update(before, values) if before else Create(row)))
    return "payout_unexplained" if row.unexplained_minor else "payout_explained"


def _lines_of(outside: Outside, payout: BankPayoutObject) -> tuple[int, int]:
    """How many movements a payout holds, and how many minor units of them have their entry.
    Stripe lists no lines of a payout that a person made: there its own entry has to do."""
    if not payout.automatic:
        entry = reads.get(Entry, ledger.CIRCLE_BOOK, f"payout#{payout.id}")
        return 0, payout.amount_minor if entry else 0
    carried = outside.stripe.movements_of_payout(payout.id)
    lines = [one for one in carried if one.source_id != payout.id]  # its own takes the sum out
    good = [one for one in lines if rules.explains(_entries(_origin(outside, one)), one)]
    return len(lines), sum(one.net_minor for one in good)


def show(outside: Outside) -> dict[str, Any]:
    """What the page of reconciliation says."""
    payouts = [
        row for row in reads.under(tables.Circle, "bank_payout") if isinstance(row, BankPayout)
    ]
    minor, hours = rules.unexplained(open_movements(), outside.clock.now())
    return {
        "last": reads.get(JobRun, "job", JOB),
        "asked": reads.get(JobRun, "job", ASKED),
        "payouts": sorted(payouts, key=lambda one: one.made_at, reverse=True),
        "movements": open_movements(),
        "unknown": _tasks("movement_unknown"),
        "unexplained_minor": minor,
        "oldest_hours": hours,
        "lost_before": outside.clock.now() - rules.LOST_AFTER,
    }


def _tasks(code: str) -> list[Task]:
    rows: Iterable[Any] = reads.under(tables.Circle, "task#open", "movement#")
    return [row for row in rows if isinstance(row, Task) and row.code == code]


# On demand

ASKED = "reconcile_asked"


def ask(outside: Outside, caller: Caller) -> None:
    """Somebody wants it now: the next tick, which may ask Stripe, does it."""
    now = outside.clock.now()
    wished = wish(reads.get(JobRun, "job", ASKED), ASKED, caller.actor, now)
    act = audit("books", "books.reconcile_asked", caller.actor, now, outside.ids.new("act"))
    commit(Change.of(wished, act), caller, now)


def is_asked() -> bool:
    """Whether somebody waits for it."""
    return reads.get(JobRun, "job", ASKED) is not None


def answered() -> None:
    """It was done: nobody waits any more."""
    row = reads.get(JobRun, "job", ASKED)
    if row is not None:
        commit(Change.of(Remove(row)))


def clear(outside: Outside, caller: Caller, movement_id: str, reason: str) -> None:
    """A treasurer says what money on suspense was: not the circle's. It leaves suspense for the
    account of money that is kept for others. Raises NotFound, StateChanged."""
    now = outside.clock.now()
    entry = reads.get(Entry, ledger.CIRCLE_BOOK, f"unknown#{movement_id}")
    task = reads.get(Task, "task#open", rules.task_id(movement_id))
    if entry is None or task is None:
        raise NotFound
    act = audit(
        "books",
        "books.movement_cleared",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        movement_id=movement_id,
    )
    commit(rules.cleared(entry, movement_id, task, now) + act, caller, now)

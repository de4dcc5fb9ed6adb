"""Proving the books: nightly, after every flow test, and by the tick after somebody asks."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted, StateChanged, StripeRefused, StripeUnknown
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.books.books import Kept, check_books, under_way
from chalicelib.rules.books.findings import Finding
from chalicelib.rules.changes import Caller, Change, Create, Is, Remove, Update
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.people.circle import JobRun, Task, wish
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.running.groups import Session, Term
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.people.circle import the_circle

log = logging.getLogger("balint.books")
ASKED = "books_asked"
SHOWN_MAX = 100


def gather() -> Kept:
    """Every row the proof looks at, by scanning: for the night and for tests."""
    debts = list(reads.everything(tables.Payments))
    running = list(reads.everything(tables.Groups))
    pay = list(reads.everything(tables.Payouts))
    return Kept(
        entries=list(reads.everything(tables.Ledger)),
        obligations=[row for row in debts if isinstance(row, Obligation)],
        payments=[row for row in debts if isinstance(row, Payment)],
        refunds=[row for row in debts if isinstance(row, Refund)],
        enrolments=list(reads.everything(tables.Enrolments)),
        offers=[row for row in reads.everything(tables.Applications) if isinstance(row, Offer)],
        terms=[row for row in running if isinstance(row, Term)],
        sessions=[row for row in running if isinstance(row, Session)],
        disputes=[row for row in debts if isinstance(row, Dispute)],
        credits=[row for row in debts if isinstance(row, Credit)],
        receipts=[row for row in debts if isinstance(row, BankReceipt)],
        codes=reads.under(tables.Circle, "bursary"),
        items=[row for row in pay if isinstance(row, Accrual | Clawback | Returned)],
        payouts=[row for row in pay if isinstance(row, Payout)],
    )


def prove(outside: Outside, with_stripe: bool = True) -> list[Finding]:
    """Every finding; none means proven. Stripe's balance counts where one account is ours
    alone."""
    return check_books(gather(), _balance(outside) if with_stripe else None)


def _balance(outside: Outside) -> Money:
    circle = the_circle()
    return Money(outside.stripe.balance_minor(circle.currency), circle.currency)


def check(outside: Outside) -> dict[str, int]:
    """The nightly proof: every finding becomes a task with its name, and a task whose finding is
    gone is closed; counts for the job's row.

    While money is under way Stripe's balance is ahead of our books by right, so that proof waits
    for a quiet night; a payment or refund that stays under way is a task of its own.
    """
    kept = gather()
    balance = None if under_way(kept) else _balance(outside)
    return _tell(outside, check_books(kept, balance), with_stripe=balance is not None)


def ask(outside: Outside, caller: Caller) -> None:
    """Somebody wants the books proven now: the next tick, which may read every row, does it."""
    now = outside.clock.now()
    wished = wish(reads.get(JobRun, "job", ASKED), ASKED, caller.actor, now)
    act = audit("books", "books.proof_asked", caller.actor, now, outside.ids.new("act"))
    commit(Change.of(wished, act), caller, now)


def prove_if_asked(outside: Outside) -> dict[str, int]:
    """Prove the books for whoever asked; who asks again meanwhile waits for the next tick."""
    asked = reads.get(JobRun, "job", ASKED)
    if asked is None:
        return {}
    counts = prove_now(outside)
    try:
        commit(Change.of(Remove(asked, when=(Is("ended_at", asked.ended_at),))))
    except StateChanged:
        log.info("the books were asked for again meanwhile")
    return counts


def prove_now(outside: Outside) -> dict[str, int]:
    """The same as `check`, with its findings kept by name for the page. Where Stripe does not
    answer, its balance is left out as well, and the page says so."""
    kept = gather()
    balance = None if under_way(kept) else _balance_or_none(outside)
    findings = check_books(kept, balance)
    counts = _tell(outside, findings, with_stripe=balance is not None)
    now = outside.clock.now()
    shown = [asdict(one) for one in findings[:SHOWN_MAX]]
    values: dict[str, Any] = {"ended_at": now, "facts": {**counts, "shown": shown}}
    before = reads.get(JobRun, "job", "books")
    row = Update(before, values) if before else Create(JobRun(job="books", **values))
    commit(Change.of(row))
    return counts


def _balance_or_none(outside: Outside) -> Money | None:
    try:
        return _balance(outside)
    except (StripeUnknown, StripeRefused) as trouble:
        log.warning("stripe_balance_left_out code=%s", trouble.code)
        return None


def _tell(outside: Outside, findings: list[Finding], with_stripe: bool) -> dict[str, int]:
    for finding in findings:
        log.error("books proof=%s where=%s by=%d", finding.proof, finding.where, finding.difference)
        _task(outside, finding)
    _close_tasks(findings, with_stripe)
    counts = {"findings": len(findings), "unexplained_minor": unexplained(findings)}
    return counts if with_stripe else counts | {"stripe_left_out": 1}


def _close_tasks(findings: list[Finding], with_stripe: bool) -> None:
    still = {_task_id(finding) for finding in findings}
    for task in reads.under(tables.Circle, "task#open", "books#"):
        left_out = task.task_id.startswith("books#stripe#") and not with_stripe
        if task.task_id not in still and not left_out:
            commit(Change.of(Remove(task)))


def unexplained(findings: list[Finding]) -> int:
    """How many minor units of Stripe's balance our books do not explain."""
    return sum(abs(one.difference) for one in findings if one.proof == "stripe")


def _task(outside: Outside, finding: Finding) -> None:
    now = outside.clock.now()
    facts: dict[str, Any] = {"proof": finding.proof, "where": finding.where}
    task = Task(
        task_id=_task_id(finding),
        code="books_do_not_agree",
        facts=facts | {"difference": finding.difference},
        path="/admin/books/proof",
        owner="treasurer",
        opened_at=now,
        due_at=now + timedelta(days=1),
    )
    try:
        commit(Change.of(Create(task, refusal=AlreadyCounted)))
    except AlreadyCounted:
        log.info("known already proof=%s where=%s", finding.proof, finding.where)


def _task_id(finding: Finding) -> str:
    return f"books#{finding.proof}#{finding.where}"

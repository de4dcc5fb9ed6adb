"""Proving the books: nightly, after every flow test, and whenever somebody asks."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted, NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.books import Finding, Kept, check_books, under_way
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.running.groups import Term
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit

log = logging.getLogger("balint.books")


def gather() -> Kept:
    """Every row the proof looks at, by scanning: for the night and for tests."""
    debts = list(reads.everything(tables.Payments))
    return Kept(
        entries=list(reads.everything(tables.Ledger)),
        obligations=[row for row in debts if isinstance(row, Obligation)],
        payments=[row for row in debts if isinstance(row, Payment)],
        refunds=[row for row in debts if isinstance(row, Refund)],
        enrolments=list(reads.everything(tables.Enrolments)),
        offers=[row for row in reads.everything(tables.Applications) if isinstance(row, Offer)],
        terms=[row for row in reads.everything(tables.Groups) if isinstance(row, Term)],
    )


def prove(outside: Outside, with_stripe: bool = True) -> list[Finding]:
    """Every finding; none means proven. Stripe's balance counts where one account is ours
    alone."""
    return check_books(gather(), _balance(outside) if with_stripe else None)


def _balance(outside: Outside) -> Money:
    circle = reads.get(CircleSettings, "settings", "circle")
    if circle is None:
        raise NotFound
    return Money(outside.stripe.balance_minor(circle.currency), circle.currency)


def check(outside: Outside) -> dict[str, int]:
    """The nightly proof: every finding becomes a task with its name; counts for the job's row.
    Stripe's balance is compared in nights in which nothing is under way."""
    kept = gather()
    findings = check_books(kept, None if under_way(kept) else _balance(outside))
    for finding in findings:
        log.error("books proof=%s where=%s by=%d", finding.proof, finding.where, finding.difference)
        _task(outside, finding)
    return {"findings": len(findings), "unexplained_minor": unexplained(findings)}


def unexplained(findings: list[Finding]) -> int:
    """How many minor units of Stripe's balance our books do not explain."""
    return sum(abs(one.difference) for one in findings if one.proof == "stripe")


def _task(outside: Outside, finding: Finding) -> None:
    now = outside.clock.now()
    facts: dict[str, Any] = {"proof": finding.proof, "where": finding.where}
    task = Task(
        task_id=f"books#{finding.proof}#{finding.where}",
        code="books_do_not_agree",
        facts=facts | {"difference": finding.difference},
        path="/admin/payments",
        owner="treasurer",
        opened_at=now,
        due_at=now + timedelta(days=1),
    )
    try:
        commit(Change.of(Create(task, refusal=AlreadyCounted)))
    except AlreadyCounted:
        log.info("known already proof=%s where=%s", finding.proof, finding.where)

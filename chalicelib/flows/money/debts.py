"""What the payments pages show: debts of a term, one debt in full."""

from __future__ import annotations

from typing import Any

from chalicelib.errors import NotFound
from chalicelib.rules.money.ledger import Entry
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.people.circle import JobRun
from chalicelib.rules.running.groups import Group, Term
from chalicelib.store import reads, tables
from chalicelib.store.money import payments
from chalicelib.store.running import groups


def show_all(term_id: str) -> dict[str, Any]:
    """Payments and refunds of one term, newest first, and the terms there are to choose from."""
    terms = [*groups.recruiting(), *groups.coming()]
    titles = {one.group_id: one.title for one in groups.every_group()}
    chosen = term_id or (terms[0].term_id if terms else "")
    rows = payments.of_term(chosen) if chosen else []
    return {
        "terms": [(titles.get(one.group_id, ""), one) for one in terms],
        "chosen": chosen,
        "payments": sorted(
            (row for row in rows if isinstance(row, Payment)),
            key=lambda one: one.created_at,
            reverse=True,
        ),
        "refunds": [row for row in rows if isinstance(row, Refund)],
        "obligations": [row for row in rows if isinstance(row, Obligation)],
        "last_check": reads.get(JobRun, "job", "nightly"),
    }


def show_one(obligation_id: str) -> dict[str, Any]:
    """A debt with everything that happened to it, and the entries that explain it."""
    debt = payments.whole_debt(obligation_id)
    if debt is None:
        raise NotFound
    entries = [
        row
        for row in reads.under(tables.Ledger, debt.obligation.book)
        if isinstance(row, Entry) and row.facts.get("obligation_id") == obligation_id
    ]
    group = reads.get(Group, debt.obligation.group_id, "group")
    term = reads.get(Term, debt.obligation.group_id, f"term#{debt.obligation.term_id}")
    return {
        "debt": debt,
        "group": group,
        "term": term,
        "entries": sorted(entries, key=lambda one: one.posted_at),
    }

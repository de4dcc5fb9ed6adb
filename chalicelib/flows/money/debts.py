"""What the payments pages show: debts of a term, one debt in full."""

from __future__ import annotations

from typing import Any

from chalicelib.errors import NotFound
from chalicelib.rules.banking.suggesting import reference_of
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.money.instalments import parts_of
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.people.circle import JobRun
from chalicelib.rules.returning.reserving import in_dispute, only_by_bank
from chalicelib.rules.running.groups import Group, Term
from chalicelib.store import reads, tables
from chalicelib.store.banking import receipts
from chalicelib.store.joining import offers
from chalicelib.store.money import payments
from chalicelib.store.people import people
from chalicelib.store.running import groups
from chalicelib.store.tasks import open_about


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
        "member": _member(debt),
        "parts": parts_of(debt.instalments, debt.obligation),
        "group": group,
        "term": term,
        "entries": sorted(entries, key=lambda one: one.posted_at),
        "by_hand": receipts.by_hand(debt.payments, entries),
        "payment_reference": reference_of(obligation_id),
        "fraud_warnings": open_about(f"/admin/payments/{obligation_id}", "fraud_warning"),
        "asked": open_about(f"/admin/payments/{obligation_id}", "refund_outside"),
        "blocked": any(in_dispute(one, debt.disputes) for one in debt.payments),
        "by_bank": any(only_by_bank(one, debt.disputes) for one in debt.payments),
        "left_minor": sum(debt.obligation.shares.values()),
        "names": _names(debt),
    }


def _member(debt: payments.WholeDebt) -> dict[str, str]:
    """Whose place it is, whoever pays for it: as her offer names her."""
    found = offers.with_offers(debt.obligation.application_id)
    offer = found.offer(debt.obligation.offer_id) if found else None
    return {"full_name": offer.full_name, "email": offer.email} if offer else {}


def _names(debt: payments.WholeDebt) -> dict[str, str]:
    """Who decided what, by name."""
    acted = {one.requested_by for one in debt.refunds}
    acted |= {who for one in debt.releases for who in (one.asked_by, one.decided_by)}
    found = people.several({one for one in acted if one.startswith("person-")})
    return {person_id: person.full_name for person_id, person in found.items()}

"""Reading money that came by hand, and the debts it may be for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.rules.audit import AuditRow
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.banking.suggesting import Candidate, candidate
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.payments import Obligation, Payment
from chalicelib.store import reads, tables
from chalicelib.store.money.payments import whole_debt
from chalicelib.store.people import people
from chalicelib.store.running import groups

SHOWN_MAX = 500
FAR = timedelta(days=3650)


def receipt(receipt_id: str) -> BankReceipt | None:
    """One receipt, as it is now."""
    return reads.get(BankReceipt, f"receipt#{receipt_id}", "receipt")


def waiting(now: datetime) -> list[BankReceipt]:
    """All money of which anything is left, the oldest first; eventually consistent."""
    found = reads.due(tables.Payments, "suspense", now + FAR, SHOWN_MAX)
    return sorted(found, key=lambda one: (one.received_on, one.recorded_at))


def due(now: datetime, limit: int) -> list[BankReceipt]:
    """Money that has waited for too long, or is to be looked at again."""
    return reads.due(tables.Payments, "suspense", now, limit)


def acts(receipt_id: str) -> list[AuditRow]:
    """What was done with it, in order."""
    return reads.under(tables.Audit, receipt_id)


def offer_of(obligation: Obligation) -> Offer | None:
    """The offer a debt came from."""
    return reads.get(Offer, obligation.application_id, f"offer#{obligation.offer_id}")


def one_debt(obligation_id: str) -> Candidate | None:
    """A debt as money can be matched with it; None for none, or when nothing is to be matched."""
    debt = whole_debt(obligation_id)
    offer = offer_of(debt.obligation) if debt else None
    if debt is None or offer is None:
        return None
    return candidate(debt.obligation, offer, debt.payments, debt.disputes)


def debts_of_running_terms() -> list[Candidate]:
    """Every debt of the terms that are not over; for screens, not for deciding."""
    obligations: list[Obligation] = []
    payments: defaultdict[str, list[Payment]] = defaultdict(list)
    disputes: defaultdict[str, list[Dispute]] = defaultdict(list)
    for term in (*groups.recruiting(), *groups.coming()):
        for row in reads.indexed(tables.Payments.by_term, term.term_id):
            if isinstance(row, Obligation):
                obligations.append(row)
            elif isinstance(row, Payment):
                payments[row.obligation_id].append(row)
            elif isinstance(row, Dispute):
                disputes[row.obligation_id].append(row)
    keys: list[tuple[str, ...]] = [
        (one.application_id, f"offer#{one.offer_id}") for one in obligations
    ]
    offers = {one.offer_id: one for one in reads.many(Offer, keys)}
    found = (
        candidate(
            one,
            offers[one.offer_id],
            payments[one.obligation_id],
            disputes[one.obligation_id],
        )
        for one in obligations
        if one.offer_id in offers
    )
    return [one for one in found if one is not None]


@dataclass(frozen=True)
class ByHand:
    """A payment that came by hand, and the names of the two who placed it."""

    payment: Payment
    proposed_by: str
    confirmed_by: str


def by_hand(payments: Sequence[Payment], entries: Sequence[Entry]) -> list[ByHand]:
    """The payments of a debt that came by hand; who matched them is what their entries say."""
    ours = [one for one in payments if one.bank_receipt_id]
    if not ours:
        return []
    told = {one.entry_id: one.facts for one in entries}
    facts = {one.payment_id: told.get(f"payment#{one.payment_id}", {}) for one in ours}
    hands = ("proposed_by", "confirmed_by")
    names = people.several(
        {told[hand] for told in facts.values() for hand in hands if hand in told}
    )

    def name_of(payment: Payment, hand: str) -> str:
        person = names.get(facts[payment.payment_id].get(hand, ""))
        return person.full_name if person else ""

    return [ByHand(one, name_of(one, "proposed_by"), name_of(one, "confirmed_by")) for one in ours]

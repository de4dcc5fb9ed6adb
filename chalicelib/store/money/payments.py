"""Reading debts: one query brings an obligation with its payments and refunds."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.rules.money.payments import Obligation, Payment, Refund, StripeLookup
from chalicelib.store import reads, tables


@dataclass(frozen=True, kw_only=True)
class WholeDebt:
    """Everything under one obligation."""

    obligation: Obligation
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]

    def payment(self, payment_id: str) -> Payment | None:
        """One of its payments."""
        return next((one for one in self.payments if one.payment_id == payment_id), None)


def whole_debt(obligation_id: str) -> WholeDebt | None:
    """An obligation with its payments and refunds; None when there is no such debt."""
    rows = reads.under(tables.Payments, obligation_id)
    obligations = [row for row in rows if isinstance(row, Obligation)]
    if not obligations:
        return None
    return WholeDebt(
        obligation=obligations[0],
        payments=tuple(row for row in rows if isinstance(row, Payment)),
        refunds=tuple(row for row in rows if isinstance(row, Refund)),
    )


def by_stripe_id(stripe_id: str) -> StripeLookup | None:
    """Whose Stripe object this is, among those we wrote down."""
    return reads.get(StripeLookup, f"stripe#{stripe_id}", "lookup")


def refund(obligation_id: str, refund_id: str) -> Refund | None:
    """One refund."""
    return reads.get(Refund, obligation_id, f"refund#{refund_id}")


def of_term(term_id: str) -> list[Obligation | Payment | Refund]:
    """Every debt, payment and refund of a term; for screens, not for deciding."""
    return list(reads.indexed(tables.Payments.by_term, term_id))

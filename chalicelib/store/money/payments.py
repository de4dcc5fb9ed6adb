"""Reading debts: one query brings an obligation with its payments and refunds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.errors import NotFound
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.news import Debt
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release, StripeLookup
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.returning.releases import Owed
from chalicelib.store import reads, tables
from chalicelib.store.joining import offers
from chalicelib.store.running import groups


@dataclass(frozen=True, kw_only=True)
class WholeDebt:
    """Everything under one obligation, each kind in the order of its ids."""

    obligation: Obligation
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    releases: tuple[Release, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    disputes: tuple[Dispute, ...] = ()

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
        releases=tuple(row for row in rows if isinstance(row, Release)),
        instalments=tuple(row for row in rows if isinstance(row, Instalment)),
        disputes=tuple(row for row in rows if isinstance(row, Dispute)),
    )


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A debt with the offer it is for and that offer's application."""

    application: Application
    offer: Offer
    debt: WholeDebt

    @property
    def obligation(self) -> Obligation:
        """What is owed."""
        return self.debt.obligation


def of_offer(application_id: str, offer_id: str) -> Offered:
    """An offer with its debt. NotFound without one."""
    found = offers.with_offers(application_id)
    offer = found.offer(offer_id) if found else None
    debt = whole_debt(offer.obligation_id) if offer else None
    if found is None or offer is None or debt is None:
        raise NotFound
    return Offered(application=found.application, offer=offer, debt=debt)


def of_debt(obligation_id: str) -> Offered:
    """A debt with its offer. NotFound without one."""
    debt = whole_debt(obligation_id)
    found = offers.with_offers(debt.obligation.application_id) if debt else None
    offer = found.offer(debt.obligation.offer_id) if found and debt else None
    if debt is None or found is None or offer is None:
        raise NotFound
    return Offered(application=found.application, offer=offer, debt=debt)


def with_sessions(debt: Debt, now: datetime) -> Debt:
    """The debt with the sessions it pays for that were held: read only where one has begun."""
    begins_at = debt.obligation.begins_at
    begun = begins_at is not None and begins_at <= now
    whole = groups.marked_term(debt.offer.group_id, debt.offer.term_id) if begun else None
    if whole is None:
        return debt
    return replace(debt, held=whole.held, shares_moved=whole.term.shares_moved)


def owed(obligation_id: str) -> Owed:
    """A debt with everything that giving some of it back looks at. NotFound without one."""
    obligation = reads.get(Obligation, obligation_id, "obligation")
    whole = groups.marked_term(obligation.group_id, obligation.term_id) if obligation else None
    debt = whole_debt(obligation_id)
    if debt is None or whole is None:
        raise NotFound
    seat = reads.get(Enrolment, whole.term.term_id, str(debt.obligation.person_id))
    in_it = seat and seat.obligation_id == obligation_id and seat.state in IN_SEAT
    return Owed(
        obligation=debt.obligation,
        payments=debt.payments,
        enrolment=seat if in_it else None,
        term=whole.term,
        held=whole.held,
        disputes=debt.disputes,
        clawbacks=bool(whole.held) and _clawbacks_on(),
    )


def _clawbacks_on() -> bool:
    circle = reads.get(CircleSettings, "settings", "circle")
    return circle is not None and circle.clawbacks


def by_stripe_id(stripe_id: str) -> StripeLookup | None:
    """Whose Stripe object this is, among those we wrote down."""
    return reads.get(StripeLookup, f"stripe#{stripe_id}", "lookup")


def refund(obligation_id: str, refund_id: str) -> Refund | None:
    """One refund."""
    return reads.get(Refund, obligation_id, f"refund#{refund_id}")


def refunds_of(obligation_id: str) -> list[Refund]:
    """Every refund of a debt."""
    rows = reads.under(tables.Payments, obligation_id, "refund#")
    return [row for row in rows if isinstance(row, Refund)]


def release(obligation_id: str, release_id: str) -> Release | None:
    """One release, decided or waiting."""
    return reads.get(Release, obligation_id, f"release#{release_id}")


def of_term(term_id: str) -> list[Obligation | Payment | Refund]:
    """Every debt, payment and refund of a term; for screens, not for deciding."""
    return list(reads.indexed(tables.Payments.by_term, term_id))

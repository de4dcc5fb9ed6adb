"""Reading offers: an application's row holds them under one key."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.offers import Offer
from chalicelib.store import reads, tables


@dataclass(frozen=True, kw_only=True)
class WithOffers:
    """An application and every offer ever made for it, oldest first."""

    application: Application
    offers: tuple[Offer, ...]

    def offer(self, offer_id: str) -> Offer | None:
        """One of its offers."""
        return next((one for one in self.offers if one.offer_id == offer_id), None)


def with_offers(application_id: str) -> WithOffers | None:
    """An application with its offers, in one query; None when there is none."""
    rows = reads.under(tables.Applications, application_id)
    found = [row for row in rows if isinstance(row, Application)]
    if not found:
        return None
    return WithOffers(
        application=found[0],
        offers=tuple(row for row in rows if isinstance(row, Offer)),
    )


def of_term(term_id: str, state: str = "") -> list[Offer]:
    """Offers of a term, of one state if it is named; for screens."""
    return list(reads.indexed(tables.Applications.by_term, term_id, f"offer#{state}"))

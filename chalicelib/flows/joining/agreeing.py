"""Accepting the ground rules of a place that was taken without: somebody else paid first (R19)."""

from __future__ import annotations

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller
from chalicelib.rules.joining import agreeing as rules
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.joining import offers


def agree(outside: Outside, caller: Caller, application_id: str, offer_id: str) -> None:
    """The member accepts now. Raises NotFound, StateChanged when nothing waits for it."""
    found, now = offers.with_offers(application_id), outside.clock.now()
    offer = found.offer(offer_id) if found else None
    if offer is None:
        raise NotFound
    enrolment = _enrolment(offer)
    act = audit(
        application_id,
        "enrolment.agreed",
        caller.actor,
        now,
        outside.ids.new("act"),
        person_id=enrolment.person_id if enrolment else None,
        offer_id=offer_id,
    )
    commit(rules.agreed(offer, enrolment, now) + act, caller, now)


def _enrolment(offer: Offer) -> Enrolment | None:
    if offer.person_id is None:
        return None
    return reads.get(Enrolment, offer.term_id, offer.person_id)

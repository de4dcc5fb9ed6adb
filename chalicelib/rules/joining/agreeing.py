"""Accepting the ground rules after the place was taken: by who did not pay for it herself (R19).

What does not live here: accepting them with the payment (money/checkout.py).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.errors import StateChanged
from chalicelib.rules import states
from chalicelib.rules.changes import Change, Is, Update
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer


def missing(offer: Offer, enrolment: Enrolment | None) -> bool:
    """Whether a place of this offer waits for its member to accept the ground rules."""
    mine = enrolment is not None and enrolment.offer_id == offer.offer_id
    if enrolment is None or not mine or enrolment.state not in IN_SEAT:
        return False
    return enrolment.agreed_at is None


def agreed(offer: Offer, enrolment: Enrolment | None, now: datetime) -> Change:
    """The member accepts: a place that waited for it is active, one that is suspended stays so.
    StateChanged when nothing waits (any more)."""
    if enrolment is None or not missing(offer, enrolment):
        raise StateChanged
    state = enrolment.state
    if state == "awaiting_agreement":
        state = states.move("enrolment", state, "active")
    return Change.of(
        Update(offer, {"agreed_at": now}, when=(Is("agreed_at", None),)),
        Update(
            enrolment,
            {"state": state, "agreed_at": now, "agreement_version": offer.agreement_version},
            when=(Is("state", enrolment.state), Is("agreed_at", None)),
        ),
    )

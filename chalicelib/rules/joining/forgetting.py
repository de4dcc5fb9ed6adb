"""What is deleted when its time to be kept has passed: drafts, ended applications, tasters.

What does not live here: how long that is (applications.py, tasters.py); payments, enrolments and
the ledger, which are kept by law.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Change, Is, Remove, Update
from chalicelib.rules.joining.applications import Act, Application, Unique, recorded
from chalicelib.rules.joining.tasters import TasterBooking

AGAIN = timedelta(days=365)


def application_forgotten(application: Application, name: Unique | None, act: Act) -> Change:
    """Delete an application whose time is over, and the name it held; what was done to it stays
    in the audit, as ids and codes. It must not have moved meanwhile."""
    return Change.of(
        Remove(
            application,
            when=(Is("state", application.state), Is("retain_until", application.retain_until)),
        ),
        _released(name, application.application_id),
        recorded(application, "forgotten", act),
    )


def application_kept(application: Application, now: datetime) -> Change:
    """One that led to an offer belongs to the records of a payment: look again in a year."""
    return Change.of(
        Update(
            application,
            {"retain_until": now + AGAIN},
            when=(Is("retain_until", application.retain_until),),
        )
    )


def booking_forgotten(booking: TasterBooking, name: Unique | None, act: Act) -> Change:
    """Delete a taster booking, half a year after its session."""
    return Change.of(
        Remove(booking, when=(Is("state", booking.state),)),
        _released(name, booking.booking_id),
        audit(booking.booking_id, "taster.forgotten", act.actor, act.now, act.audit_id),
    )


def _released(name: Unique | None, owner_id: str) -> Remove | None:
    if name is None or name.owner_id != owner_id:
        return None
    return Remove(name, when=(Is("owner_id", owner_id),))

"""What is deleted when its time to be kept has passed: drafts, ended applications, tasters.

What does not live here: how long that is (applications.py, tasters.py); how long payments and
enrolments are kept (books/retention.py), and what their rows keep afterwards (erased_rows.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Change, Is, Remove, Update
from chalicelib.rules.joining.applications import Act, Application, Unique, recorded
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.erased_rows import written
from chalicelib.rules.people.erasing_subject import Subject

AGAIN = timedelta(days=365)
IN_ONE_COMMIT = 90


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


def debt_forgotten(application: Application, rows: Sequence[Any], named: str, act: Act) -> Change:
    """The years of the books are over: nobody's words are kept of an application that led to an
    offer, of the offer, the debt and the money; amounts, days and codes stay. Where that does not
    fit one transaction the next night goes on, and the application comes last."""
    subject = Subject(
        person_id="",
        found=frozenset({application.application_id}),
        kept=frozenset({application.application_id}),
        debts=frozenset({row.obligation_id for row in rows if isinstance(row, Obligation)}),
        full_names=frozenset(),
        email="",
        named=named,
    )
    others = [row for row in rows if not isinstance(row, Application)]
    writes = [one for row in others if (one := written(row, subject, whole=True))]
    if len(writes) > IN_ONE_COMMIT:
        return Change(tuple(writes[:IN_ONE_COMMIT]))
    last = written(application, subject, whole=True)
    values = {**(last.values if isinstance(last, Update) else {}), "retain_until": None}
    ended = Update(application, values, when=(Is("retain_until", application.retain_until),))
    return Change.of(
        *writes,
        ended,
        audit(application.application_id, "debt.forgotten", act.actor, act.now, act.audit_id),
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

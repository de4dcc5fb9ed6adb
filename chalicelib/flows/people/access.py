"""Who is at the door: the signed-in browser behind a cookie, and forms already answered.

What does not live here: signing in and out (sign_in.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.gateways.outside import Outside
from chalicelib.rules.people.access import BrowserSession, SpentForm, hashed
from chalicelib.rules.people.people import Person
from chalicelib.store import reads

FRESH = timedelta(minutes=10)


def signed_in(outside: Outside, cookie: str) -> tuple[BrowserSession, Person] | None:
    """The session and person behind a cookie; None when it ended, expired, or the person's
    generation moved on."""
    session = reads.get(BrowserSession, hashed(cookie), "session")
    if session is None or session.ended_at or session.expires_at <= outside.clock.now():
        return None
    person = reads.get(Person, session.person_id)
    if person is None or person.generation != session.generation:
        return None
    return session, person


def is_fresh(session: BrowserSession, now: datetime) -> bool:
    """Whether the sign-in is recent enough to move money or export personal data."""
    return now - session.signed_in_at < FRESH


def answer_of_form(form_key: str) -> str | None:
    """Where the answer of this submission led, if it was answered before."""
    spent = reads.get(SpentForm, form_key, "form")
    return spent.location if spent else None

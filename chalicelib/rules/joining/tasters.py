"""Taster bookings: a free first meeting in a guest place or a taster session (R43, N3, A4).

What does not live here: the session's own row (groups.py), what the form asks about a person
(application_form.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyBooked, Conflict, NoGuestPlaceLeft
from chalicelib.rules import states
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Below, Change, Create, Is, Remove, Update
from chalicelib.rules.forms import Field, Form
from chalicelib.rules.joining.application_form import NAMED, WHO
from chalicelib.rules.joining.applications import Act, Unique
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.parsers import choice
from chalicelib.rules.running.groups import Session, WholeTerm

OPEN_TERMS = ("recruiting", "running")
JOINING_SHOWN = timedelta(hours=24)  # before the session, on the guest's own page (N17)
KEPT_FOR = timedelta(days=183)  # after the session

BOOK = Form("taster", (Field("session_id", choice()), *WHO), (NAMED,))


@dataclass(frozen=True, kw_only=True)
class TasterBooking:
    """One visitor's place in one session."""

    booking_id: str
    group_id: str
    term_id: str
    session_id: str
    starts_at: datetime
    state: str = "booked"
    generation: int = 1
    full_name: str
    email: str
    email_hash: str
    profession: str = ""
    zone: str = "Europe/London"
    person_id: str | None = None
    booked_at: datetime
    retain_until: datetime | None = None

    @property
    def claim_name(self) -> str:
        """The name that one booking of an address holds in a session."""
        return f"{self.session_id}#{self.email_hash}"


def open_sessions(whole: WholeTerm, now: datetime) -> list[Session]:
    """The coming sessions of a term that still have a guest place, in order of time."""
    if whole.group.state != "published" or whole.term.state not in OPEN_TERMS:
        return []
    every = (*whole.tasters, *whole.sessions)
    found = [one for one in every if one.state == "planned" and one.starts_at > now]
    return sorted((one for one in found if has_place(one)), key=lambda one: one.starts_at)


def has_place(session: Session) -> bool:
    """Whether the session has a guest place left."""
    return session.guests < session.guest_places


def booked(
    whole: WholeTerm, session: Session, who: Mapping[str, Any], booking_id: str, act: Act
) -> Change:
    """A guest place for this visitor. AlreadyBooked when the address holds one in this session,
    NoGuestPlaceLeft when the last one went meanwhile."""
    booking = TasterBooking(
        booking_id=booking_id,
        group_id=session.group_id,
        term_id=session.term_id,
        session_id=session.session_id,
        starts_at=session.starts_at,
        booked_at=act.now,
        retain_until=session.ends_at + KEPT_FOR,
        **who,
    )
    return Change.of(
        Create(booking),
        Create(Unique(name=booking.claim_name, owner_id=booking_id), refusal=AlreadyBooked),
        Update(
            session,
            add={"guests": 1},
            when=(Is("state", "planned"), Below("guests", "guest_places")),
            refusal=NoGuestPlaceLeft,
        ),
        _mail("taster_confirmation", booking, whole, session, act, "REQUEST"),
        _recorded(booking, "booked", act),
    )


def booked_again(booking: TasterBooking, whole: WholeTerm, session: Session, act: Act) -> Change:
    """What the holder of a place hears when somebody books it once more: once, by mail only."""
    return Change.of(
        _mail("taster_again", booking, whole, session, act),
        _recorded(booking, "booked_again", act),
    )


def cancelled(booking: TasterBooking, whole: WholeTerm, act: Act, by_us: bool = False) -> Change:
    """The place is free again, whoever gave it up (A4). Conflict once the session has begun."""
    states.move("booking", booking.state, "cancelled")
    if booking.starts_at <= act.now:
        raise Conflict
    session = whole.session(booking.session_id)
    name = Unique(name=booking.claim_name, owner_id=booking.booking_id)
    return Change.of(
        Update(booking, {"state": "cancelled"}, when=(Is("state", "booked"),)),
        Remove(name, when=(Is("owner_id", booking.booking_id),)),
        Update(session, add={"guests": -1}) if session else None,
        _mail("taster_cancelled", booking, whole, session, act, "CANCEL", by_us=by_us),
        _recorded(booking, "called_off" if by_us else "cancelled", act),
    )


def marked(booking: TasterBooking, state: str, act: Act) -> Change:
    """Whether the guest came: attended or missed, once the session has begun (N3)."""
    if booking.starts_at > act.now:
        raise Conflict
    new = states.move("booking", booking.state, state)
    return Change.of(
        Update(booking, {"state": new}, when=(Is("state", booking.state),)),
        _recorded(booking, state, act),
    )


def joining_shown(booking: TasterBooking, ends_at: datetime, now: datetime) -> bool:
    """Whether the guest's own page shows the meeting link: from the day before until the end."""
    return booking.state == "booked" and booking.starts_at - JOINING_SHOWN <= now <= ends_at


def _mail(
    template: str,
    booking: TasterBooking,
    whole: WholeTerm,
    session: Session | None,
    act: Act,
    method: str = "",
    **more: Any,
) -> Create:
    ends_at = session.ends_at if session else booking.starts_at
    entry = {
        "uid": booking.booking_id,
        "sequence": 1 if method == "CANCEL" else 0,
        "method": method,
        "starts_at": booking.starts_at,
        "ends_at": ends_at,
        "summary": whole.group.title,
        "location": whole.term.venue,
    }
    calendar = {"calendar": entry} if method else {}
    state = "cancelled" if method == "CANCEL" else "booked"
    ids = {"booking_id": booking.booking_id}
    return mail(
        template,
        booking.booking_id,
        booking.email,
        act.now,
        _about(booking, whole, ends_at) | calendar | more,
        links={"booking": link_of(booking)},
        stands=(Standing(kind="TasterBooking", ids=ids, name="state", values=(state,)),),
    )


def _about(booking: TasterBooking, whole: WholeTerm, ends_at: datetime) -> dict[str, Any]:
    """What the mails to a guest say of the meeting, and no more: they are kept."""
    group, term = whole.group, whole.term
    return {
        "group_title": group.title,
        "mode": term.mode,
        "zone": term.zone,
        "venue": term.venue,
        "venue_access": term.venue_access,
        "doors_open_minutes": term.doors_open_minutes,
        "full_name": booking.full_name,
        "reader_zone": booking.zone,
        "starts_at": booking.starts_at,
        "minutes": int((ends_at - booking.starts_at).total_seconds()) // 60,
        "slug": group.slug,
    }


def link_of(booking: TasterBooking) -> LinkTo:
    """The guest's own page."""
    return LinkTo(purpose="booking", subject=booking.booking_id, generation=booking.generation)


def _recorded(booking: TasterBooking, action: str, act: Act) -> Create:
    return audit(
        booking.booking_id,
        f"taster.{action}",
        act.actor,
        act.now,
        act.audit_id,
        session_id=booking.session_id,
    )

"""A free first meeting: choosing a place, giving it up, coming.

What does not live here: applying afterwards (applications.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.errors import AlreadyBooked, LinkNotValid, NoGuestPlaceLeft, NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.joining import tasters as rules
from chalicelib.rules.joining.application_form import who_of
from chalicelib.rules.joining.applications import Act
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.links import read_link
from chalicelib.rules.mail import Mail
from chalicelib.rules.people.rates import counted
from chalicelib.rules.running.groups import Group, Session, WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications as store
from chalicelib.store.people import addresses
from chalicelib.store.running import groups

TRIES = 3


def show_taster(outside: Outside, slug: str) -> dict[str, Any]:
    """The group and the sessions a guest can come to. NotFound for a group not published."""
    group, terms = _open_terms(slug)
    now = outside.clock.now()
    found = [(one, whole) for whole in terms for one in rules.open_sessions(whole, now)]
    found.sort(key=lambda pair: pair[0].starts_at)
    return {
        "group": group,
        "terms": terms,
        "sessions": [session for session, _ in found],
        "modes": {session.session_id: whole.term for session, whole in found},
    }


def book(
    outside: Outside,
    caller: Caller,
    slug: str,
    values: Mapping[str, Any],
    client: str,
    seen: Sequence[WholeTerm] = (),
) -> None:
    """Take a guest place, or answer just the same when this address has it already: only the
    mail tells (no enumeration). `seen` are the terms as they were read for the form, which need
    not be read once more. Raises NoGuestPlaceLeft, TooManyTries, NotFound."""
    terms = seen or _open_terms(slug)[1]
    for _ in range(TRIES):
        whole, session = _place(terms, values["session_id"], _now(outside))
        if not rules.has_place(session):
            raise NoGuestPlaceLeft
        try:
            commit(_booking(outside, caller, whole, session, values, client), caller, _now(outside))
        except (AlreadyBooked, StateChanged):
            terms = _open_terms(slug)[1]  # somebody was faster, perhaps the same person: look again
            continue
        return
    raise StateChanged


def _booking(
    outside: Outside,
    caller: Caller,
    whole: WholeTerm,
    session: Session,
    values: Mapping[str, Any],
    client: str,
) -> Change:
    act, who = _act(outside, caller), who_of(values)
    limits = counted("public-form", act.now, who["email"], client)
    held = store.holder(f"{session.session_id}#{who['email_hash']}")
    if held is None:
        booking_id = outside.ids.new("booking")
        return limits + rules.booked(whole, session, who, booking_id, act)
    before = store.booking(held.owner_id)
    told = reads.get(Mail, f"taster_again#{held.owner_id}") is not None
    if before is None or told:
        return limits
    return limits + rules.booked_again(before, whole, session, act)


def from_token(outside: Outside, token: str) -> TasterBooking:
    """The booking that a personal link names; LinkNotValid when it names none."""
    link = read_link(outside.places.link_keys, "booking", token)
    booking = store.booking(link.subject)
    if booking is None or booking.generation != link.generation:
        raise LinkNotValid
    return booking


def show_booking(outside: Outside, token: str) -> dict[str, Any]:
    """The guest's own page: when, where, how to join, and how it stands."""
    booking = from_token(outside, token)
    whole = groups.whole_term(booking.group_id, booking.term_id)
    if whole is None:
        raise NotFound
    session = whole.session(booking.session_id)
    ends_at = session.ends_at if session else booking.starts_at
    now = outside.clock.now()
    return {
        "booking": booking,
        "group": whole.group,
        "term": whole.term,
        "session": session,
        "minutes": int((ends_at - booking.starts_at).total_seconds()) // 60,
        "past": booking.starts_at <= now,
        "joining": rules.joining_shown(booking, ends_at, now),
        "applying": whole.term.state == "recruiting",
    }


def cancel(outside: Outside, caller: Caller, token: str) -> None:
    """The guest does not come: the place is free again. MoveNotDeclared for a booking that is
    not open, Conflict once the session has begun."""
    _give_up(outside, caller, from_token(outside, token), by_us=False)


def call_off(outside: Outside, caller: Caller, booking_id: str) -> None:
    """We cannot have this guest: the place is free again and a mail asks to choose another
    date (A4)."""
    _give_up(outside, caller, _booking_of(booking_id), by_us=True)


def mark(outside: Outside, caller: Caller, booking_id: str, state: str) -> None:
    """Whether the guest came: attended or missed."""
    change = rules.marked(_booking_of(booking_id), state, _act(outside, caller))
    commit(change, caller, _now(outside))


def show_guests(outside: Outside, group_id: str, term_id: str) -> dict[str, Any]:  # noqa: ARG001
    """A term's guests by session."""
    whole = groups.whole_term(group_id, term_id)
    if whole is None:
        raise NotFound
    bookings = store.bookings_of_term(term_id)
    every = sorted((*whole.tasters, *whole.sessions), key=lambda one: one.starts_at)
    by_session = {
        one.session_id: [b for b in bookings if b.session_id == one.session_id] for one in every
    }
    return {
        "whole": whole,
        "sessions": [one for one in every if one.guest_places or by_session[one.session_id]],
        "guests": by_session,
        "reach": addresses.several(one.email for one in bookings),
    }


def _give_up(outside: Outside, caller: Caller, booking: TasterBooking, by_us: bool) -> None:
    whole = groups.whole_term(booking.group_id, booking.term_id)
    if whole is None:
        raise NotFound
    commit(rules.cancelled(booking, whole, _act(outside, caller), by_us), caller, _now(outside))


def _booking_of(booking_id: str) -> TasterBooking:
    booking = store.booking(booking_id)
    if booking is None:
        raise NotFound
    return booking


def _open_terms(slug: str) -> tuple[Group, list[WholeTerm]]:
    """A published group, and those of its terms that guests can come to."""
    group_id = groups.group_id_of(slug)
    rows = groups.everything(group_id) if group_id else []
    group = groups.group_in(rows)
    if group is None or group.state != "published":
        raise NotFound
    return group, [one for one in groups.whole_terms(rows) if one.term.state in rules.OPEN_TERMS]


def _place(terms: Sequence[WholeTerm], session_id: str, now: datetime) -> tuple[WholeTerm, Session]:
    """The session with its term; NoGuestPlaceLeft once it is over or called off."""
    for whole in terms:
        session = whole.session(session_id)
        if session and session.state == "planned" and session.starts_at > now:
            return whole, session
    raise NoGuestPlaceLeft


def _now(outside: Outside) -> datetime:
    return outside.clock.now()


def _act(outside: Outside, caller: Caller) -> Act:
    return Act(actor=caller.actor, audit_id=outside.ids.new("audit"), now=outside.clock.now())

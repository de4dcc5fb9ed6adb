"""Doors of the taster: choosing a place, the guest's own page, the list of guests."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining import tasters as flow
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.tasters import BOOK
from chalicelib.rules.parsers import choice

door = Doors(__name__)
HERE = "admin-groups"
GUESTS = "/admin/groups/{group_id}/terms/{term_id}/guests"


@door.page("/groups/{slug}/taster", Audience.ANYONE)
def show_taster(visit: Visit, slug: str, answers_given: Answers | None = None) -> Response:
    """The sessions a guest can come to, and the form."""
    facts = flow.show_taster(visit.outside, slug)
    given = answers_given or Answers.of(BOOK, {"zone": facts["group"].zone})
    return visit.page("taster", answers_given=given, **facts)


@door.form("/groups/{slug}/taster", Audience.ANYONE, again=show_taster)
def book(visit: Visit, slug: str) -> Response:
    """Take a guest place."""
    shown = flow.show_taster(visit.outside, slug)
    ids = [one.session_id for one in shown["sessions"]]
    values = visit.read(BOOK.offering(session_id=choice(*ids)))
    location = f"/groups/{slug}/taster/booked"
    caller = visit.caller(location, "visitor")
    flow.book(visit.outside, caller, slug, values, visit.address, shown["terms"])
    return visit.go(location)


@door.page("/groups/{slug}/taster/booked", Audience.ANYONE)
def show_booked(visit: Visit, slug: str) -> Response:
    """The same for everybody: we have written to the address that was given."""
    return visit.page("taster_booked", **flow.show_taster(visit.outside, slug))


@door.page("/tasters/{token}", Audience.LINK)
def show_booking(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """The guest's own page."""
    facts = flow.show_booking(visit.outside, token)
    return visit.page("taster_booking", answers_given=answers_given, token=token, **facts)


@door.form("/tasters/{token}", Audience.LINK, again=show_booking)
def cancel(visit: Visit, token: str) -> Response:
    """The guest gives the place up."""
    location = f"/tasters/{token}"
    flow.cancel(visit.outside, visit.caller(location, "guest"), token)
    return visit.go(location)


@door.page(GUESTS, Audience.ADMINISTRATOR)
def show_guests(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """A term's guests by session."""
    facts = flow.show_guests(visit.outside, group_id, term_id)
    return visit.page("taster_guests", here=HERE, answers_given=answers_given, **facts)


@door.form(GUESTS, Audience.ADMINISTRATOR, again=show_guests)
def mark_guest(visit: Visit, group_id: str, term_id: str) -> Response:
    """A guest came, did not come, or has to be told that it cannot be."""
    what = visit.word("do", ("attended", "missed", "call_off"))
    caller = visit.caller(f"/admin/groups/{group_id}/terms/{term_id}/guests")
    booking_id = visit.named("booking_id")
    if what == "call_off":
        flow.call_off(visit.outside, caller, booking_id)
    else:
        flow.mark(visit.outside, caller, booking_id, what)
    return visit.go(caller.location)

"""The page of who is signed in."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.people import me
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit

door = Doors(__name__)


@door.page("/me", Audience.SIGNED_IN)
def show_me(visit: Visit) -> Response:
    """Applications, offers, tasters and enrolments of this person."""
    mine = me.show_me(visit.outside, visit.me)
    return visit.page("me", person=visit.me, mine=mine, here="me")

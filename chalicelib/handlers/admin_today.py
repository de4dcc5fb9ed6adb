"""The door of the administrator's first page."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows import today as flow
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit

door = Doors(__name__)


@door.page("/admin", Audience.ADMINISTRATOR)
def show_today(visit: Visit) -> Response:
    """What needs a person."""
    zone = visit.circle.zone if visit.circle else "UTC"
    return visit.page("admin_today", here="today", zone=zone, **flow.show_today(visit.outside))

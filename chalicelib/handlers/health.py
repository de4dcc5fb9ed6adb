"""What machines ask and what browsers fetch: /healthz and the static files."""

from __future__ import annotations

from chalice.app import Response

from chalicelib import rendering
from chalicelib.handlers import answers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit

door = Doors(__name__)


@door.page("/healthz", Audience.ANYONE)
def show_health(visit: Visit) -> Response:
    """That the function starts and can read its settings."""
    return answers.plain(visit.settings, "ok\n")


@door.page("/static/{name}", Audience.ANYONE)
def static_file(visit: Visit, name: str) -> Response:
    """A file of templates/static."""
    body, content_type = rendering.static(name)
    return answers.static_file(visit.settings, body, content_type)

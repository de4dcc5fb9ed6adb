"""Whether all is well, for machines at /healthz and for people at /admin/health; the static
files."""

from __future__ import annotations

from chalice.app import Response

from chalicelib import rendering
from chalicelib.errors import Trouble
from chalicelib.flows import health
from chalicelib.handlers import answers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit

door = Doors(__name__)


@door.page("/healthz", Audience.ANYONE)
def tell_machines(visit: Visit) -> Response:
    """`ok`, or a line for each thing that is not well: codes, never people or sums. 503 for what
    somebody has to mend, 200 for what people have switched off or still to do."""
    try:
        found = health.look(visit.outside)
    except Trouble as trouble:
        return answers.plain(visit.settings, f"trouble:{trouble.code}\n", 503)
    names = sorted({sign.name for sign in found.signs}) or ["ok"]
    body = "".join(f"{name}\n" for name in names)
    return answers.plain(visit.settings, body, 503 if found.is_ill else 200)


@door.page("/admin/health", Audience.ADMINISTRATOR)
def show_health(visit: Visit) -> Response:
    """All well, or what is wrong and who has been told (D9)."""
    found = health.look(visit.outside)
    return visit.page("admin_health", here="today", found=found)


@door.page("/static/{name}", Audience.ANYONE)
def static_file(visit: Visit, name: str) -> Response:
    """A file of templates/static."""
    body, content_type = rendering.static(name)
    return answers.static_file(visit.settings, body, content_type)

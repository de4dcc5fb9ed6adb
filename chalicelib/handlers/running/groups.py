"""What anyone may see: the first page, the groups, one group, its flyer."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.running import groups
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.running.group_forms import READER, reader_zone

door = Doors(__name__)


@door.page("/", Audience.ANYONE)
def show_home(visit: Visit) -> Response:
    """What a Balint group is, and the way to the groups."""
    return visit.page("home" if visit.circle else "home_before")


@door.page("/groups", Audience.ANYONE)
def show_groups(visit: Visit) -> Response:
    """The terms that recruit."""
    return visit.page("groups", here="groups", listed=groups.show_recruiting(visit.outside))


@door.page("/groups/{slug}", Audience.ANYONE)
def show_group(visit: Visit, slug: str) -> Response:
    """Everything about a group before anyone applies."""
    found = groups.show_group(visit.outside, slug, visit.circle)
    zone = _reader_zone(visit)
    given = Answers.of(READER, {"zone": zone})
    return visit.page("group", here="groups", found=found, reader_zone=zone, answers_given=given)


@door.page("/groups/{slug}/flyer", Audience.ANYONE)
def show_flyer(visit: Visit, slug: str) -> Response:
    """A sheet to print and pin up, with the total price (R25)."""
    found = groups.show_group(visit.outside, slug, visit.circle)
    return visit.page("flyer", here="groups", found=found)


def _reader_zone(visit: Visit) -> str | None:
    """The zone the reader chose, else the one of who is signed in; None for neither."""
    return reader_zone(visit.query) or (visit.person.zone if visit.person else None)

"""A person's own doors to what is kept about them: a file of it, and asking that it be erased."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.people import erasing, own_data
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers

door = Doors(__name__)
PAGE = "/me/data"


@door.page(PAGE, Audience.SIGNED_IN)
def show(visit: Visit, answers_given: Answers | None = None) -> Response:
    """What can be asked for."""
    asked = erasing.is_asked(visit.outside, visit.me)
    return visit.page("my_data", answers_given=answers_given, here="me", asked=asked)


@door.form(f"{PAGE}/erase", Audience.SIGNED_IN, again=show)
def ask(visit: Visit) -> Response:
    """Asks the desk to erase it."""
    erasing.request(visit.outside, visit.caller(PAGE), visit.me)
    return visit.go(PAGE)


@door.form(f"{PAGE}/files", Audience.SIGNED_IN, again=show)
def export(visit: Visit) -> Response:
    """Makes the file of everything; its link is on the page that follows."""
    visit.require_fresh()
    export_id = visit.outside.ids.new("export")
    caller = visit.caller(f"{PAGE}/files/{export_id}")
    own_data.export(visit.outside, caller, visit.me.person_id, export_id)
    return visit.go(caller.location)


@door.page(f"{PAGE}/files/{{export_id}}", Audience.SIGNED_IN)
def show_export(visit: Visit, export_id: str) -> Response:
    """A short link to one's own file."""
    visit.require_fresh()
    url = own_data.export_link(visit.outside, visit.me.person_id, export_id)
    return visit.page("data_file", here="me", url=url, back=PAGE)

"""The desk's doors to what is kept about somebody: finding, a file of it, erasing it."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.people import erasing, own_data
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.people.erasing_forms import ERASE, FIND

door = Doors(__name__)
PAGE = "/admin/erasing"
ONE = f"{PAGE}/{{subject_id}}"


@door.page(PAGE, Audience.ADMINISTRATOR)
def show_all(visit: Visit, answers_given: Answers | None = None) -> Response:
    """Every erasure, and a form that finds somebody by address."""
    shown = erasing.show_all(visit.outside)
    return visit.page(
        "admin_erasing",
        answers_given=visit.still_typed(answers_given),
        shown=shown,
        here="settings",
    )


@door.form(PAGE, Audience.ADMINISTRATOR, again=show_all)
def find(visit: Visit) -> Response:
    """Leads to the person of an address."""
    found = erasing.find(visit.outside, visit.read(FIND)["email"])
    return visit.go(f"{PAGE}/{found}")


@door.page(ONE, Audience.ADMINISTRATOR)
def show(visit: Visit, subject_id: str, answers_given: Answers | None = None) -> Response:
    """What would go, what stays, why and until when."""
    shown = erasing.show(visit.outside, subject_id)
    given = visit.still_typed(answers_given)
    return visit.page("admin_erasure", answers_given=given, shown=shown, here="settings")


@door.form(f"{ONE}/erase", Audience.ADMINISTRATOR, again=show)
def erase(visit: Visit, subject_id: str) -> Response:
    """Decides it, for somebody who has just signed in and typed the name."""
    visit.require_fresh()
    typed = visit.read(ERASE)["typed"]
    erasing.ask(visit.outside, visit.caller(PAGE), subject_id, typed)
    return visit.go(PAGE)


@door.form(f"{ONE}/stop", Audience.ADMINISTRATOR, again=show)
def stop(visit: Visit, subject_id: str) -> Response:
    """Calls it off before its night."""
    erasing.stop(visit.outside, visit.caller(PAGE), subject_id)
    return visit.go(PAGE)


@door.form(f"{ONE}/files", Audience.ADMINISTRATOR, again=show)
def export(visit: Visit, subject_id: str) -> Response:
    """Makes the file of everything; its link is on the page that follows."""
    visit.require_fresh()
    export_id = visit.outside.ids.new("export")
    caller = visit.caller(f"{PAGE}/{subject_id}/files/{export_id}")
    own_data.export(visit.outside, caller, subject_id, export_id)
    return visit.go(caller.location)


@door.page(f"{ONE}/files/{{export_id}}", Audience.ADMINISTRATOR)
def show_export(visit: Visit, subject_id: str, export_id: str) -> Response:
    """A short link to the file."""
    visit.require_fresh()
    url = own_data.export_link(visit.outside, subject_id, export_id)
    return visit.page("data_file", here="settings", url=url, back=f"{PAGE}/{subject_id}")

"""Doors of the roster: on screen, and as a file that a fresh sign-in may take away."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.running import rosters as flow
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers

door = Doors(__name__)
ROSTER = "/admin/groups/{group_id}/terms/{term_id}/roster"


@door.page("/admin/rosters", Audience.ADMINISTRATOR)
def show_rosters(visit: Visit) -> Response:
    """Every term that is not over."""
    return visit.page("admin_rosters", here="rosters", terms=flow.show_rosters(visit.outside))


@door.page(ROSTER, Audience.ADMINISTRATOR)
def show_roster(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """One term's roster."""
    shown = flow.show_roster(visit.outside, group_id, term_id)
    return visit.page(
        "admin_roster",
        answers_given=answers_given,
        here="rosters",
        whole=shown.whole,
        roster=shown.roster,
        reach=shown.reach,
    )


@door.form(ROSTER, Audience.ADMINISTRATOR, again=show_roster)
def export_roster(visit: Visit, group_id: str, term_id: str) -> Response:
    """Make the file; its link is on the page that follows."""
    visit.require_fresh()
    export_id = visit.outside.ids.new("export")
    caller = visit.caller(f"{visit.path}/{export_id}")
    flow.export(visit.outside, caller, group_id, term_id, export_id)
    return visit.go(caller.location)


@door.page(f"{ROSTER}/{{export_id}}", Audience.ADMINISTRATOR)
def show_export(visit: Visit, group_id: str, term_id: str, export_id: str) -> Response:
    """A short link to the file."""
    visit.require_fresh()
    shown = flow.show_roster(visit.outside, group_id, term_id)
    url = flow.export_link(visit.outside, term_id, export_id)
    return visit.page("admin_roster_export", here="rosters", whole=shown.whole, url=url)

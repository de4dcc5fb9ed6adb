"""The desk of the tests: what an administrator types, and ways to a group or a term."""

from __future__ import annotations

from typing import Any

from chalicelib.rules.changes import Change, Update
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store.commit import commit
from chalicelib.store.running.groups import whole_term
from local.browser import Browser
from tests.stories import a_draft_term, a_recruiting_term
from tests.world import World

GROUP = {
    "title": "Thursday Lantern Group",
    "audience": "Clinicians of all professions",
    "mode": "online",
    "zone": "Europe/London",
    "contact_email": "lantern@marmalade-circle.example",
}
DATES = {
    "title": "Spring 2027",
    "fee_plan": "term",
    "first_date": "2027-01-14",
    "local_time": "19:00",
    "minutes": "90",
    "often": "fortnightly",
    "count": "6",
}
PLACES = {
    "capacity": "8",
    "min_members": "6",
    "price_minor": "216",
    "other_costs_minor": "90",
    "apply_by": "4 January 2027",
    "guest_places": "2",
}
WHERE = {
    "mode": "online",
    "link_note": "By mail, two days before the first session.",
    "meeting_link": "https://meet.example.org/lantern",
    "doors_open_minutes": "10",
}
LEADER = {
    "name": "Dr Imelda Inkwell",
    "email": "imelda.inkwell@example.org",
    "accreditation": "accredited",
    "body": "the Balint Society",
    "biography": "Imelda has led groups since 2009.",
    "pay": "fee",
    "rate_minor": "65",
}


def make_group(desk: Browser, **changed: str) -> str:
    """The path of a new group."""
    desk.get("/admin/groups/new")
    desk.submit({**GROUP, **changed}, action="/new")
    return desk.path


def make_term(desk: Browser, group_path: str, **changed: str) -> str:
    """The path of a new draft of a term."""
    desk.get(f"{group_path}/terms/new")
    desk.submit({**DATES, **changed, "do": "save"}, action="/terms/new")
    assert desk.path.endswith("/places"), desk.text
    return desk.path.removesuffix("/places")


def fill(desk: Browser, path: str, part: str, values: dict[str, Any]) -> None:
    desk.get(f"{path}/{part}")
    desk.submit(values, action=f"/{part}")
    assert desk.answer.status == 200, desk.text


def make_ready(desk: Browser, **places: str) -> str:
    """The path of a term that lacks nothing but the press of a button."""
    group_path = make_group(desk)
    fill(desk, group_path, "texts", {"about": "We meet on Thursdays.", "patient_word": "patient"})
    path = make_term(desk, group_path)
    fill(desk, path, "places", {**PLACES, **places})
    fill(desk, path, "where", WHERE)
    fill(desk, path, "leaders", LEADER)
    desk.get(path)
    return path


def path_of(whole: WholeTerm) -> str:
    return f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}"


def open_draft(world: World, desk: Browser) -> str:
    """The path of a term that lacks nothing, and its page open."""
    desk.get(path_of(a_draft_term(world)))
    return desk.path


def open_term(world: World, desk: Browser) -> str:
    """The path of a term that recruits, and its page open."""
    desk.get(path_of(a_recruiting_term(world)))
    return desk.path


def whole_of(path: str) -> WholeTerm:
    _, _, _, group_id, _, term_id = path.split("/")
    whole = whole_term(group_id, term_id)
    assert whole is not None
    return whole


def occupy(whole: WholeTerm, seats: int) -> None:
    commit(Change.of(Update(whole.term, add={"occupied": seats})))

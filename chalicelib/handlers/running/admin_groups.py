"""The desk's pages about groups: list, make, change, close. Terms have admin_terms.py."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.flows.running import groups
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.running.group_forms import GROUP, GROUP_TEXTS, slug_of
from chalicelib.rules.running.group_rules import GROUP_RULES
from chalicelib.rules.running.groups import Group

door = Doors(__name__)
ADMINISTRATOR = Audience.ADMINISTRATOR
HERE = "admin-groups"
GROUP_PATH = "/admin/groups/{group_id}"


@door.page("/admin/groups", ADMINISTRATOR)
def show_groups(visit: Visit) -> Response:
    """Every group with its terms that are not over."""
    return visit.page("admin_groups", here=HERE, every=groups.show_all(visit.outside))


@door.page("/admin/groups/new", ADMINISTRATOR)
def show_new_group(visit: Visit, answers_given: Answers | None = None) -> Response:
    """The first questions about a group; with `?copy=` those of another one."""
    source = visit.named("copy") if visit.hidden("copy") else visit.query.get("copy", "")
    copied = groups.show_desk(visit.outside, source).group if source else None
    given = answers_given or Answers.of(GROUP, _first_values(visit, copied))
    return visit.page("admin_group_new", here=HERE, copied=copied, answers_given=given)


@door.form("/admin/groups/new", ADMINISTRATOR, again=show_new_group)
def create_group(visit: Visit) -> Response:
    """Make a draft, from scratch or like another group."""
    values = _named(visit, visit.read(GROUP))
    source = str(values.pop("copy") or "")
    group_id = visit.outside.ids.new("group")
    location = f"/admin/groups/{group_id}"
    if source:
        groups.copy_group(visit.outside, visit.caller(location), group_id, values, source)
    else:
        groups.create_group(visit.outside, visit.caller(location), group_id, values)
    return visit.go(location)


@door.page(GROUP_PATH, ADMINISTRATOR)
def show_desk(visit: Visit, group_id: str, answers_given: Answers | None = None) -> Response:
    """A group with its terms and what there is to do."""
    desk = groups.show_desk(visit.outside, group_id)
    return visit.page("admin_group", here=HERE, desk=desk, answers_given=answers_given)


@door.page(f"{GROUP_PATH}/basics", ADMINISTRATOR)
def show_basics(visit: Visit, group_id: str, answers_given: Answers | None = None) -> Response:
    """Title, address, audience, mode, zone of a draft."""
    return _form_page(visit, "admin_group_basics", group_id, GROUP, answers_given)


@door.form(f"{GROUP_PATH}/basics", ADMINISTRATOR, again=show_basics)
def change_basics(visit: Visit, group_id: str) -> Response:
    """Change them."""
    values = _named(visit, visit.read(GROUP), group_id)
    values.pop("copy")
    location = f"/admin/groups/{group_id}"
    groups.edit_group(visit.outside, visit.caller(location), group_id, values)
    return visit.go(location)


@door.page(f"{GROUP_PATH}/texts", ADMINISTRATOR)
def show_texts(visit: Visit, group_id: str, answers_given: Answers | None = None) -> Response:
    """The words about a group."""
    return _form_page(visit, "admin_group_texts", group_id, GROUP_TEXTS, answers_given)


@door.form(f"{GROUP_PATH}/texts", ADMINISTRATOR, again=show_texts)
def change_texts(visit: Visit, group_id: str) -> Response:
    """Change them."""
    location = f"/admin/groups/{group_id}"
    values = visit.read(GROUP_TEXTS)
    groups.edit_texts(visit.outside, visit.caller(location), group_id, values)
    return visit.go(location)


@door.page(f"{GROUP_PATH}/rules", ADMINISTRATOR)
def show_rules(visit: Visit, group_id: str, answers_given: Answers | None = None) -> Response:
    """How people join."""
    return _form_page(visit, "admin_group_rules", group_id, GROUP_RULES, answers_given)


@door.form(f"{GROUP_PATH}/rules", ADMINISTRATOR, again=show_rules)
def change_rules(visit: Visit, group_id: str) -> Response:
    """Change it."""
    location = f"/admin/groups/{group_id}"
    values = visit.read(GROUP_RULES)
    groups.edit_rules(visit.outside, visit.caller(location), group_id, values)
    return visit.go(location)


@door.form(f"{GROUP_PATH}/state", ADMINISTRATOR, again=show_desk)
def move_group(visit: Visit, group_id: str) -> Response:
    """Close a group, or open it again."""
    state = {"close": "closed", "open": "published"}[visit.word("do", ("close", "open"))]
    location = f"/admin/groups/{group_id}"
    groups.move_group(visit.outside, visit.caller(location), group_id, state)
    return visit.go(location)


def _form_page(
    visit: Visit, page: str, group_id: str, form: Any, answers_given: Answers | None
) -> Response:
    desk = groups.show_desk(visit.outside, group_id)
    given = answers_given or Answers.of(form, vars(desk.group))
    return visit.page(page, here=HERE, desk=desk, answers_given=given)


def _first_values(visit: Visit, copied: Group | None) -> dict[str, Any]:
    """What the first form starts with: the other group's answers, or the circle's own."""
    if copied:
        return {**vars(copied), "title": "", "slug": "", "copy": copied.group_id}
    circle = visit.circle
    return {
        "mode": "online",
        "zone": circle.zone if circle else None,
        "contact_email": circle.email if circle else None,
    }


def _named(visit: Visit, values: Any, group_id: str = "") -> dict[str, Any]:
    """The values, once nobody else has their public address; InvalidForm otherwise."""
    slug = values["slug"] or slug_of(values["title"])
    if not groups.slug_is_free(visit.outside, slug, group_id):
        raise GROUP.invalid(visit.typed, {"slug": "taken"})
    return dict(values)

"""Groups: what visitors see of them, and how an administrator makes and changes one.

What does not live here: terms (terms.py), leaders (leaders.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.errors import Conflict, NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Create, Is, Remove, Update
from chalicelib.rules.joining.tasters import open_sessions
from chalicelib.rules.people.circle import CircleSettings, Document
from chalicelib.rules.running.group_forms import slug_of
from chalicelib.rules.running.groups import Group, Listed, SlugOwner, WholeTerm
from chalicelib.rules.running.term_sessions import changed_values
from chalicelib.rules.states import move
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.running import groups

SHOWN = ("recruiting", "running")


@dataclass(frozen=True)
class GroupPage:
    """What the public page of a group shows: its terms that recruit or run, those of them (by
    id) where a guest can still come, and the texts that people agree to, by name."""

    group: Group
    recruiting: tuple[WholeTerm, ...]
    running: tuple[WholeTerm, ...]
    welcoming: frozenset[str]
    documents: Mapping[str, str]


@dataclass(frozen=True)
class Desk:
    """A group as an administrator sees it: with every term, drafts and past ones too."""

    group: Group
    terms: tuple[WholeTerm, ...]


def show_recruiting(outside: Outside) -> tuple[Listed, ...]:  # noqa: ARG001 - as every flow
    """Terms that recruit with their groups, by their first session: two calls of the store."""
    terms = groups.recruiting()
    found = {one.group_id: one for one in groups.groups(sorted({one.group_id for one in terms}))}
    return tuple(
        Listed(group=found[term.group_id], term=term)
        for term in terms
        if term.group_id in found and found[term.group_id].state == "published"
    )


def show_group(outside: Outside, slug: str, circle: CircleSettings | None) -> GroupPage:
    """A published group as visitors see it; NotFound for a draft."""
    group_id = groups.group_id_of(slug)
    rows = groups.everything(group_id) if group_id else []
    group = groups.group_in(rows)
    if group is None or group.state == "draft":
        raise NotFound
    terms = groups.whole_terms(rows) if group.state == "published" else ()
    now = outside.clock.now()
    return GroupPage(
        group=group,
        recruiting=tuple(one for one in terms if one.term.state == "recruiting"),
        running=tuple(one for one in terms if one.term.state == "running"),
        welcoming=frozenset(one.term.term_id for one in terms if open_sessions(one, now)),
        documents=_documents(circle),
    )


def show_all(outside: Outside) -> list[tuple[Group, list[Listed]]]:  # noqa: ARG001
    """Every group with its terms that are not over, for the desk."""
    every = groups.every_group()
    terms = [*groups.recruiting(), *groups.coming()]
    by_group: dict[str, list[Listed]] = {one.group_id: [] for one in every}
    known = {one.group_id: one for one in every}
    for term in sorted(terms, key=lambda one: one.starts_at):
        if term.group_id in known:
            by_group[term.group_id].append(Listed(group=known[term.group_id], term=term))
    return [(one, by_group[one.group_id]) for one in every]


def show_desk(outside: Outside, group_id: str) -> Desk:  # noqa: ARG001
    """One group with all its terms; NotFound when there is none."""
    rows = groups.everything(group_id)
    group = groups.group_in(rows)
    if group is None:
        raise NotFound
    return Desk(group=group, terms=groups.whole_terms(rows))


def slug_is_free(outside: Outside, slug: str, group_id: str = "") -> bool:  # noqa: ARG001
    """Whether nobody else has this public address."""
    return groups.group_id_of(slug) in (None, group_id)


def create_group(
    outside: Outside, caller: Caller, group_id: str, values: Mapping[str, Any]
) -> None:
    """A new group, as a draft that nobody else sees. `values` are those of the form GROUP.
    StateChanged when the public address went to another group meanwhile."""
    now = outside.clock.now()
    slug = values["slug"] or slug_of(values["title"])
    group = Group(group_id=group_id, created_at=now, about="", **{**values, "slug": slug})
    change = Change.of(
        Create(group),
        Create(SlugOwner(slug=slug, owner_id=group_id), StateChanged),
        audit(group_id, "group.created", caller.actor, now, outside.ids.new("audit")),
    )
    commit(change, caller, now)


def copy_group(
    outside: Outside, caller: Caller, group_id: str, values: Mapping[str, Any], source_id: str
) -> None:
    """A new draft with another title and address, and the texts and rules of `source_id`."""
    now = outside.clock.now()
    source = show_desk(outside, source_id).group
    slug = values["slug"] or slug_of(values["title"])
    own = {**values, "slug": slug, "group_id": group_id, "state": "draft", "created_at": now}
    facts = {"copy_of": source_id}
    change = Change.of(
        Create(replace(source, **own)),
        Create(SlugOwner(slug=slug, owner_id=group_id), StateChanged),
        audit(group_id, "group.created", caller.actor, now, outside.ids.new("audit"), **facts),
    )
    commit(change, caller, now)


def edit_group(outside: Outside, caller: Caller, group_id: str, values: Mapping[str, Any]) -> None:
    """Title, public address, audience, mode and zone: of a draft only, because published terms
    and the mails about them name these. The zone stays once there are terms. Conflict otherwise.
    """
    desk = show_desk(outside, group_id)
    slug = values.get("slug") or slug_of(values["title"])
    new = replace(desk.group, **{**values, "slug": slug})
    if desk.group.state != "draft" or (desk.terms and new.zone != desk.group.zone):
        raise Conflict
    renamed = slug != desk.group.slug
    _save(
        outside,
        caller,
        desk.group,
        new,
        Change.of(
            Remove(SlugOwner(slug=desk.group.slug, owner_id=group_id)) if renamed else None,
            Create(SlugOwner(slug=slug, owner_id=group_id)) if renamed else None,
        ),
    )


def edit_texts(outside: Outside, caller: Caller, group_id: str, values: Mapping[str, Any]) -> None:
    """The words about a group and whom to ask: at any time."""
    group = show_desk(outside, group_id).group
    given = {**values, "eligibility": values["eligibility"] or ""}
    _save(outside, caller, group, replace(group, **given))


def edit_rules(outside: Outside, caller: Caller, group_id: str, values: Mapping[str, Any]) -> None:
    """How people join and who sells the places (D11, D13, R51): of a draft only. Conflict
    otherwise."""
    group = show_desk(outside, group_id).group
    if group.state != "draft":
        raise Conflict
    given: dict[str, Any] = {n: "" if value is None else value for n, value in values.items()}
    _save(outside, caller, group, replace(group, **given))


def move_group(outside: Outside, caller: Caller, group_id: str, state: str) -> None:
    """Close a group or open it again. Conflict while a term of it recruits or runs."""
    desk, now = show_desk(outside, group_id), outside.clock.now()
    if state == "closed" and any(one.term.state in SHOWN for one in desk.terms):
        raise Conflict
    old = desk.group.state
    new = move("group", old, state)
    change = Change.of(
        Update(desk.group, {"state": new}, when=(Is("state", old),)),
        audit(group_id, f"group.{new}", caller.actor, now, outside.ids.new("audit")),
    )
    commit(change, caller, now)


def _save(
    outside: Outside, caller: Caller, old: Group, new: Group, also: Change | None = None
) -> None:
    """Write what changed and who changed it; a form that changes nothing is spent all the same."""
    now = outside.clock.now()
    values = changed_values(old, new)
    if not values:
        commit(Change(), caller, now)
        return
    fields = sorted(values)
    change = Change.of(
        Update(old, values, when=(Is("state", old.state),)),
        also,
        audit(
            old.group_id,
            "group.changed",
            caller.actor,
            now,
            outside.ids.new("audit"),
            fields=fields,
        ),
    )
    commit(change, caller, now)


def _documents(circle: CircleSettings | None) -> dict[str, str]:
    """The texts that hold now, by name."""
    if circle is None:
        return {}
    keys: list[tuple[str, ...]] = [
        ("document#agreement", circle.agreement_version),
        ("document#refund_policy", circle.policy_version),
    ]
    return {one.name: one.text for one in reads.many(Document, keys)}

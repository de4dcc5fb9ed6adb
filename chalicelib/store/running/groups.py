"""Reading groups: one query brings a group with its terms, sessions and leaders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.rules.running.groups import Group, Session, SlugOwner, Term, WholeTerm
from chalicelib.rules.running.leading import Leadership, Split, Substitute
from chalicelib.store import reads, tables

FIRST_KEY = "group"  # the range keys of attendance#.. come before it, all others after


def everything(group_id: str) -> list[Any]:
    """The group's row and all its terms, sessions and leaderships. The marks of its registers,
    which are many, come before these and are left out: store/running/registers.py."""
    return reads.under(tables.Groups, group_id, since=FIRST_KEY)


def group_id_of(slug: str) -> str | None:
    """Whose public address this is."""
    owner = reads.get(SlugOwner, f"slug#{slug}", "slug")
    return owner.owner_id if owner else None


def whole_term(group_id: str, term_id: str) -> WholeTerm | None:
    """A term with its group, sessions and leaders; None when there is no such term."""
    return pick(everything(group_id), term_id)


def whole_terms(rows: list[Any]) -> tuple[WholeTerm, ...]:
    """Every term of a group's rows, by its first session."""
    terms = sorted((row for row in rows if isinstance(row, Term)), key=lambda one: one.starts_at)
    return tuple(whole for one in terms if (whole := pick(rows, one.term_id)))


def group_in(rows: list[Any]) -> Group | None:
    """The group itself, out of its rows."""
    return next((row for row in rows if isinstance(row, Group)), None)


def pick(rows: list[Any], term_id: str) -> WholeTerm | None:
    """The term with its own sessions and leaders, out of a group's rows."""
    group = group_in(rows)
    terms = [row for row in rows if _of(row, Term, term_id)]
    if group is None or not terms:
        return None
    sessions = [row for row in rows if _of(row, Session, term_id)]
    return WholeTerm(
        group=group,
        term=terms[0],
        sessions=tuple(one for one in sessions if one.kind == "regular"),
        tasters=tuple(one for one in sessions if one.kind == "taster"),
        leaders=tuple(row for row in rows if _of(row, Leadership, term_id)),
        substitutes=tuple(one for one in rows if _of(one, Substitute, term_id)),
        splits=tuple(one for one in rows if _of(one, Split, term_id)),
    )


def _of(row: Any, kind: type, term_id: str) -> bool:
    return isinstance(row, kind) and getattr(row, "term_id", None) == term_id


def marked_term(group_id: str, term_id: str) -> WholeTerm | None:
    """A term for an act that moves fees between its sessions. Its mark `shares_moved` is read
    before its sessions: a change that comes between the two fails the act, never passes it."""
    mark = reads.get(Term, group_id, f"term#{term_id}")
    whole = whole_term(group_id, term_id)
    if mark is None or whole is None:
        return None
    return replace(whole, term=replace(whole.term, shares_moved=mark.shares_moved))


def recruiting() -> list[Term]:
    """Terms that recruit, by their first session."""
    return list(reads.indexed(tables.Groups.by_recruiting, "open"))


def coming() -> list[Term]:
    """Draft and running terms, by their first session."""
    return list(reads.indexed(tables.Groups.by_recruiting, "coming"))


def every_group() -> list[Group]:
    """All groups, by title."""
    return list(reads.indexed(tables.Groups.by_recruiting, "group"))


def groups(group_ids: list[str]) -> list[Group]:
    """Several groups in one call."""
    return reads.many(Group, [(group_id, "group") for group_id in group_ids])

"""Leaders of a term: a person is found by address or made, and leads from now on (R26, R81).

What does not live here: their pay (payouts), who may sign in (sign_in.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.errors import Conflict, NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import (
    Caller,
    Change,
    Create,
    Is,
    Remove,
    Require,
    Update,
    Write,
)
from chalicelib.rules.people.people import EmailOwner, Person, email_key
from chalicelib.rules.running import substitutes
from chalicelib.rules.running.groups import Term, WholeTerm
from chalicelib.rules.running.leading import Leadership
from chalicelib.rules.running.term_sessions import changed_values
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.running import groups

OVER = ("ended", "cancelled")
LEADERS_MAX = 4


def save_leader(
    outside: Outside, caller: Caller, group_id: str, term_id: str, values: Mapping[str, Any]
) -> None:
    """Put a person among the leaders, or change how they are listed. `values` are those of the
    form LEADER. Whoever has the address becomes the leader; a new address makes a new person.
    Conflict once the term is over or has as many leaders as it can."""
    whole = _term(group_id, term_id)
    if whole.term.state in OVER:
        raise Conflict
    person, made = _person(outside, values["email"], values["name"])
    leads = _leadership(whole, person.person_id, values)
    before = next((one for one in whole.leaders if one.leader_id == person.person_id), None)
    if before is None and len(whole.leaders) >= LEADERS_MAX:
        raise Conflict
    change = Change.of(made, _saved(before, leads, outside.clock.now()), _still(whole.term))
    action = "term.leader_changed" if before else "term.leader_added"
    _commit(outside, caller, whole, person.person_id, action, change)


def remove_leader(
    outside: Outside, caller: Caller, group_id: str, term_id: str, leader_id: str
) -> None:
    """A leader leads this term no more; access to it stops at once (L4), and what was earned
    stays. Registers of sessions that have begun can still name her. Conflict for the last leader
    of a published term, and once the term is over."""
    whole = _term(group_id, term_id)
    found = next((one for one in whole.leaders if one.leader_id == leader_id), None)
    if found is None:
        raise NotFound
    others = [one for one in whole.leaders if one is not found]
    if whole.term.state in OVER or (whole.term.state != "draft" and not others):
        raise Conflict
    stays = Require(others[0], ()) if others else None
    left = substitutes.left_behind(whole, found, caller.actor, outside.clock.now())
    change = Change.of(Remove(found), stays, _still(whole.term), *left)
    _commit(outside, caller, whole, leader_id, "term.leader_removed", change)


def show_substitutes(outside: Outside, group_id: str, term_id: str) -> WholeTerm:  # noqa: ARG001
    """A term with everybody who leads one session of it; NotFound without one."""
    return _term(group_id, term_id)


def save_substitute(
    outside: Outside, caller: Caller, group_id: str, term_id: str, values: Mapping[str, Any]
) -> None:
    """Somebody else leads a session (L3). `values` are those of the form `substitute`; the person
    is found or made as for a leader. Raises Conflict once its register is closed, InvalidForm for
    a leader of the term."""
    whole = _term(group_id, term_id)
    person, made = _person(outside, values["email"], values["name"])
    now = outside.clock.now()
    writes = substitutes.named(whole, person.person_id, values, caller.actor, now)
    change = Change.of(made, *writes)
    action = "term.substitute_named"
    _commit(outside, caller, whole, person.person_id, action, change, values["session"])


def remove_substitute(
    outside: Outside, caller: Caller, group_id: str, term_id: str, session_id: str, leader_id: str
) -> None:
    """A substitute does not lead the session after all. NotFound without one; Conflict once the
    register is closed."""
    whole = _term(group_id, term_id)
    every = substitutes.of_session(whole, session_id)
    found = next((one for one in every if one.leader_id == leader_id), None)
    if found is None:
        raise NotFound
    change = Change.of(Remove(found), substitutes.still_open(whole, found))
    _commit(outside, caller, whole, leader_id, "term.substitute_removed", change, session_id)


def email_of(outside: Outside, leader_id: str) -> str:  # noqa: ARG001 - as every flow
    """The address of a leader, for the form that changes the listing; empty when unknown."""
    person = reads.get(Person, leader_id)
    return person.email if person else ""


def _term(group_id: str, term_id: str) -> WholeTerm:
    whole = groups.whole_term(group_id, term_id)
    if whole is None:
        raise NotFound
    return whole


def _person(outside: Outside, email: str, name: str) -> tuple[Person, Change]:
    """The person of an address with the role of a leader, and what has to be written for it."""
    owner = reads.get(EmailOwner, f"email#{email_key(email)}")
    known = reads.get(Person, owner.owner_id) if owner else None
    if known is None:
        person = Person(
            person_id=outside.ids.new("person"),
            full_name=name,
            email=email,
            roles=("leader",),
            created_at=outside.clock.now(),
        )
        named = EmailOwner(email=email_key(email), owner_id=person.person_id)
        return person, Change.of(Create(person), Create(named))
    if "leader" in known.roles:
        return known, Change()
    roles = (*known.roles, "leader")
    unchanged = (Is("roles", known.roles), Is("generation", known.generation))
    return replace(known, roles=roles), Change.of(Update(known, {"roles": roles}, when=unchanged))


def _leadership(whole: WholeTerm, leader_id: str, values: Mapping[str, Any]) -> Leadership:
    own = {name: value for name, value in values.items() if name != "email"}
    return Leadership(
        group_id=whole.term.group_id,
        term_id=whole.term.term_id,
        leader_id=leader_id,
        **{
            **own,
            "body": own["body"] or "",
            "biography": own["biography"] or "",
            "rate_minor": own["rate_minor"] or 0,
        },
    )


def _saved(before: Leadership | None, leads: Leadership, now: datetime) -> Write | None:
    if before is None:
        return Create(leads)
    earlier = before.paid_from(leads.pay, leads.rate_minor, now)
    values = changed_values(before, replace(leads, earlier=earlier))
    return Update(before, values) if values else None


def _still(term: Term) -> Require:
    return Require(term, (Is("state", term.state),), Conflict)


def _commit(
    outside: Outside,
    caller: Caller,
    whole: WholeTerm,
    leader_id: str,
    action: str,
    change: Change,
    session_id: str = "",
) -> None:
    now, term = outside.clock.now(), whole.term
    about = {"session_id": session_id} if session_id else {}
    trace = audit(
        term.term_id,
        action,
        caller.actor,
        now,
        outside.ids.new("audit"),
        person_id=leader_id,
        group_id=term.group_id,
        **about,
    )
    commit(change + trace, caller, now)

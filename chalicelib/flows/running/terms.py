"""Terms: made from dates, filled in page by page, published, run, ended or cancelled.

Until a term is published everything about it may change; afterwards only what nobody was
promised otherwise: places, venue and link (R70). What does not live here: leaders (leaders.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.errors import Conflict, InvalidForm, NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import (
    Caller,
    Change,
    Condition,
    Create,
    Is,
    Remove,
    Require,
    Under,
    Update,
    Write,
)
from chalicelib.rules.running.cancelling import waiting_for
from chalicelib.rules.running.group_forms import rhythm_of
from chalicelib.rules.running.groups import Group, Term, WholeTerm
from chalicelib.rules.running.publishing import require_publishable
from chalicelib.rules.running.recurrence import Planned, plan
from chalicelib.rules.running.register import open_registers
from chalicelib.rules.running.term_sessions import (
    changed_values,
    copied,
    dated,
    guest_places_set,
    redated,
    sessions_of,
    taster_of,
    unseated,
)
from chalicelib.rules.states import move
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications
from chalicelib.store.running import groups

Values = Mapping[str, Any]

# What publication rests on: as long as these stand as they were read, its checks hold.
CHECKED = ("state", "starts_at", "ends_at", "capacity", "min_members", "price_minor", "mode")


def show_term(outside: Outside, group_id: str, term_id: str) -> WholeTerm:  # noqa: ARG001
    """A term with its group, sessions and leaders; NotFound when there is none."""
    whole = groups.whole_term(group_id, term_id)
    if whole is None:
        raise NotFound
    return whole


def preview(outside: Outside, zone: str, values: Values) -> tuple[Planned, ...]:  # noqa: ARG001
    """The dates that follow from the form TERM_DATES, before anything is saved."""
    return plan(rhythm_of(values), zone)


def create_term(
    outside: Outside, caller: Caller, group: Group, term_id: str, values: Values, currency: str
) -> None:
    """A draft with its dates, out of the form TERM_DATES. Seats, price and the rest are filled
    in on the pages that follow; until then it has no capacity and cannot be published. Conflict
    for a closed group."""
    if group.state == "closed":
        raise Conflict
    now, recurrence = outside.clock.now(), rhythm_of(values)
    planned = plan(recurrence, group.zone)
    term = Term(
        group_id=group.group_id,
        term_id=term_id,
        title=values["title"],
        fee_plan=values["fee_plan"],
        mode=group.mode,
        recurrence=recurrence,
        zone=group.zone,
        starts_at=planned[0].starts_at,
        ends_at=planned[-1].ends_at,
        capacity=0,
        min_members=0,
        price_minor=0,
        currency=currency,
        created_at=now,
    )
    sessions = sessions_of(term, _session_ids(outside, len(planned)))
    change = Change.of(Create(term), *(Create(one) for one in sessions))
    _commit(outside, caller, term, "term.created", change)


def change_dates(
    outside: Outside, caller: Caller, group_id: str, term_id: str, values: Values
) -> None:
    """Other dates, title or fee plan for a draft. Conflict for a published term."""
    whole = show_term(outside, group_id, term_id)
    old = whole.term
    if old.state != "draft":
        raise Conflict
    named = replace(old, title=values["title"], fee_plan=values["fee_plan"])
    new = dated(named, rhythm_of(values))
    ids = _session_ids(outside, len(plan(new.recurrence, new.zone)))
    _save(outside, caller, old, new, redated(whole, new, ids))


def change_places(
    outside: Outside, caller: Caller, group_id: str, term_id: str, values: Values
) -> None:
    """Seats, minimum, day to apply by and guest places; price and costs of a draft. The seats
    never fall below those that are taken or kept, whoever takes one meanwhile: Conflict."""
    whole, now = show_term(outside, group_id, term_id), outside.clock.now()
    old = whole.term
    if old.state != "draft" and "price_minor" in values:
        raise Conflict
    new = replace(old, **values)
    guests = guest_places_set(whole.sessions, new.guest_places, now)
    enough = Under("occupied", new.capacity + 1)
    _save(outside, caller, old, new, Change.of(*guests), enough)


def change_where(
    outside: Outside, caller: Caller, group_id: str, term_id: str, values: Values
) -> None:
    """Mode (of a draft), venue, access and meeting link. What is left blank is taken away."""
    old = show_term(outside, group_id, term_id).term
    if old.state != "draft" and "mode" in values:
        raise Conflict
    given: dict[str, Any] = {name: "" if v is None else v for name, v in values.items()}
    _save(outside, caller, old, replace(old, **given))


def add_taster(
    outside: Outside, caller: Caller, group_id: str, term_id: str, session_id: str, values: Values
) -> None:
    """A taster session with its own date and places, before or while the term recruits (R43)."""
    term = show_term(outside, group_id, term_id).term
    if term.state not in ("draft", "recruiting"):
        raise Conflict
    session = taster_of(
        term, session_id, values["date"], values["time"], values["minutes"], values["places"]
    )
    still = Require(term, (Is("state", term.state),), Conflict)
    change = Change.of(still, Create(session))
    _commit(outside, caller, term, "term.taster_added", change, session_id=session_id)


def remove_taster(
    outside: Outside, caller: Caller, group_id: str, term_id: str, session_id: str
) -> None:
    """A taster session nobody has booked goes. Conflict once somebody has."""
    whole = show_term(outside, group_id, term_id)
    found = whole.session(session_id)
    if found is None or found.kind != "taster":
        raise NotFound
    change = Change.of(Remove(found, (Is("guests", 0), Is("state", "planned")), Conflict))
    _commit(outside, caller, whole.term, "term.taster_removed", change, session_id=session_id)


def copy_term(
    outside: Outside,
    caller: Caller,
    group_id: str,
    term_id: str,
    new_id: str,
    title: str,
    first_date: date,
) -> None:
    """A new draft like this term from another first date, with its leaders and empty seats."""
    whole, now = show_term(outside, group_id, term_id), outside.clock.now()
    term, leaders = copied(whole, new_id, title, first_date, now)
    sessions = sessions_of(term, _session_ids(outside, len(plan(term.recurrence, term.zone))))
    change = Change.of(*(Create(row) for row in (term, *sessions, *leaders)))
    _commit(outside, caller, term, "term.created", change, copy_of=term_id)


def publish(outside: Outside, caller: Caller, group_id: str, term_id: str) -> None:
    """The term recruits, and its group is public. PublishChecksFailed names what is missing;
    Conflict for a closed group; StateChanged when what the checks rest on moved meanwhile."""
    whole, now = show_term(outside, group_id, term_id), outside.clock.now()
    term, group = whole.term, whole.group
    if group.state == "closed":
        raise Conflict
    state = move("term", term.state, "recruiting")
    require_publishable(whole, now)
    as_read = tuple(Is(name, getattr(term, name)) for name in CHECKED)
    as_it_is = (Is("state", group.state),)
    public = Require(group, as_it_is)
    change = Change.of(
        Update(term, {"state": state}, when=as_read),
        Update(group, {"state": "published"}, when=as_it_is) if group.state == "draft" else public,
        *(Require(leader, ()) for leader in whole.leaders),
    )
    _commit(outside, caller, term, "term.published", change)


def run(outside: Outside, caller: Caller, group_id: str, term_id: str) -> None:
    """The term goes ahead and takes no more applications."""
    _move(outside, caller, group_id, term_id, "running")


def end(outside: Outside, caller: Caller, group_id: str, term_id: str) -> None:
    """The term is over. Conflict before its last session; while registers are open InvalidForm
    says of which sessions: only a closed one says what their fees are."""
    whole, now = show_term(outside, group_id, term_id), outside.clock.now()
    if whole.term.ends_at > now:
        raise Conflict
    if still_open := open_registers(whole, now):
        numbers = ", ".join(str(one.number) for one in still_open)
        details = {"do": {"sessions": numbers}}
        raise InvalidForm({"do": "registers_open"}, {}, form="term_move", details=details)
    _move(outside, caller, group_id, term_id, "ended")


def cancel(outside: Outside, caller: Caller, group_id: str, term_id: str) -> None:
    """The term will not be. Only while nobody has or holds a seat, has applied or is expected as
    a guest: otherwise InvalidForm says what stands in the way, and the commit sees to seats and
    guests once more. Who waits is told by cancelling.cancel_term."""
    whole, now = show_term(outside, group_id, term_id), outside.clock.now()
    term = whole.term
    state = move("term", term.state, "cancelled")
    coming = [one for one in (*whole.sessions, *whole.tasters) if one.state == "planned"]
    guests = sum(one.guests for one in coming if one.ends_at > now)
    waiting = len(waiting_for(applications.of_term(term_id), ()))
    if term.occupied or guests or waiting:
        code = "seats_taken" if term.occupied else "guests_expected" if guests else "people_wait"
        facts = {"seats": term.occupied, "guests": guests, "waiting": waiting}
        raise InvalidForm({"do": code}, {}, form="term_move", details={"do": facts})
    change = Change.of(
        Update(term, {"state": state}, when=unseated(term), refusal=Conflict),
        *(
            Update(one, {"state": "cancelled"}, when=(Is("guests", one.guests),), refusal=Conflict)
            for one in coming
        ),
    )
    _commit(outside, caller, term, "term.cancelled", change)


def _move(outside: Outside, caller: Caller, group_id: str, term_id: str, state: str) -> None:
    term = show_term(outside, group_id, term_id).term
    new = move("term", term.state, state)
    change = Change.of(Update(term, {"state": new}, when=(Is("state", term.state),)))
    _commit(outside, caller, term, f"term.{new}", change)


def _save(
    outside: Outside,
    caller: Caller,
    old: Term,
    new: Term,
    also: Change | None = None,
    enough: Under | None = None,
) -> None:
    """Write what changed, on condition that the term's state did not."""
    values = changed_values(old, new)
    still: tuple[Condition, ...] = (Is("state", old.state), *([enough] if enough else []))
    update: Write = Update(old, values, when=still, refusal=Conflict)
    if not values:
        update = Require(old, still, Conflict)
    change = Change.of(update, also)
    _commit(outside, caller, old, "term.changed", change, fields=sorted(values))


def _commit(
    outside: Outside, caller: Caller, term: Term, action: str, change: Change, **facts: Any
) -> None:
    now = outside.clock.now()
    trace = audit(
        term.term_id,
        action,
        caller.actor,
        now,
        outside.ids.new("audit"),
        group_id=term.group_id,
        **facts,
    )
    commit(change + trace, caller, now)


def _session_ids(outside: Outside, count: int) -> list[str]:
    return [outside.ids.new("session") for _ in range(count)]

"""Cancelling a session or a whole term: everybody it is about is read, the decision is written in
one commit, and the work over the debts goes on by itself.

What does not live here: that work (flows/returning/bulk.py), terms nobody is in (terms.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidForm, NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Ref, Remove
from chalicelib.rules.joining.enrolments import IN_SEAT
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.rules.returning.bulk import TERM, Bulk
from chalicelib.rules.running import cancelling as rules
from chalicelib.rules.running.cancelling import Cancelling, Wish
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications, enrolments, offers
from chalicelib.store.money import payments
from chalicelib.store.running import groups


def show_term(outside: Outside, group_id: str, term_id: str) -> Cancelling:  # noqa: ARG001
    """A term with everybody whom its cancellation is about. NotFound without one, StateChanged
    while an offer that was just made or ended is not seen everywhere yet."""
    whole = groups.marked_term(group_id, term_id)
    if whole is None:
        raise NotFound
    roster = enrolments.of_term(term_id)
    applied = applications.of_term(term_id)
    opened = [one for one in offers.of_term(term_id, "open") if one.state == "open"]
    if len(opened) != whole.term.held:
        raise StateChanged
    seated = [one.obligation_id for one in roster if one.state in IN_SEAT]
    known = {one.obligation_id for one in _obligations_of(term_id)}
    own = [*seated, *(one.obligation_id for one in opened)]
    ids = [*dict.fromkeys([*own, *sorted(known)])]
    debts = reads.many(Obligation, [(one, "obligation") for one in ids])
    return Cancelling(
        whole=whole,
        roster=sorted(roster, key=lambda one: (one.full_name.casefold(), one.person_id)),
        debts=sorted(debts, key=lambda one: ids.index(one.obligation_id)),
        offers=sorted(opened, key=lambda one: one.full_name.casefold()),
        waiting=rules.waiting_for(applied, roster),
    )


def _obligations_of(term_id: str) -> Iterable[Obligation]:
    """The debts of a term as its index shows them: those of members who have left among them."""
    return [row for row in payments.of_term(term_id) if isinstance(row, Obligation)]


def show_session(
    outside: Outside, group_id: str, term_id: str, session_id: str
) -> tuple[Cancelling, Session]:
    """The same for one session of it."""
    found = show_term(outside, group_id, term_id)
    session = found.whole.session(session_id)
    if session is None:
        raise NotFound
    return found, session


def cancel_session(
    outside: Outside,
    caller: Caller,
    group_id: str,
    term_id: str,
    session_id: str,
    values: Mapping[str, Any],
) -> None:
    """A session will not be, or turns out not to have been held: what becomes of its fees is in
    `values` of the session form. Conflict, StateChanged or NotFound answer what moved on."""
    found, session = show_session(outside, group_id, term_id, session_id)
    wish = _wish(outside, caller, values)
    bulk, change = rules.session_cancelled(found, session, _leaders(found.whole), wish)
    facts = {"session_id": session_id, "remedy": bulk.remedy}
    _commit(outside, caller, bulk, "term.session_cancelled", change, **facts)


def cancel_term(
    outside: Outside, caller: Caller, group_id: str, term_id: str, values: Mapping[str, Any]
) -> None:
    """A term will not be, or ends here: everything on sessions that were not held goes back.
    MoveNotDeclared, Conflict, StateChanged or NotFound answer what moved on."""
    found = show_term(outside, group_id, term_id)
    wish = _wish(outside, caller, values)
    bulk, change = rules.term_cancelled(found, _leaders(found.whole), wish)
    _commit(outside, caller, bulk, "term.cancelled", change)


def _wish(outside: Outside, caller: Caller, values: Mapping[str, Any]) -> Wish:
    return Wish(
        values=values,
        bulk_id=outside.ids.new("bulk"),
        new_session_id=outside.ids.new("session"),
        actor=caller.actor,
        now=outside.clock.now(),
    )


def _leaders(whole: WholeTerm) -> list[Person]:
    return reads.many(Person, [(one.leader_id,) for one in whole.leaders])


def _commit(
    outside: Outside, caller: Caller, bulk: Bulk, action: str, change: Change, **facts: Any
) -> None:
    trace = audit(
        bulk.term_id,
        action,
        caller.actor,
        bulk.asked_at,
        outside.ids.new("audit"),
        reason=bulk.reason,
        group_id=bulk.group_id,
        bulk_id=bulk.bulk_id,
        **facts,
    )
    commit(change + trace, caller, bulk.asked_at)


# Afterwards


@dataclass(frozen=True)
class Work:
    """A cancellation and how far it is: the session it is about, and names of debts."""

    bulk: Bulk
    session: Session | None
    new_session: Session | None
    names: Mapping[str, str]  # of the debts that were set aside


@dataclass(frozen=True)
class Works:
    """Every cancellation of a term, the newest first, and who still waits for an answer."""

    whole: WholeTerm
    works: tuple[Work, ...]
    waiting: int
    applicants_open: bool  # the task to answer them is open


def show_work(outside: Outside, group_id: str, term_id: str) -> Works:  # noqa: ARG001
    """How far the cancellations of a term are. NotFound without the term."""
    whole = groups.whole_term(group_id, term_id)
    if whole is None:
        raise NotFound
    bulks = [row for row in reads.under(tables.Circle, "bulk") if row.term_id == term_id]
    roster = enrolments.of_term(term_id) if bulks else []
    names = {one.obligation_id: one.full_name for one in roster}
    task = reads.get(Task, "task#open", rules.applicants_task_id(term_id)) if bulks else None
    waiting = rules.waiting_for(applications.of_term(term_id), roster) if task else []
    return Works(
        whole=whole,
        works=tuple(
            Work(
                bulk=one,
                session=whole.session(one.session_id),
                new_session=whole.session(one.new_session_id),
                names={debt: names.get(debt, "") for debt in one.troubled},
            )
            for one in sorted(bulks, key=lambda one: one.asked_at, reverse=True)
        ),
        waiting=len(waiting),
        applicants_open=task is not None,
    )


def applicants_told(outside: Outside, caller: Caller, group_id: str, term_id: str) -> None:
    """Everybody who applied for a cancelled term has an answer: the task is done. InvalidForm as
    long as somebody waits."""
    works = show_work(outside, group_id, term_id)
    if works.waiting:
        details = {"do": {"number": works.waiting}}
        raise InvalidForm({"do": "applicants_wait"}, {}, form="cancelling", details=details)
    now = outside.clock.now()
    trace = audit(term_id, "term.applicants_told", caller.actor, now, outside.ids.new("audit"))
    task = Ref(Task, {"task_id": rules.applicants_task_id(term_id)})
    commit(Change.of(Remove(task), trace), caller, now)


def guests_of(outside: Outside, bulk: Bulk) -> list[TasterBooking]:
    """Guests who are still expected at a session that the work has cancelled. Whoever was to come
    to one that has begun stays as it was."""
    now = outside.clock.now()
    return [
        one
        for one in applications.bookings_of_term(bulk.term_id)
        if one.state == "booked"
        and one.starts_at > now
        and (bulk.cause == TERM or one.session_id == bulk.session_id)
    ]

"""Work over all debts of a term, one debt at a time, that can stop and go on: a cancelled session
or term (N9, L1). Progress is kept on its row, written with each debt.

What does not live here: what a release writes (releases.py), who is told (bulk_mails.py), how the
work begins (rules/running/cancelling.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted, OfferStands
from chalicelib.rules import states
from chalicelib.rules.books import ledger
from chalicelib.rules.books.shares import Shares, Taken, earned, move, take_sessions
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.payments import Obligation, Release
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning.releases import Decision, Owed, as_read, release
from chalicelib.rules.running.groups import Session

SESSION, TERM = "session_cancelled", "term_cancelled"
TO_DO_WITHIN = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """One such work. `todo` are the obligations that are still to be dealt with; `troubled`
    those that could not be, with a task each."""

    bulk_id: str
    cause: str  # session_cancelled | term_cancelled
    state: str = "running"  # running | done
    remedy: str  # extra_date | credit | refund; none for a taster
    group_id: str
    term_id: str
    session_id: str = ""
    new_session_id: str = ""  # the extra date that replaces it
    reason: str
    message: str = ""  # a word to those who are told
    todo: tuple[str, ...]
    total: int
    done_minor: int = 0  # given back, credited, let go or moved so far, in minor units
    troubled: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()  # applications for a cancelled term, still to be told of it
    asked_by: str
    asked_at: datetime
    next_at: datetime | None = None  # when it goes on; nothing once it is done
    ended_at: datetime | None = None


# One debt


def to_take(session_id: str, shares: Shares, held: Collection[str]) -> Taken:
    """What a cancellation takes out of shares: those of the session, or without one, of a
    cancelled term, all that was not held."""
    gone = [session_id] if session_id else [one for one in shares if one not in held]
    return take_sessions(shares, gone, held)


def given_back(bulk: Bulk, owed: Owed, now: datetime) -> tuple[Release | None, Change]:
    """The release of one debt: as money or as a credit; with a cancelled term its seat ends.
    Nothing where nothing is left to give. Its name comes from the work and the debt, so that it
    cannot be made twice. Raises RefundNotPossible, and OfferStands where a session was cancelled
    in the moment in which it was offered: the offer has to be withdrawn."""
    taken = to_take(bulk.session_id, owed.obligation.shares, owed.held)
    if is_offered(owed.obligation) and taken.amount_minor:
        raise OfferStands
    ends_seat = "cancelled" if bulk.cause == TERM and owed.enrolment else ""
    if owed.obligation.billed_at is None or not (taken.amount_minor or ends_seat):
        return None, Change()
    decision = Decision(
        release_id=f"release-{bulk.bulk_id}-{owed.obligation.obligation_id}",
        cause=bulk.cause,
        actor=bulk.asked_by,
        now=now,
        reason=bulk.reason,
        ends_seat=ends_seat,
        session_id=bulk.session_id,
        as_credit=bulk.remedy == "credit",
    )
    return release(owed, taken, decision)


def is_offered(debt: Obligation) -> bool:
    """Whether a debt has no seat yet and may still get one."""
    return debt.billed_at is None and debt.state == "due"


def moved(
    bulk: Bulk, owed: Owed, new: Session, begins_at: datetime | None, now: datetime
) -> tuple[int, Change]:
    """The share of one debt moved to the extra date, and how much that is; `begins_at` is when
    the first session begins that it covers then. What was billed has its entry: a share that
    comes to lie on a session that was held by now is earned."""
    obligation, old = owed.obligation, bulk.session_id
    if old not in obligation.shares:
        return 0, Change()
    amount = obligation.shares[old]
    unbilled = obligation.billed_at is None
    return 0 if unbilled else amount, Change.of(
        Update(
            obligation,
            {"shares": move(obligation.shares, old, new.session_id), "begins_at": begins_at},
            when=(
                *as_read(obligation),
                Is("billed_at", obligation.billed_at),
                Is("shares", obligation.shares),
            ),
        ),
        Update(
            owed.term,
            add={"shares_moved": 1},
            when=(Is("shares_moved", owed.term.shares_moved),),
        ),
        None if unbilled or not amount else _moved_entry(bulk, owed, new, amount, now),
    )


def _moved_entry(bulk: Bulk, owed: Owed, new: Session, amount: int, now: datetime) -> Create:
    obligation = owed.obligation
    deferred = ledger.deferred(obligation.term_id)
    there = "fees" if earned({new.session_id: amount}, owed.held) else deferred
    return ledger.entry_of_lines(
        obligation.book,
        f"moved#{bulk.bulk_id}-{obligation.obligation_id}",
        now,
        obligation.currency,
        (
            ledger.Line(account=deferred, amount_minor=amount),
            ledger.Line(account=there, amount_minor=-amount),
        ),
        {
            "obligation_id": obligation.obligation_id,
            "term_id": obligation.term_id,
            "session_id": bulk.session_id,
            "new_session_id": new.session_id,
        },
    )


def redated(offer: Offer, old: Session, new: Session) -> Update:
    """An open offer says the extra date instead of the cancelled one. Its price stays."""
    dates = [one for one in offer.facts.get("sessions", ()) if _begins(one) != old.starts_at]
    extra = {"number": new.number, "starts_at": new.starts_at, "ends_at": new.ends_at}
    facts = {**offer.facts, "sessions": sorted([*dates, extra], key=_begins)}
    return Update(offer, {"facts": facts}, when=(Is("state", "open"),))


def _begins(told: Mapping[str, Any]) -> datetime:
    """When a session of frozen facts begins: kept facts hold instants as text."""
    at = told["starts_at"]
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)


# How far it is


def ticked(bulk: Bulk, obligation_id: str, amount_minor: int) -> Update:
    """One debt is dealt with; once, whoever else works at it."""
    left = tuple(one for one in bulk.todo if one != obligation_id)
    added = {"done_minor": amount_minor} if amount_minor else {}
    return Update(bulk, {"todo": left}, add=added, when=_as_it_stands(bulk))


def told(bulk: Bulk, application_id: str) -> Update:
    """Somebody who applied has been told; once, whoever else works at it."""
    left = tuple(one for one in bulk.waiting if one != application_id)
    return Update(bulk, {"waiting": left}, when=(Is("waiting", bulk.waiting),))


def set_aside(bulk: Bulk, obligation_id: str, facts: dict[str, Any], now: datetime) -> Change:
    """One debt cannot be dealt with: the work goes on without it, and a person is told."""
    left = tuple(one for one in bulk.todo if one != obligation_id)
    return Change.of(
        Update(
            bulk,
            {"todo": left, "troubled": (*bulk.troubled, obligation_id)},
            when=_as_it_stands(bulk),
        ),
        Create(
            Task(
                task_id=_task_id(bulk, obligation_id),
                code="bulk_troubled",
                facts=facts,
                path=work_path(bulk),
                opened_at=now,
                due_at=now + TO_DO_WITHIN,
            ),
            refusal=AlreadyCounted,
        ),
    )


def taken_up(bulk: Bulk, found: Sequence[Obligation]) -> Update:
    """Debts that came to it late: their seat was taken while the work began."""
    more = tuple(one.obligation_id for one in found)
    values = {"todo": (*bulk.todo, *more), "total": bulk.total + len(more)}
    return Update(bulk, values, when=_as_it_stands(bulk))


def left_over(bulk: Bulk, debts: Sequence[Obligation], held: Collection[str]) -> list[Obligation]:
    """Debts that still hold what the work takes, and that were not on its list: their seat was
    taken, or offered, in the moment of the cancellation."""
    return [
        one
        for one in debts
        if (one.billed_at is not None or is_offered(one))
        and one.obligation_id not in (*bulk.todo, *bulk.troubled)
        and to_take(bulk.session_id, one.shares, held).amount_minor
    ]


def finished(bulk: Bulk, now: datetime) -> Update:
    """Nothing is left to do, but for what was set aside."""
    state = states.move("bulk", bulk.state, "done")
    values = {"state": state, "next_at": None, "ended_at": now}
    return Update(bulk, values, when=_as_it_stands(bulk))


def tried_again(bulk: Bulk, now: datetime) -> Change:
    """What was set aside is to be dealt with once more; its tasks are done."""
    begun = {"state": states.move("bulk", bulk.state, "running")} if bulk.state == "done" else {}
    return Change.of(
        Update(
            bulk,
            {"todo": (*bulk.todo, *bulk.troubled), "troubled": (), "next_at": now, **begun},
            when=(*_as_it_stands(bulk), Is("troubled", bulk.troubled)),
        ),
        *(Remove(Ref(Task, {"task_id": _task_id(bulk, one)})) for one in bulk.troubled),
    )


def work_path(bulk: Bulk) -> str:
    """The page that says how far it is."""
    return f"/admin/groups/{bulk.group_id}/terms/{bulk.term_id}/cancelling"


def as_told(bulk: Bulk, obligation_id: str) -> str:
    """The name under which one debt of it is told by mail."""
    return f"{bulk.bulk_id}.{obligation_id}"


def _as_it_stands(bulk: Bulk) -> tuple[Is, ...]:
    return (Is("todo", bulk.todo), Is("state", bulk.state))


def _task_id(bulk: Bulk, obligation_id: str) -> str:
    return f"bulk_troubled#{bulk.bulk_id}#{obligation_id}"

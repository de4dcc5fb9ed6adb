"""Cancelling a session or a whole term: what may be cancelled, and the one change with which the
work over the debts begins (M3, N9, L1, A4).

What does not live here: what the desk is asked (cancelling_forms.py), what happens to each debt
(rules/returning/bulk.py), guests (tasters.py), terms nobody is in (flows/running/terms.cancel).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import Conflict, StateChanged
from chalicelib.rules import states
from chalicelib.rules.books.shares import unearned
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update
from chalicelib.rules.joining.applications import LIVE, Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.rules.returning.bulk import SESSION, TERM, Bulk, to_take
from chalicelib.rules.returning.bulk_mails import leader_mail
from chalicelib.rules.returning.releases import split
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.recurrence import instant
from chalicelib.rules.running.term_sessions import dates_after

GOES_ON = ("recruiting", "running")  # terms that can be cancelled
HAS_SESSIONS = (*GOES_ON, "ended")  # terms whose last session can turn out not to have been held
TO_DO_WITHIN = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Part:
    """The exact part of one debt that a cancellation is about, in minor units: back to the payer,
    never to be paid, back to the bursary fund."""

    name: str
    obligation_id: str
    amount_minor: int
    back_minor: int
    unbilled_minor: int
    bursary_minor: int
    currency: str
    seated: bool


@dataclass(frozen=True, kw_only=True)
class Cancelling:
    """A term with everybody a cancellation is about, as it was read: the mark of its shares
    first."""

    whole: WholeTerm
    roster: Sequence[Enrolment]
    debts: Sequence[Obligation]  # of seats that are or were taken, and of open offers
    offers: Sequence[Offer]  # open ones
    waiting: Sequence[Application]  # who has applied and has no place

    def billed(self) -> list[Obligation]:
        """Debts with a seat, the members' in the order of the roster."""
        return [one for one in self.debts if one.billed_at is not None]

    def seated(self, debt: Obligation) -> bool:
        """Whether the seat of a debt is taken now."""
        return any(
            one.obligation_id == debt.obligation_id and one.state in IN_SEAT for one in self.roster
        )

    def name_of(self, debt: Obligation) -> str:
        """Whose debt it is; empty for one whose row was taken over by a later one."""
        rows: list[Enrolment | Offer] = [*self.roster, *self.offers]
        found = (one.full_name for one in rows if one.obligation_id == debt.obligation_id)
        return next(found, "")

    def offers_on(self, session_id: str) -> list[Offer]:
        """Open offers whose price covers a session."""
        covers = {one.obligation_id for one in self.debts if session_id in one.shares}
        return [one for one in self.offers if one.obligation_id in covers]

    def on_session(self, session: Session) -> list[Obligation]:
        """Debts that a cancelled session is about: of who is in the group, or has paid for it."""
        mine = [one for one in self.billed() if session.session_id in one.shares]
        return [one for one in mine if self.seated(one) or one.shares[session.session_id]]

    def on_term(self) -> list[Obligation]:
        """Debts that a cancelled term is about: of who is in it, or has paid for what is left."""
        held = self.whole.held
        return [one for one in self.billed() if self.seated(one) or unearned(one.shares, held)]

    def parts(self, session_id: str = "") -> list[Part]:
        """What goes back of each debt that the session, or without one the term, is about."""
        session = self.whole.session(session_id)
        debts = self.on_session(session) if session else self.on_term()
        return [self._part(one, session_id) for one in debts]

    def _part(self, debt: Obligation, session_id: str) -> Part:
        amount = to_take(session_id, debt.shares, self.whole.held).amount_minor
        parts = split(debt, amount)
        return Part(
            name=self.name_of(debt),
            obligation_id=debt.obligation_id,
            amount_minor=amount,
            back_minor=parts.refund + parts.credit,
            unbilled_minor=parts.unbilled,
            bursary_minor=parts.bursary,
            currency=debt.currency,
            seated=self.seated(debt),
        )


# What may be cancelled


def cancellable(whole: WholeTerm, session: Session) -> bool:
    """A session that was not held, planned or found out afterwards, whose fees nobody has dealt
    with yet; a taster as long as it is planned."""
    if whole.term.state not in HAS_SESSIONS:
        return False
    if session.kind != "regular":
        return session.state == "planned"
    return session.state == "planned" or (session.state == "cancelled" and not session.remedy)


def unheld(whole: WholeTerm, now: datetime) -> list[Session]:
    """Sessions that have begun and have no closed register: to be looked at before the fees of
    everything that was not held go back."""
    return [one for one in whole.sessions if one.state == "planned" and one.starts_at <= now]


# What is written


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an administrator wants cancelled: the answers of the form and the names of new rows."""

    values: Mapping[str, Any]
    bulk_id: str
    new_session_id: str
    actor: str
    now: datetime


def session_cancelled(
    found: Cancelling, session: Session, leaders: Sequence[Person], wish: Wish
) -> tuple[Bulk, Change]:
    """A session is cancelled, its remedy kept, and the work over the debts begins. Conditional on
    the session as read, and on nobody having taken or given up a seat, or been made or lost an
    offer, since. Raises Conflict for a session that cannot be cancelled (any more)."""
    whole, values = found.whole, wish.values
    if not cancellable(whole, session):
        raise Conflict
    remedy = str(values.get("remedy", ""))
    offers = [one.obligation_id for one in found.offers_on(session.session_id)]
    if offers and remedy != "extra_date":
        raise Conflict
    extra = _extra_date(whole, session, wish) if remedy == "extra_date" else None
    todo = [one.obligation_id for one in found.on_session(session)] + offers
    bulk = _bulk(whole, SESSION, todo, wish, remedy, session.session_id, extra)
    gone = replace(session, state="cancelled", remedy=remedy)
    told = _with(whole, extra)
    return bulk, Change.of(
        _off(session, remedy),
        Create(extra) if extra else None,
        _as_found(whole, dates_after(whole, gone, extra)),
        Create(bulk),
        *(leader_mail(bulk, told, one, wish.now) for one in leaders),
        *(
            Remove(Ref(Task, {"task_id": f"{code}#{session.session_id}"}))
            for code in ("session_remedy_due", "register_open")
        ),
    )


def term_cancelled(found: Cancelling, leaders: Sequence[Person], wish: Wish) -> tuple[Bulk, Change]:
    """A term is cancelled with all that was still planned, and the work over its debts begins.
    Raises Conflict while offers are open."""
    whole = found.whole
    state = states.move("term", whole.term.state, "cancelled")
    if whole.term.state not in GOES_ON or whole.term.held:
        raise Conflict
    todo = [one.obligation_id for one in found.on_term()]
    waiting = tuple(one.application_id for one in found.waiting)
    bulk = replace(_bulk(whole, TERM, todo, wish, "refund"), waiting=waiting)
    planned = [one for one in (*whole.sessions, *whole.tasters) if one.state == "planned"]
    return bulk, Change.of(
        _as_found(whole, {"state": state}),
        *(_off(one, "refund") for one in planned),
        Create(bulk),
        *(leader_mail(bulk, whole, one, wish.now) for one in leaders),
        Create(_applicants_task(found, wish.now)) if found.waiting else None,
    )


def applicants_task_id(term_id: str) -> str:
    """The name of the task that lasts until everybody who applied has an answer."""
    return f"term_cancelled_applicants#{term_id}"


def waiting_for(
    applications: Sequence[Application], roster: Collection[Enrolment]
) -> list[Application]:
    """Who has applied for a term and has no place in it, nor had one."""
    seated = {one.application_id for one in roster}
    return [one for one in applications if one.state in LIVE and one.application_id not in seated]


def _applicants_task(found: Cancelling, now: datetime) -> Task:
    whole = found.whole
    return Task(
        task_id=applicants_task_id(whole.term.term_id),
        code="term_cancelled_applicants",
        facts={
            "group": whole.group.title,
            "term": whole.term.title,
            "number": len(found.waiting),
        },
        path=f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}/cancelling",
        opened_at=now,
        due_at=now + TO_DO_WITHIN,
    )


def _off(session: Session, remedy: str) -> Update:
    """The session is cancelled, if nobody closed or corrected its register meanwhile."""
    as_read = (Is("state", session.state), Is("revision", session.revision))
    if session.state != "cancelled":
        states.move("session", session.state, "cancelled")
    return Update(session, {"state": "cancelled", "remedy": remedy}, when=as_read)


def _as_found(whole: WholeTerm, values: Mapping[str, Any]) -> Update:
    """The term as it was read: its seats, its offers and where its fees lie."""
    term = whole.term
    as_read = tuple(Is(name, getattr(term, name)) for name in ("state", "occupied", "shares_moved"))
    return Update(term, values, add={"shares_moved": 1}, when=as_read, refusal=StateChanged)


def _extra_date(whole: WholeTerm, old: Session, wish: Wish) -> Session:
    """The session that replaces another: as long, with the next number after the last."""
    day_of, at = wish.values["date"], wish.values["time"]
    starts_at = instant(day_of, at, old.zone)
    return Session(
        group_id=old.group_id,
        term_id=old.term_id,
        session_id=wish.new_session_id,
        number=max(one.number for one in whole.sessions) + 1,
        local_date=day_of,
        local_time=at,
        zone=old.zone,
        minutes=old.minutes,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=old.minutes),
        guest_places=whole.term.guest_places,
        replaces=old.session_id,
    )


def _with(whole: WholeTerm, extra: Session | None) -> WholeTerm:
    """The term as it will be with the extra date."""
    return replace(whole, sessions=(*whole.sessions, extra)) if extra else whole


def _bulk(
    whole: WholeTerm,
    cause: str,
    todo: Sequence[str],
    wish: Wish,
    remedy: str,
    session_id: str = "",
    extra: Session | None = None,
) -> Bulk:
    return Bulk(
        bulk_id=wish.bulk_id,
        cause=cause,
        remedy=remedy,
        group_id=whole.group.group_id,
        term_id=whole.term.term_id,
        session_id=session_id,
        new_session_id=extra.session_id if extra else "",
        reason=wish.values["reason"],
        message=wish.values["message"] or "",
        todo=tuple(todo),
        total=len(todo),
        asked_by=wish.actor,
        asked_at=wish.now,
        next_at=wish.now,
    )

"""Sessions made from a term's dates, and what a change of dates or copy of a term writes.

A session's key holds its instant, so a moved session is removed and made anew. What does not
live here: the dates themselves (recurrence.py), the rows (groups.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from chalicelib.rules.changes import Change, Create, Is, Remove, Update, Write
from chalicelib.rules.prices.prices import Price
from chalicelib.rules.running.groups import Session, Term, WholeTerm
from chalicelib.rules.running.leading import Leadership
from chalicelib.rules.running.recurrence import Planned, Recurrence, instant, plan, shifted

# Every date of a draft may change in one transaction of 100 writes: 48 removed and 48 made.
SESSIONS_MAX = 48


def dated(term: Term, recurrence: Recurrence) -> Term:
    """The term with this rhythm and the instants that follow from it. ValueError without dates."""
    planned = plan(recurrence, term.zone)
    if not planned:
        raise ValueError("a term has at least one date")
    return replace(
        term,
        recurrence=recurrence,
        starts_at=planned[0].starts_at,
        ends_at=planned[-1].ends_at,
    )


def sessions_of(term: Term, session_ids: Sequence[str]) -> tuple[Session, ...]:
    """The sessions of the term's rhythm; one id is used for each."""
    planned = plan(term.recurrence, term.zone)
    return tuple(_session(term, one, new) for one, new in zip(planned, session_ids, strict=False))


def redated(whole: WholeTerm, term: Term, session_ids: Sequence[str]) -> Change:
    """The sessions that a draft loses, keeps and gains when its dates become those of `term`."""
    wanted = {one.starts_at: one for one in sessions_of(term, session_ids)}
    before = {one.starts_at: one for one in whole.sessions}
    return Change.of(
        *(Remove(one) for at, one in before.items() if at not in wanted),
        *(Create(one) for at, one in wanted.items() if at not in before),
        *_kept(before, wanted),
    )


def dates_after(whole: WholeTerm, gone: Session, extra: Session | None) -> dict[str, Any]:
    """What the row of a term says of its dates once a session, given as it is then, is called
    off: when it begins and ends, and which of its dates nothing replaces."""
    if gone.kind != "regular":
        return {}
    others = [one for one in whole.sessions if one.session_id != gone.session_id]
    every = sorted([*others, gone, *([extra] if extra else [])], key=_in_time)
    priced = [one for one in every if one.remedy != "extra_date"]
    left = [one for one in every if not one.called_off]
    off = tuple(place for place, one in enumerate(priced) if one.called_off)
    if not left:
        return {"called_off": off}
    ends_at = max(one.ends_at for one in left)
    return {"called_off": off, "starts_at": left[0].starts_at, "ends_at": ends_at}


def _in_time(session: Session) -> tuple[datetime, str]:
    return session.starts_at, session.session_id


def taster_of(
    term: Term, session_id: str, day: date, local_time: time, minutes: int, places: int
) -> Session:
    """A session of kind taster, outside the numbered ones, with its own places (R43)."""
    at = instant(day, local_time, term.zone)
    return Session(
        group_id=term.group_id,
        term_id=term.term_id,
        session_id=session_id,
        number=0,
        kind="taster",
        local_date=day,
        local_time=local_time,
        zone=term.zone,
        minutes=minutes,
        starts_at=at,
        ends_at=at + timedelta(minutes=minutes),
        guest_places=places,
    )


def guest_places_set(sessions: Iterable[Session], places: int, now: datetime) -> Iterator[Update]:
    """The same number of guest places for every regular session still to come (N3)."""
    for one in sessions:
        if one.starts_at > now and one.guest_places != places:
            yield Update(one, {"guest_places": places})


def copied(
    whole: WholeTerm, term_id: str, title: str, first_date: date, now: datetime
) -> tuple[Term, tuple[Leadership, ...]]:
    """A draft like this term from another first date, and its leaders. Seats are empty, the
    day to apply by moves along, and the meeting link stays behind: a new term has its own (N17).
    """
    old = whole.term
    by = first_date - old.recurrence.first_date
    fresh = replace(
        old,
        term_id=term_id,
        title=title,
        state="draft",
        occupied=0,
        taken=0,
        shares_moved=0,
        called_off=(),
        prices=tuple(_moved_price(one, by) for one in old.prices),
        early_standard=0,
        early_trainee=0,
        early_retired=0,
        early_solidarity=0,
        apply_by=old.apply_by + by if old.apply_by else None,
        meeting_link="",
        created_at=now,
    )
    leaders = tuple(replace(one, term_id=term_id) for one in whole.leaders)
    return dated(fresh, shifted(old.recurrence, first_date)), leaders


def _moved_price(price: Price, by: timedelta) -> Price:
    """The same price; its last day moves along with the dates."""
    return replace(price, until=price.until + by) if price.until else price


def changed_values(old: Any, new: Any) -> dict[str, Any]:
    """The fields in which two rows of a kind differ, with their new values."""
    return {
        name: value for name, value in vars(new).items() if value != getattr(old, name, object())
    }


def unseated(term: Term) -> tuple[Is, ...]:
    """That nobody holds or has a seat, for a transaction that ends the term."""
    return (Is("state", term.state), Is("occupied", 0))


def _session(term: Term, planned: Planned, session_id: str) -> Session:
    return Session(
        group_id=term.group_id,
        term_id=term.term_id,
        session_id=session_id,
        number=planned.number,
        local_date=planned.local_date,
        local_time=term.recurrence.local_time,
        zone=term.zone,
        minutes=term.recurrence.minutes,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        guest_places=term.guest_places,
    )


def _kept(before: Mapping[datetime, Session], wanted: Mapping[datetime, Session]) -> list[Write]:
    writes: list[Write] = []
    for at, one in wanted.items():
        old = before.get(at)
        if old is None:
            continue
        values = changed_values(old, replace(one, session_id=old.session_id))
        if values:
            writes.append(Update(old, values))
    return writes

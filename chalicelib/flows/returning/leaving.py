"""A member leaves a term: what each way would give, and the act itself (M2).

What does not live here: the rules of leaving (rules/returning/leaving.py), refunds by decision of a
person (giving_back.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib.errors import NotFound, StateChanged, SwitchedOff
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller
from chalicelib.rules.returning import leaving as rules
from chalicelib.rules.returning.leaving import Given, Leaving, Wish
from chalicelib.rules.returning.leaving_forms import LEAVE
from chalicelib.store.commit import commit
from chalicelib.store.joining import offers
from chalicelib.store.money import payments
from chalicelib.store.people import circle, people
from chalicelib.store.running import groups


@dataclass(frozen=True)
class Shown:
    """The page: who leaves what, which day counts, and what each way gives."""

    leaving: Leaving
    told_on: date
    today: date
    ways: dict[str, Given]
    promise: str


def show(outside: Outside, obligation_id: str, told_on: date | None) -> Shown | None:
    """What each way would give to who told us on that day; without one, or with one that cannot
    be, today. None when nobody sits on it (any more), NotFound without such a debt."""
    leaving, now = _load(obligation_id), outside.clock.now()
    if leaving is None:
        return None
    today = rules.day_of(leaving, now)
    day = told_on or today
    if not rules.first_day(leaving) <= day <= today:
        day = today
    ways = rules.ways(leaving, day, now)
    return Shown(leaving, day, today, ways, rules.promise(ways))


def leave(outside: Outside, caller: Caller, obligation_id: str, wish: Wish, promised: str) -> None:
    """The seat ends and the refund is on its way. `promised` is what the page said that each way
    gives: where that is no longer so, nothing is done and the page says it anew.

    Raises NotFound, InvalidForm, StateChanged, RefundNotPossible, DisputeOpen, SwitchedOff.
    """
    leaving, now = _load(obligation_id), outside.clock.now()
    if leaving is None:
        raise StateChanged
    if not rules.first_day(leaving) <= wish.told_on <= rules.day_of(leaving, now):
        raise StateChanged
    ways = rules.ways(leaving, wish.told_on, now)
    if rules.promise(ways) != promised:
        raise LEAVE.invalid({}, {"way": "changed"})
    settings = circle.settings()
    gives = ways[wish.way].taken.amount_minor
    if gives and (settings is None or not settings.refunds):
        raise SwitchedOff(switch="refunds")
    done = rules.leave(leaving, wish, outside.ids.new("release"), caller.actor, now)
    act = audit(
        leaving.seat.application_id,
        "enrolment.left",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=wish.reason,
        person_id=leaving.seat.person_id,
        release_id=done.row.release_id,
        cause=done.row.cause,
        amount_minor=done.row.amount_minor,
        told_on=wish.told_on.isoformat(),
    )
    commit(done.change + act, caller, now)


def _load(obligation_id: str) -> Leaving | None:
    owed = payments.owed(obligation_id)
    obligation = owed.obligation
    if owed.enrolment is None:
        return None
    whole = groups.whole_term(obligation.group_id, obligation.term_id)
    owner = offers.with_offers(obligation.application_id)
    offer = owner.offer(obligation.offer_id) if owner else None
    if whole is None:
        raise NotFound
    found = (people.person(one.leader_id) for one in whole.leaders)
    return Leaving(
        owed=owed,
        whole=whole,
        refunds=payments.refunds_of(obligation_id),
        leaders=[one for one in found if one],
        start_at_once=bool(offer and offer.start_at_once),
    )

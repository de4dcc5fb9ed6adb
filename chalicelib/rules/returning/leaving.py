"""Leaving a term: what a leaver gets back and why, and what it writes (D2, D5, M2, M4).

The day that counts is the day the member told us, in the group's zone; a session that began
before that was used. What does not live here: the arithmetic of the policy (policy.py), what a
release writes (releases.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from chalicelib.errors import StateChanged
from chalicelib.rules.books.shares import Taken, take, take_sessions
from chalicelib.rules.changes import Change
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.money.payments import Obligation, Refund, Release
from chalicelib.rules.people.people import Person
from chalicelib.rules.returning.outside_refunds import tasks_done
from chalicelib.rules.returning.policy import ByRule, Leaver, RefundPolicy, by_policy
from chalicelib.rules.returning.refund_mails import left_mail, told_leader_mail
from chalicelib.rules.returning.releases import Decision, Owed, Parts, release, split
from chalicelib.rules.running.groups import WholeTerm

BY_POLICY, NOTHING = "policy", "nothing"
UNUSED = ("hardship", "leaders_changed")  # these give the unused sessions back, with a reason
WAYS = (BY_POLICY, *UNUSED, NOTHING)


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """Somebody in a seat, with all that leaving looks at, as it was read."""

    owed: Owed
    whole: WholeTerm
    refunds: Sequence[Refund]
    leaders: Sequence[Person]
    start_at_once: bool  # the tick of D2

    @property
    def seat(self) -> Enrolment:
        """The seat that ends. StateChanged once it has."""
        if self.owed.enrolment is None or not self.owed.obligation.billed_at:
            raise StateChanged
        return self.owed.enrolment


@dataclass(frozen=True)
class Given:
    """What one way of leaving gives: out of which shares, to whom, and by which rule."""

    taken: Taken
    parts: Parts
    cause: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was chosen: a way of WAYS, the day they told us, and a reason."""

    way: str
    told_on: date
    reason: str = ""


@dataclass(frozen=True)
class Leave:
    """The release of somebody who leaves, and everything that is written with it."""

    row: Release
    change: Change


def first_day(leaving: Leaving) -> date:
    """The earliest day on which the member can have told us."""
    return _billed_on(leaving)


def day_of(leaving: Leaving, now: datetime) -> date:
    """The day it is in the group's zone."""
    return now.astimezone(_zone(leaving)).date()


def promise(found: Mapping[str, Given]) -> str:
    """What a page has said each way gives, in one word that travels with its form."""
    return "-".join(str(found[way].taken.amount_minor) for way in WAYS)


def ways(leaving: Leaving, told_on: date, now: datetime) -> dict[str, Given]:
    """What each way would give to who told us on that day; for the page, to the penny."""
    return {way: given(leaving, way, told_on, now) for way in WAYS}


def given(leaving: Leaving, way: str, told_on: date, now: datetime) -> Given:
    """What one way gives. Who told us on an earlier day is counted from the beginning of it."""
    owed, told_at = leaving.owed, _told_at(leaving, told_on, now)
    shares = owed.obligation.shares
    unused = take_sessions(shares, set(shares) - _used(leaving, told_at), owed.held)
    if way == NOTHING:
        return _given(owed.obligation, Taken(shares, 0, 0), "left")
    if way in UNUSED:
        return _given(owed.obligation, unused, way)
    rule = _by_rule(leaving, told_on, told_at, unused.amount_minor)
    taken = unused if rule.only_unused else take(shares, rule.amount_minor, owed.held)
    return _given(owed.obligation, taken, rule.cause, rule.why)


def leave(leaving: Leaving, wish: Wish, release_id: str, actor: str, now: datetime) -> Leave:
    """The seat ends, what comes back is on its way, the member and the leaders are told.

    Conditional as every release. Raises StateChanged, RefundNotPossible, DisputeOpen.
    """
    seat, gives = leaving.seat, given(leaving, wish.way, wish.told_on, now)
    decision = Decision(
        release_id=release_id,
        cause=gives.cause,
        actor=actor,
        now=now,
        reason=wish.reason,
        why=gives.why,
        ends_seat="left",
    )
    row, change = release(leaving.owed, gives.taken, decision)
    still_due = leaving.owed.obligation.outstanding_minor - row.unbilled_minor
    refunds = list(change.created(Refund))
    return Leave(
        row,
        Change.of(
            change,
            tasks_done(leaving.refunds),
            left_mail(row, seat, leaving.whole, still_due, refunds, now),
            *(
                told_leader_mail(release_id, one, seat, leaving.whole, now)
                for one in leaving.leaders
            ),
        ),
    )


def _given(obligation: Obligation, taken: Taken, cause: str, why: str = "") -> Given:
    return Given(taken, split(obligation, taken.amount_minor), cause, why)


def _by_rule(leaving: Leaving, told_on: date, told_at: datetime, unused_minor: int) -> ByRule:
    term, obligation = leaving.whole.term, leaving.owed.obligation
    leaver = Leaver(
        whole_minor=sum(obligation.shares.values()),
        unused_minor=unused_minor,
        billed_on=_billed_on(leaving),
        first_on=term.starts_at.astimezone(_zone(leaving)).date(),
        told_on=told_on,
        begun=term.starts_at <= told_at,
        start_at_once=leaving.start_at_once,
    )
    return by_policy(RefundPolicy.of(obligation.policy), leaver)


def _used(leaving: Leaving, told_at: datetime) -> set[str]:
    """Sessions that had begun when they told us, also while no register says so yet."""
    return {
        one.session_id
        for one in leaving.whole.sessions
        if one.state != "cancelled" and one.starts_at < told_at
    }


def _told_at(leaving: Leaving, told_on: date, now: datetime) -> datetime:
    if told_on == day_of(leaving, now):
        return now
    return datetime.combine(told_on, time.min, _zone(leaving))


def _billed_on(leaving: Leaving) -> date:
    billed_at = leaving.owed.obligation.billed_at
    if billed_at is None:
        raise StateChanged
    return billed_at.astimezone(_zone(leaving)).date()


def _zone(leaving: Leaving) -> ZoneInfo:
    return ZoneInfo(leaving.whole.term.zone)

"""What a leader sees of the own pay: what is open, each payout's statement, tax years (R67).

What does not live here: how it comes to be paid (runs.py), bank details (profiles.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.payouts import Item, Payout, PayoutLine, line_of
from chalicelib.rules.leaders.statements import (
    Statement,
    Year,
    YearSummary,
    statement_of,
    summary,
    year_named,
    years_with,
)
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.people.people import Person
from chalicelib.store import reads
from chalicelib.store.leaders import pay
from chalicelib.store.people.circle import the_circle
from chalicelib.store.running import groups

SHOWN = ("approved", "sending", "sent", "paid_manually", "reversed")


@dataclass(frozen=True)
class Waiting:
    """A session whose fee no payout has taken up yet, in whole or in part."""

    accrual: Accrual
    group_title: str
    payable: bool  # whether its hold has ended


@dataclass(frozen=True)
class OwnPay:
    """The page of a leader's pay."""

    circle: CircleSettings
    waiting: tuple[Waiting, ...]
    owed_back: tuple[PayoutLine, ...]  # by the leader; less than nothing
    owed_again: tuple[PayoutLine, ...]  # to the leader: money that came back, or was lifted
    open_minor: int
    payouts: tuple[Payout, ...]  # the newest first
    years: tuple[Year, ...]


@dataclass(frozen=True)
class ShownStatement:
    """A statement with who pays it and whom."""

    circle: CircleSettings
    leader: Person
    statement: Statement


@dataclass(frozen=True)
class ShownYear:
    """A tax year with the titles of its groups."""

    circle: CircleSettings
    leader: Person
    found: YearSummary
    titles: dict[str, str]


def show_pay(outside: Outside, me: Person) -> OwnPay:
    """What is open, and everything that was approved."""
    circle, now = the_circle(), outside.clock.now()
    items = pay.items(me.person_id)
    every = [one for one in pay.payouts(me.person_id) if one.state in SHOWN]
    beside = [line_of(one) for one in items if isinstance(one, Clawback | Returned)]
    titles = _titles(one.group_id for one in items)
    return OwnPay(
        circle=circle,
        waiting=_waiting(items, titles, now),
        owed_back=tuple(one for one in beside if one.amount_minor < 0),
        owed_again=tuple(one for one in beside if one.amount_minor > 0),
        open_minor=sum(line_of(one).amount_minor for one in items),
        payouts=tuple(sorted(every, key=lambda one: one.prepared_at, reverse=True)),
        years=years_with(every, circle.currency, circle.zone),
    )


def show_statement(outside: Outside, leader_id: str, period: str) -> ShownStatement:  # noqa: ARG001
    """What one payout is made of. NotFound until it is approved: before, nothing is promised."""
    payout = reads.get(Payout, leader_id, f"payout#{period}")
    leader = reads.get(Person, leader_id)
    if payout is None or leader is None or payout.state not in SHOWN:
        raise NotFound
    titles = _titles(one.group_id for one in payout.lines)
    return ShownStatement(the_circle(), leader, statement_of(payout, pay.items(leader_id), titles))


def show_year(outside: Outside, leader_id: str, name: str) -> ShownYear:  # noqa: ARG001
    """What one was paid in a tax year, named by the year in which it begins."""
    leader = reads.get(Person, leader_id)
    if leader is None or not (name.isascii() and name.isdigit() and 2000 <= int(name) < 2200):
        raise NotFound
    circle = the_circle()
    year = year_named(int(name), circle.currency)
    found = summary(pay.payouts(leader_id), year, circle.zone)
    return ShownYear(circle, leader, found, _titles(found.by_group))


def _waiting(items: Sequence[Item], titles: dict[str, str], now: datetime) -> tuple[Waiting, ...]:
    found = [one for one in items if isinstance(one, Accrual) and one.open_minor]
    return tuple(
        Waiting(one, titles.get(one.group_id, ""), one.payable_at <= now)
        for one in sorted(found, key=lambda one: (one.session_at, one.session_id))
    )


def _titles(group_ids: Iterable[str]) -> dict[str, str]:
    return {one.group_id: one.title for one in groups.groups(sorted(set(group_ids)))}

"""What the treasurer's pages show of runs: what each leader is owed now, and one run leader by
leader.

What does not live here: the acts (runs.py), one leader (profiles.py), the bank list (bank_list.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.leaders import pay_runs as rules
from chalicelib.rules.leaders.payouts import Payout, PayRun
from chalicelib.rules.leaders.preparing import Preview, previews
from chalicelib.rules.leaders.statements import Statement, statement_of
from chalicelib.rules.people.people import Person
from chalicelib.store.leaders import gathering, pay
from chalicelib.store.people import people
from chalicelib.store.people.circle import the_circle
from chalicelib.store.running import groups


@dataclass(frozen=True)
class Overview:
    """All leaders of whom anything is open, and every run."""

    found: tuple[Preview, ...]
    runs: tuple[PayRun, ...]  # the newest first
    switched_on: bool
    currency: str
    zone: str

    @property
    def open_run(self) -> PayRun | None:
        """The run that has to come to an end before another."""
        return next((one for one in self.runs if rules.is_open(one)), None)

    @property
    def payable_minor(self) -> int:
        """What a run would pay that is prepared now."""
        return sum(one.net_minor for one in self.found)


@dataclass(frozen=True)
class OfRun:
    """A run, leader by leader."""

    run: PayRun
    statements: tuple[Statement, ...]
    names: Mapping[str, str]  # of leaders and of who acted
    titles: Mapping[str, str]
    seen: str  # what the form of approval says was seen
    may_approve: bool
    switched_on: bool
    zone: str

    @property
    def by_bank(self) -> bool:
        """Whether anything of it is, or was, paid from the bank."""
        states = ("approved", "paid_manually")
        return any(
            one.payout.route == "bank" and one.payout.state in states for one in self.statements
        )

    @property
    def held_of(self) -> dict[str, list[Mapping[str, Any]]]:
        """What is held back, by leader."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for one in self.run.held:
            found.setdefault(one["leader_id"], []).append(one)
        return found

    @property
    def short(self) -> list[str]:
        """Leaders of whom something is held only because a fund is short."""
        return sorted({o["leader_id"] for o in self.run.held if o["reason"] == "fund_short"})


def show_all(outside: Outside) -> Overview:
    """What is open for each leader and why it is held, and the runs."""
    circle, now = the_circle(), outside.clock.now()
    every = gathering.payees(now)
    covers = gathering.covers(every, circle.currency)
    return Overview(
        found=previews(every, covers, now, gathering.disputed(every)),
        runs=tuple(reversed(pay.runs())),
        switched_on=circle.payouts,
        currency=circle.currency,
        zone=circle.zone,
    )


def show_run(outside: Outside, me: Person, period: str) -> OfRun:  # noqa: ARG001 - as every flow
    """One run, with what each payout is made of. NotFound without one."""
    run, circle = gathering.run(period), the_circle()
    if run is None:
        raise NotFound
    payouts = gathering.of_run(run)
    held = {one["leader_id"] for one in run.held}
    acted = {run.prepared_by, run.approved_by, *run.advanced_by}
    ids = {one for one in held | acted | set(run.payouts) if one.startswith("person-")}
    named = {key: one.full_name for key, one in people.several(ids).items()}
    group_ids = {line.group_id for one in payouts for line in one.lines}
    group_ids |= {one["group_id"] for one in run.held}
    titles = {one.group_id: one.title for one in groups.groups(sorted(group_ids))}
    return OfRun(
        run=run,
        statements=tuple(_statement(one, titles) for one in payouts),
        names=named | {one.leader_id: one.name for one in payouts},
        titles=titles,
        seen=rules.digest(run),
        may_approve=rules.may_approve(run, me.person_id, circle),
        switched_on=circle.payouts,
        zone=circle.zone,
    )


def _statement(payout: Payout, titles: Mapping[str, str]) -> Statement:
    return statement_of(payout, pay.items(payout.leader_id), titles)

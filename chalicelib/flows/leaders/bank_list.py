"""Paying leaders from the bank: the list of a run, its file, confirming, the clock's reminders.

What does not live here: who is on it (runs.py), where the money goes (profiles.py).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import Conflict, NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.csv_text import LINK_SECONDS
from chalicelib.rules.leaders import bank_list as rules
from chalicelib.rules.leaders.bank_list import BankLine, bank_line
from chalicelib.rules.leaders.pay_mails import paid_mail
from chalicelib.rules.leaders.payouts import Payout, PayRun
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders import gathering
from chalicelib.store.people.circle import the_circle
from chalicelib.store.running import groups

log = logging.getLogger("balint.payouts")
CSV_TYPE = "text/csv; charset=us-ascii"


@dataclass(frozen=True)
class Shown:
    """The bank list of a run."""

    run: PayRun
    lines: tuple[BankLine, ...]  # still to be paid
    paid: tuple[Payout, ...]
    today: date

    @property
    def in_file(self) -> tuple[BankLine, ...]:
        """What the file holds."""
        return tuple(one for one in self.lines if one.in_file)

    @property
    def by_hand(self) -> tuple[BankLine, ...]:
        """What is typed in one by one: accounts elsewhere."""
        return tuple(one for one in self.lines if not one.why and not one.in_file)

    @property
    def waiting(self) -> tuple[BankLine, ...]:
        """What is not to be paid just now."""
        return tuple(one for one in self.lines if one.why)

    @property
    def payable(self) -> list[str]:
        """Whom the bank can have paid, by id."""
        return [one.payout.leader_id for one in self.lines]


def show(outside: Outside, period: str) -> Shown:
    """What a run pays from the bank. NotFound before the run is approved."""
    run, now = gathering.run(period), outside.clock.now()
    if run is None or run.state not in ("approved", "done"):
        raise NotFound
    every = [one for one in gathering.of_run(run) if one.route == "bank"]
    lines = [
        bank_line(one, gathering.payee(one.leader_id, one.name), now)
        for one in every
        if one.state == "approved"
    ]
    paid = tuple(one for one in every if one.state == "paid_manually")
    return Shown(run, tuple(lines), paid, now.astimezone(ZoneInfo(the_circle().zone)).date())


def export(outside: Outside, caller: Caller, period: str, export_id: str) -> None:
    """Write the file into a private place, and say in the audit who asked for it."""
    shown, now = show(outside, period), outside.clock.now()
    body = rules.bank_file(shown.lines)
    outside.files.save(_key(export_id), body, CSV_TYPE, f"pay-leaders-{period}.csv")
    note = audit(
        export_id,
        "payouts.bank_list_exported",
        caller.actor,
        now,
        outside.ids.new("act"),
        period=period,
        lines=len(shown.in_file),
        amount_minor=sum(one.payout.amount_minor for one in shown.in_file),
    )
    commit(Change.of(note), caller, now)


def export_link(outside: Outside, export_id: str) -> str:
    """A link to the file that ends after five minutes. NotFound for one nobody asked for."""
    if not reads.under(tables.Audit, export_id):
        raise NotFound
    return outside.files.link(_key(export_id), LINK_SECONDS)


def _key(export_id: str) -> str:
    return f"bank-lists/{export_id}.csv"


# Paid


def confirm(outside: Outside, caller: Caller, period: str, values: Mapping[str, Any]) -> None:
    """The bank has paid these leaders: one commit for each, so that one that was confirmed
    meanwhile keeps nobody else waiting; who presses again goes on with the rest. The last commit
    spends the form. Raises NotFound."""
    run = gathering.run(period)
    if run is None:
        raise NotFound
    now = outside.clock.now()
    for payout in gathering.of_run(run):
        named = payout.leader_id in values["paid"]
        if named and payout.state == "approved" and payout.route == "bank":
            _confirm_one(outside, caller, payout, values)
    note = audit(
        f"payouts-{period}",
        "payouts.paid_from_the_bank",
        caller.actor,
        now,
        outside.ids.new("act"),
        period=period,
        leaders=len(values["paid"]),
    )
    commit(Change.of(note), caller, now)


def _confirm_one(
    outside: Outside, caller: Caller, payout: Payout, values: Mapping[str, Any]
) -> None:
    try:
        commit(_confirmed(outside, caller, payout, values))
    except Conflict:
        log.info("confirmed meanwhile payout=%s", payout.payout_id)


def _confirmed(
    outside: Outside, caller: Caller, payout: Payout, values: Mapping[str, Any]
) -> Change:
    now, paid_on = outside.clock.now(), values["paid_on"]
    change = rules.paid(payout, paid_on, values["reference"], now)
    leader = reads.get(Person, payout.leader_id)
    told = None
    if leader is not None:
        reference = values["reference"] or rules.reference_of(payout)
        as_paid = replace(payout, paid_reference=reference, paid_on=paid_on)
        items = gathering.payee(payout.leader_id).items
        titles = _titles(payout)
        told = paid_mail(as_paid, leader, items, titles, paid_on, now)
    note = audit(
        payout.leader_id,
        "payout.paid",
        caller.actor,
        now,
        outside.ids.new("act"),
        person_id=payout.leader_id,
        period=payout.period,
        amount_minor=payout.amount_minor,
    )
    return Change.of(change, told, note)


def _titles(payout: Payout) -> dict[str, str]:
    ids = sorted({line.group_id for line in payout.lines})
    return {one.group_id: one.title for one in groups.groups(ids)}


# The clock


def due(outside: Outside) -> list[Payout]:
    """Payouts that wait for the bank and are looked at again."""
    found: list[Payout] = reads.due(tables.Payouts, "payout_bank", outside.clock.now())
    return found


def remind(outside: Outside, due_payout: Payout) -> str:
    """Somebody is reminded that a leader waits for the bank; after longer and longer gaps."""
    payout, now = reads.reread(due_payout), outside.clock.now()
    if payout is None or payout.check_at is None or payout.check_at > now:
        return "over"
    task = reads.get(Task, "task#open", rules.task_id(payout))
    commit(rules.reminded(payout, task, now))
    return "reminded"

"""A leader's log of hours: shown, written in, exported for accreditation (N11).

What does not live here: what is paid for them (own_pay.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib import wording
from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import AuditRow, audit
from chalicelib.rules.changes import Caller, Change, Create, Remove
from chalicelib.rules.csv_text import CSV_TYPE, LINK_SECONDS, csv_bytes
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.own_log import Log, LogEntry, log_of, rows_of
from chalicelib.rules.people.people import Person
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.running import groups


def show(outside: Outside, me: Person) -> Log:  # noqa: ARG001 - as every flow
    """Everything that is in one's log."""
    rows = reads.under(tables.Payouts, me.person_id)
    accruals = [row for row in rows if isinstance(row, Accrual)]
    entries = [row for row in rows if isinstance(row, LogEntry)]
    ids = sorted({one.group_id for one in accruals})
    return log_of(accruals, entries, {one.group_id: one for one in groups.groups(ids)})


def today(outside: Outside, me: Person) -> date:
    """The day it is for a leader."""
    return outside.clock.now().astimezone(ZoneInfo(me.zone or "Europe/London")).date()


def add(outside: Outside, caller: Caller, me: Person, values: Mapping[str, Any]) -> None:
    """Write hours down. `values` are those of the log's form."""
    now = outside.clock.now()
    entry = LogEntry(
        leader_id=me.person_id, entry_id=outside.ids.new("log"), made_at=now, **dict(values)
    )
    _commit(outside, caller, me, "log.entry_added", Create(entry), entry)


def remove(outside: Outside, caller: Caller, me: Person, entry_id: str) -> None:
    """Take a line back that one wrote oneself. NotFound for any other."""
    entry = reads.get(LogEntry, me.person_id, f"log#{entry_id}")
    if entry is None:
        raise NotFound
    _commit(outside, caller, me, "log.entry_removed", Remove(entry), entry)


def export(
    outside: Outside,
    caller: Caller,
    me: Person,
    export_id: str,
    days: tuple[date | None, date | None],
) -> None:
    """The log of a period as a private file for whoever accredits."""
    log = show(outside, me).within(*days)
    columns = [spoken for _, spoken in wording.options("log_columns")]
    words, modes = dict(wording.options("log_what")), dict(wording.options("mode"))
    outside.files.save(
        _key(export_id), csv_bytes(columns, rows_of(log, words, modes)), CSV_TYPE, "log.csv"
    )
    now = outside.clock.now()
    note = audit(
        export_id,
        "log.exported",
        caller.actor,
        now,
        outside.ids.new("audit"),
        person_id=me.person_id,
        lines=len(log.lines),
    )
    commit(Change.of(note), caller, now)


def export_link(outside: Outside, me: Person, export_id: str) -> str:
    """A link to one's own file that ends after five minutes. NotFound for any other."""
    asked = reads.under(tables.Audit, export_id)
    if not any(isinstance(row, AuditRow) and row.actor == me.person_id for row in asked):
        raise NotFound
    return outside.files.link(_key(export_id), LINK_SECONDS)


def _key(export_id: str) -> str:
    return f"logs/{export_id}.csv"


def _commit(
    outside: Outside,
    caller: Caller,
    me: Person,
    action: str,
    write: Create | Remove,
    entry: LogEntry,
) -> None:
    now = outside.clock.now()
    act = audit(
        me.person_id,
        action,
        caller.actor,
        now,
        outside.ids.new("audit"),
        person_id=me.person_id,
        entry_id=entry.entry_id,
        minutes=entry.minutes,
    )
    commit(Change.of(write, act), caller, now)

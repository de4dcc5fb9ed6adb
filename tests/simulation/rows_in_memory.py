"""Changes written to rows in memory: what the store does, without a store, thousands of times a
second. Each change is written whole or its refusal is raised.

What does not live here: races, keys of tables, anything DynamoDB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

from chalicelib.rules.changes import Below, Change, Condition, Create, Is, Ref, Remove, Update
from chalicelib.store.rows import KEPT
from tests.simulation.seen import R, Seen

Key = tuple[str, ...]


class Rows:
    """Every row there is, by its key."""

    def __init__(self, rows: Mapping[Key, Any]) -> None:
        self.rows = dict(rows)

    def all(self, kind: type[R]) -> list[R]:
        """The rows of one kind."""
        return Seen(self.rows).all(kind)

    def now(self, row: R) -> R:
        """A row as it is now."""
        found: R = self.rows[key_of(row)]
        return found

    def write(self, change: Change) -> None:
        """All of it, or nothing and the refusal of what does not hold."""
        after = dict(self.rows)
        for write in change.writes:
            self._write(after, write)
        self.rows = after

    def _write(self, after: dict[Key, Any], write: Any) -> None:
        key = key_of(write.row)
        before = self.rows.get(key)
        if isinstance(write, Create):
            if before is not None:
                raise write.refusal
            after[key] = write.row
            return
        if not (isinstance(write, Remove) and not write.when):
            missing = before is None
            if missing or not all(_holds(before, one) for one in write.when):
                raise write.refusal
        if isinstance(write, Remove):
            after.pop(key, None)
        elif isinstance(write, Update):
            added = {name: getattr(before, name) + n for name, n in write.add.items()}
            after[key] = replace(before, **{**_as_kept(before, write.values), **added})


def key_of(row: Any) -> Key:
    """The key of a row, or of one that is known by its key only."""
    kind = row.kind if isinstance(row, Ref) else type(row)
    known = SimpleNamespace(**row.ids) if isinstance(row, Ref) else row
    return (kind.__name__, *KEPT[kind].key(known))


def _as_kept(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """None removes a value: then the row says what it says without one."""
    usual = {one.name: one.default for one in fields(row)}
    return {name: usual[name] if value is None else value for name, value in values.items()}


def _holds(row: Any, condition: Condition) -> bool:
    found = getattr(row, condition.name)
    if isinstance(condition, Is):
        return bool(found == condition.value)
    limit = getattr(row, condition.limit) if isinstance(condition, Below) else condition.limit
    return bool(found < limit)

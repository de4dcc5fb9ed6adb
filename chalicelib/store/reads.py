"""The ways of reading: one row by its key, rows under one hash key, rows of an index, what is due.

Reads by key are strongly consistent; reads of an index are not and never decide uniqueness.
All of them raise StoreBusy when DynamoDB does not answer after botocore's own tries.
Which keys there are, rows.py says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.store.rows import KEPT
from chalicelib.store.trouble import as_trouble

R = TypeVar("R")

PAGE = 100


def get(kind: type[R], *key: str) -> R | None:
    """One row by its key as rows.py formats it; None when none or another kind lies there."""
    how = KEPT[kind]
    with as_trouble():
        answer = how.model._get_connection().get_item(*key, consistent_read=True)
    item = answer.get("Item")
    if not item or item.get("row_kind") != {"S": kind.__name__}:
        return None
    row: R = how.row(how.model.from_raw_data(item))
    return row


def reread(row: R) -> R | None:
    """The row as it is now."""
    return get(type(row), *KEPT[type(row)].key(row))


def under(
    table: Any, hash_key: str, prefix: str | None = None, since: str | None = None
) -> list[Any]:
    """Every row under one hash key, whose range key starts with `prefix` or does not come before
    `since`, in key order."""
    condition = None
    if prefix is not None and table._range_keyname:
        condition = table._range_key_attribute().startswith(prefix)
    elif since is not None:
        condition = table._range_key_attribute() >= since
    with as_trouble():
        found = table.query(hash_key, condition, consistent_read=True, page_size=PAGE)
        return [_row(item) for item in found]


def indexed(
    index: Any,
    hash_key: str,
    prefix: str | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[Any]:
    """Rows that an index shows under a key; eventually consistent."""
    condition = None
    if prefix is not None:
        keys = index.Meta.attributes.values()
        condition = next(key for key in keys if key.is_range_key).startswith(prefix)
    with as_trouble():
        for item in index.query(
            hash_key, condition, limit=limit, scan_index_forward=not newest_first, page_size=PAGE
        ):
            yield _row(item)


def due(table: Any, shard: str, now: datetime, limit: int = 200) -> list[Any]:
    """Rows of a table that have fallen due, oldest first; at most `limit` in one go."""
    condition = table.due_at <= now
    with as_trouble():
        return [_row(item) for item in table.due.query(shard, condition, limit=limit)]


def many(kind: type[R], keys: list[tuple[str, ...]]) -> list[R]:
    """Several rows by their keys in one call for a hundred; missing ones are left out."""
    how = KEPT[kind]
    plain = [key[0] if len(key) == 1 else key for key in keys]
    with as_trouble():
        return [how.row(item) for item in how.model.batch_get(plain, consistent_read=True)]


def everything(table: Any) -> Iterator[Any]:
    """Every row of a table: for checks and exports, never on a person's path."""
    if table not in {how.table for how in KEPT.values()}:
        return  # PynamoDB would ask for rows of one of no kinds, which DynamoDB refuses
    with as_trouble():
        for item in table.scan(page_size=PAGE):
            yield _row(item)


_BY_MODEL = {how.model: how for how in KEPT.values()}


def _row(item: Any) -> Any:
    return _BY_MODEL[type(item)].row(item)

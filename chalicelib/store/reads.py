"""The ways of reading: one row by its key, rows under one hash key, rows of an index, what is due.

Reads by key are strongly consistent; reads of an index are not and never decide uniqueness. Of an
index that shows only keys the rows are fetched as they are now, and those that have moved on in it
are left out.
All of them raise StoreBusy when DynamoDB does not answer after botocore's own tries.
Which keys there are, rows.py says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from pynamodb.constants import ALL

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
    keys = {key.is_hash_key: key for key in index.Meta.attributes.values()}
    condition = None if prefix is None else keys[False].startswith(prefix)

    def shows(item: Any) -> bool:
        there = getattr(item, keys[True].attr_name) == hash_key
        return there and (getattr(item, keys[False].attr_name) or "").startswith(prefix or "")

    with as_trouble():
        found = index.query(
            hash_key, condition, limit=limit, scan_index_forward=not newest_first, page_size=PAGE
        )
        for item in _whole(index, found, shows):
            yield _row(item)


def due(table: Any, shard: str, now: datetime, limit: int = 200) -> list[Any]:
    """Rows of a table that have fallen due, oldest first; at most `limit` in one go."""
    condition = table.due_at <= now

    def shows(item: Any) -> bool:
        return item.due_shard == shard and item.due_at is not None and item.due_at <= now

    with as_trouble():
        found = table.due.query(shard, condition, limit=limit)
        return [_row(item) for item in _whole(table.due, found, shows)]


def _whole(index: Any, found: Iterable[Any], shows: Callable[[Any], bool]) -> Iterator[Any]:
    """The items that an index found, in its order: as it shows them, or fetched by their keys."""
    if index.Meta.projection.projection_type == ALL:
        yield from found
        return
    table, rest = index._model, iter(found)
    while keys := [_key(item) for item in islice(rest, PAGE)]:
        items = {_key(item): item for item in table.batch_get(keys, consistent_read=True)}
        yield from (items[key] for key in keys if key in items and shows(items[key]))


def _key(item: Any) -> Any:
    names = (item._hash_keyname, item._range_keyname)
    key = tuple(getattr(item, name) for name in names if name)
    return key if len(key) > 1 else key[0]


def many(kind: type[R], keys: list[tuple[str, ...]]) -> list[R]:
    """Several rows by their keys in one call for a hundred; missing ones are left out."""
    how = KEPT[kind]
    plain = [key[0] if len(key) == 1 else key for key in keys]
    with as_trouble():
        return [how.row(item) for item in how.model.batch_get(plain, consistent_read=True)]


def everything(table: Any) -> Iterator[Any]:
    """Every row of a table: for checks and exports, never on a person's path."""
    if table not in KEPT.tables():
        return  # PynamoDB would ask for rows of one of no kinds, which DynamoDB refuses
    with as_trouble():
        for item in table.scan(page_size=PAGE):
            yield _row(item)


def _row(item: Any) -> Any:
    return item.kept_by.row(item)

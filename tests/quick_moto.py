"""Transactions on moto's tables that copy only what they touch.

Moto keeps a copy of the whole table for each write of a transaction, in case it has to be undone:
in a test of some thousand rows that is a third of its time and more. What does not live here:
anything else of moto, and isolation, which neither has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from moto.backends import get_backend
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


class NotCopied(Table):
    """A table whose copy is itself: who writes a transaction undoes it item by item."""

    def __deepcopy__(self, memo: dict[int, Any]) -> NotCopied:
        return self


class ByItem(DynamoDBBackend):
    """Moto's backend, but a transaction that fails puts back the items it was about."""

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        """As moto's own; whatever it raises, the items are as they were."""
        before = [self._as_it_is(*next(iter(one.items()))) for one in transact_items]
        try:
            super().transact_write_items(transact_items)
        except Exception:
            for under, key, item in before:
                if item is not None:
                    under[key] = item
                elif key in under:
                    del under[key]
            raise

    def _as_it_is(self, what: str, asked: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Where an item lies and under which key, and a copy of it; None where there is none."""
        table = self.tables[asked["TableName"]]
        sought = asked["Item" if what == "Put" else "Key"]
        place, key = table.items, DynamoType(sought[table.hash_key_attr])
        if table.range_key_attr is not None:
            place, key = place[key], DynamoType(sought[table.range_key_attr])
        return place, key, deepcopy(place.get(key))


@contextmanager
def quick_transactions() -> Iterator[None]:
    """For as long as this lasts, and only on the tables there are now."""
    backend = get_backend("dynamodb")["123456789012"]["eu-west-2"]
    tables = list(backend.tables.values())
    try:
        _become(ByItem, backend)
        _become(NotCopied, *tables)
        yield
    finally:
        _become(DynamoDBBackend, backend)
        _become(Table, *tables)


def _become(kind: type, *things: Any) -> None:
    for one in things:
        one.__class__ = kind

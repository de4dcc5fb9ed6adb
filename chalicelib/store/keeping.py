"""How a kind of row is kept: its PynamoDB model, derived from its dataclass so that a field is
declared once, its key and what its indexes see.

What does not live here: the keys themselves (rows.py).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from chalicelib.rules.changes import Ref
from chalicelib.store import tables
from chalicelib.store.codec import attribute_for, hints_of

Key = tuple[str, ...]
Shown = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """How one kind of row is kept."""

    kind: type
    table: Any  # a PynamoDB model class: its typing does not survive derivation
    model: Any
    key: Callable[[Any], Key]
    shows: Callable[[Any], Shown]

    def values(self, row: Any) -> dict[str, Any]:
        """Every attribute of the item: key, what indexes see, fields."""
        own = {field.name: getattr(row, field.name) for field in fields(row)}
        names = [self.model._hash_keyname, self.model._range_keyname]
        keys = dict(zip([n for n in names if n], self.key(row), strict=True))
        return {**own, **self.shows(row), **keys}

    def key_of(self, row: Any) -> Key:
        """The key of a row, or of a Ref to one."""
        return self.key(types.SimpleNamespace(**row.ids) if isinstance(row, Ref) else row)

    def changed(self, row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
        """`values` and what they change for the indexes."""
        if isinstance(row, Ref):
            return dict(values)
        before, after = self.shows(row), self.shows(replace(row, **values))
        return {**values, **{k: v for k, v in after.items() if before.get(k) != v}}

    def row(self, item: Any) -> Any:
        """The dataclass of a read item."""
        return self.kind(
            **{
                name: value
                for name in hints_of(self.kind)
                if (value := getattr(item, name)) is not None
            }
        )


KEPT: dict[type, Kept] = {}


def keep(
    kind: type,
    table: type[tables.Table],
    key: Callable[[Any], Key],
    shows: Callable[[Any], Shown] = lambda _: {},
) -> None:
    """Register a kind of row: its table, its key and what its indexes see."""
    own = {
        name: attribute_for(hint)
        for name, hint in hints_of(kind).items()
        if name not in table.get_attributes()
    }
    model = types.new_class(
        f"{kind.__name__}Item",
        (table,),
        {"discriminator": kind.__name__},
        lambda ns: ns.update(own),
    )
    KEPT[kind] = Kept(kind, table, model, key, shows)


def kept(row: Any) -> Kept:
    """How this row is kept; KeyError for a kind nobody registered."""
    return KEPT[row.kind if isinstance(row, Ref) else type(row)]

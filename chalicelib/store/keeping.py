"""How a kind of row is kept: its PynamoDB model, derived from its dataclass so that a field is
declared once, its key and what its indexes see.

A kind is declared by name, and its dataclass imported and its model made when the first row of it
is read or written: there are more than fifty, and a cold start that made them all would wait for
most of them in vain. What does not live here: the keys themselves (rows.py).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property
from importlib import import_module
from typing import Any

from chalicelib.rules.changes import Ref
from chalicelib.store import tables
from chalicelib.store.codec import attribute_for, hints_of

Key = tuple[str, ...]
Shown = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """How one kind of row is kept."""

    name: str  # of the dataclass, and in `row_kind`
    module: str
    table: Any  # a PynamoDB model class: its typing does not survive derivation
    key: Callable[[Any], Key]
    shows: Callable[[Any], Shown]

    @cached_property
    def kind(self) -> type:
        """The dataclass."""
        found: type = getattr(import_module(self.module), self.name)
        return found

    @cached_property
    def model(self) -> Any:
        """Its PynamoDB model."""
        own = {
            name: attribute_for(hint)
            for name, hint in hints_of(self.kind).items()
            if name not in self.table.get_attributes()
        }
        return types.new_class(
            f"{self.name}Item",
            (self.table,),
            {"discriminator": self.name},
            lambda ns: ns.update(own, kept_by=self),
        )

    def values(self, row: Any) -> dict[str, Any]:
        """Every attribute of the item: key, what indexes see, fields."""
        own = {field.name: getattr(row, field.name) for field in fields(row)}
        names = [self.model._hash_keyname, self.model._range_keyname]
        keys = dict(zip([n for n in names if n], self.key(row), strict=True))
        return {**own, **self.shows(row), **keys}

    @cached_property
    def empty(self) -> dict[str, Any]:
        """The fields that hold nothing until told otherwise (empty text, no parts, no), each with
        that nothing. A reader fills them in, so that an item need not hold them."""
        own = self.table.get_attributes()
        found = {}
        for field in fields(self.kind):
            made = field.default_factory
            value = field.default if made is MISSING else made()
            if isinstance(value, str | tuple | bool | Mapping) and not value:
                found[field.name] = value
        return {name: value for name, value in found.items() if name not in own}

    def stored(self, row: Any) -> dict[str, Any]:
        """The attributes a new item gets: every one that says anything."""
        return {
            name: value
            for name, value in self.values(row).items()
            if value is not None and not self.leaves_out(name, value)
        }

    def leaves_out(self, name: str, value: Any) -> bool:
        """Whether an item may lack this field when this is its value."""
        return name in self.empty and bool(value == self.empty[name])

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


class Kinds(Mapping[type, Kept]):
    """How each kind of row is kept. Going through all of them imports them all."""

    def __init__(self) -> None:
        self._by_name: dict[str, Kept] = {}

    def add(self, how: Kept) -> None:
        """Declare a kind. ValueError for a name that is taken: rows bear it."""
        if how.name in self._by_name:
            raise ValueError(f"two kinds of row are called {how.name}")
        self._by_name[how.name] = how
        how.table.row_kind.announce(how.name, how.table, lambda: how.model)

    def named(self, name: str) -> Kept | None:
        """The kind of this name; None for one that this release does not know."""
        return self._by_name.get(name)

    def tables(self) -> set[Any]:
        """The tables that hold rows of any kind."""
        return {how.table for how in self._by_name.values()}

    def __getitem__(self, kind: type) -> Kept:
        how = self._by_name[kind.__name__]
        if how.kind is not kind:
            raise KeyError(kind)
        return how

    def __iter__(self) -> Iterator[type]:
        return (how.kind for how in self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)


KEPT = Kinds()


def keep(
    kind: str,
    table: type[tables.Table],
    key: Callable[[Any], Key],
    shows: Callable[[Any], Shown] = lambda _: {},
) -> None:
    """Declare a kind of row: where its dataclass stands below chalicelib.rules, its table, its key
    and what its indexes see."""
    module, _, name = kind.rpartition(".")
    KEPT.add(Kept(name, f"chalicelib.rules.{module}", table, key, shows))


def kept(row: Any) -> Kept:
    """How this row is kept; KeyError for a kind nobody declared."""
    return KEPT[row.kind if isinstance(row, Ref) else type(row)]

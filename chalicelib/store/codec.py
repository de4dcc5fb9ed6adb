"""How a field of a row lies in DynamoDB: one PynamoDB attribute for each Python type.

Text, whole numbers and yes/no lie as themselves, instants as sortable UTC text, everything
composed as JSON text. Floats are refused: money and counts are whole numbers.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, Union

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.constants import STRING

INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def instant_text(value: datetime) -> str:
    """An aware instant as fixed-width UTC text, so that text order is time order."""
    if value.tzinfo is None:
        raise ValueError("instants are aware")
    return value.astimezone(UTC).strftime(INSTANT)


def instant_from(text: str) -> datetime:
    """The instant of `instant_text`."""
    return datetime.strptime(text, INSTANT).replace(tzinfo=UTC)


class InstantAttribute(Attribute[datetime]):
    """An aware instant in UTC."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return instant_text(value)

    def deserialize(self, value: str) -> datetime:
        return instant_from(value)


class ComposedAttribute(Attribute[Any]):
    """Dates, local times, tuples, mappings and dataclasses, as JSON text."""

    attr_type = STRING

    def __init__(self, hint: Any, **options: Any) -> None:
        super().__init__(**options)
        self.hint = hint

    def serialize(self, value: Any) -> str:
        return json.dumps(to_plain(value), separators=(",", ":"), ensure_ascii=False)

    def deserialize(self, value: str) -> Any:
        return from_plain(self.hint, json.loads(value))


class RowKind(DiscriminatorAttribute):
    """The kind of a row. Kinds are announced by name; the model of one is made when it is first
    needed. What a query of a table asks for is every announced kind, made or not."""

    def __init__(self) -> None:
        super().__init__()
        self._announced: dict[str, tuple[Any, Callable[[], Any]]] = {}

    def announce(self, name: str, table: Any, make: Callable[[], Any]) -> None:
        """There is a kind of this name in this table; `make` gives its model."""
        self._announced[name] = table, make

    def get_registered_subclasses(self, cls: Any) -> list[Any]:
        """For a table the names of its kinds, for a model itself."""
        return [name for name, (table, _) in self._announced.items() if table is cls] or [cls]

    def serialize(self, value: Any) -> Any:
        return value if isinstance(value, str) else self.get_discriminator(value)

    def deserialize(self, value: Any) -> Any:
        """The model. KeyError for a kind that this release does not know: no query finds it."""
        return self._announced[value][1]()


def attribute_for(hint: Any) -> Attribute[Any]:
    """The attribute that keeps values of this type; TypeError for floats and unions."""
    hint = without_none(hint)
    if hint is str:
        return UnicodeAttribute(null=True)
    if hint is bool:
        return BooleanAttribute(null=True)
    if hint is int:
        return NumberAttribute(null=True)
    if hint is datetime:
        return InstantAttribute(null=True)
    if hint is float:
        raise TypeError("floats are not kept: use whole minor units")
    return ComposedAttribute(hint, null=True)


def without_none(hint: Any) -> Any:
    """`T` for `T | None`."""
    if typing.get_origin(hint) in (Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) != 1:
            raise TypeError(f"a field is of one type: {hint}")
        return rest[0]
    return hint


def to_plain(value: Any) -> Any:
    """What JSON can hold of a value."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        parts = [to_plain(part) for part in value]
        return sorted(parts) if isinstance(value, frozenset | set) else parts
    if isinstance(value, float):
        raise TypeError("floats are not kept")
    return value


def from_plain(hint: Any, value: Any) -> Any:
    """The typed value that `to_plain` flattened."""
    if value is None:
        return None
    hint = without_none(hint)
    origin = typing.get_origin(hint)
    if hint is datetime:
        return instant_from(value)
    if hint in (date, time):
        return hint.fromisoformat(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = hints_of(hint)
        return hint(**{k: from_plain(hints[k], part) for k, part in value.items() if k in hints})
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(from_plain(inner, part) for part in value)
    if origin in (frozenset, set):
        return origin(value)
    if origin is Mapping:
        inner = typing.get_args(hint)[1]
        return {key: from_plain(inner, part) for key, part in value.items()}
    return value


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """The resolved type hints of a dataclass's own fields."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}

"""Rows of every kind with invented values, built from their type hints.

`rows(kind)` is a hypothesis strategy; `plain_row(kind)` is one simple row of the kind.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from hypothesis import strategies as st

from chalicelib.rules.books.ledger import Entry, Line
from chalicelib.store.codec import hints_of

DAY = datetime(2026, 11, 21, 18, 30, 0, 250, tzinfo=UTC)
PLAIN: dict[Any, Any] = {
    str: "word",
    int: 3,
    bool: True,
    datetime: DAY,
    date: DAY.date(),
    time: DAY.time(),
    Any: "anything",
}
WHOLE_NUMBERS = st.integers(min_value=-(10**30), max_value=10**30)
INSTANTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
PLAIN_DATA = st.recursive(
    st.none() | st.booleans() | WHOLE_NUMBERS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: WHOLE_NUMBERS,
    bool: st.booleans(),
    datetime: INSTANTS,
    date: st.dates(),
    time: st.times(),
    Any: PLAIN_DATA,
}


def rows(kind: type) -> st.SearchStrategy[Any]:
    """Any row of a kind that its type hints allow; entries balance."""
    fields = {name: values(hint) for name, hint in hints_of(kind).items()}
    if kind is Entry:
        return st.fixed_dictionaries(fields).map(lambda facts: Entry(**_balanced(facts)))
    return st.builds(kind, **fields)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(st.none() if part is types.NoneType else values(part) for part in inner))
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(st.text(max_size=6), values(inner[1]), max_size=3)
    if dataclasses.is_dataclass(hint):
        return rows(typing.cast(type, hint))
    return SIMPLE[hint]


def plain_row(kind: type, **given: Any) -> Any:
    """One simple row: every field it must have is filled in, the others are as they begin."""
    facts = {
        field.name: plain_value(hints_of(kind)[field.name])
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    return kind(**{**(_balanced(facts) if kind is Entry else facts), **given})


def plain_value(hint: Any) -> Any:
    """One simple value of a type."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return None
    if origin is tuple:
        return ()
    if origin is Mapping:
        return {}
    return plain_row(hint) if dataclasses.is_dataclass(hint) else PLAIN[hint]


def _balanced(facts: Mapping[str, Any]) -> dict[str, Any]:
    rest = -sum(line.amount_minor for line in facts["lines"])
    return {**facts, "lines": (*facts["lines"], Line(account="suspense", amount_minor=rest))}

"""Counts what a story asks of AWS: requests, DynamoDB's units by our own formula from item sizes
(moto reports none, DynamoDB Local too few), mails, and the bytes that stay.

The rules are those of the DynamoDB developer guide, "Read consistency", "Transactions" and "Global
secondary indexes", read in 2025-07:

- a strongly consistent read costs one unit for each 4 KB begun, an eventually consistent one half
  of it; a query is charged for the sum of what it met, a batch for each item by itself;
- a write in a transaction costs two units for each KB begun of the item, of the larger of the item
  before and after; a condition check costs as much as a write;
- an index costs one unit for each KB begun of the part it shows: one when the item comes or goes,
  two when a key of the index changes, one when only something else it shows changes, and nothing
  when nothing that it shows changes. An index follows later, outside the transaction: once.

What a second costs and how long things take is in local/tools/costs.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3

from chalicelib.handlers import jobs
from chalicelib.store import tables
from local.gateway import Answer, Gateway
from local.tables import IndexShape, TableShape, load_tables
from local.tools.costs import WEB, Counted

KB = 1024
ENTRY_BYTES = 100  # DynamoDB's own, kept for each item and each entry of an index
Item = dict[str, Any]


def size(item: Mapping[str, Any]) -> int:
    """Bytes of an item: its names and its values, UTF-8; numbers at a byte for two digits."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _bytes(value: dict[str, Any]) -> int:
    [(kind, inner)] = value.items()
    if kind == "S":
        return len(inner.encode())
    if kind == "N":
        return math.ceil(len(inner.strip("-").lstrip("0")) / 2) + 1 + inner.startswith("-")
    if kind in ("BOOL", "NULL"):
        return 1
    raise AssertionError(f"{kind} is not kept here")


def units(bytes_: int, kilobytes: int) -> int:
    """Units of so many bytes, at least one."""
    return max(1, math.ceil(bytes_ / (kilobytes * KB)))


@cache
def shapes() -> Mapping[str, TableShape]:
    """The declared tables."""
    return load_tables()


def seen(shape: TableShape, index: IndexShape, item: Item | None) -> Item | None:
    """What an index shows of an item; None when it shows nothing."""
    if item is None or not all(name in item for name in index.names()):
        return None
    if index.everything:
        return item
    names = {shape.hash, shape.range, *index.names(), *index.beside}
    return {name: value for name, value in item.items() if name in names}


def index_units(
    shape: TableShape, index: IndexShape, before: Item | None, after: Item | None
) -> int:
    """What a write costs in one index."""
    old, new = seen(shape, index, before), seen(shape, index, after)
    if old == new:
        return 0
    if old is None or new is None:
        return units(size(new or old or {}), 1)
    if any(old[name] != new[name] for name in index.names()):
        return units(size(old), 1) + units(size(new), 1)
    return units(max(size(old), size(new)), 1)


@dataclass(frozen=True)
class Written:
    """One write of a transaction, and what it cost. `kind` is the kind of the row."""

    step: str
    act: str
    kind: str
    bytes: int
    own: int
    indexes: Mapping[str, int]

    @property
    def units(self) -> int:
        """All of it."""
        return self.own + sum(self.indexes.values())


@dataclass(frozen=True)
class Call:
    """One call to DynamoDB and the read units it cost; a transaction's units are its writes'."""

    step: str
    function: str  # that asked
    name: str
    where: str
    units: float


@dataclass
class Tally:
    """What was counted so far. `step` names what is going on."""

    step: str = ""
    function: str = ""  # that runs; nothing is counted while none does
    runs: list[tuple[str, str]] = field(default_factory=list)  # the step and the function of each
    written: list[Written] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)  # the step in which each was sent

    def counted(self, steps: Container[str], kept: Counter[str] | None = None) -> Counted:
        """What some steps asked of AWS, and left behind."""
        calls = [one for one in self.calls if one.step in steps]
        mails = kept["Mail"] if kept else 0
        return Counted(
            reads=sum(one.units for one in calls),
            writes=sum(one.units for one in self.written if one.step in steps),
            runs=dict(Counter(function for step, function in self.runs if step in steps)),
            calls=dict(Counter(one.function for one in calls)),
            mails=sum(step in steps for step in self.mails),
            kept_bytes=(kept or Counter()).total() - mails,
            mail_bytes=mails,
        )

    @contextmanager
    def running(self, function: str) -> Iterator[None]:
        """A run of a function, and all that it asks for."""
        before, self.function = self.function, function
        self.runs.append((self.step, function))
        try:
            yield
        finally:
            self.function = before

    @contextmanager
    def waking(self) -> Iterator[None]:
        """Whatever queues a mail meanwhile wakes its sender when it is done."""
        already = len(self.written)
        yield
        new = self.written[already:]
        if any(one.kind == "Mail" and one.act == "Put" for one in new):
            with self.running("send_mails"):
                jobs.send_mails({}, None)

    def before(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        """Remember what is asked, until the answer is there."""
        context["asked"] = params
        if self.function and model.name == "TransactWriteItems":
            context["items"] = [_now(*part) for part in _parts(params)]

    def after(self, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        """Count an answered call; one that was refused by a condition costs as much."""
        asked, name = context["asked"], model.name
        if not self.function:
            return
        if name == "TransactWriteItems":
            self.calls.append(Call(self.step, self.function, name, "", 0))
            for part, held in zip(_parts(asked), context["items"], strict=True):
                self._wrote(*part, held)
            return
        where = asked.get("TableName") or " ".join(asked["RequestItems"])
        where = f"{where.removeprefix('test-')} {asked.get('IndexName', '')}".strip()
        read = _read_units(name, asked, parsed)
        self.calls.append(Call(self.step, self.function, name, where, read))

    def _wrote(self, act: str, what: Any, before: Item | None) -> None:
        shape = shapes()[what["TableName"].removeprefix("test-")]
        after = _now(act, what)
        larger = max(size(before or {}), size(after or {}))
        known = after or before or {}
        indexes = {
            name: cost
            for name, index in shape.indexes.items()
            if (cost := index_units(shape, index, before, after))
        }
        kind = known.get("row_kind", {"S": "nothing"})["S"]
        own = 2 * units(larger, 1)
        self.written.append(Written(self.step, act, kind, larger, own, indexes))


def _parts(asked: Any) -> list[tuple[str, Any]]:
    return [next(iter(part.items())) for part in asked["TransactItems"]]


def _now(act: str, what: Any) -> Item | None:
    """The item that a part of a transaction is about, as it lies in the table."""
    table = what["TableName"]
    shape = shapes()[table.removeprefix("test-")]
    held = what.get("Item") or what["Key"]
    key = {name: held[name] for name in (shape.hash, shape.range) if name}
    found = boto3.client("dynamodb", "eu-west-2").get_item(
        TableName=table, Key=key, ConsistentRead=True
    )
    item: Item | None = found.get("Item")
    return item


def _read_units(name: str, asked: Any, parsed: Any) -> float:
    if name == "GetItem":
        read = units(size(parsed.get("Item") or {}), 4)
        return read if asked.get("ConsistentRead") else read / 2
    if name in ("Query", "Scan"):
        read = units(sum(size(item) for item in parsed["Items"]), 4)
        return read if asked.get("ConsistentRead") else read / 2
    if name == "BatchGetItem":
        found = [item for items in parsed["Responses"].values() for item in items]
        wanted = sum(len(one["Keys"]) for one in asked["RequestItems"].values())
        whole = all(one.get("ConsistentRead") for one in asked["RequestItems"].values())
        read = sum(units(size(item), 4) for item in found) + wanted - len(found)
        return read if whole else read / 2
    raise AssertionError(f"{name} is not counted")


class CountedGateway:
    """A gateway that counts who comes through. A mail that is queued wakes its sender at once, as
    the outbox's stream does."""

    def __init__(self, inner: Gateway, tally: Tally) -> None:
        self._inner = inner
        self._tally = tally

    def handle(self, *asked: Any) -> Answer:
        """One request."""
        with self._tally.running(WEB), self._tally.waking():
            return self._inner.handle(*asked)


@contextmanager
def counting(tally: Tally) -> Iterator[Tally]:
    """Count every call to DynamoDB meanwhile."""
    events = tables.connection().client.meta.events
    events.register("before-parameter-build.dynamodb", tally.before)
    events.register("after-call.dynamodb", tally.after)
    try:
        yield tally
    finally:
        events.unregister("before-parameter-build.dynamodb", tally.before)
        events.unregister("after-call.dynamodb", tally.after)


def kept_by_kind() -> Counter[str]:
    """The bytes of every kind of row that stays for long, its indexes included: mails do for a
    year, sessions, forms and markers do not."""
    plain = boto3.client("dynamodb", "eu-west-2")
    found: Counter[str] = Counter()
    for name, shape in shapes().items():
        for page in plain.get_paginator("scan").paginate(TableName=f"test-{name}"):
            for item in page["Items"]:
                if name == "outbox" or shape.expires is None or shape.expires not in item:
                    shown = [seen(shape, index, item) for index in shape.indexes.values()]
                    places = [item, *(one for one in shown if one is not None)]
                    found[item["row_kind"]["S"]] += sum(size(one) + ENTRY_BYTES for one in places)
    return found

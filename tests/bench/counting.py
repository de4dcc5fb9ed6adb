"""Counts what a story asks of AWS: requests, DynamoDB's units by our own formula from item sizes
(moto reports none), mails.

The units follow DynamoDB's rules: a strongly consistent read costs one for 4 KB, of an index half;
a write in a transaction two for 1 KB, and one for each index that shows the item.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from chalicelib.store import tables
from local.gateway import Answer, Gateway
from local.tables import Keys, TableShape, load_tables
from local.tools.costs import Counted
from tests.world import World

KB = 1024
Item = dict[str, Any]


def size(item: Item) -> int:
    """Bytes of an item: its names and its values, as near as JSON tells them."""
    values = {name: next(iter(value.values())) for name, value in item.items()}
    return sum(
        len(name.encode()) + len(json.dumps(value, ensure_ascii=False).encode()) - 2
        for name, value in values.items()
    )


def units(item: Item | None, kilobytes: int) -> int:
    """Units of one item, at least one."""
    return max(1, math.ceil(size(item or {}) / (kilobytes * KB)))


def shown_in(shape: TableShape, item: Item) -> list[Keys]:
    """The indexes that show an item: those whose keys it has."""
    return [
        index
        for index in shape.indexes.values()
        if all(name in item for name in (index.hash, index.range) if name)
    ]


@dataclass
class Tally:
    """What was counted so far."""

    reads: float = 0
    writes: float = 0
    requests: int = 0
    runs: int = 0

    def before(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        """Remember what is asked, until the answer is there."""
        context["asked"] = params

    def after(self, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        """Count an answered call."""
        asked, name = context["asked"], model.name
        if name == "TransactWriteItems":
            for part in asked["TransactItems"]:
                [(act, what)] = part.items()
                self._wrote(act, what)
        elif name == "GetItem":
            self.reads += units(parsed.get("Item"), 4)
        elif name in ("Query", "Scan"):
            whole = sum(size(item) for item in parsed["Items"])
            steps = max(1, math.ceil(whole / (4 * KB)))
            self.reads += steps if asked.get("ConsistentRead") else steps / 2
        elif name == "BatchGetItem":
            found = [item for items in parsed["Responses"].values() for item in items]
            self.reads += sum(units(item, 4) for item in found)
        else:
            raise AssertionError(f"{name} is not counted")

    def _wrote(self, act: str, what: Any) -> None:
        table = what["TableName"]
        shape = load_tables()[table.removeprefix("test-")]
        keys = [name for name in (shape.hash, shape.range) if name]
        held = what.get("Item") or what.get("Key")
        plain = boto3.client("dynamodb", "eu-west-2")
        item = plain.get_item(TableName=table, Key={name: held[name] for name in keys}).get("Item")
        each = units(item or held, 1)
        self.writes += 2 * each
        if act == "ConditionCheck":
            return
        self.writes += each * len(shown_in(shape, item or {}))


class CountedGateway:
    """A gateway that counts who comes through."""

    def __init__(self, inner: Gateway, tally: Tally) -> None:
        self._inner = inner
        self._tally = tally

    def handle(self, *asked: Any) -> Answer:
        """One request."""
        self._tally.requests += 1
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


def kept_bytes() -> int:
    """Everything in the tables that stays: sessions, forms and markers expire."""
    plain = boto3.client("dynamodb", "eu-west-2")
    return sum(
        size(item) * (1 + len(shown_in(shape, item)))
        for name, shape in load_tables().items()
        if not shape.expires
        for page in plain.get_paginator("scan").paginate(TableName=f"test-{name}")
        for item in page["Items"]
    )


def counted(world: World, tally: Tally, mails_before: int, kept_before: int) -> Counted:
    """The tally as what it costs; every mail is a run of the job that sends it."""
    mails = len(world.postbox.letters) - mails_before
    return Counted(
        reads=tally.reads,
        writes=tally.writes,
        requests=tally.requests,
        runs=tally.runs + mails,
        mails=mails,
        kept_bytes=max(0, kept_bytes() - kept_before),
    )

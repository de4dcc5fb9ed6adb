"""How time passes at a deployment, whose clock is the real one: everything that is kept there, and
at Stripe's stand-in, moves into the past by whole days.

An instant or a day moves wherever it stands: in attributes, in keys made of it, in JSON, in
epochs. What is opaque stays, such as ids, and the months by which runs of payouts are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from local.fake_stripe.world import World

DAY = re.compile(r"(?<!\d)20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)")
STAMP = re.compile(r"(?<=#)20\d{6}(?=\d{6}#)")  # in the key of a waiting list
EPOCHS = range(1_500_000_000, 2_500_000_000)  # no sum of money there is as large
DAY_SECONDS = 86_400
BATCH = 25  # what DynamoDB writes at once


def tables_age(rows: Any, prefix: str, days: int) -> None:
    """Everything in the tables of a prefix is so many days older; `rows` is a client."""
    for page in rows.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if name.startswith(f"{prefix}-"):
                _table_ages(rows, name, days)


def _table_ages(rows: Any, name: str, days: int) -> None:
    schema = rows.describe_table(TableName=name)["Table"]["KeySchema"]
    keys = [each["AttributeName"] for each in schema]
    pages = rows.get_paginator("scan").paginate(TableName=name)
    moved = [
        (row, aged)
        for page in pages
        for row in page["Items"]
        if (aged := {key: _row_part(key, value, days) for key, value in row.items()}) != row
    ]
    for _, aged in moved:
        if "book_month" in aged:  # a month moves with its day only
            aged["book_month"] = {"S": f"{aged['book']['S']}#{aged['posted_sort']['S'][:7]}"}
    gone = [row for row, aged in moved if any(row[key] != aged[key] for key in keys)]
    for some in _batches([{"DeleteRequest": {"Key": {k: row[k] for k in keys}}} for row in gone]):
        rows.batch_write_item(RequestItems={name: some})
    for some in _batches([{"PutRequest": {"Item": aged}} for _, aged in moved]):
        rows.batch_write_item(RequestItems={name: some})


def _row_part(name: str, value: dict[str, Any], days: int) -> dict[str, Any]:
    if "S" in value:
        return {"S": _text(value["S"], days)}
    if name == "expires_epoch":
        return {"N": str(int(value["N"]) - days * DAY_SECONDS)}
    return value


def _text(text: str, days: int) -> str:
    """A text in which every day stands so many days earlier, and with it every instant in UTC."""
    by = timedelta(days=days)
    moved = DAY.sub(lambda found: (date.fromisoformat(found[0]) - by).isoformat(), text)
    return STAMP.sub(lambda found: f"{date.fromisoformat(found[0]) - by:%Y%m%d}", moved)


def _batches(requests: list[Any]) -> Iterator[list[Any]]:
    for first in range(0, len(requests), BATCH):
        yield requests[first : first + BATCH]


def stripe_ages(world: World, days: int) -> None:
    """Everything Stripe's stand-in remembers is so many days older."""
    with world.changing():
        world.objects = _older(world.objects, days)
        world.notes = _older(world.notes, days)
        world.answers = _older(world.answers, days)
        world.deliveries = _older(world.deliveries, days)


def _older(thing: Any, days: int) -> Any:
    if isinstance(thing, dict):
        return {
            key: part - days if key == "moved_on" else _older(part, days)  # it counts in days
            for key, part in thing.items()
        }
    if isinstance(thing, list):
        return [_older(part, days) for part in thing]
    if type(thing) is int and thing in EPOCHS:
        return thing - days * DAY_SECONDS
    return thing

"""The tables as infra/ declares them, for tests and for the stand-ins of one machine.

Their shape is written down in infra/tables.yaml only; nothing here knows a key or an index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from local.infra import load_infra


@dataclass(frozen=True)
class Keys:
    """The hash key and, where there is one, the range key of a table or index."""

    hash: str
    range: str | None = None


@dataclass(frozen=True)
class IndexShape(Keys):
    """A global index: its keys, and what it shows of an item beside them and the table's keys."""

    everything: bool = True
    beside: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The attributes an item needs to be in the index."""
        return (self.hash,) if self.range is None else (self.hash, self.range)


@dataclass(frozen=True)
class TableShape:
    """One table: its keys, its global indexes by name, its expiry attribute and stream."""

    hash: str
    range: str | None = None
    indexes: dict[str, IndexShape] = field(default_factory=dict)
    expires: str | None = None
    stream: str | None = None


@cache
def _declared() -> dict[str, dict[str, Any]]:
    """Table name without prefix -> the properties of its CloudFormation resource."""
    found = {}
    for resource in load_infra()["Resources"].values():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            found[properties["TableName"]["Fn::Sub"].removeprefix("${TablePrefix}-")] = properties
    return found


def _keys(schema: list[dict[str, str]]) -> Keys:
    by_type = {part["KeyType"]: part["AttributeName"] for part in schema}
    return Keys(by_type["HASH"], by_type.get("RANGE"))


def _index(declared: dict[str, Any]) -> IndexShape:
    own, projection = _keys(declared["KeySchema"]), declared["Projection"]
    beside = tuple(projection.get("NonKeyAttributes", ()))
    return IndexShape(own.hash, own.range, projection["ProjectionType"] == "ALL", beside)


def _shape(properties: dict[str, Any]) -> TableShape:
    own = _keys(properties["KeySchema"])
    indexes = properties.get("GlobalSecondaryIndexes", [])
    return TableShape(
        hash=own.hash,
        range=own.range,
        indexes={index["IndexName"]: _index(index) for index in indexes},
        expires=properties.get("TimeToLiveSpecification", {}).get("AttributeName"),
        stream=properties.get("StreamSpecification", {}).get("StreamViewType"),
    )


def load_tables() -> dict[str, TableShape]:
    """Every table by its name without prefix."""
    return {name: _shape(properties) for name, properties in _declared().items()}


def create_tables(client: Any, prefix: str) -> list[str]:
    """Make the missing tables with a boto3 DynamoDB client; return the names of those made.

    Without their expiry: a stand-in tidies by the machine's clock, while a test or a demo lives
    in a time of its own, and would lose rows that are young in it. The product itself checks
    expiry on every read; the deployed template turns it on.
    """
    present = _present(client)
    missing = {
        f"{prefix}-{name}": properties
        for name, properties in _declared().items()
        if f"{prefix}-{name}" not in present
    }
    for table, properties in missing.items():
        client.create_table(TableName=table, **_creation(properties))
    return list(missing)


def delete_tables(client: Any, prefix: str) -> None:
    """Remove every declared table that is there."""
    for table in _present(client) & {f"{prefix}-{name}" for name in _declared()}:
        client.delete_table(TableName=table)


def _present(client: Any) -> set[str]:
    pages = client.get_paginator("list_tables").paginate()
    return {name for page in pages for name in page["TableNames"]}


def _creation(properties: dict[str, Any]) -> dict[str, Any]:
    """What CreateTable wants: CloudFormation's words, less what protects real data."""
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    asked = {word: properties[word] for word in wanted if word in properties}
    if "StreamSpecification" in properties:
        asked["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    return asked

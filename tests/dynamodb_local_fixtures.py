"""Fixtures on AWS's own DynamoDB Local: for everything moto lies about, which is concurrency,
request tokens, transactions and limits.

`local_tables` is a set of empty tables to which the store is bound; `local_world` is a World on
them. Tests that use them carry the marker `dynamodb_local`. Without Java they are skipped by the
name of the tier, in CI they fail. What does not live here: the process (local/dynamodb_local.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.settings import read as read_settings
from chalicelib.store import tables
from local.dynamodb_local import DynamoDBLocal, available
from local.tables import TableShape, create_tables, load_tables
from tests.simulation.conftest_faults import Faults
from tests.tiers import need
from tests.world import ENVIRONMENT, World

PREFIX = "local"
CHUNK = 25  # what one BatchWriteItem takes


@dataclass(frozen=True)
class LocalTables:
    """The tables of one test, and the store's own way to them."""

    prefix: str
    endpoint: str
    given: list[Faults] = field(default_factory=list)

    def bind(self) -> None:
        """Point the store here, if it is not: a fresh connection costs more than most tests."""
        if not self._is_bound():
            self._bind_anew()

    def _bind_anew(self) -> None:
        tables.bind(self.prefix, ENVIRONMENT["AWS_REGION"], self.endpoint)

    def _is_bound(self) -> bool:
        names = {table.Meta.table_name for table in tables.TABLES.values()}
        ours = {self.table(name) for name in tables.TABLES}
        return names == ours and tables.connection().host == self.endpoint

    def table(self, name: str) -> str:
        """The whole name of a table, for calls that go past the store."""
        return f"{self.prefix}-{name}"

    @property
    def client(self) -> Any:
        """The botocore client that the store uses now."""
        return tables.connection().client

    def faults(self, seed: int = 0) -> Faults:
        """Faults on a fresh client, whose quota of retries is full; they end with the test."""
        self._bind_anew()
        self.given.append(Faults(self.client, seed))
        return self.given[-1]


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[DynamoDBLocal]:
    """One process for all tests that need it, with the tables made once: making them takes
    longer than most tests."""
    need(available())
    with DynamoDBLocal() as local:
        create_tables(local.client(), PREFIX)
        yield local


@pytest.fixture
def local_tables(
    request: pytest.FixtureRequest, dynamodb_local: DynamoDBLocal
) -> Iterator[LocalTables]:
    """Empty tables on DynamoDB Local, with the store bound to them."""
    if request.node.get_closest_marker("dynamodb_local") is None:
        pytest.fail("mark this test `dynamodb_local`: it needs a tier that not every machine has")
    here = LocalTables(PREFIX, dynamodb_local.endpoint)
    here.bind()
    for name, shape in load_tables().items():
        _empty(here.client, here.table(name), shape)
    yield here
    for faults in here.given:
        faults.remove()


@pytest.fixture
def local_world(local_tables: LocalTables) -> Iterator[World]:
    """An empty world at its first moment, on DynamoDB Local."""
    world = World(read_settings({**ENVIRONMENT, "TABLE_PREFIX": local_tables.prefix}))
    local_tables.bind()  # World has bound the store to AWS's address, which is moto's
    yield world
    wiring.uninstall()


def _empty(client: Any, table: str, shape: TableShape) -> None:
    """Remove every row; harmless on an empty table."""
    keys = [name for name in (shape.hash, shape.range) if name]
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        rows = [{name: item[name] for name in keys} for item in page["Items"]]
        for start in range(0, len(rows), CHUNK):
            gone = [{"DeleteRequest": {"Key": key}} for key in rows[start : start + CHUNK]]
            client.batch_write_item(RequestItems={table: gone})

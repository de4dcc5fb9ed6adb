"""The world on DynamoDB Local, beside moto in the same process."""

from __future__ import annotations

import boto3
import pytest

from chalicelib.rules.people.people import Person
from chalicelib.store import reads, tables
from tests.dynamodb_local_fixtures import LocalTables
from tests.people import a_person, signed_in
from tests.world import World

pytestmark = pytest.mark.dynamodb_local


@pytest.mark.usefixtures("_aws")
def test_moto_lets_calls_to_this_machine_through(local_world: World) -> None:
    """moto's mock is on for the whole session; rows must lie in the process beside it."""
    person = a_person(local_world)
    assert reads.get(Person, person.person_id) == person
    on_moto = boto3.client("dynamodb").scan(TableName="test-people")
    assert person.person_id not in str(on_moto)


def test_the_doors_open_onto_the_tables_of_dynamodb_local(
    local_world: World, local_tables: LocalTables
) -> None:
    browser = signed_in(local_world)
    assert browser.get("/me").status == 200
    assert tables.connection().host == local_tables.endpoint
    rows = local_tables.client.scan(TableName=local_tables.table("access"))["Items"]
    assert [row["row_kind"]["S"] for row in rows] == ["BrowserSession"]


def test_a_new_world_is_empty(local_world: World) -> None:
    assert [row for table in tables.TABLES.values() for row in reads.everything(table)] == []


def test_a_world_on_moto_after_one_on_dynamodb_local_is_on_moto(world: World) -> None:
    a_person(world)
    assert tables.connection().host is None
    assert boto3.client("dynamodb").scan(TableName="test-people")["Count"] == 2

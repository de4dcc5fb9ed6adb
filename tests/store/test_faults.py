"""The faults themselves: what is lost is lost, what is refused was not done, on both stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError

from chalicelib.store import tables
from tests.dynamodb_local_fixtures import LocalTables
from tests.simulation.conftest_faults import EVERYTHING, LOST_REPLY, LOST_REQUEST, Faults
from tests.world import World

LOST = (ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError)


@pytest.fixture(params=["moto", pytest.param("local", marks=pytest.mark.dynamodb_local)])
def faults(request: pytest.FixtureRequest) -> Iterator[Faults]:
    if request.param == "moto":
        world: World = request.getfixturevalue("world")
        assert world.postbox.letters == []
        with Faults(tables.connection().client, seed=3) as on_moto:
            yield on_moto
    else:
        here: LocalTables = request.getfixturevalue("local_tables")
        with here.faults(seed=3) as on_local:
            yield on_local


def _put(name: str) -> None:
    table = tables.TABLES["events"].Meta.table_name
    put = {"TableName": table, "Item": {"marker_id": {"S": name}}}
    tables.connection().client.transact_write_items(TransactItems=[{"Put": put}])


def _is_there(name: str) -> bool:
    table = tables.TABLES["events"].Meta.table_name
    key = {"marker_id": {"S": name}}
    found = tables.connection().client.get_item(TableName=table, Key=key, ConsistentRead=True)
    return "Item" in found


def test_a_lost_request_does_nothing(faults: Faults) -> None:
    faults.lose_requests()
    with pytest.raises(LOST):
        _put("a")
    assert not _is_there("a")
    assert faults.injected[LOST_REQUEST] == 3, "botocore tried three times"


def test_a_lost_reply_comes_after_the_work(faults: Faults) -> None:
    faults.lose_replies()
    with pytest.raises(LOST):
        _put("a")
    assert _is_there("a")
    assert faults.injected[LOST_REPLY] == 3


def test_one_lost_reply_is_healed_by_botocore(faults: Faults) -> None:
    faults.lose_replies(times=1)
    _put("a")
    assert _is_there("a")
    assert faults.sent["TransactWriteItems"] == 2


@pytest.mark.parametrize("code", ["TransactionConflict", "ValidationException"])
def test_a_refusal_comes_instead_of_the_work(faults: Faults, code: str) -> None:
    faults.answer(code, times=1)
    client = tables.connection().client
    with pytest.raises(client.exceptions.ClientError) as refused:
        _put("a")
    assert not _is_there("a")
    if code == "TransactionConflict":
        assert refused.value.response["Error"]["Code"] == "TransactionCanceledException"
        assert refused.value.response["CancellationReasons"][0]["Code"] == code


def test_a_server_error_is_tried_again_by_botocore(faults: Faults) -> None:
    faults.answer("InternalServerError", times=2)
    _put("a")
    assert _is_there("a")


def test_faults_meet_only_what_they_are_meant_for_and_end_when_told(faults: Faults) -> None:
    faults.lose_requests()
    assert not _is_there("a")
    faults.stop()
    _put("a")
    faults.lose_requests(of=EVERYTHING)
    with pytest.raises(LOST):
        _is_there("a")


def test_the_same_seed_gives_the_same_faults(world: World) -> None:
    def met(seed: int) -> list[int]:
        counts = []
        with Faults(tables.connection().client, seed) as some:
            some.lose_replies(rate=0.3)
            for _ in range(12):
                with suppress(*LOST):
                    _put("a")
                counts.append(some.injected[LOST_REPLY])
        return counts

    assert met(5) == met(5) != met(6)

"""During a deployment the last release and this one run side by side on the same tables: each has
to read what the other writes. Readers come before writers: a field arrives with a default, a kind
of row is first understood and a release later written.

The last release is the newest tag, or the commit before this one while there is none; a checkout
without history has only itself to stand beside.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.rules.books.ledger import Entry
from chalicelib.store import reads, tables
from chalicelib.store.rows import KEPT
from local.tables import load_tables
from tests.store.row_values import plain_row, rows
from tests.store.test_codec import KINDS, in_dynamodb, read_back
from tests.tiers import PROJECT
from tests.world import World

# What the last release makes of items: read, and written again as it would write them.
READ_AND_WRITE = """
import json, sys
from chalicelib.store.rows import KEPT
known = {kind.__name__: how for kind, how in KEPT.items()}
written = []
for item in json.load(sys.stdin):
    how = known.get(item["row_kind"]["S"])
    if how is None:
        written.append(None)
        continue
    row = how.row(how.model.from_raw_data(item))
    values = {name: value for name, value in how.values(row).items() if value is not None}
    written.append(how.model(**values).serialize())
json.dump(written, sys.stdout)
"""
FUTURE = {"row_kind": {"S": "KindOfTheNextRelease"}, "schema_version": {"N": "1"}}


@cache
def last_release() -> str | None:
    """The commit of the last release, None where git does not know one."""
    described = ["describe", "--tags", "--abbrev=0"]
    for asked in (described, ["rev-parse", "HEAD~1"], ["rev-parse", "HEAD"]):
        told = subprocess.run(
            ["git", *asked], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if told.returncode == 0:
            return told.stdout.strip()
    return None


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product as the last release had it, in a folder of its own."""
    commit = last_release()
    if commit is None:
        pytest.skip("no git here: nothing tells what the last release was")
    packed = subprocess.run(
        ["git", "archive", str(commit), "chalicelib"], cwd=PROJECT, capture_output=True, check=True
    )
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def through(before: Path, items: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """What the last release writes of what it read; None for kinds it does not know."""
    done = subprocess.run(
        [sys.executable, "-c", READ_AND_WRITE],
        input=json.dumps(items),
        cwd=before,
        env={**os.environ, "PYTHONPATH": str(before)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written: list[dict[str, Any] | None] = json.loads(done.stdout)
    return written


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_the_last_release_and_this_one_read_what_the_other_writes(
    before: Path, data: st.DataObject
) -> None:
    ours = [data.draw(rows(kind)) for kind in KINDS]
    items = [in_dynamodb(row) for row in [*ours, *(plain_row(kind) for kind in KINDS)]]
    for kind, item, theirs in zip([*KINDS, *KINDS], items, through(before, items), strict=True):
        if theirs is not None:
            read_back(kind, theirs)
            model = KEPT[kind].model
            for name in (model._hash_keyname, model._range_keyname):
                assert name is None or theirs[name] == item[name], f"{kind.__name__} has moved"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_field_of_the_next_release_is_passed_over(kind: type) -> None:
    row = plain_row(kind)
    assert read_back(kind, {**in_dynamodb(row), "field_of_the_next_release": {"S": "x"}}) == row


def test_a_part_of_a_field_that_the_next_release_added_is_passed_over() -> None:
    item = in_dynamodb(plain_row(Entry))
    lines = json.loads(item["lines"]["S"])
    item["lines"]["S"] = json.dumps([{**line, "part_of_the_next_release": 1} for line in lines])
    assert lines
    assert read_back(Entry, item) == plain_row(Entry)


@pytest.mark.parametrize("name", sorted(load_tables()))
def test_a_kind_of_row_of_the_next_release_is_passed_over(world: World, name: str) -> None:
    """Whichever way the table is read: whole, under a key, by an index, by what is due."""
    shape, table = load_tables()[name], tables.TABLES[name]
    keys = {shape.hash: {"S": "k"}, **({shape.range: {"S": "r"}} if shape.range else {})}
    indexed = {
        part: {"S": "2026-01-01T00:00:00.000000Z" if part == "due_at" else "i"}
        for index in shape.indexes.values()
        for part in (index.hash, index.range)
        if part and part not in keys
    }
    boto3.client("dynamodb").put_item(
        TableName=f"test-{name}", Item={**keys, **indexed, **FUTURE, "other": {"S": "x"}}
    )
    if table not in {how.table for how in KEPT.values()}:
        return  # nothing of ours is in it, so nothing reads it
    assert list(reads.everything(table)) == []
    assert reads.under(table, "k") == []
    for index in table._indexes.values():
        hash_key = next(one for one in index.Meta.attributes.values() if one.is_hash_key)
        assert list(reads.indexed(index, keys.get(hash_key.attr_name, {"S": "i"})["S"])) == []
    if "due" in shape.indexes:
        assert reads.due(table, "i", world.now) == []

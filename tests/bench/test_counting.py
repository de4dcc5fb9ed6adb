"""The units that DynamoDB charges, by its own rules, on small examples."""

from __future__ import annotations

import pytest

from local.tables import IndexShape, TableShape
from tests.bench.counting import Item, index_units, seen, size, units

ALL = IndexShape("day", "at")
KEYS = IndexShape("day", "at", everything=False, beside=("kind",))
TABLE = TableShape("id", indexes={"by_day": ALL})
SMALL: Item = {"id": {"S": "1"}, "day": {"S": "mon"}, "at": {"S": "1"}, "kind": {"S": "Mail"}}
LARGE: Item = {**SMALL, "text": {"S": "x" * 2000}}


@pytest.mark.parametrize(
    ("item", "bytes_"),
    [
        ({"name": {"S": "Ada"}}, 7),
        ({"name": {"S": "Adä"}}, 8),
        ({"n": {"N": "21600"}}, 5),
        ({"n": {"N": "-5"}}, 4),
        ({"yes": {"BOOL": True}}, 4),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(item: Item, bytes_: int) -> None:
    assert size(item) == bytes_


@pytest.mark.parametrize(
    ("bytes_", "kilobytes", "found"), [(0, 1, 1), (1024, 1, 1), (1025, 1, 2), (4097, 4, 2)]
)
def test_begun_units_count_whole(bytes_: int, kilobytes: int, found: int) -> None:
    assert units(bytes_, kilobytes) == found


def test_an_index_shows_its_part_of_the_items_that_have_its_keys() -> None:
    assert seen(TABLE, ALL, LARGE) == LARGE
    assert seen(TABLE, KEYS, LARGE) == SMALL
    assert seen(TABLE, ALL, {"id": {"S": "1"}, "day": {"S": "mon"}}) is None


@pytest.mark.parametrize(
    ("index", "before", "after", "cost"),
    [
        (ALL, None, SMALL, 1),
        (ALL, None, LARGE, 2),
        (KEYS, None, LARGE, 1),
        (ALL, SMALL, SMALL, 0),
        (ALL, SMALL, LARGE, 2),
        (KEYS, SMALL, LARGE, 0),
        (ALL, LARGE, {**LARGE, "at": {"S": "2"}}, 4),
        (KEYS, LARGE, {**LARGE, "at": {"S": "2"}}, 2),
        (KEYS, LARGE, {"id": {"S": "1"}}, 1),
        (ALL, LARGE, None, 2),
        (ALL, {"id": {"S": "1"}}, None, 0),
    ],
)
def test_an_index_costs_what_changes_in_it(
    index: IndexShape, before: Item | None, after: Item | None, cost: int
) -> None:
    assert index_units(TABLE, index, before, after) == cost

"""The models against the template: keys, indexes and expiry are written down twice and agree."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.store import tables
from chalicelib.store.rows import KEPT
from local.tables import IndexShape, TableShape, load_tables
from tests.store.row_values import plain_row

NAMES = sorted(tables.TABLES)


def _of_model(model: Any) -> TableShape:
    return TableShape(
        hash=model._hash_keyname,
        range=model._range_keyname,
        indexes={name: _shape(index) for name, index in model._indexes.items()},
    )


def _shape(index: Any) -> IndexShape:
    attributes, projection = index.Meta.attributes.values(), index.Meta.projection
    hashed = [one.attr_name for one in attributes if one.is_hash_key]
    ranged = [one.attr_name for one in attributes if one.is_range_key]
    return IndexShape(
        hashed[0],
        ranged[0] if ranged else None,
        projection.projection_type == "ALL",
        tuple(projection.non_key_attributes or ()),
    )


def test_the_template_and_the_store_know_the_same_tables() -> None:
    assert set(NAMES) == set(load_tables())


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_the_keys_and_indexes_of_the_template(name: str) -> None:
    ours, theirs = _of_model(tables.TABLES[name]), load_tables()[name]
    assert (ours.hash, ours.range) == (theirs.hash, theirs.range)
    assert ours.indexes == theirs.indexes


@pytest.mark.parametrize("name", NAMES)
def test_what_expires_says_so_in_whole_seconds(name: str) -> None:
    expires = load_tables()[name].expires
    attributes = tables.TABLES[name].get_attributes()
    assert expires == ("expires_epoch" if "expires_epoch" in attributes else None)


@pytest.mark.parametrize("kind", sorted(KEPT, key=lambda kind: kind.__name__))
def test_every_index_a_kind_shows_itself_to_is_one_of_its_table(kind: type) -> None:
    """A shown name that no index knows would be a field of the item that nobody reads."""
    how = KEPT[kind]
    known = {part for name in how.model._indexes for part in _index_keys(how.model, name)}
    assert set(how.shows(plain_row(kind))) <= known | {how.model._hash_keyname}


def _index_keys(model: Any, name: str) -> tuple[str, ...]:
    keys = load_tables()[_table_of(model)].indexes[name]
    return (keys.hash, keys.range) if keys.range else (keys.hash,)


def _table_of(model: Any) -> str:
    return next(name for name, table in tables.TABLES.items() if issubclass(model, table))


def test_all_tables_share_one_connection() -> None:
    bound = tables.bind("somewhere", "eu-west-2")
    assert {table._get_connection().connection for table in tables.TABLES.values()} == {bound}
    assert tables.connection() is bound
    assert {table.Meta.table_name for table in tables.TABLES.values()} == {
        f"somewhere-{name}" for name in NAMES
    }


def test_the_connection_gives_up_before_the_gateway_does() -> None:
    """29 seconds: three tries, each a second to connect and three to read."""
    config = tables.bind("somewhere", "eu-west-2").client.meta.config
    tries = config.retries["total_max_attempts"]
    assert tries == 3
    assert tries * (config.connect_timeout + config.read_timeout) <= 12


@pytest.mark.parametrize("kind", sorted(KEPT, key=lambda kind: kind.__name__))
def test_no_field_of_a_kind_is_hidden_by_a_key_of_its_table(kind: type) -> None:
    """A field that is named like a key but means something else would come back as the key."""
    how, row = KEPT[kind], plain_row(kind)
    values = {name: value for name, value in how.values(row).items() if value is not None}
    assert how.row(how.model(**values)) == row

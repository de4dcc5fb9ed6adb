"""Every kind of row comes back from DynamoDB's own words as it went in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.rules.mail import Mail
from chalicelib.rules.people.circle import Task
from chalicelib.store import codec
from chalicelib.store.rows import KEPT, kept
from tests.store.row_values import INSTANTS, plain_row, rows

KINDS = sorted(KEPT, key=lambda kind: kind.__name__)


def in_dynamodb(row: Any) -> dict[str, Any]:
    """The item of a row as it lies in DynamoDB."""
    how = kept(row)
    return how.model(**how.stored(row)).serialize()


def read_back(kind: type, item: dict[str, Any]) -> Any:
    """The row of an item that DynamoDB gave."""
    return KEPT[kind].row(KEPT[kind].model.from_raw_data(item))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_row_comes_back_as_it_went_in(kind: type, data: st.DataObject) -> None:
    row = data.draw(rows(kind))
    assert read_back(kind, in_dynamodb(row)) == row


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_row_with_nothing_but_what_it_must_have_comes_back(kind: type) -> None:
    row = plain_row(kind)
    assert read_back(kind, in_dynamodb(row)) == row


@pytest.mark.parametrize("kind", [Task, Mail])
def test_what_falls_due_comes_back_as_an_instant(kind: type) -> None:
    due_at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    row = plain_row(kind, due_at=due_at)
    item = in_dynamodb(row)
    assert item["due_at"] == {"S": "2026-12-01T09:00:00.000000Z"}, "indexes sort it as text"
    assert read_back(kind, item).due_at == due_at


def test_what_no_index_shall_see_is_not_in_the_item() -> None:
    item = in_dynamodb(plain_row(Mail, due_at=None))
    assert not {"due_at", "due_shard", "person_id"} & item.keys()


def test_an_item_says_its_kind_and_the_version_of_its_shape() -> None:
    item = in_dynamodb(plain_row(Mail))
    assert item["row_kind"] == {"S": "Mail"}
    assert item["schema_version"] == {"N": "1"}


@given(INSTANTS, INSTANTS)
def test_the_order_of_the_text_is_the_order_of_time(one: datetime, other: datetime) -> None:
    texts = (codec.instant_text(one), codec.instant_text(other))
    assert (texts[0] < texts[1]) == (one < other)
    assert codec.instant_from(texts[0]) == one


def test_an_instant_of_another_zone_is_kept_in_utc() -> None:
    summer = timezone(timedelta(hours=1))
    text = codec.instant_text(datetime(2026, 7, 1, 19, 0, tzinfo=summer))
    assert text == "2026-07-01T18:00:00.000000Z"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        codec.instant_text(datetime(2026, 7, 1))  # noqa: DTZ001 that is what is tried


@pytest.mark.parametrize("hint", [float, float | None])
def test_a_field_of_floats_is_refused(hint: Any) -> None:
    with pytest.raises(TypeError, match="floats"):
        codec.attribute_for(hint)


def test_a_field_of_two_types_is_refused() -> None:
    with pytest.raises(TypeError, match="one type"):
        codec.attribute_for(int | str)


@pytest.mark.parametrize("value", [{"price": 1.5}, [1.5], (1, {"deep": [0.1]})])
def test_a_float_anywhere_in_plain_data_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="floats"):
        codec.ComposedAttribute(Any).serialize(value)


def test_a_field_that_we_do_not_know_is_left_out() -> None:
    """Newer code wrote it; older code still reads the rest."""

    @dataclass(frozen=True)
    class Part:
        name: str

    assert codec.from_plain(Part, {"name": "x", "colour": "blue"}) == Part("x")

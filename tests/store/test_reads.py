"""Reads bring all there is, in order, and nothing that is of another kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.rules.audit import AuditRow
from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.mail import Mail
from chalicelib.rules.people.circle import Document
from chalicelib.rules.people.people import EmailOwner, Person
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.store import reads, tables
from chalicelib.store.commit import WRITES_MAX, commit
from chalicelib.store.rows import KEPT
from tests.dynamodb_local_fixtures import LocalTables
from tests.store.row_values import plain_row

pytestmark = pytest.mark.dynamodb_local
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = sorted(KEPT, key=lambda kind: kind.__name__)


@pytest.fixture(autouse=True)
def _on_local(local_tables: LocalTables) -> None:
    """Every test here runs on DynamoDB Local."""


def put(rows: list[Any]) -> None:
    """Write many rows, in as many commits as they need."""
    for start in range(0, len(rows), WRITES_MAX):
        commit(Change.of(*(Create(row) for row in rows[start : start + WRITES_MAX])))


def put_raw(here: LocalTables, table: str, **item: str) -> None:
    """An item that this version of the code did not write."""
    words = {name: {"S": value} for name, value in item.items()}
    here.client.put_item(TableName=here.table(table), Item=words)


def test_a_row_of_every_kind_is_written_and_read() -> None:
    rows = [plain_row(kind) for kind in KINDS]
    put(rows)
    assert [reads.reread(row) for row in rows] == rows


def test_what_is_not_there_is_none() -> None:
    assert reads.get(Person, "nobody") is None


def test_rows_of_many_megabytes_under_one_key_all_come() -> None:
    """DynamoDB gives a megabyte at a time."""
    text = "x" * 100_000
    documents = [
        plain_row(Document, name="privacy", version=f"{n:03}", text=text) for n in range(26)
    ]
    for start in (0, 13):
        put(documents[start : start + 13])
    put([plain_row(Document, name="other")])
    assert reads.under(tables.Circle, "document#privacy") == documents
    assert len(list(reads.everything(tables.Circle))) == 27


def test_more_rows_than_a_page_all_come_in_order(local_tables: LocalTables) -> None:
    at = [NOW + timedelta(minutes=minute) for minute in range(230)]
    rows = [plain_row(AuditRow, subject="offer-1", at=one) for one in at]
    put(rows[::-1])
    asked = local_tables.faults()
    assert reads.under(tables.Audit, "offer-1") == rows
    assert asked.sent["Query"] == 3
    assert [row.at for row in reads.indexed(tables.Audit.by_day, "2026-11-21")] == at
    newest = reads.indexed(tables.Audit.by_day, "2026-11-21", limit=2, newest_first=True)
    assert [row.at for row in newest] == [at[-1], at[-2]]


def test_a_prefix_picks_among_the_rows_of_a_key() -> None:
    application = plain_row(Application, application_id="a")
    put([application, Unique(name="a", owner_id="b")])
    assert reads.under(tables.Applications, "a", "application") == [application]
    assert reads.under(tables.Applications, "a", "offer#") == []


def test_many_are_read_in_one_go_and_missing_ones_left_out() -> None:
    people = [plain_row(Person, person_id=f"p{number:03}") for number in range(120)]
    put(people)
    keys = [(person.person_id,) for person in people] + [("nobody",)]
    assert sorted(reads.many(Person, keys), key=lambda one: one.person_id) == people


def test_what_is_due_comes_oldest_first_and_what_is_not_due_stays() -> None:
    times = {"late": -60, "now": 0, "soon": 1, "older": -90}
    put([
        plain_row(Bulk, bulk_id=name, next_at=NOW + timedelta(minutes=minutes))
        for name, minutes in times.items()
    ])  # fmt: skip
    due = reads.due(tables.Circle, "bulk", NOW)
    assert [bulk.bulk_id for bulk in due] == ["older", "late", "now"]
    assert [bulk.bulk_id for bulk in reads.due(tables.Circle, "bulk", NOW, limit=1)] == ["older"]
    assert reads.due(tables.Circle, "another", NOW) == []


def mails(number: int) -> list[Mail]:
    """Mails of one day, a minute apart."""
    at = [NOW - timedelta(minutes=number - minute) for minute in range(number)]
    keys = [f"mail-{number - place:03}" for place in range(number)]  # not in the order of time
    return [
        plain_row(Mail, message_key=key, queued_at=one, due_at=one, state="queued")
        for key, one in zip(keys, at, strict=True)
    ]


def test_an_index_that_shows_only_keys_leads_to_whole_rows_in_its_order() -> None:
    rows = mails(130)
    put(rows)
    assert list(reads.indexed(tables.Outbox.by_day, "2026-11-21")) == rows
    newest = reads.indexed(tables.Outbox.by_day, "2026-11-21", limit=2, newest_first=True)
    assert list(newest) == [rows[-1], rows[-2]]
    assert reads.due(tables.Outbox, "mail", NOW) == rows
    assert reads.due(tables.Outbox, "mail", NOW, limit=120) == rows[:120]


def test_what_has_moved_on_since_an_index_showed_it_is_left_out(local_tables: LocalTables) -> None:
    """Indexes follow later: what they lead to is looked at as it is now."""
    first, second, third = mails(3)
    put([first, second, third])
    moves = [Update(first, {"due_at": None}), Update(second, {"due_at": NOW + DAY})]

    def move(**_: Any) -> None:
        if moves:
            commit(Change.of(moves.pop(), moves.pop()))

    events = tables.connection().client.meta.events
    events.register("after-call.dynamodb.Query", move)
    try:
        assert reads.due(tables.Outbox, "mail", NOW) == [third]
    finally:
        events.unregister("after-call.dynamodb.Query", move)
    assert reads.due(tables.Outbox, "mail", NOW + DAY) == [third, replace(second, due_at=NOW + DAY)]


def test_a_row_that_an_index_showed_under_another_prefix_is_left_out(
    local_tables: LocalTables,
) -> None:
    one = plain_row(Application, application_id="a", term_id="t", state="submitted")
    put([one])
    moves = [Update(one, {"state": "screening"})]

    def move(**_: Any) -> None:
        if moves:
            commit(Change.of(moves.pop()))

    events = tables.connection().client.meta.events
    events.register("after-call.dynamodb.Query", move)
    try:
        shown = reads.indexed(tables.Applications.by_term, "t", "application#submitted#")
        assert list(shown) == []
    finally:
        events.unregister("after-call.dynamodb.Query", move)
    shown = reads.indexed(tables.Applications.by_term, "t", "application#screening#")
    assert list(shown) == [replace(one, state="screening")]


def test_a_row_of_a_kind_we_do_not_know_is_left_out_of_lists(local_tables: LocalTables) -> None:
    """Newer code wrote it: readers ship one deployment before writers. It must not stop the
    old code's lists, nor be taken for something else."""
    ours = plain_row(Document, name="privacy", version="1")
    put([ours])
    key = {"kind": "document#privacy", "id": "2"}
    put_raw(local_tables, "circle", **key, row_kind="Leaflet", version="2")
    assert reads.under(tables.Circle, "document#privacy") == [ours]
    assert list(reads.everything(tables.Circle)) == [ours]
    assert reads.get(Document, "document#privacy", "2") is None


def test_a_row_of_another_kind_or_of_none_is_not_taken_for_ours(
    local_tables: LocalTables,
) -> None:
    put([EmailOwner(email="ada@example.org", owner_id="p")])
    assert reads.get(Person, "email#ada@example.org") is None
    put_raw(local_tables, "people", person_id="ghost")
    assert reads.get(Person, "ghost") is None


def test_a_row_that_cannot_be_read_is_a_bug_and_not_a_missing_row(
    local_tables: LocalTables,
) -> None:
    put_raw(local_tables, "people", person_id="p", row_kind="Person", created_at="yesterday")
    with pytest.raises(ValueError, match="yesterday"):
        reads.get(Person, "p")

"""One commit is one transaction: all of it or nothing, and the refusal of the write that failed.

On DynamoDB Local, because moto keeps rows of cancelled transactions. What is tried under faults
and by many threads at once lives in test_commit_faults.py and test_races.py.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import AlreadyAnswered, NoSeatLeft, Refusal, StateChanged
from chalicelib.rules.changes import (
    Below,
    Caller,
    Change,
    Count,
    Create,
    Is,
    Ref,
    Remove,
    Require,
    Under,
    Update,
    Write,
)
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.payments import Marker
from chalicelib.rules.people.access import RateCounter, SpentForm
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import Group, Term
from chalicelib.store import reads, tables
from chalicelib.store.commit import WRITES_MAX, as_written, commit
from tests.dynamodb_local_fixtures import LocalTables
from tests.store.row_values import DAY, plain_row

pytestmark = pytest.mark.dynamodb_local
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
RUNS = count()


@pytest.fixture(autouse=True)
def _on_local(local_tables: LocalTables) -> None:
    """Every test here runs on DynamoDB Local."""


def a_marker(name: str) -> Marker:
    return plain_row(Marker, marker_id=name)


def a_term(**given: Any) -> Term:
    facts = {"group_id": "g", "term_id": "t", "capacity": 8, **given}
    return plain_row(Term, **facts)


def marker_ids() -> set[str]:
    return {row.marker_id for row in reads.everything(tables.Events)}


def test_all_of_a_change_is_written() -> None:
    commit(Change.of(Create(a_marker("a")), Create(a_marker("b"))))
    assert marker_ids() == {"a", "b"}


def raw(here: LocalTables, message_key: str) -> dict[str, Any]:
    """The item of a mail as it lies there."""
    asked = {"TableName": here.table("outbox"), "Key": {"message_key": {"S": message_key}}}
    item: dict[str, Any] = here.client.get_item(**asked)["Item"]
    return item


def test_what_holds_nothing_is_not_stored_and_read_as_nothing(local_tables: LocalTables) -> None:
    mail = Mail(message_key="a", template="offer", to="ada@example.org", queued_at=NOW)
    commit(Change.of(Create(mail)))
    assert not {"failure", "facts", "links", "stands"} & raw(local_tables, "a").keys()
    assert reads.get(Mail, "a") == mail


@pytest.mark.parametrize("stored", [True, False])
def test_a_condition_on_nothing_holds_whether_it_is_stored_or_not(
    local_tables: LocalTables, stored: bool
) -> None:
    """Rows of earlier releases have it."""
    mail = Mail(message_key="a", template="offer", to="ada@example.org", queued_at=NOW)
    commit(Change.of(Create(mail)))
    if stored:
        commit(Change.of(Update(mail, {"failure": "", "stands": ()})))
    assert ("failure" in raw(local_tables, "a")) == stored
    nothing = (Is("failure", ""), Is("stands", ()))
    with pytest.raises(StateChanged):
        commit(Change.of(Update(mail, {"state": "sent"}, when=(Is("failure", "SES"),))))
    commit(Change.of(Update(mail, {"state": "failed", "failure": "SES"}, when=nothing)))
    with pytest.raises(StateChanged):
        commit(Change.of(Update(mail, {"state": "sent"}, when=nothing)))


def test_nothing_of_a_change_is_written_when_one_condition_fails() -> None:
    commit(Change.of(Create(a_marker("a"))))
    for change in (
        Change.of(Create(a_marker("b")), Create(a_marker("a"))),
        Change.of(Create(a_marker("b")), Update(a_term(), {"title": "New"})),
    ):
        with pytest.raises(StateChanged):
            commit(change)
    assert marker_ids() == {"a"}


def test_a_change_without_writes_asks_nobody(local_tables: LocalTables) -> None:
    faults = local_tables.faults()
    commit(Change())
    assert not faults.sent


def test_a_row_that_exists_is_not_created_again() -> None:
    commit(Change.of(Create(plain_row(Person, full_name="Ada"))))
    with pytest.raises(NoSeatLeft):
        commit(Change.of(Create(plain_row(Person, full_name="Eve"), refusal=NoSeatLeft)))
    person = reads.get(Person, "word")
    assert person is not None
    assert person.full_name == "Ada"


def test_an_update_of_a_row_that_is_not_there_makes_no_ghost() -> None:
    with pytest.raises(StateChanged):
        commit(Change.of(Update(a_term(), {"title": "New"}, add={"occupied": 1})))
    with pytest.raises(StateChanged):
        commit(Change.of(Update(Ref(Term, {"group_id": "g", "term_id": "t"}), add={"taken": 1})))
    assert list(reads.everything(tables.Groups)) == []


def test_an_update_changes_fields_removes_fields_and_adds() -> None:
    person = plain_row(Person, retain_until=NOW)
    commit(Change.of(Create(person)))
    update = Update(person, {"full_name": "Ada", "retain_until": None}, add={"generation": 2})
    commit(Change.of(update))
    now = reads.reread(person)
    assert now == as_written(update)
    assert (now.full_name, now.retain_until, now.generation) == ("Ada", None, 3)


def test_a_row_known_only_by_its_key_is_updated() -> None:
    commit(Change.of(Create(a_term())))
    here = Ref(Term, {"group_id": "g", "term_id": "t"})
    commit(Change.of(Update(here, {"title": "Autumn"}, {"occupied": 3}, (Under("occupied", 1),))))
    assert reads.reread(a_term()) == a_term(title="Autumn", occupied=3)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Is("state", "draft"), True),
        (Is("state", "running"), False),
        (Is("apply_by", None), True),
        (Is("title", None), False),
        (Is("recurrence", a_term().recurrence), True),
        (Is("starts_at", DAY), True),
        (Is("starts_at", DAY + timedelta(microseconds=1)), False),
        (Below("occupied", "capacity"), True),
        (Below("capacity", "occupied"), False),
        (Under("capacity", 9), True),
        (Under("capacity", 8), False),
    ],
)
def test_a_condition_decides(condition: Any, holds: bool) -> None:
    term = a_term()
    commit(Change.of(Create(term)))
    writes: tuple[Write, ...] = (
        Require(term, (condition,)),
        Update(term, {"price_minor": 1}, when=(condition,)),
        Remove(term, (condition,)),
    )
    for write in writes:
        if holds:
            commit(Change.of(write))
        else:
            with pytest.raises(StateChanged):
                commit(Change.of(write))
    assert reads.reread(term) == (None if holds else term)


def test_what_is_removed_is_gone_and_may_be_gone_already() -> None:
    commit(Change.of(Create(a_marker("a"))))
    for _ in range(2):
        commit(Change.of(Remove(a_marker("a"))))
    assert marker_ids() == set()
    with pytest.raises(StateChanged):
        commit(Change.of(Remove(a_marker("a"), when=(Is("marker_id", "a"),))))


def test_a_counter_begins_by_itself_and_ends_at_its_limit() -> None:
    counter = RateCounter(name="sign-in", times=0, expires_epoch=99)
    for _ in range(3):
        commit(Change.of(Count(counter, "times", 3, NoSeatLeft)))
    with pytest.raises(NoSeatLeft):
        commit(Change.of(Count(counter, "times", 3, NoSeatLeft)))
    assert reads.reread(counter) == RateCounter(name="sign-in", times=3, expires_epoch=99)


def test_an_index_forgets_a_row_that_shows_it_nothing_any_more() -> None:
    mail = plain_row(Mail, due_at=NOW)
    commit(Change.of(Create(mail)))
    assert reads.due(tables.Outbox, "mail", NOW) == [mail]
    commit(Change.of(Update(mail, {"state": "sent", "due_at": None})))
    assert reads.due(tables.Outbox, "mail", NOW) == []
    assert reads.reread(mail) == plain_row(Mail, state="sent")


def test_an_index_follows_the_state_of_its_row() -> None:
    offer = plain_row(Offer, term_id="t")
    commit(Change.of(Create(offer)))
    commit(Change.of(Update(offer, {"state": "taken"})))
    index = tables.Applications.by_term
    assert list(reads.indexed(index, "t", "offer#open")) == []
    assert [row.state for row in reads.indexed(index, "t", "offer#taken")] == ["taken"]
    assert reads.due(tables.Applications, "offer", NOW + timedelta(days=999)) == []


def test_as_many_writes_as_dynamodb_takes_and_not_one_more() -> None:
    markers = [Create(a_marker(f"m{number}")) for number in range(WRITES_MAX + 1)]
    with pytest.raises(ValueError, match="101 writes"):
        commit(Change.of(*markers))
    assert marker_ids() == set()
    commit(Change.of(*markers[:WRITES_MAX]))
    assert len(marker_ids()) == WRITES_MAX


def test_the_spent_form_counts_among_the_writes() -> None:
    full = Change.of(*(Create(a_marker(f"m{number}")) for number in range(WRITES_MAX)))
    with pytest.raises(ValueError, match="101 writes"):
        commit(full, Caller("visitor", "key", "/thanks"), NOW)


def test_a_form_is_spent_with_its_act_and_answered_once() -> None:
    caller = Caller("visitor", "key", "/first")
    commit(Change.of(Create(a_marker("a"))), caller, NOW)
    again = Caller("visitor", "key", "/second")
    with pytest.raises(AlreadyAnswered) as answered:
        commit(Change.of(Create(a_marker("b"))), again, NOW)
    assert answered.value.location == "/first"
    assert marker_ids() == {"a"}


def test_an_act_that_is_refused_leaves_its_form_unspent() -> None:
    with pytest.raises(StateChanged):
        commit(Change.of(Update(a_term(), {"title": "x"})), Caller("visitor", "key", "/x"), NOW)
    assert reads.get(SpentForm, "key", "form") is None


def test_a_second_press_is_known_even_when_its_act_is_refused_too() -> None:
    caller = Caller("visitor", "key", "/first")
    commit(Change.of(Create(a_marker("a"))), caller, NOW)
    with pytest.raises(AlreadyAnswered):
        commit(Change.of(Create(a_marker("a"), refusal=NoSeatLeft)), caller, NOW)


def test_a_form_without_a_time_is_a_bug() -> None:
    with pytest.raises(ValueError, match="pass now"):
        commit(Change.of(Create(a_marker("a"))), Caller("visitor", "key"))


def test_of_two_failed_conditions_the_one_declared_first_answers() -> None:
    first, second = _refusals(2)
    change = Change.of(
        Update(a_term(), {"title": "x"}, refusal=first),
        Require(a_marker("nowhere"), (Is("marker_id", "nowhere"),), refusal=second),
    )
    with pytest.raises(first):
        commit(change)


def _refusals(number: int) -> list[type[Refusal]]:
    return [type(f"Refusal{place}", (Refusal,), {}) for place in range(number)]


def _write(what: str, name: str, refusal: type[Refusal], *, fails: bool) -> tuple[Any, Write]:
    """A row that must be there before (or None), and a write that fails or not."""
    row = plain_row(Group, group_id=name)
    wrong = Is("state", "closed" if fails else "draft")
    if what == "create":
        return (row if fails else None), Create(row, refusal)
    if what == "update":
        return row, Update(row, {"title": "x"}, when=(wrong,), refusal=refusal)
    if what == "count":
        count = RateCounter(name=name, times=1, expires_epoch=1)
        return count, Count(count, "times", 1 if fails else 2, refusal)
    kind = Require if what == "require" else Remove
    return row, kind(row, (wrong,), refusal)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from(["create", "update", "count", "require", "remove"]), min_size=1,
             max_size=9),
    st.data(),
)  # fmt: skip
def test_whatever_the_order_the_write_that_fails_is_the_one_that_answers(
    kinds: list[str], data: st.DataObject
) -> None:
    run = next(RUNS)  # hypothesis runs in the tables of one test
    bad = data.draw(st.integers(0, len(kinds) - 1), label="the one that fails")
    refusals = _refusals(len(kinds))
    pairs = [
        _write(kind, f"{run}-{place}", refusals[place], fails=place == bad)
        for place, kind in enumerate(kinds)
    ]
    before = [row for row, _ in pairs if row is not None]
    commit(Change.of(*(Create(row) for row in before)))
    with pytest.raises(refusals[bad]):
        commit(Change.of(*(write for _, write in pairs)))
    assert [reads.reread(row) for row in before] == before

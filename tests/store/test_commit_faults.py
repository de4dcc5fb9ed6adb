"""What a commit does when the way to DynamoDB fails: it is written once, or the caller knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pynamodb.exceptions import TransactWriteError

from chalicelib.errors import AlreadyAnswered, NoSeatLeft, StoreBusy
from chalicelib.rules.changes import Caller, Change, Count, Create, Update
from chalicelib.rules.money.payments import Marker
from chalicelib.rules.people.access import RateCounter
from chalicelib.rules.running.groups import Term
from chalicelib.store import reads, tables
from chalicelib.store.commit import TRIES_MAX, commit
from tests.dynamodb_local_fixtures import LocalTables
from tests.simulation.conftest_faults import CONFLICT, EVERYTHING, LOST_REPLY, LOST_REQUEST
from tests.store.row_values import plain_row

pytestmark = pytest.mark.dynamodb_local
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
MARKER: Marker = plain_row(Marker)
TERM: Term = plain_row(Term, capacity=100)
ONE_MORE = Change.of(Update(TERM, add={"occupied": 1}))


@pytest.fixture(autouse=True)
def _a_term(local_tables: LocalTables) -> None:
    commit(Change.of(Create(TERM)))


def occupied() -> int:
    now = reads.reread(TERM)
    assert now is not None
    return now.occupied


@pytest.mark.parametrize("lost", [1, 2, 3, 5])
def test_a_lost_reply_counts_once(local_tables: LocalTables, lost: int) -> None:
    """Three tries are botocore's own, then commit asks again: always under the same token."""
    faults = local_tables.faults().lose_replies(times=lost)
    commit(ONE_MORE)
    assert occupied() == 1
    assert faults.injected[LOST_REPLY] == lost


def test_a_create_whose_reply_was_lost_does_not_refuse_itself(local_tables: LocalTables) -> None:
    local_tables.faults().lose_replies(times=3)
    commit(Change.of(Create(MARKER, refusal=NoSeatLeft)), Caller("visitor", "key", "/x"), NOW)
    assert reads.reread(MARKER) == MARKER


def test_when_no_reply_ever_comes_the_caller_knows_that_it_is_unknown(
    local_tables: LocalTables,
) -> None:
    faults = local_tables.faults().lose_replies()
    with pytest.raises(StoreBusy):
        commit(ONE_MORE)
    faults.stop()
    assert occupied() == 1
    assert faults.sent["TransactWriteItems"] <= 6, "the gateway waits 29 seconds"


def test_when_no_request_ever_arrives_nothing_was_done(local_tables: LocalTables) -> None:
    faults = local_tables.faults().lose_requests()
    with pytest.raises(StoreBusy):
        commit(ONE_MORE)
    faults.stop()
    assert occupied() == 0
    assert faults.injected[LOST_REQUEST] == faults.sent["TransactWriteItems"]


def test_pressing_again_after_an_unknown_outcome_finds_the_first_answer(
    local_tables: LocalTables,
) -> None:
    caller = Caller("visitor", "key", "/thanks")
    faults = local_tables.faults().lose_replies()
    with pytest.raises(StoreBusy):
        commit(ONE_MORE, caller, NOW)
    faults.stop()
    with pytest.raises(AlreadyAnswered) as answered:
        commit(ONE_MORE, caller, NOW)
    assert answered.value.location == "/thanks"
    assert occupied() == 1


@pytest.mark.parametrize(
    ("code", "times"),
    [
        (CONFLICT, 3),
        ("TransactionInProgressException", 1),
        ("InternalServerError", 4),
        ("ThrottlingException", 1),
        ("503", 4),
    ],
)
def test_what_passes_by_itself_is_tried_again(
    local_tables: LocalTables, code: str, times: int
) -> None:
    faults = local_tables.faults().answer(code, times=times)
    commit(ONE_MORE)
    assert occupied() == 1
    assert faults.injected[code] == times
    assert faults.sent["TransactWriteItems"] == times + 1


def test_conflicts_that_do_not_end_are_trouble_not_a_refusal(local_tables: LocalTables) -> None:
    faults = local_tables.faults().answer(CONFLICT)
    with pytest.raises(StoreBusy):
        commit(ONE_MORE)
    faults.stop()
    assert occupied() == 0
    assert faults.injected[CONFLICT] == TRIES_MAX


def test_what_does_not_pass_by_itself_is_a_bug_and_not_tried_again(
    local_tables: LocalTables,
) -> None:
    faults = local_tables.faults().answer("AccessDeniedException")
    with pytest.raises(TransactWriteError):
        commit(ONE_MORE)
    assert faults.sent["TransactWriteItems"] == 1


def test_a_refusal_is_not_tried_again(local_tables: LocalTables) -> None:
    commit(Change.of(Create(MARKER)))
    faults = local_tables.faults()
    with pytest.raises(NoSeatLeft):
        commit(Change.of(Create(MARKER, refusal=NoSeatLeft)))
    assert faults.sent["TransactWriteItems"] == 1


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32))
def test_under_any_mixture_of_faults_what_was_promised_is_what_is_there(
    local_tables: LocalTables, seed: int
) -> None:
    before = occupied()
    faults = local_tables.faults(seed)
    faults.lose_replies(rate=0.25).lose_requests(rate=0.15).answer(CONFLICT, rate=0.2)
    sure, unknown = 0, 0
    for _ in range(6):
        try:
            commit(ONE_MORE)
            sure += 1
        except StoreBusy:
            unknown += 1
    faults.stop()
    assert sure <= occupied() - before <= sure + unknown


def test_a_counter_of_tries_counts_once_however_often_its_reply_is_lost(
    local_tables: LocalTables,
) -> None:
    counter = RateCounter(name="sign-in", times=0, expires_epoch=9)
    local_tables.faults().lose_replies(rate=0.5, times=4)
    for _ in range(5):
        commit(Change.of(Count(counter, "times", 9)))
    now = reads.reread(counter)
    assert now is not None
    assert now.times == 5


def test_a_read_that_is_not_answered_is_trouble(local_tables: LocalTables) -> None:
    faults = local_tables.faults().lose_replies(of=EVERYTHING)
    for read in (
        lambda: reads.get(Term, TERM.group_id, f"term#{TERM.term_id}"),
        lambda: reads.under(tables.Groups, TERM.group_id),
        lambda: reads.due(tables.Groups, "term", NOW),
        lambda: reads.many(Term, [(TERM.group_id, f"term#{TERM.term_id}")]),
        lambda: list(reads.everything(tables.Groups)),
        lambda: list(reads.indexed(tables.Groups.by_recruiting, "open")),
    ):
        with pytest.raises(StoreBusy):
            read()
    faults.stop()
    assert occupied() == 0

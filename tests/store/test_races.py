"""Many at once: what is promised under load is counted on AWS's own DynamoDB Local.

moto has no isolation, so nothing here may run on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest

from chalicelib.errors import AlreadyAnswered, NoSeatLeft, Refusal, StoreBusy, TooManyTries
from chalicelib.rules.changes import Below, Caller, Change, Count, Create, Is, Ref, Remove, Update
from chalicelib.rules.money.payments import Marker
from chalicelib.rules.people.access import RateCounter
from chalicelib.rules.people.people import EmailOwner
from chalicelib.rules.running.groups import Term
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.dynamodb_local_fixtures import LocalTables
from tests.simulation.conftest_faults import CONFLICT, LOST_REPLY
from tests.store.row_values import plain_row

pytestmark = pytest.mark.dynamodb_local
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _on_local(local_tables: LocalTables) -> None:
    """Every test here runs on DynamoDB Local."""


def at_once(number: int, act: Callable[[int], Any]) -> Counter[str]:
    """So many threads do it at the same moment; how often it ended how."""
    start = Barrier(number)

    def run(place: int) -> str:
        start.wait(30)
        try:
            act(place)
        except (Refusal, AlreadyAnswered, StoreBusy) as ended:
            return type(ended).__name__
        return "done"

    with ThreadPoolExecutor(number) as pool:
        return Counter(pool.map(run, range(number)))


def a_term(capacity: int) -> Term:
    term: Term = plain_row(Term, capacity=capacity)
    commit(Change.of(Create(term)))
    return term


def take_a_seat(term: Term, place: int) -> None:
    """A seat and the row of who holds it: both or neither."""
    here = Ref(Term, {"group_id": term.group_id, "term_id": term.term_id})
    seat = Update(here, {}, {"occupied": 1}, (Below("occupied", "capacity"),), NoSeatLeft)
    commit(Change.of(seat, Create(plain_row(Marker, marker_id=f"holder-{place}"))))


def seats_taken(term: Term) -> tuple[int, int]:
    """The counter, and the number of rows it stands for."""
    now = reads.reread(term)
    assert now is not None
    return now.occupied, len(list(reads.everything(tables.Events)))


def test_forty_want_eight_seats_and_eight_get_one() -> None:
    term = a_term(capacity=8)
    ends = at_once(40, lambda place: take_a_seat(term, place))
    assert ends == {"done": 8, "NoSeatLeft": 32}
    assert seats_taken(term) == (8, 8)


def test_under_lost_replies_and_conflicts_no_seat_is_sold_twice_or_lost(
    local_tables: LocalTables,
) -> None:
    term = a_term(capacity=8)
    faults = local_tables.faults(seed=11)
    faults.lose_replies(rate=0.2, times=12).answer(CONFLICT, rate=0.2, times=20)
    ends = at_once(24, lambda place: take_a_seat(term, place))
    faults.stop()
    counted, rows = seats_taken(term)
    assert counted == rows <= 8
    assert ends["done"] <= rows <= ends["done"] + ends["StoreBusy"], "unknown may be either"
    assert rows == 8 or ends["StoreBusy"]
    assert faults.injected[LOST_REPLY] > 0
    assert faults.injected[CONFLICT] > 0


def test_a_hundred_tries_at_a_limit_of_ten_leave_ten() -> None:
    counter = RateCounter(name="sign-in", times=0, expires_epoch=9)
    ends = at_once(100, lambda _: commit(Change.of(Count(counter, "times", 10, TooManyTries))))
    assert ends == {"done": 10, "TooManyTries": 90}
    assert reads.reread(counter) == RateCounter(name="sign-in", times=10, expires_epoch=9)


def test_a_form_sent_twice_at_once_is_answered_once() -> None:
    def press(place: int) -> None:
        row = Create(plain_row(Marker, marker_id=f"press-{place}"))
        commit(Change.of(row), Caller("visitor", "key", "/thanks"), NOW)

    assert at_once(2, press) == {"done": 1, "AlreadyAnswered": 1}
    assert len(list(reads.everything(tables.Events))) == 1
    with pytest.raises(AlreadyAnswered) as answered:
        press(3)
    assert answered.value.location == "/thanks"


def test_an_address_has_one_owner_whoever_comes_first() -> None:
    def own(place: int) -> None:
        commit(Change.of(Create(EmailOwner(email="ada@example.org", owner_id=f"p{place}"))))

    assert at_once(12, own) == {"done": 1, "StateChanged": 11}


def test_a_state_is_left_by_one_only() -> None:
    term = a_term(capacity=8)

    def leave(place: int) -> None:
        when = (Is("state", "draft"),)
        commit(Change.of(Update(term, {"state": "recruiting", "title": str(place)}, when=when)))

    assert at_once(12, leave) == {"done": 1, "StateChanged": 11}


def test_a_row_is_removed_by_one_only() -> None:
    marker: Marker = plain_row(Marker)
    commit(Change.of(Create(marker)))
    when = (Is("marker_id", marker.marker_id),)
    ends = at_once(12, lambda _: commit(Change.of(Remove(marker, when))))
    assert ends == {"done": 1, "StateChanged": 11}

"""What registers earn, as arithmetic: whatever is spread, held, taken back and corrected, the
books say what the shares say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.books.earning import earned
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.shares import spread
from chalicelib.rules.changes import Change
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.running.groups import Session, Term, WholeTerm
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, WEEK

DEFERRED = "deferred/term-1"


def session(number: int, **changed: object) -> Session:
    begins = NOW + number * WEEK
    row = Session(
        group_id="group-1",
        term_id="term-1",
        session_id=f"session-{number}",
        number=number,
        local_date=begins.date(),
        local_time=time(19),
        zone="Europe/London",
        minutes=90,
        starts_at=begins,
        ends_at=begins + timedelta(minutes=90),
    )
    return replace(row, **changed)  # type: ignore[arg-type]


def whole(number: int, **changed: object) -> WholeTerm:
    sessions = tuple(session(n) for n in range(1, number + 1))
    return replace(a.whole(**changed), sessions=sessions)


def debt(name: str, amount_minor: int, number: int, **changed: object) -> Obligation:
    ids = [f"session-{n}" for n in range(1, number + 1)]
    facts = {"amount_minor": amount_minor, "shares": spread(amount_minor, ids), "billed_at": NOW}
    return a.obligation(obligation_id=name, **{**facts, **changed})


def entries(change: Change) -> list[Entry]:
    return list(change.created(Entry))


def moves(change: Change) -> dict[str, int]:
    found: Counter[str] = Counter()
    for entry in entries(change):
        for line in entry.lines:
            found[line.account] += line.amount_minor
    return dict(found)


def test_a_held_session_moves_each_share_from_deferred_to_fees() -> None:
    debts = [debt("debt-2", 100, 3), debt("debt-1", 21600, 3)]
    change = earned(whole(3), session(1), "held", debts, NOW)
    (entry,) = entries(change)
    assert (entry.book, entry.entry_id) == ("group#group-1", "held#session-1#1")
    lines = [(one.account, one.obligation_id, one.amount_minor) for one in entry.lines]
    assert lines == [(DEFERRED, "debt-1", 7200), (DEFERRED, "debt-2", 33), ("fees", "", -7233)]
    assert a.values(change, Term) == {"shares_moved": 1}
    assert a.conditions(change, Term) == {"shares_moved": 0, "state": "recruiting"}


def test_a_correction_takes_back_what_lies_on_the_session_now() -> None:
    """Some of it may have been given back since: then that is not taken back a second time."""
    given_back = {"session-1": 4000, "session-2": 7200, "session-3": 7200}
    debts = [debt("debt-1", 21600, 3, shares=given_back)]
    held = session(1, state="held", revision=1)
    change = earned(whole(3, shares_moved=7), held, "cancelled", debts, NOW)
    (entry,) = entries(change)
    assert entry.entry_id == "unheld#session-1#2"
    assert moves(change) == {DEFERRED: -4000, "fees": 4000}
    assert a.conditions(change, Term)["shares_moved"] == 7


NOTHING_TO_BOOK = {
    "nobody": [],
    "an open offer": [debt("debt-1", 21600, 3, billed_at=None)],
    "a late joiner": [debt("debt-1", 21600, 3, shares={"session-2": 10800, "session-3": 10800})],
    "a free place": [debt("debt-1", 0, 3)],
}


@pytest.mark.parametrize("debts", NOTHING_TO_BOOK.values(), ids=NOTHING_TO_BOOK.keys())
def test_a_session_nobody_pays_for_is_held_without_an_entry(debts: list[Obligation]) -> None:
    change = earned(whole(3), session(1), "held", debts, NOW)
    assert entries(change) == []
    assert a.values(change, Term) == {"shares_moved": 1}


def test_a_cancelled_session_books_nothing_and_corrected_marks_move_nothing() -> None:
    debts = [debt("debt-1", 21600, 3)]
    assert entries(earned(whole(3), session(1), "cancelled", debts, NOW)) == []
    held = session(1, state="held", revision=1)
    assert earned(whole(3), held, "held", debts, NOW) == Change()


def test_who_left_and_got_nothing_back_is_earned_all_the_same() -> None:
    left = debt("debt-1", 21600, 3, ended_at=NOW)
    assert moves(earned(whole(3), session(2), "held", [left], NOW))["fees"] == -7200


PRICES = st.lists(st.integers(0, 100_000), min_size=1, max_size=6)


@given(prices=PRICES, number=st.integers(1, 12))
def test_after_the_last_session_all_is_earned_and_the_odd_pennies_came_last(
    prices: Sequence[int], number: int
) -> None:
    debts = [debt(f"debt-{n}", price, number) for n, price in enumerate(prices)]
    term = whole(number)
    income, left = [], sum(prices)
    for one in term.sessions:
        change = earned(term, one, "held", debts, NOW)
        booked = moves(change)
        left -= booked.get(DEFERRED, 0)
        income.append(-booked.get("fees", 0))
    assert (sum(income), left) == (sum(prices), 0)
    assert set(income[:-1]) <= {sum(price // number for price in prices)}
    odd = sum(price % number for price in prices)
    assert income[-1] == sum(price // number for price in prices) + odd


@given(
    prices=PRICES,
    turns=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(["held", "cancelled"])), max_size=20
    ),
)
def test_however_registers_are_corrected_fees_are_what_lies_on_held_sessions(
    prices: Sequence[int], turns: Sequence[tuple[int, str]]
) -> None:
    debts = [debt(f"debt-{n}", price, 4) for n, price in enumerate(prices)]
    sessions = {n: session(n) for n in range(1, 5)}
    balances: Counter[str] = Counter({DEFERRED: -sum(prices)})
    names = []
    for number, state in turns:
        now = sessions[number]
        change = earned(whole(4), now, state, debts, NOW)
        balances.update(moves(change))
        names += [entry.entry_id for entry in entries(change)]
        sessions[number] = replace(now, state=state, revision=now.revision + 1)
    held = {one.session_id for one in sessions.values() if one.state == "held"}
    income = sum(share for one in debts for name, share in one.shares.items() if name in held)
    assert balances["fees"] == -income
    assert balances[DEFERRED] == income - sum(prices)
    assert len(names) == len(set(names)), "each fact is booked under its own name"

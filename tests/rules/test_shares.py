"""Shares of a fee: spread over sessions, earned one by one, taken back from the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.books.shares import (
    earned,
    move,
    pro_rata,
    spread,
    take,
    take_sessions,
    unearned,
)

NAMES = tuple(f"session-{number}" for number in range(1, 49))
AMOUNTS = st.integers(0, 10**7)
SESSIONS = st.integers(1, 48).map(lambda count: NAMES[:count])


@pytest.mark.parametrize(
    ("amount", "count", "parts"),
    [
        (21600, 6, [3600] * 6),
        (10000, 3, [3333, 3333, 3334]),  # the remainder penny on the last (M3)
        (2, 3, [0, 0, 2]),
        (0, 2, [0, 0]),
        (500, 1, [500]),
        (500, 0, []),
    ],
)
def test_a_fee_is_spread_with_the_remainder_on_the_last(
    amount: int, count: int, parts: list[int]
) -> None:
    assert list(spread(amount, NAMES[:count]).values()) == parts


@given(AMOUNTS, SESSIONS)
def test_session_by_session_exactly_the_fee_is_earned(amount: int, names: tuple[str, ...]) -> None:
    shares = spread(amount, names)
    for held in range(len(names) + 1):
        before = earned(shares, names[:held])
        assert before + unearned(shares, names[:held]) == amount
    assert earned(shares, names) == amount


@given(AMOUNTS, SESSIONS, st.data())
def test_a_late_joiner_pays_what_lies_on_the_sessions_left(
    amount: int, names: tuple[str, ...], data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, len(names)))
    left = pro_rata(amount, names, names[gone:])
    assert left + earned(spread(amount, names), names[:gone]) == amount


@given(AMOUNTS, SESSIONS, st.data())
def test_what_is_taken_and_what_is_left_are_the_fee(
    amount: int, names: tuple[str, ...], data: st.DataObject
) -> None:
    shares = spread(amount, names)
    wanted = data.draw(st.integers(0, amount))
    held = names[: data.draw(st.integers(0, len(names)))]
    taken = take(shares, wanted, held)
    assert taken.amount_minor == wanted
    assert sum(taken.left.values()) == amount - wanted
    assert all(0 <= taken.left[one] <= shares[one] for one in names)
    assert unearned(taken.left, held) == unearned(shares, held) - taken.from_deferred
    assert earned(taken.left, held) == earned(shares, held) - taken.from_fees
    if taken.from_fees:  # earned money is touched only when nothing else is left
        assert unearned(taken.left, held) == 0


@pytest.mark.parametrize("wanted", [-1, 21601])
def test_no_more_is_taken_than_there_is(wanted: int) -> None:
    with pytest.raises(ValueError, match="cannot be taken"):
        take(spread(21600, NAMES[:6]), wanted, ())


@given(AMOUNTS, SESSIONS, st.data())
def test_a_cancelled_session_gives_back_exactly_its_share(
    amount: int, names: tuple[str, ...], data: st.DataObject
) -> None:
    shares = spread(amount, names)
    one = data.draw(st.sampled_from(names))
    taken = take_sessions(shares, (one,), ())
    assert (taken.from_deferred, taken.from_fees) == (shares[one], 0)
    assert taken.left[one] == 0
    assert sum(taken.left.values()) == amount - shares[one]


def test_the_share_of_a_session_follows_to_the_one_that_replaces_it() -> None:
    moved = move({"a": 1, "b": 2}, "a", "c")
    assert moved == {"c": 1, "b": 2}

"""How long the records of money are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.books.retention import kept_until

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=22_000)).map(lambda by: FIRST + by)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2026, 11, 21, 18, tzinfo=UTC), datetime(2033, 11, 21, 18, tzinfo=UTC)),
        (datetime(2028, 2, 29, 9, tzinfo=UTC), datetime(2035, 3, 1, 9, tzinfo=UTC)),
    ],
)
def test_records_are_kept_for_seven_years(at: datetime, until: datetime) -> None:
    assert kept_until(at) == until


@given(INSTANTS, st.integers(1, 12))
def test_that_is_six_years_after_whatever_financial_year(at: datetime, month: int) -> None:
    """The year that holds the fact begins with some month; six years after its end lie before."""
    ends = at.replace(year=at.year + (at.month >= month), month=month, day=1, hour=0, minute=0)
    assert kept_until(at) >= ends.replace(year=ends.year + 6) - timedelta(minutes=1)

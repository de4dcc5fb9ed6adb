"""Statements and tax years of leaders: which day counts for which year, and sums that agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.rules.leaders.payouts import Payout, PayoutLine, payout_id
from chalicelib.rules.leaders.statements import (
    statement_of,
    summary,
    year_named,
    year_of,
    years_with,
)

AT = datetime(2027, 4, 5, 23, 30, tzinfo=UTC)  # half past midnight on 6 April in London


def a_payout(period: str, paid_on: date | None, *lines: int, left_at: datetime = AT) -> Payout:
    return Payout(
        leader_id="a",
        payout_id=payout_id("a", period),
        period=period,
        name="A",
        route="bank" if paid_on else "stripe",
        state="paid_manually" if paid_on else "sent",
        lines=tuple(
            PayoutLine(
                what="accrual" if amount > 0 else "clawback",
                ref=f"s{at}",
                group_id="g1" if amount > 0 else "g2",
                amount_minor=amount,
            )
            for at, amount in enumerate(lines)
        ),
        amount_minor=sum(lines),
        currency="GBP",
        paid_on=paid_on,
        prepared_at=AT,
        left_at=left_at,
    )


@pytest.mark.parametrize(
    ("day", "currency", "first", "last"),
    [
        (date(2027, 4, 5), "GBP", date(2026, 4, 6), date(2027, 4, 5)),
        (date(2027, 4, 6), "GBP", date(2027, 4, 6), date(2028, 4, 5)),
        (date(2027, 6, 30), "AUD", date(2026, 7, 1), date(2027, 6, 30)),
        (date(2027, 4, 1), "NZD", date(2027, 4, 1), date(2028, 3, 31)),
        (date(2027, 12, 31), "EUR", date(2027, 1, 1), date(2027, 12, 31)),
        (date(2028, 2, 29), "EUR", date(2028, 1, 1), date(2028, 12, 31)),
    ],
)
def test_a_tax_year_begins_where_the_tax_office_says(
    day: date, currency: str, first: date, last: date
) -> None:
    year = year_of(day, currency)
    assert (year.first, year.last) == (first, last)
    assert year_named(first.year, currency) == year


def test_a_payout_counts_on_the_day_it_left_us_in_the_circles_zone() -> None:
    paid = [a_payout("2027-03", date(2027, 4, 5), 9750), a_payout("2027-04", None, 9750, -750)]
    older, newer = year_named(2026, "GBP"), year_named(2027, "GBP")
    assert summary(paid, older, "Europe/London").total_minor == 9750
    found = summary(paid, newer, "Europe/London")
    assert (found.total_minor, dict(found.by_group)) == (9000, {"g1": 9750, "g2": -750})
    assert years_with(paid, "GBP", "Europe/London") == (newer, older)


def test_a_statement_adds_up() -> None:
    statement = statement_of(a_payout("2027-03", date(2027, 4, 5), 9750, 9750, -500), [], {})
    assert (statement.earned_minor, statement.deducted_minor) == (19500, -500)
    assert statement.earned_minor + statement.deducted_minor == statement.payout.amount_minor
    assert [one.line.amount_minor for one in statement.lines] == [9750, 9750, -500]


def test_what_was_prepared_or_withdrawn_is_no_income() -> None:
    waiting = replace(a_payout("2027-03", date(2027, 4, 5), 9750), state="prepared")
    assert years_with([waiting], "GBP", "Europe/London") == ()

"""Statements for leaders: what a payout is made of, and what a tax year came to (R67, L6).

They name groups and sessions, never members. Minor units. What does not live here: what is paid
when (preparing.py), the log of hours (own_log.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.payouts import MONEY_LEFT, Item, Payout, PayoutLine

# Month and day on which the tax year begins, by the circle's currency; the calendar year
# elsewhere. The tax offices of the UK (gov.uk), Australia (ato.gov.au), New Zealand (ird.govt.nz).
TAX_YEAR_BEGINS = {"GBP": (4, 6), "AUD": (7, 1), "NZD": (4, 1)}


@dataclass(frozen=True)
class StatementLine:
    """One line of a payout with what it is about; `accrual` is of a session."""

    line: PayoutLine
    group_title: str
    accrual: Accrual | None = None
    clawback: Clawback | None = None

    @property
    def corrects(self) -> bool:
        """Whether it is about a register that was corrected after it was paid."""
        return self.accrual is not None and self.line.amount_minor != self.accrual.amount_minor


@dataclass(frozen=True)
class Statement:
    """What one payout is made of."""

    payout: Payout
    lines: tuple[StatementLine, ...]

    @property
    def earned_minor(self) -> int:
        """Everything it adds up, before deductions."""
        return sum(n for one in self.lines if (n := one.line.amount_minor) > 0)

    @property
    def deducted_minor(self) -> int:
        """What is taken off: below nothing, or nothing."""
        return sum(n for one in self.lines if (n := one.line.amount_minor) < 0)


def statement_of(payout: Payout, items: Sequence[Item], titles: Mapping[str, str]) -> Statement:
    """A payout with what its lines are about; sessions in order of time, deductions after."""
    accruals = {one.session_id: one for one in items if isinstance(one, Accrual)}
    clawbacks = {one.clawback_id: one for one in items if isinstance(one, Clawback)}
    lines = [
        StatementLine(
            line=line,
            group_title=titles.get(line.group_id, ""),
            accrual=accruals.get(line.ref) if line.what == "accrual" else None,
            clawback=clawbacks.get(line.ref) if line.what == "clawback" else None,
        )
        for line in payout.lines
    ]
    return Statement(payout, tuple(sorted(lines, key=_in_order)))


def _in_order(one: StatementLine) -> tuple[bool, str, str]:
    at = one.accrual.session_at.isoformat() if one.accrual else ""
    return one.line.amount_minor < 0, at, one.line.ref


@dataclass(frozen=True)
class Year:
    """A tax year: from its first to its last day, both included."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """How a path names it: the year in which it begins."""
        return str(self.first.year)


def year_of(day: date, currency: str) -> Year:
    """The tax year that a day falls into."""
    begins = date(day.year, *TAX_YEAR_BEGINS.get(currency, (1, 1)))
    return year_named(day.year if day >= begins else day.year - 1, currency)


def year_named(year: int, currency: str) -> Year:
    """The tax year that begins in a year."""
    month, day = TAX_YEAR_BEGINS.get(currency, (1, 1))
    following = date(year + 1, month, day)
    return Year(date(year, month, day), date.fromordinal(following.toordinal() - 1))


def left_on(payout: Payout, zone: str) -> date | None:
    """The day on which a payout left us: the bank's, else Stripe's in the circle's zone."""
    if payout.state not in MONEY_LEFT:
        return None
    return payout.paid_on or (_day(payout.left_at, zone) if payout.left_at else None)


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


@dataclass(frozen=True)
class YearSummary:
    """What a leader was paid in a tax year, and for which groups."""

    year: Year
    paid: tuple[tuple[date, Payout], ...]  # in order of time
    by_group: Mapping[str, int]  # group_id -> minor units, deductions taken off
    came_back_minor: int  # transfers of the year that came back

    @property
    def total_minor(self) -> int:
        """What was paid altogether, less what came back."""
        return sum(one.amount_minor for _, one in self.paid) - self.came_back_minor


def summary(payouts: Sequence[Payout], year: Year, zone: str) -> YearSummary:
    """A tax year by the day on which each payout left us."""
    paid = [
        (day, one)
        for one in payouts
        if (day := left_on(one, zone)) is not None and year.first <= day <= year.last
    ]
    by_group: dict[str, int] = {}
    for _, one in paid:
        for line in one.lines:
            by_group[line.group_id] = by_group.get(line.group_id, 0) + line.amount_minor
    return YearSummary(
        year=year,
        paid=tuple(sorted(paid, key=lambda each: (each[0], each[1].period))),
        by_group=dict(sorted(by_group.items())),
        came_back_minor=sum(one.reversed_minor for _, one in paid),
    )


def years_with(payouts: Sequence[Payout], currency: str, zone: str) -> tuple[Year, ...]:
    """The tax years in which anything was paid, the newest first."""
    days = [day for one in payouts if (day := left_on(one, zone)) is not None]
    return tuple(sorted({year_of(day, currency) for day in days}, key=lambda y: y.first)[::-1])

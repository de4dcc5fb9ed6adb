"""Where your money goes: what a term's fees pay for, as planned and as booked so far (N15).

For members: it names no person and no bursary, only what the fees of all came to. What does not
live here: the budget (rules/running/budget.py), the result of a term (reports.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.rules.books.reports import Result
from chalicelib.rules.running.budget import budget_of
from chalicelib.rules.running.groups import WholeTerm

RESERVE = "reserve"
ALWAYS = ("leaders", "processor", RESERVE)
BAR = 400  # what the whole is long in a chart, in its own units


@dataclass(frozen=True)
class Share:
    """One thing the fees pay for. Minor units, of the term and of one member's fee; `percent` of
    the whole; `bar` is its length in a chart."""

    code: str  # leaders | costs | room | supervision | platform | processor | losses | reserve
    amount_minor: int
    each_minor: int
    percent: int
    bar: int


@dataclass(frozen=True)
class View:
    """What the fees of a term pay for. The shares sum to the whole in each column; what is left,
    or missing where it is negative, is the reserve."""

    total_minor: int
    each_minor: int  # the fee of one member, or what of it is earned
    members: int
    shares: tuple[Share, ...]

    @property
    def reserve(self) -> Share:
        """What is left for the group."""
        return self.shares[-1]


@dataclass(frozen=True)
class Statement:
    """A term's statement: the plan, and what the books say so far."""

    plan: View
    so_far: View
    held: int  # sessions that were held
    sessions: int  # that are planned or were held


def statement(whole: WholeTerm, result: Result | None) -> Statement:
    """The statement of a term; `result` is what its book says, None before the first entry."""
    standing = [one for one in whole.sessions if one.state != "cancelled"]
    return Statement(_plan(whole), _so_far(whole, result), len(whole.held), len(standing))


def _plan(whole: WholeTerm) -> View:
    """What the budget says, with as many members as there are, at least the fewest planned for."""
    budget = budget_of(whole)
    members = max(whole.term.taken, whole.term.min_members, 1)
    spent = {
        "leaders": budget.leaders_minor,
        "costs": budget.other_minor,
        "processor": members * budget.fee_minor,
    }
    return view(members * budget.price_minor, budget.price_minor, members, spent)


def _so_far(whole: WholeTerm, result: Result | None) -> View:
    members = max(whole.term.taken, 1)
    if result is None:
        return view(0, 0, members, {})
    costs = {
        name.removeprefix("costs/"): -minor
        for name, minor in result.accounts.items()
        if name.startswith("costs/")
    }
    spent = {
        "leaders": -result.of("leader_fees"),
        **costs,
        "processor": -result.of("processor_fees"),
        "losses": -result.of("write_off") - result.of("given_away"),
    }
    total = result.of("fees")
    return view(total, _part(total, members), members, spent)


def view(total_minor: int, each_minor: int, members: int, spent: Mapping[str, int]) -> View:
    """Amounts as shares of a whole: each rounded to the penny and to the per cent, and what is
    left over, also by rounding, is the reserve's."""
    kept = {name: minor for name, minor in spent.items() if minor or name in ALWAYS}
    parts = [
        Share(name, minor, _part(minor, members), _percent(minor, total_minor), 0)
        for name, minor in kept.items()
    ]
    left = Share(
        RESERVE,
        total_minor - sum(one.amount_minor for one in parts),
        each_minor - sum(one.each_minor for one in parts),
        100 - sum(one.percent for one in parts) if total_minor > 0 else 0,
        0,
    )
    longest = max((abs(one.amount_minor) for one in (*parts, left)), default=0)
    whole = max(total_minor, longest)
    shares = tuple(_with_bar(one, whole) for one in (*parts, left))
    return View(total_minor, each_minor, members, shares)


def _with_bar(one: Share, whole_minor: int) -> Share:
    bar = BAR * max(0, one.amount_minor) // whole_minor if whole_minor else 0
    return Share(one.code, one.amount_minor, one.each_minor, one.percent, bar)


def _part(minor: int, members: int) -> int:
    """One member's part, rounded half up."""
    return (2 * minor + members) // (2 * members)


def _percent(minor: int, whole_minor: int) -> int:
    return (200 * minor + whole_minor) // (2 * whole_minor) if whole_minor > 0 else 0

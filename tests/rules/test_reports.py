"""Figures of the books: whatever was booked, the parts of each report sum to what the accounts
hold, and the two views agree on the money."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wording
from chalicelib.errors import InvalidForm, NotFound
from chalicelib.rules.books import costs, journal, reports
from chalicelib.rules.books.journal import COLUMNS, JOURNAL, Pick, posted, sign_of
from chalicelib.rules.books.ledger import Entry, Line
from chalicelib.rules.books.statement import View, statement, view
from chalicelib.rules.changes import Change
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

BOOK = "group#group-1"
ZONE = "Europe/London"
ACCOUNTS = (
    *("stripe", "bank", "cash", "due_to/circle", "due_to/group#group-2"),
    *("receivable", "disputed", "deferred/term-1", "deferred/term-2", "credits"),
    *("refunds_pending", "surplus", "suspense", "leader/person-1", "fees", "processor_fees"),
    *("leader_fees", "costs/room", "write_off", "bursaries", "nobody_told_us"),
)


@st.composite
def an_entry(draw: st.DrawFn) -> Entry:
    """Anything that balances."""
    amounts = draw(st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=4))
    lines = [
        Line(
            account=draw(st.sampled_from(ACCOUNTS)),
            amount_minor=amount,
            fund=draw(st.sampled_from(("general", "designated", "restricted"))),
            obligation_id=draw(st.sampled_from(("", "debt-1", "debt-2"))),
        )
        for amount in (*amounts, -sum(amounts))
    ]
    term = draw(st.sampled_from(("", "term-1", "term-2")))
    kind = draw(st.sampled_from(("payment", "refund", "seat", "cost")))
    return Entry(
        book=BOOK,
        entry_id=f"{kind}#{draw(st.uuids())}",
        posted_at=NOW + timedelta(hours=draw(st.integers(0, 24 * 400))),
        currency="GBP",
        lines=tuple(lines),
        facts={"term_id": term} if term else {},
    )


ENTRIES = st.lists(an_entry(), max_size=12)


@given(ENTRIES)
def test_what_a_book_has_is_what_it_owes_and_its_own(entries: list[Entry]) -> None:
    found = reports.balance(entries)
    assert sum(found.accounts.values()) == 0
    has = found.total("money") + found.total("claims") + found.total("other")
    assert has == -found.total("owed") + found.own_minor
    listed = [name for section in reports.SECTIONS for name in found.section(section)]
    assert sorted(listed) == sorted(found.accounts)


@given(ENTRIES)
def test_the_results_of_all_terms_are_the_result_of_the_book(entries: list[Entry]) -> None:
    whole, terms = reports.balance(entries), reports.results(entries)
    assert sum(one.result_minor for one in terms) == -whole.total("result")
    assert sum(one.receivable_minor for one in terms) == whole.accounts.get("receivable", 0)
    deferred = sum(n for name, n in whole.accounts.items() if name.startswith("deferred/"))
    assert sum(one.deferred_minor for one in terms) == -deferred
    for one in terms:
        assert sum(one.of(root) for root in reports.RESULT) == one.result_minor


@given(ENTRIES)
def test_both_views_agree_on_the_money(entries: list[Entry]) -> None:
    """Receipts and payments end with the money that the balance shows."""
    months = reports.months(entries, ZONE)
    closing = months[-1].closing_minor if months else 0
    assert closing == reports.balance(entries).total("money")
    standing = 0
    for month in months:
        assert month.opening_minor == standing
        assert all(minor > 0 for minor in (*month.came_in.values(), *month.went_out.values()))
        standing = month.closing_minor


@given(ENTRIES)
def test_every_figure_is_the_sum_of_the_lines_it_leads_to(entries: list[Entry]) -> None:
    found = reports.balance(entries)
    for account, minor in found.accounts.items():
        assert posted(entries, Pick(account=account), ZONE)[-1].sum_minor == minor
    for fund, minor in found.funds.items():
        pick = Pick(account="own", fund=fund)
        assert sign_of(pick) * posted(entries, pick, ZONE)[-1].sum_minor == minor
    for term in reports.results(entries):
        for root in reports.RESULT:
            pick = Pick(account=root, term_id=term.term_id)
            lines = posted(entries, pick, ZONE)
            if term.term_id:
                assert sign_of(pick) * (lines[-1].sum_minor if lines else 0) == term.of(root)
    for month in reports.months(entries, ZONE):
        for cause in {*month.came_in, *month.went_out}:
            pick = Pick(account="money", month=month.month, cause=cause)
            moved = month.came_in.get(cause, 0) - month.went_out.get(cause, 0)
            assert posted(entries, pick, ZONE)[-1].sum_minor == moved


@given(ENTRIES)
def test_what_would_be_owed_is_the_sum_of_its_parts(entries: list[Entry]) -> None:
    found, debts = reports.if_stopped(entries), reports.still_owed(entries)
    assert found.total_minor == sum(found.parts.values())
    assert found.parts.get("deferred", 0) == sum(one.owed_minor for one in debts)
    assert all(one.owed_minor >= 0 for one in debts)
    owed = -reports.balance(entries).total("owed")
    deferred = sum(one.deferred_minor for one in debts)
    assert found.total_minor - found.parts.get("deferred", 0) == owed - deferred


@given(ENTRIES)
def test_debits_equal_credits_in_an_exported_journal(entries: list[Entry]) -> None:
    words: dict[str, dict[str, str]] = {"books": {}, "account": {}, "entry": {}}
    rows = journal.table(entries, list(COLUMNS), words, ZONE)
    assert len(rows) == sum(len(one.lines) for one in entries)
    debit, credit = (list(COLUMNS).index(name) for name in ("debit", "credit"))
    assert pence(rows, debit) == pence(rows, credit)


def pence(rows: list[list[str]], column: int) -> int:
    return sum(int(row[column].replace(".", "") or 0) for row in rows)


def test_every_column_of_the_journal_has_a_heading() -> None:
    assert {code for code, _ in wording.options("journal_columns")} == set(COLUMNS)


def test_every_kind_of_result_and_every_proof_has_its_words() -> None:
    for root in reports.RESULT:
        assert wording.label(root, "options.result_columns")
    rules = wording.TEMPLATES.parent / "chalicelib" / "rules"
    source = "".join((rules / name).read_text() for name in ("books/books.py", "leaders/proof.py"))
    proofs = set(
        re.findall(
            r'(?:same\(|_each\(|_nothing_left_in\(kept.entries, |proof=)\s*"([a-z_]+)"', source
        )
    )
    assert len(proofs) > 20
    assert proofs - set(dict(wording.options("proofs"))) == set()


# If a group stopped today


def debt(name: str, deferred: int, unpaid: int) -> Entry:
    lines = (
        Line(account="receivable", amount_minor=unpaid),
        Line(account="stripe", amount_minor=deferred - unpaid),
        Line(account="deferred/term-1", amount_minor=-deferred),
    )
    facts = {"obligation_id": name, "term_id": "term-1"}
    return entry(f"seat#{name}", lines, facts)


def entry(name: str, lines: tuple[Line, ...], facts: dict[str, str] | None = None) -> Entry:
    return Entry(
        book=BOOK,
        entry_id=name,
        posted_at=NOW,
        currency="GBP",
        lines=lines,
        facts=facts or {},
    )


@pytest.mark.parametrize(
    ("debts", "owed"),
    [
        ([("paid", 21600, 0)], 21600),
        ([("not paid", 21600, 21600)], 0),
        ([("half paid", 21600, 10800)], 10800),
        # She still owes for sessions that were held: that makes nobody else's claim smaller.
        ([("paid", 21600, 0), ("owes more than is to come", 3600, 10800)], 21600),
        ([], 0),
    ],
)
def test_only_what_was_paid_for_sessions_to_come_is_owed(
    debts: list[tuple[str, int, int]], owed: int
) -> None:
    entries = [debt(*one) for one in debts]
    assert reports.if_stopped(entries).total_minor == owed


def test_sessions_held_for_many_in_one_entry_count_for_each_debt() -> None:
    held = entry(
        "held#session-1#1",
        (
            Line(account="deferred/term-1", amount_minor=3600, obligation_id="debt-1"),
            Line(account="deferred/term-1", amount_minor=3600, obligation_id="debt-2"),
            Line(account="fees", amount_minor=-7200),
        ),
        {"term_id": "term-1"},
    )
    entries = [debt("debt-1", 21600, 0), debt("debt-2", 21600, 21600), held]
    found = {one.obligation_id: one.owed_minor for one in reports.still_owed(entries)}
    assert found == {"debt-1": 18000, "debt-2": 0}


@pytest.mark.parametrize(
    "account", ["credits", "refunds_pending", "surplus", "leader/person-1", "suspense"]
)
def test_everything_else_that_is_owed_is_in_the_one_figure(account: str) -> None:
    lines = (Line(account="bank", amount_minor=500), Line(account=account, amount_minor=-500))
    found = reports.if_stopped([debt("debt-1", 21600, 0), entry("x#1", lines)])
    assert found.parts == {"deferred": 21600, account.partition("/")[0]: 500}
    for root in found.parts:
        assert wording.label(root, "options.if_stopped")


def test_currencies_are_never_added_up() -> None:
    pounds = debt("debt-1", 21600, 0)
    euros = replace(pounds, currency="EUR", entry_id="seat#debt-2")
    assert {name: len(some) for name, some in reports.by_currency([euros, pounds]).items()} == {
        "EUR": 1,
        "GBP": 1,
    }


def test_a_month_is_the_circle_s_own() -> None:
    """Half past eleven at night in UTC is the next month in London's summer."""
    late = replace(debt("debt-1", 100, 0), posted_at=datetime(2027, 3, 31, 23, 30, tzinfo=UTC))
    assert [one.month for one in reports.months([late], ZONE)] == ["2027-04"]
    assert [one.month for one in reports.months([late], "UTC")] == ["2027-03"]
    assert journal.of_days([late], date(2027, 4, 1), date(2027, 4, 30), ZONE) == [late]
    assert journal.of_days([late], date(2027, 4, 1), date(2027, 4, 30), "UTC") == []


def test_money_that_only_moved_to_the_bank_neither_came_nor_went() -> None:
    moved = (Line(account="bank", amount_minor=100), Line(account="stripe", amount_minor=-100))
    assert reports.months([entry("payout#po_1", moved)], ZONE) == []


# Costs


def a_cost(**changed: Any) -> costs.Cost:
    usual: dict[str, Any] = {
        "cost_id": "cost-1",
        "book": BOOK,
        "kind": "room",
        "term_id": "term-1",
        "amount_minor": 9000,
        "currency": "GBP",
        "paid_on": date(2026, 11, 20),
        "reference": "HALL 17",
    }
    return costs.Cost(**{**usual, **changed})


@pytest.mark.parametrize("book", [BOOK, "circle"])
def test_a_cost_and_taking_it_back_leave_nothing_in_any_book(book: str) -> None:
    written = list(costs.record(a_cost(book=book), NOW).created(Entry))
    assert reports.balance(written).accounts["costs/room"] == 9000
    assert reports.balance(written).accounts["bank"] == -9000
    back = list(costs.reverse(written, "the amount was 90, not 99", NOW).created(Entry))
    assert {one.facts["reverses"] for one in back} == {"cost#cost-1"}
    for one in {row.book for row in written}:
        rows = [row for row in (*written, *back) if row.book == one]
        assert reports.balance(rows).accounts == {}


def test_only_a_cost_can_be_taken_back() -> None:
    for entries in ([], [debt("debt-1", 100, 0)]):
        with pytest.raises(NotFound):
            costs.reverse(entries, "why", NOW)


def test_books_owe_each_other_the_same() -> None:
    written = list(costs.record(a_cost(), NOW).created(Entry))
    between = [
        line.amount_minor
        for one in written
        for line in one.lines
        if line.account.startswith("due_to/")
    ]
    assert sorted(between) == [-9000, 9000]
    assert isinstance(costs.record(a_cost(), NOW), Change)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"paid_on": "2026-11-22"}, {"paid_on": "not_yet"}),
        ({"amount_minor": "0"}, {"amount_minor": "too_small"}),
        ({"amount_minor": "-5"}, {"amount_minor": "too_small"}),
        ({"kind": "party"}, {"kind": "choice"}),
        ({"term_id": "term-9"}, {"term_id": "choice"}),
        ({"reference": ""}, {"reference": "missing"}),
    ],
)
def test_a_cost_that_cannot_be_is_named(typed: dict[str, str], wrong: dict[str, str]) -> None:
    good = {
        "kind": "room",
        "term_id": "term-1",
        "amount_minor": "90",
        "paid_on": "2026-11-21",
        "reference": "HALL 17",
    }
    form = costs.cost_form(["term-1"], "GBP", NOW.date())
    assert form.read(good)["amount_minor"] == 9000
    with pytest.raises(InvalidForm) as refused:
        form.read({**good, **typed})
    assert refused.value.errors == wrong


def test_a_period_runs_forwards() -> None:
    good = {"first": "2026-11-01", "last": "2026-11-30", "book": "all"}
    assert JOURNAL.read(good)["last"] == date(2026, 11, 30)
    for last, code in (("2026-10-31", "backwards"), ("2126-10-31", "too_far")):
        with pytest.raises(InvalidForm) as refused:
            JOURNAL.read({**good, "last": last})
        assert refused.value.errors == {"last": code}


# Where the money goes


@given(
    st.integers(0, 10**8),
    st.integers(0, 10**6),
    st.integers(1, 14),
    st.lists(st.integers(0, 10**7), min_size=3, max_size=3),
)
def test_the_shares_of_a_statement_sum_to_its_whole(
    total: int, each: int, members: int, spent: list[int]
) -> None:
    names = ("leaders", "costs", "processor")
    found = view(total, each, members, dict(zip(names, spent, strict=True)))
    sums(found)
    assert found.reserve.amount_minor == total - sum(spent)
    assert all(0 <= one.bar <= 400 for one in found.shares)


def sums(found: View) -> None:
    assert sum(one.amount_minor for one in found.shares) == found.total_minor
    assert sum(one.each_minor for one in found.shares) == found.each_minor
    assert sum(one.percent for one in found.shares) == (100 if found.total_minor else 0)


def test_the_plan_and_the_books_are_told_apart() -> None:
    lines = (
        Line(account="fees", amount_minor=-14400),
        Line(account="stripe", amount_minor=14400 - 344),
        Line(account="processor_fees", amount_minor=344),
    )
    booked = [
        entry("held#session-1#1", lines, {"term_id": "term-1"}),
        *costs.record(a_cost(kind="supervision", amount_minor=2500), NOW).created(Entry),
    ]
    own = [one for one in booked if one.book == BOOK]
    result = next(one for one in reports.results(own) if one.term_id == "term-1")
    found = statement(a.whole(taken=4), result)
    so_far = {one.code: one.amount_minor for one in found.so_far.shares}
    assert so_far == {"leaders": 0, "supervision": 2500, "processor": 344, "reserve": 11556}
    assert {one.code: one.each_minor for one in found.so_far.shares}["supervision"] == 625
    assert found.plan.members == 6
    assert found.plan.total_minor == 6 * 21600
    sums(found.plan)
    sums(found.so_far)
    for one in (*found.plan.shares, *found.so_far.shares):
        assert wording.label(one.code, "options.statement")


def test_a_term_of_which_nothing_is_booked_has_a_plan_all_the_same() -> None:
    found = statement(a.whole(), None)
    assert found.so_far.total_minor == 0
    assert found.plan.each_minor == 21600

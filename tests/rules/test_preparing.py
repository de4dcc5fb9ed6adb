"""What is paid to leaders now and what is held: everything that is open is in one of the two."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.books.ledger import Entry, Line
from chalicelib.rules.leaders.accounts import PayoutAccount, PayProfile
from chalicelib.rules.leaders.accruals import HOLD, Accrual
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.payouts import LINES_MAX, Item, Payout, line_of
from chalicelib.rules.leaders.preparing import (
    NEW_DETAILS_WAIT,
    REASONS,
    Payee,
    Preview,
    cover,
    previews,
    unpayable,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BANK = PayProfile(
    leader_id="a", account_name="A", sort_code="123456", account_number="12345678", details_at=NOW
)
SOME_ACCOUNT = PayoutAccount(leader_id="a", country="GB", asked_at=NOW, account_id="acct_1")
NONE = {"below_nothing": 0}  # a fee and a deduction that come to nothing together
READY = replace(SOME_ACCOUNT, transfers="active", payouts_enabled=True)


def accrual(
    leader: str, number: int, amount: int = 9750, settled: int = 0, days: int = 30, **more: str
) -> Accrual:
    """What a session of group g1, held so many days ago, has earned."""
    group_id = more.pop("group_id", "g1")
    return Accrual(
        leader_id=leader,
        session_id=f"{group_id}-s{number}",
        group_id=group_id,
        term_id="t1",
        number=number,
        session_at=NOW - timedelta(days=100 - number),
        minutes=90,
        pay="fee",
        rate_minor=6500,
        amount_minor=amount,
        settled_minor=settled,
        currency="GBP",
        accrued_at=NOW - timedelta(days=days),
        revision=1,
        **more,
    )


def clawback(leader: str, amount: int, name: str = "c1", group_id: str = "g1") -> Clawback:
    return Clawback(
        leader_id=leader,
        clawback_id=name,
        group_id=group_id,
        term_id="t1",
        cause="refund",
        cause_id="r1",
        amount_minor=amount,
        currency="GBP",
        made_at=NOW,
    )


def payee(leader: str, *items: Item, profile: PayProfile = BANK) -> Payee:
    own = replace(profile, leader_id=leader)
    return Payee(leader_id=leader, name=leader.upper(), items=items, profile=own)


def told(found: tuple[Preview, ...]) -> dict[str, tuple[int, dict[str, int]]]:
    """For each leader what is paid, and what is held by reason."""
    return {one.payee.leader_id: (one.net_minor, one.reasons) for one in found}


def seen(
    *payees: Payee,
    fund: int = 10**6,
    advanced: tuple[str, ...] = (),
    disputed: dict[tuple[str, str], int] | None = None,
) -> dict[str, tuple[int, dict[str, int]]]:
    return told(previews(payees, {"g1": fund, "g2": fund}, NOW, disputed or {}, advanced))


# One leader


@pytest.mark.parametrize(
    ("items", "paid", "held"),
    [
        ([accrual("a", 1), accrual("a", 2)], 19500, {}),
        ([accrual("a", 1), accrual("a", 2, days=6)], 9750, {"hold": 9750}),
        ([accrual("a", 1, days=7)], 9750, {}),
        ([accrual("a", 1, set_aside="a question")], 0, {"set_aside": 9750}),
        ([accrual("a", 1, settled=9750)], 0, {}),
        # corrected after it was paid: taken off, however young
        ([accrual("a", 1, amount=0, settled=9750, days=0), accrual("a", 2)], 0, NONE),
        ([accrual("a", 1), clawback("a", 250)], 9500, {}),
        # more is owed back than is earned: all of it waits
        ([accrual("a", 1), clawback("a", 10000)], 0, {"below_nothing": -250}),
        ([clawback("a", 10000)], 0, {"below_nothing": -10000}),
        # a deduction in one group is taken from the fee of another
        ([accrual("a", 1), clawback("a", 250, group_id="g2")], 9500, {}),
    ],
)
def test_what_one_leader_is_paid(items: list[Item], paid: int, held: dict[str, int]) -> None:
    assert seen(payee("a", *items)) == {"a": (paid, held)}


def test_what_came_back_is_paid_again() -> None:
    back = Returned(
        leader_id="a",
        returned_id="trr_1",
        payout_id="p1",
        group_id="g1",
        amount_minor=9750,
        currency="GBP",
        returned_at=NOW,
    )
    assert seen(payee("a", back)) == {"a": (9750, {})}


def test_only_the_disputed_part_of_a_fee_is_held() -> None:
    one = payee("a", accrual("a", 1), accrual("a", 2))
    found = seen(one, disputed={("a", "g1-s1"): 1625, ("b", "g1-s2"): 9750})
    assert found == {"a": (17875, {"disputed": 1625})}
    assert seen(one, disputed={("a", "g1-s1"): 99999})["a"] == (9750, {"disputed": 9750})


@pytest.mark.parametrize(
    ("profile", "account", "reason"),
    [
        (BANK, None, ""),
        (PayProfile(leader_id="a"), None, "no_details"),
        (replace(BANK, connected=True), None, "no_agreement"),
        (replace(BANK, connected=True, agreement_ref="Minute 7"), None, ""),
        (replace(BANK, changed_at=NOW - timedelta(days=2)), None, "new_details"),
        (replace(BANK, changed_at=NOW - NEW_DETAILS_WAIT), None, ""),
        (PayProfile(leader_id="a", route="stripe"), None, "account_not_ready"),
        (PayProfile(leader_id="a", route="stripe"), SOME_ACCOUNT, "account_not_ready"),
        (PayProfile(leader_id="a", route="stripe"), READY, ""),
    ],
)
def test_why_nothing_can_be_paid_to_a_leader(
    profile: PayProfile, account: PayoutAccount | None, reason: str
) -> None:
    one = replace(payee("a", accrual("a", 1), profile=profile), account=account)
    assert unpayable(one, NOW) == reason
    assert seen(one)["a"] == ((0, {reason: 9750}) if reason else (9750, {}))


def test_more_lines_than_a_payout_takes_wait_for_the_next() -> None:
    many = [accrual("a", n, 100) for n in range(LINES_MAX + 5)]
    assert seen(payee("a", *many))["a"] == (100 * LINES_MAX, {"too_many": 500})


# Several leaders of a group


def test_one_without_details_never_blocks_another() -> None:
    bare = payee("a", accrual("a", 1), profile=PayProfile(leader_id="a"))
    found = seen(bare, payee("b", accrual("b", 1)), fund=19500)
    assert found == {"a": (0, {"no_details": 9750}), "b": (9750, {})}


def test_the_fund_pays_the_oldest_sessions_and_all_their_leaders_or_none() -> None:
    ours = [payee(name, *(accrual(name, n) for n in (1, 2, 3))) for name in ("a", "b")]
    found = seen(*ours, fund=2 * 9750 + 9750 + 100)
    assert found == {name: (9750, {"fund_short": 19500}) for name in ("a", "b")}


def test_a_small_session_does_not_pass_an_older_one_that_the_fund_cannot_pay() -> None:
    ours = payee("a", accrual("a", 1, 9750), accrual("a", 2, 100))
    assert seen(ours, fund=500)["a"] == (0, {"fund_short": 9850})


def test_a_fund_that_is_short_in_one_group_holds_nothing_of_another() -> None:
    ours = payee("a", accrual("a", 1), accrual("a", 1, group_id="g2"))
    found = previews([ours], {"g1": 0, "g2": 9750}, NOW, {})
    assert told(found)["a"] == (9750, {"fund_short": 9750})


def test_who_is_advanced_is_paid_what_the_fund_does_not_cover_and_nobody_else() -> None:
    ours = [payee(name, accrual(name, 1), accrual(name, 2)) for name in ("a", "b")]
    found = seen(*ours, fund=2 * 9750, advanced=("b",))
    assert found == {"a": (9750, {"fund_short": 9750}), "b": (19500, {})}


def test_a_deduction_pays_for_the_own_fee_where_the_fund_is_empty() -> None:
    found = previews(
        [payee("a", accrual("a", 1), clawback("a", 9750), accrual("a", 2, group_id="g2"))],
        {"g1": 0, "g2": 9750},
        NOW,
        {},
    )
    assert told(found)["a"] == (9750, {})


def test_the_part_of_a_colleague_who_cannot_be_paid_yet_is_kept_for_her() -> None:
    bare = payee("a", accrual("a", 1), accrual("a", 2), profile=PayProfile(leader_id="a"))
    found = seen(bare, payee("b", accrual("b", 1), accrual("b", 2)), fund=3 * 9750)
    assert found["b"] == (9750, {"fund_short": 9750})


# The fund


def test_what_a_fund_covers() -> None:
    def entry(number: int, **moves: int) -> Entry:
        lines = tuple(
            Line(account=k.replace("_of_", "/"), amount_minor=n) for k, n in moves.items()
        )
        return Entry(
            book="group#g1", entry_id=f"x#{number}", posted_at=NOW, currency="GBP", lines=lines
        )

    entries = [
        entry(1, stripe=20000, receivable=-20000),
        entry(2, due_to_of_circle=5000, receivable=-5000),
        entry(3, receivable=1000, refunds_pending=-1000),
        entry(4, receivable=300, credits=-300),
        entry(5, stripe=700, surplus=-700),
        entry(6, receivable=9000, fees=-9000),
    ]
    line = line_of(accrual("a", 1, 4000))
    approved = Payout(
        leader_id="a",
        payout_id="p",
        period="2026-11",
        name="A",
        route="bank",
        state="approved",
        lines=(line, replace(line, group_id="g2")),
        amount_minor=8000,
        currency="GBP",
        prepared_at=NOW,
    )
    paid = replace(approved, state="paid_manually")
    assert cover(entries, "g1", "GBP", []) == 25000 - 1000 - 300
    assert cover(entries, "g1", "GBP", [approved, paid]) == 25000 - 1300 - 4000
    assert cover(entries, "g1", "EUR", []) == 0


# Whatever is open

LEADERS = ("a", "b", "c")
PROFILES = (BANK, BANK, BANK, PayProfile(leader_id="a"), replace(BANK, connected=True))
GROUPS = st.sampled_from(["g1", "g2"])


@st.composite
def circles(draw: st.DrawFn) -> tuple[list[Payee], dict[str, int], dict[tuple[str, str], int]]:
    payees, disputed = [], {}
    for name in LEADERS[: draw(st.integers(1, 3))]:
        items: list[Item] = []
        for number in range(draw(st.integers(0, 6))):
            one = accrual(
                name,
                number,
                draw(st.integers(0, 200)),
                draw(st.sampled_from([0, 0, 0, 50, 200])),
                draw(st.sampled_from([1, 7, 30])),
                set_aside=draw(st.sampled_from(["", "", "", "why"])),
                group_id=draw(GROUPS),
            )
            items.append(one)
            if draw(st.booleans()):
                disputed[name, one.session_id] = draw(st.integers(0, 250))
        for number in range(draw(st.integers(0, 2))):
            items.append(clawback(name, draw(st.integers(1, 300)), f"c{number}", draw(GROUPS)))
        payees.append(payee(name, *items, profile=draw(st.sampled_from(PROFILES))))
    covers = {"g1": draw(st.integers(-200, 900)), "g2": draw(st.integers(-200, 900))}
    return payees, covers, disputed


@given(circles(), st.sets(st.sampled_from(LEADERS)))
def test_payable_and_held_are_together_what_is_open_and_no_fund_is_overdrawn(
    circle: tuple[list[Payee], dict[str, int], dict[tuple[str, str], int]], advanced: set[str]
) -> None:
    payees, covers, disputed = circle
    found = previews(payees, covers, NOW, disputed, advanced)
    assert [one.payee for one in found] == payees
    drawn: Counter[str] = Counter()
    for one in found:
        parts: Counter[tuple[str, str]] = Counter()
        for line in (*one.lines, *(each.line for each in one.held)):
            parts[line.what, line.ref] += line.amount_minor
        lines = [line_of(item) for item in one.payee.items if item.open_minor]
        assert parts == {(line.what, line.ref): line.amount_minor for line in lines}
        assert len({(line.what, line.ref) for line in one.lines}) == len(one.lines)
        assert {each.reason for each in one.held} <= set(REASONS)
        assert not one.lines or one.net_minor > 0
        paid = {line.ref for line in one.lines}
        for item in one.payee.items:
            if isinstance(item, Accrual) and item.session_id in paid and item.open_minor > 0:
                assert item.accrued_at + HOLD <= NOW
                assert not item.set_aside
        for line in one.lines:
            drawn[line.group_id] += line.amount_minor
    if not advanced:
        assert all(drawn[group] <= max(0, covers[group]) for group in drawn)


@given(circles())
def test_the_same_again_is_the_same(
    circle: tuple[list[Payee], dict[str, int], dict[tuple[str, str], int]],
) -> None:
    payees, covers, disputed = circle
    first = told(previews(payees, covers, NOW, disputed))
    assert told(previews(payees[::-1], covers, NOW, disputed)) == first

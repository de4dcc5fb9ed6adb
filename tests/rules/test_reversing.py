"""What comes back of a transfer: shared among the groups that had paid it, to the penny."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.payouts import Payout, PayoutLine
from chalicelib.rules.leaders.reversing import came_back, owed_again, source_of
from chalicelib.rules.leaders.stripe_accounts import ReversalObject

NOW = datetime(2027, 1, 21, 20, 30, tzinfo=UTC)


def payout(*amounts: int, period: str = "2027-01", reversed_minor: int = 0) -> Payout:
    """A payout that was sent, with a line of each amount, each of another group."""
    lines = tuple(
        PayoutLine(
            what="accrual" if amount >= 0 else "clawback",
            ref=f"line-{number}",
            group_id=f"group-{number}",
            amount_minor=amount,
        )
        for number, amount in enumerate(amounts)
    )
    return Payout(
        leader_id="leader",
        payout_id=f"payout-{period}",
        period=period,
        name="Dr Imelda Inkwell",
        route="stripe",
        state="sent",
        lines=lines,
        amount_minor=sum(amounts),
        currency="GBP",
        reversed_minor=reversed_minor,
        transfer_id="tr_1",
        prepared_at=NOW,
        left_at=NOW + timedelta(days=int(period[-2:])),
    )


def reversal(amount: int) -> ReversalObject:
    return ReversalObject("trr_1", "tr_1", amount, "GBP", {}, NOW)


def clawback(amount: int) -> Clawback:
    return Clawback(
        leader_id="leader",
        clawback_id="clawback-1",
        group_id="group-0",
        term_id="term",
        cause="refund",
        cause_id="release-1",
        amount_minor=amount,
        currency="GBP",
        made_at=NOW,
    )


@given(
    st.lists(st.integers(1, 90_000), min_size=1, max_size=6),
    st.lists(st.integers(-500, -1), max_size=2),
    st.integers(1, 5_000),
)
def test_what_came_back_is_shared_whole_and_only_among_groups_that_paid(
    paid: list[int], owing: list[int], back: int
) -> None:
    one = payout(*paid, *owing)
    parts = owed_again(one, reversal(back), NOW)
    assert sum(part.amount_minor for part in parts) == back
    assert all(part.amount_minor > 0 for part in parts)
    assert {part.group_id for part in parts} <= {f"group-{n}" for n in range(len(paid))}
    assert len({part.returned_id for part in parts}) == len(parts)


def test_the_last_part_that_comes_back_ends_the_payout() -> None:
    for amount, state in ((9_700, None), (9_750, "reversed")):
        (update,) = [
            write
            for write in came_back(payout(9_750), reversal(amount), None, NOW).writes
            if isinstance(write.row, Payout)
        ]
        assert getattr(update, "values", {}).get("state") == state


def test_it_is_taken_from_the_newest_transfer_that_has_all_of_it_else_from_the_largest() -> None:
    old, new = payout(9_000), payout(2_000, period="2027-02")
    gone = payout(9_000, period="2027-03", reversed_minor=9_000)
    assert source_of(clawback(1_500), [old, new, gone]) == new
    assert source_of(clawback(5_000), [old, new, gone]) == old
    assert source_of(clawback(50_000), [old, new, gone]) == old
    assert source_of(clawback(1_500), [gone]) is None

"""What leaders owe back, on plain rows: the matching part, its ends, and the law of all pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import Conflict
from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import Entry, group_book
from chalicelib.rules.books.shares import take
from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.leaders import clawing
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.clawing import Fee, brought
from chalicelib.rules.leaders.disputed import held_by_disputes, matching
from chalicelib.rules.leaders.payouts import Item, Payout, bank_entries, line_of, transfer_entries
from chalicelib.rules.leaders.proof import of_leaders
from chalicelib.rules.leaders.recalls import Recall, lost_by
from chalicelib.rules.leaders.stripe_accounts import ReversalObject

NOW = datetime(2027, 1, 14, 20, 30, tzinfo=UTC)


def fee(name: str = "imelda", session: str = "s1", amount_minor: int = 9750) -> Accrual:
    return Accrual(
        leader_id=name,
        session_id=session,
        group_id="g",
        term_id="t",
        number=1,
        session_at=NOW,
        minutes=90,
        pay="fee",
        rate_minor=6500,
        amount_minor=amount_minor,
        currency="GBP",
        accrued_at=NOW,
        revision=1,
    )


def recall(lost: dict[str, int], name: str = "release-1") -> Recall:
    return Recall(
        recall_id=name,
        cause="refund",
        cause_id=name,
        group_id="g",
        term_id="t",
        obligation_id="debt-1",
        lost=lost,
        currency="GBP",
        asked_at=NOW,
        next_at=NOW,
    )


def dispute(debt: str, withdrawn_minor: int = 21600, booked_lost: bool = False) -> Dispute:
    return Dispute(
        obligation_id=debt,
        dispute_id=f"dp-{debt}",
        payment_id="payment-1",
        state="needs_response",
        reason="general",
        amount_minor=21600,
        withdrawn_minor=withdrawn_minor,
        booked_lost=booked_lost,
        currency="GBP",
        book="group#g",
        term_id="t",
        full_name="Pip Buttonwood",
        opened_at=NOW,
    )


@pytest.mark.parametrize(
    ("amount", "part", "whole", "found"),
    [
        (9750, 3600, 28800, 1219),  # 1218.75
        (9750, 3600, 3600, 9750),
        (1, 1, 2, 1),  # half a penny goes up
        (9750, 0, 28800, 0),
        (9750, 3600, 0, 0),
        (-9750, 3600, 28800, 0),  # nothing is earned
        (9750, 7200, 3600, 9750),  # never more than the fee
    ],
)
def test_the_matching_part_of_a_fee(amount: int, part: int, whole: int, found: int) -> None:
    assert matching(amount, part, whole) == found


@pytest.mark.parametrize(
    ("disputes", "held"),
    [
        ([dispute("d1")], 4875),
        ([dispute("d1"), replace(dispute("d1"), dispute_id="dp-2")], 4875),
        ([dispute("d1"), dispute("d2")], 9750),
        ([dispute("d1", withdrawn_minor=0)], 0),  # a question, or won
        ([dispute("d1", booked_lost=True)], 0),  # then it is owed back
        ([dispute("elsewhere")], 0),
        ([], 0),
    ],
)
def test_an_open_dispute_holds_what_rests_on_its_money(disputes: list[Dispute], held: int) -> None:
    shares = {"s1": {"d1": 3600, "d2": 3600}}
    found = held_by_disputes([fee(), fee(session="s2")], shares, disputes)
    assert found == ({("imelda", "s1"): held} if held else {})


@given(
    st.integers(-10_000, 100_000),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 50_000)),
    st.sets(st.sampled_from("abcdef")),
)
def test_never_more_is_held_than_was_earned(
    amount: int, by_debt: dict[str, int], disputed: set[str]
) -> None:
    found = held_by_disputes(
        [fee(amount_minor=amount)], {"s1": by_debt}, [dispute(one) for one in disputed]
    )
    assert all(0 < held <= amount for held in found.values())


SHARES = {"s1": 3600, "s2": 3600, "s3": 3600}


@pytest.mark.parametrize(
    ("taken", "back", "lost"),
    [
        (3600, 3600, {}),  # a session still to come
        (9000, 9000, {"s1": 1800, "s2": 3600}),
        (10800, 10800, {"s1": 3600, "s2": 3600}),
        (10800, 5400, {"s1": 3600, "s2": 1800}),  # what was never paid counts for the last ones
        (10800, 1000, {"s1": 1000}),
        (9000, 0, {}),
    ],
)
def test_what_held_sessions_lose_of_money_that_goes_back(
    taken: int, back: int, lost: dict[str, int]
) -> None:
    held = {"s1", "s2"}
    assert lost_by(SHARES, take(SHARES, taken, held), held, back) == lost


def test_what_a_session_brought_counts_earlier_and_waiting_losses() -> None:
    earlier = Fee(accrual=fee(), clawbacks=(clawed(recall({"s1": 3600}), (fee(),)),))
    waiting = [recall({"s1": 3600}), recall({"s1": 1800}, "release-2"), recall({"s2": 1}, "other")]
    assert brought("s1", 21600, [earlier], waiting) == 21600 + 3600 + 1800


def clawed(one: Recall, fees: tuple[Accrual, ...], of_minor: int = 28800) -> Clawback:
    change = clawing.clawed(one, "s1", [Fee(accrual=row) for row in fees], of_minor, NOW)
    (row,) = change.created(Clawback)
    return row  # type: ignore[no-any-return]


def test_a_clawback_that_was_counted_is_not_made_again() -> None:
    made = clawed(recall({"s1": 3600}), (fee(),))
    again = Fee(accrual=fee(), clawbacks=(made,))
    assert not clawing.clawed(recall({"s1": 3600}), "s1", [again], 28800, NOW).writes


def test_of_a_fee_never_more_is_owed_back_than_it_is() -> None:
    first = clawed(recall({"s1": 20000}), (fee(),), 20000)
    second = Fee(accrual=fee(), clawbacks=(first,))
    assert not clawing.clawed(recall({"s1": 1}, "release-2"), "s1", [second], 20000, NOW).writes


def test_while_stripe_is_asked_nothing_else_is_done_about_it() -> None:
    row = replace(clawed(recall({"s1": 3600}), (fee(),)), take_back_at=NOW)
    with pytest.raises(Conflict):
        clawing.written_off(row, "not her fault", NOW)
    with pytest.raises(Conflict):
        clawing.asked_back(row, [], NOW)
    assert line_of(row).amount_minor == 0


# The law, over stories that nobody wrote


class Rows:
    """Rows and entries in memory, as changes leave them."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self.entries: dict[str, Entry] = {}

    def take(self, change: Change) -> None:
        for write in change.writes:
            if isinstance(write, Create) and isinstance(write.row, Entry):
                name = f"{write.row.book}/{write.row.entry_id}"
                assert name not in self.entries, "a fact counts once"
                self.entries[name] = write.row
            elif isinstance(write, Create):
                self.rows[name_of(write.row)] = write.row
            elif isinstance(write, Update):
                now = self.rows[name_of(write.row)]
                assert all(getattr(now, one.name) == one.value for one in write.when)  # type: ignore[union-attr]
                self.rows[name_of(write.row)] = replace(now, **write.values)

    @property
    def items(self) -> list[Item]:
        return [row for row in self.rows.values() if isinstance(row, Accrual | Clawback)]

    @property
    def payouts(self) -> list[Payout]:
        return [row for row in self.rows.values() if isinstance(row, Payout)]

    @property
    def clawbacks(self) -> list[Clawback]:
        return [row for row in self.rows.values() if isinstance(row, Clawback)]


def name_of(row: Any) -> str:
    if isinstance(row, Accrual):
        return f"{row.leader_id}/{row.session_id}"
    return row.payout_id if isinstance(row, Payout) else str(row.clawback_id)


class Story:
    """One leader, four sessions of four places at 3600 each."""

    def __init__(self) -> None:
        self.kept, self.at, self.step = Rows(), NOW, 0
        self.lies = {f"s{at}": 14400 for at in range(4)}

    def do(self, act: str, session: str, number: int) -> None:
        self.step += 1
        self.at += timedelta(days=1)
        getattr(self, act)(session, number)
        self.holds()

    def fee(self, session: str) -> Accrual | None:
        found = self.kept.rows.get(f"imelda/{session}")
        return found if isinstance(found, Accrual) else None

    def of(self, session: str) -> list[Clawback]:
        return [one for one in self.kept.clawbacks if one.session_id == session]

    def register(self, session: str, number: int) -> None:
        """Closed, or corrected to another fee or to none."""
        before, amount = self.fee(session), (0, 4001, 9750)[number % 3]
        if before is None:
            row, change = fee(session=session, amount_minor=amount), Change()
            change = Change.of(Create(row))
            more, revision = amount, 1
        else:
            revision, more = before.revision + 1, amount - before.amount_minor
            values = {"amount_minor": amount, "revision": revision}
            change = Change.of(Update(before, values))
            owed = {"imelda": self.of(session)}
            change += clawing.corrected(change, owed, revision, self.at)
        if more:
            moves = {"leader_fees": more, "leader/imelda": -more}
            name = f"accrued#{session}#{revision}"
            change += ledger.entry(group_book("g"), name, self.at, "GBP", moves)
        self.kept.take(change)

    def goes_back(self, session: str, number: int) -> None:
        row, part = self.fee(session), min(self.lies[session], 600 * (number % 9))
        if row and part:
            self.lies[session] -= part
            known = Fee(accrual=row, clawbacks=self.of(session))
            whole = brought(session, self.lies[session] + part, [known], ())
            one = recall({session: part}, f"release-{self.step}")
            self.kept.take(clawing.clawed(one, session, [known], whole, self.at))

    def paid(self, _: str, number: int) -> None:
        lines = tuple(line_of(one) for one in self.kept.items if one.open_minor)
        amount = sum(line.amount_minor for line in lines)
        if amount > 0:
            payout = Payout(
                leader_id="imelda",
                payout_id=f"payout-{self.step}",
                period=str(self.step),
                name="Imelda",
                route="stripe" if number % 2 else "bank",
                state="sent" if number % 2 else "paid_manually",
                lines=lines,
                amount_minor=amount,
                currency="GBP",
                prepared_at=self.at,
            )
            transfer = f"tr_{self.step}"
            entries = (
                transfer_entries(payout, transfer, self.at)
                if number % 2
                else bank_entries(payout, self.at)
            )
            settled = [
                Update(one, {"settled_minor": one.settled_minor + one.open_minor})
                for one in self.kept.items
                if one.open_minor
            ]
            self.kept.take(Change.of(Create(payout), *settled, *entries))

    def ended(self, _: str, number: int) -> None:
        """Written off, reversed in part, or lifted."""
        every = sorted(self.kept.clawbacks, key=name_of)
        if not every:
            return
        row = every[number % len(every)]
        if number % 3 == 0:
            self.kept.take(clawing.lifted(row, self.at))
        elif row.open_minor > 0 and number % 3 == 1:
            self.kept.take(clawing.written_off(row, "let go", self.at))
        elif row.open_minor > 0:
            back = ReversalObject(f"trr_{self.step}", "tr", row.open_minor // 2 + 1, "GBP", {}, NOW)
            self.kept.take(clawing.reversed_by(row, back, self.at))

    def holds(self) -> None:
        """Every proof, and: what was paid, less what came back, and what is open, is what was
        earned less what is owed back."""
        items, payouts = self.kept.items, self.kept.payouts
        assert of_leaders(list(self.kept.entries.values()), items, payouts) == []
        back = sum(one.reversed_minor for one in self.kept.clawbacks)
        sent = sum(one.amount_minor for one in payouts)
        still_open = sum(line_of(one).amount_minor for one in items)
        earned = sum(one.amount_minor for one in items if isinstance(one, Accrual))
        debts = sum(
            one.amount_minor - one.written_off_minor - one.lifted_minor
            for one in self.kept.clawbacks
        )
        assert sent - back + still_open == earned - debts


ACTS = st.tuples(
    st.sampled_from(("register", "goes_back", "paid", "ended")),
    st.sampled_from(("s0", "s1")),
    st.integers(0, 20),
)


@settings(max_examples=150)
@given(st.lists(ACTS, min_size=1, max_size=25))
def test_what_is_paid_and_open_is_what_was_earned_less_what_is_owed_back(
    acts: list[tuple[str, str, int]],
) -> None:
    story = Story()
    for act, session, number in acts:
        story.do(act, session, number)

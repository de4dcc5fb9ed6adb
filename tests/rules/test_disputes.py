"""What news of a dispute means, as tables of cases: entries, debt, seat, tasks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import StateChanged
from chalicelib.rules.books.books import Kept, check_books, under_way
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.shares import take
from chalicelib.rules.changes import Change, Create, Remove, Update
from chalicelib.rules.disputes import dispute_tasks, disputing
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.disputes.disputing import Case
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release
from chalicelib.rules.money.stripe_objects import BalanceMovement, DisputeObject
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning.releases import Decision, Owed
from chalicelib.rules.running.groups import Term
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

TAKEN = BalanceMovement("txn_1", "adjustment", -21600, 2000, -23600, "GBP", "dp_1", NOW)
BACK = BalanceMovement("txn_2", "adjustment", 21600, -2000, 23600, "GBP", "dp_1", NOW)
DUE_BY = NOW + timedelta(days=9)


def told(status: str = "needs_response", *movements: BalanceMovement, **changed: Any) -> Any:
    row = DisputeObject(
        id="dp_1",
        status=status,
        reason="fraudulent",
        amount_minor=21600,
        currency="GBP",
        charge_id="ch_1",
        payment_intent_id="pi_1",
        is_charge_refundable=status.startswith("warning"),
        due_by=DUE_BY,
        movements=movements,
        created_at=NOW,
    )
    return replace(row, **changed)


def owed(**changed: Any) -> Owed:
    usual: dict[str, Any] = {
        "obligation": a.billed(),
        "payments": [a.paid()],
        "enrolment": a.enrolment(),
        "term": a.term(occupied=1, taken=1, shares_moved=3),
        "held": frozenset(),
    }
    return Owed(**{**usual, **changed})


def case(news: DisputeObject, **changed: Any) -> Case:
    found = owed(**{k: v for k, v in changed.items() if k != "refunds"})
    return Case(
        told=news,
        owed=found,
        payment=found.payments[0],
        refunds=changed.get("refunds", ()),
        now=NOW,
    )


def after(news: DisputeObject, **changed: Any) -> Dispute:
    """The row as this news leaves it."""
    this = case(news, **changed)
    change = disputing.heard(this)
    for write in change.writes:
        if isinstance(write.row, Dispute):
            if isinstance(write, Create):
                return write.row
            assert isinstance(write, Update)
            added = {name: getattr(write.row, name) + n for name, n in write.add.items()}
            return replace(write.row, **write.values, **added)
    assert this.before is not None
    return this.before


def entries(change: Change) -> dict[str, dict[str, int]]:
    return {
        row.entry_id: {line.account: line.amount_minor for line in row.lines}
        for row in change.created(Entry)
    }


def tasks(change: Change) -> tuple[set[str], set[str]]:
    """Codes of tasks opened and closed."""
    opened = {row.code for row in change.created(Task)}
    closed = {
        one.row.code
        for one in change.writes
        if isinstance(one, Remove) and isinstance(one.row, Task)
    }
    return opened, closed


OPENED = told("needs_response", TAKEN)
ROW = after(OPENED)
INQUIRY = after(told("warning_needs_response"))


# The books


def test_money_that_a_dispute_takes_is_booked_with_its_fee() -> None:
    change = disputing.heard(case(OPENED))
    assert entries(change) == {
        "dispute_withdrawn#txn_1": {"disputed": 21600, "processor_fees": 2000, "stripe": -23600}
    }
    assert (ROW.withdrawn_minor, ROW.fee_minor, ROW.movements) == (21600, 2000, ("txn_1",))
    assert a.twice_written(change) == []


def test_money_that_comes_back_is_booked_under_its_own_movement() -> None:
    change = disputing.heard(case(told("won", TAKEN, BACK), disputes=[ROW]))
    assert entries(change) == {
        "dispute_reinstated#txn_2": {"disputed": -21600, "processor_fees": -2000, "stripe": 23600}
    }
    won = after(told("won", TAKEN, BACK), disputes=[ROW])
    assert (won.withdrawn_minor, won.fee_minor, won.ended_at) == (0, 0, NOW)


def test_a_fee_that_stripe_keeps_stays_a_cost() -> None:
    kept = replace(BACK, fee_minor=0, net_minor=21600)
    change = disputing.heard(case(told("won", TAKEN, kept)))
    assert entries(change)["dispute_reinstated#txn_2"] == {"disputed": -21600, "stripe": 21600}
    assert after(told("won", TAKEN, kept)).fee_minor == 2000


@pytest.mark.parametrize(
    "news",
    [
        OPENED,
        told("warning_needs_response"),
        told("won", TAKEN, BACK),
        told("lost", TAKEN),
        told("prevented"),
    ],
)
def test_the_same_news_twice_changes_nothing(news: DisputeObject) -> None:
    row = after(news)
    assert disputing.heard(case(news, disputes=[row])) == Change.of()


def test_an_inquiry_moves_no_money_and_no_seat() -> None:
    change = disputing.heard(case(told("warning_needs_response")))
    assert entries(change) == {}
    assert not a.updates(change, Enrolment)
    assert tasks(change) == ({"inquiry"}, set())


# Lost


def test_a_lost_dispute_leaves_the_debt_as_a_refund_would() -> None:
    change = disputing.heard(case(told("lost", TAKEN), disputes=[ROW], held={"session-1"}))
    assert entries(change) == {"dispute_lost#dp_1": {"disputed": -21600, "deferred/term-1": 18000,
                                                    "fees": 3600}}  # fmt: skip
    debt = a.values(change, Obligation)
    assert (debt["released_minor"], debt["refunded_minor"]) == (21600, 21600)
    assert sum(debt["shares"].values()) == 0
    assert a.values(change, Payment) == {"refunded_minor": 21600}
    assert a.conditions(change, Term) == {"shares_moved": 3}
    assert tasks(change)[0] == {"dispute_lost"}
    assert a.twice_written(change) == []


def test_a_part_that_is_lost_takes_the_last_sessions_first() -> None:
    part = replace(TAKEN, amount_minor=-5000, net_minor=-7000)
    change = disputing.heard(case(told("lost", part, amount_minor=5000)))
    shares = a.values(change, Obligation)["shares"]
    assert (shares["session-6"], shares["session-5"], shares["session-4"]) == (0, 2200, 3600)


def test_what_had_gone_back_before_is_written_off() -> None:
    gone = a.paid(refunded_minor=20000)
    debt = a.billed(
        released_minor=20000,
        refunded_minor=20000,
        shares={**dict.fromkeys(a.SESSIONS, 0), "session-1": 1600},
    )
    change = disputing.heard(case(told("lost", TAKEN), payments=[gone], obligation=debt))
    assert entries(change)["dispute_lost#dp_1"] == {
        "disputed": -21600,
        "deferred/term-1": 1600,
        "write_off": 20000,
    }
    row = after(told("lost", TAKEN), payments=[gone], obligation=debt)
    assert (row.lost_minor, row.written_off_minor) == (1600, 20000)


@pytest.mark.parametrize(
    ("refund", "covered"),
    [
        (a.refund(state="requested"), True),
        (a.refund(state="failed", attempts=2), True),
        (a.refund(state="requested", attempts=1), False),
        (a.refund(state="sent"), False),
        (a.refund(state="succeeded"), False),
        (a.refund(state="requested", payment_id="pay-2"), False),
    ],
)
def test_a_refund_that_had_not_left_is_paid_by_the_bank_instead(
    refund: Refund, covered: bool
) -> None:
    surplus = a.paid(outcome="surplus", refunded_minor=21600)
    change = disputing.heard(case(told("lost", TAKEN), payments=[surplus], refunds=[refund]))
    account = "refunds_pending" if covered else "write_off"
    assert entries(change)["dispute_lost#dp_1"] == {"disputed": -21600, account: 21600}
    assert [one.values["state"] for one in a.updates(change, Refund)] == (
        ["paid_manually"] if covered else []
    )
    assert not a.updates(change, Obligation)


def test_a_debt_without_a_seat_loses_nothing_of_its_bill() -> None:
    bare = a.obligation(paid_minor=21600)
    change = disputing.heard(case(told("lost", TAKEN), obligation=bare, enrolment=None))
    assert entries(change)["dispute_lost#dp_1"] == {"disputed": -21600, "write_off": 21600}


def test_lost_is_booked_when_stripe_shows_what_it_took() -> None:
    silent = after(told("lost"))
    assert not silent.booked_lost
    assert after(told("lost", TAKEN), disputes=[silent]).booked_lost


def test_money_that_comes_back_after_all_is_a_gain_and_a_persons_task() -> None:
    lost = replace(after(told("lost", TAKEN)), decision="end")
    change = disputing.heard(case(told("won", TAKEN, BACK), disputes=[lost], enrolment=None))
    assert entries(change)["dispute_reinstated#txn_2"]["write_off"] == -21600
    assert tasks(change)[0] == {"dispute_reversed"}
    row = after(told("won", TAKEN, BACK), disputes=[lost], enrolment=None)
    assert row.waits_for_decision


PENNIES = st.integers(min_value=1, max_value=21600)


@given(PENNIES, st.integers(min_value=0, max_value=21600), st.sets(st.sampled_from(a.SESSIONS)))
def test_every_lost_penny_has_its_place_and_the_debt_still_adds_up(
    lost: int, back: int, held: set[str]
) -> None:
    part = replace(TAKEN, amount_minor=-lost, net_minor=-lost - 2000)
    shares = take(a.SHARES, back, held).left
    debt = a.billed(released_minor=back, refunded_minor=back, shares=shares)
    this = case(
        told("lost", part, amount_minor=lost),
        payments=[a.paid(refunded_minor=back)],
        obligation=debt,
        held=frozenset(held),
    )
    change = disputing.heard(this)
    lines = entries(change)["dispute_lost#dp_1"]
    assert sum(lines.values()) == 0
    taken = lines.get("deferred/term-1", 0) + lines.get("fees", 0)
    assert taken + lines.get("write_off", 0) == lost
    assert taken == min(lost, 21600 - back)
    if taken:
        found = a.values(change, Obligation)
        left = debt.amount_minor - back - found["released_minor"]
        assert sum(found["shares"].values()) == left
        assert a.values(change, Payment)["refunded_minor"] + back <= 21600


# The seat


@pytest.mark.parametrize(
    ("news", "before", "state", "becomes"),
    [
        (OPENED, None, "active", "suspended"),
        (told("lost", TAKEN), None, "active", "suspended"),
        (OPENED, None, "awaiting_agreement", None),
        (told("warning_needs_response"), None, "active", None),
        (OPENED, INQUIRY, "active", "suspended"),
        (told("under_review", TAKEN), ROW, "suspended", None),
        (told("won", TAKEN, BACK), ROW, "suspended", "active"),
        (told("won", TAKEN, BACK), None, "active", None),
        (told("lost", TAKEN), ROW, "suspended", None),
        (told("needs_response"), None, "active", None),
    ],
)
def test_the_seat_follows_the_money(
    news: DisputeObject, before: Dispute | None, state: str, becomes: str | None
) -> None:
    change = disputing.heard(
        case(news, disputes=[before] if before else [], enrolment=a.enrolment(state=state))
    )
    moved = [one.values["state"] for one in a.updates(change, Enrolment)]
    assert moved == ([becomes] if becomes else [])


def test_a_seat_that_another_dispute_pauses_stays_paused() -> None:
    other = replace(ROW, dispute_id="dp_2")
    seat = a.enrolment(state="suspended")
    change = disputing.heard(case(told("won", TAKEN, BACK), disputes=[ROW, other], enrolment=seat))
    assert not a.updates(change, Enrolment)


def test_a_disputed_surplus_does_not_pause_the_seat_that_is_paid() -> None:
    surplus = a.paid(outcome="surplus", refunded_minor=21600)
    assert not a.updates(disputing.heard(case(OPENED, payments=[surplus])), Enrolment)


def _decision() -> Decision:
    return Decision(release_id="release-9", cause="administrator", actor="ada", now=NOW)


def test_a_person_lets_the_seat_go_on_after_a_loss() -> None:
    lost = after(told("lost", TAKEN))
    found = owed(disputes=[lost], enrolment=a.enrolment(state="suspended"))
    change = disputing.decided(found, "dp_1", keep=True, decision=_decision())
    assert a.values(change, Enrolment)["state"] == "active"
    assert tasks(change)[1] == {"dispute_lost", "dispute_reversed"}
    assert not list(change.created(Release))


def test_a_person_ends_the_seat_after_a_loss_and_nothing_is_given_back() -> None:
    lost = after(told("lost", TAKEN))
    debt = a.billed(released_minor=21600, refunded_minor=21600, shares=dict.fromkeys(a.SESSIONS, 0))
    found = owed(disputes=[lost], enrolment=a.enrolment(state="suspended"), obligation=debt)
    change = disputing.decided(found, "dp_1", keep=False, decision=_decision())
    assert a.values(change, Enrolment)["state"] == "cancelled"
    assert a.values(change, Obligation)["state"] == "void"
    assert a.values(change, Term) == {"shares_moved": 1, "occupied": -1, "taken": -1}
    assert not list(change.created(Refund))
    assert entries(change) == {}


def test_a_seat_is_decided_once_and_only_after_a_loss() -> None:
    decided = replace(after(told("lost", TAKEN)), decision="keep")
    for row in (ROW, decided):
        with pytest.raises(StateChanged):
            disputing.decided(owed(disputes=[row]), "dp_1", keep=True, decision=_decision())


# What people have to do


@pytest.mark.parametrize(
    ("news", "before", "opened", "closed"),
    [
        (OPENED, None, {"dispute"}, {"fraud_warning"}),
        (told("warning_needs_response"), None, {"inquiry"}, set()),
        (OPENED, INQUIRY, {"dispute"}, {"inquiry", "fraud_warning"}),
        (told("warning_under_review"), INQUIRY, set(), {"inquiry"}),
        (told("warning_closed"), INQUIRY, set(), {"inquiry"}),
        (told("under_review", TAKEN), ROW, set(), {"dispute", "fraud_warning"}),
        (told("won", TAKEN, BACK), ROW, set(), {"dispute", "fraud_warning"}),
        (told("lost", TAKEN), ROW, {"dispute_lost"}, {"dispute", "fraud_warning"}),
        (told("lost", TAKEN), None, {"dispute_lost"}, {"fraud_warning"}),
    ],
)
def test_one_task_for_as_long_as_a_person_is_needed(
    news: DisputeObject, before: Dispute | None, opened: set[str], closed: set[str]
) -> None:
    change = disputing.heard(case(news, disputes=[before] if before else []))
    assert tasks(change) == (opened, closed)


def test_the_answer_is_due_two_days_before_the_bank_wants_it_and_never_in_the_past() -> None:
    assert dispute_tasks.task(ROW, "dispute", NOW).due_at == DUE_BY - timedelta(days=2)
    late = NOW + timedelta(days=8)
    assert dispute_tasks.task(ROW, "dispute", late).due_at == late
    without = replace(ROW, due_by=None)
    assert dispute_tasks.task(without, "dispute", NOW).due_at == NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("payment", "disputes", "asks"),
    [
        (a.paid(), [], True),
        (a.paid(), [INQUIRY], True),
        (a.paid(), [ROW], False),
        (a.paid(), [replace(ROW, payment_id="pay-2")], True),
        (a.paid(refunded_minor=21600), [], False),
    ],
)
def test_a_warning_of_fraud_asks_a_person_while_there_is_something_to_give_back(
    payment: Payment, disputes: list[Dispute], asks: bool
) -> None:
    assert bool(dispute_tasks.warned_of_fraud(payment, disputes, NOW)) is asks


# The proof


def _kept(*rows: Dispute, write: Create | None = None) -> Kept:
    entry = [write.row] if write else []
    return Kept(
        entries=entry, obligations=[], payments=[], refunds=[], enrolments=[], offers=[], terms=[],
        disputes=rows,
    )  # fmt: skip


def test_the_books_hold_what_disputes_have_taken_and_their_fees() -> None:
    (booked,) = (
        one
        for one in disputing.heard(case(OPENED)).writes
        if isinstance(one, Create) and isinstance(one.row, Entry)
    )
    assert check_books(_kept(ROW, write=booked), None) == []
    assert {one.proof for one in check_books(_kept(write=booked), None)} == {
        "disputed",
        "processor_fees",
    }
    lost = replace(ROW, booked_lost=True)
    assert [one.proof for one in check_books(_kept(lost, write=booked), None)] == ["disputed"]


@pytest.mark.parametrize(
    ("row", "waits"),
    [
        (ROW, False),
        (INQUIRY, False),
        (replace(ROW, movements=()), True),
        (replace(ROW, state="lost", movements=()), False),
    ],
)
def test_stripes_balance_waits_for_what_a_dispute_has_not_shown_yet(
    row: Dispute, waits: bool
) -> None:
    assert under_way(_kept(row)) is waits

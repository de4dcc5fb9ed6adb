"""What a release takes, to whom it goes, and under which conditions it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import DisputeOpen, RefundNotPossible
from chalicelib.rules.books.ledger import Entry, balances
from chalicelib.rules.books.shares import spread, take
from chalicelib.rules.changes import Change
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.money.payments import Obligation, OnBehalf, Payment, Refund, Release
from chalicelib.rules.people.circle import Task
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.returning import releases, reserving
from chalicelib.rules.returning.releases import Decision, Owed, Parts, split
from chalicelib.rules.running.groups import Term
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

BOOK = "group#group-1"


def owed(payments: list[Payment] | None = None, **changed: Any) -> Owed:
    found = [a.paid()] if payments is None else payments
    paid = sum(one.amount_minor for one in found if one.state == "paid")
    usual = {"paid_minor": paid, "billed_at": NOW, "state": "paid"}
    return Owed(
        obligation=a.billed(**{**usual, **changed}),
        payments=found,
        enrolment=a.enrolment(),
        term=a.term(occupied=1, taken=1),
        held=frozenset(),
    )


def decision(**changed: Any) -> Decision:
    facts = {
        "release_id": "release-1",
        "cause": "administrator",
        "actor": "person-admin",
        "now": NOW,
    }
    return Decision(**{**facts, **changed})


def released(of: Owed, amount: int, **changed: Any) -> tuple[Release, Change]:
    taken = take(of.obligation.shares, amount, of.held)
    return releases.release(of, taken, decision(**changed))


def sums(change: Change) -> dict[str, int]:
    return {name: amount for (_, name, _), amount in balances(change.created(Entry)).items()}


def test_what_was_paid_goes_back_out_of_the_fees_still_to_come() -> None:
    row, change = released(owed(), 5000)
    assert (row.refund_minor, row.unbilled_minor) == (5000, 0)
    assert sums(change) == {"deferred/term-1": 5000, "refunds_pending": -5000}
    assert a.values(change, Payment) == {"refunded_minor": 5000}
    assert [one.amount_minor for one in change.created(Refund)] == [5000]
    assert a.updates(change, Enrolment) == []


def test_what_is_not_paid_is_let_go_first() -> None:
    part = a.paid(amount_minor=7200, outcome="part")
    row, change = released(owed([part], state="due"), 16600)
    assert (row.unbilled_minor, row.refund_minor) == (14400, 2200)
    assert a.values(change, Obligation)["state"] == "paid", "nothing is left to pay"


def test_the_newest_payment_goes_back_first() -> None:
    first = a.paid(amount_minor=7200, outcome="seat")
    second = a.paid(
        payment_id="pay-2", amount_minor=14400, outcome="part", created_at=NOW + timedelta(days=1)
    )
    _, change = released(owed([first, second]), 20000)
    back = {one.payment_id: one.amount_minor for one in change.created(Refund)}
    assert back == {"pay-2": 14400, "pay-1": 5600}


def test_money_that_did_not_come_through_stripe_is_sent_by_a_person() -> None:
    by_bank = a.paid(intent_id=None, method="bank")
    _, change = released(owed([by_bank]), 21600)
    [refund] = change.created(Refund)
    assert (refund.method, refund.check_at) == ("bank", None)
    assert [one.code for one in change.created(Task)] == ["refund_by_bank"]


def test_a_seat_that_ends_frees_the_place_and_voids_a_debt_of_nothing() -> None:
    _, change = released(owed(), 21600, ends_seat="left")
    assert a.values(change, Enrolment) == {"state": "left"}
    assert a.values(change, Obligation)["state"] == "void"
    assert a.values(change, Term) == {"shares_moved": 1, "occupied": -1, "taken": -1}
    assert {one.ends_seat for one in change.created(Refund)} == {"left"}


def test_a_seat_can_end_with_nothing() -> None:
    row, change = released(owed(), 0, ends_seat="left")
    assert row.amount_minor == 0
    assert list(change.created(Entry)) == []
    assert a.values(change, Obligation)["ended_at"] == NOW
    with pytest.raises(RefundNotPossible):
        released(owed(), 0)


def test_what_was_not_billed_is_nothing_to_give() -> None:
    with pytest.raises(RefundNotPossible):
        released(owed(billed_at=None), 100)


def test_a_release_holds_only_for_the_debt_as_it_was_read() -> None:
    _, change = released(owed(), 100)
    read = a.conditions(change, Obligation)
    assert set(read) == {"state", "paid_minor", "released_minor", "refunded_minor", "ended_at"}
    assert a.conditions(change, Term) == {"shares_moved": 0}
    assert a.conditions(change, Payment) == {
        "refunded_minor": 0, "credited_minor": 0, "state": "paid",
    }  # fmt: skip


def test_a_proposal_stays_open_unless_it_is_the_one_that_is_decided() -> None:
    waiting = owed(open_release="release-1")
    _, other = released(waiting, 100, release_id="release-2")
    assert "open_release" not in a.values(other, Obligation)
    _, change = released(waiting, 100)
    assert a.values(change, Obligation)["open_release"] is None
    assert a.conditions(change, Obligation)["open_release"] == "release-1"


def test_after_the_seat_has_ended_nothing_says_that_it_stays() -> None:
    _, change = released(replace(owed(), enrolment=None), 100)
    assert {one.ends_seat for one in change.created(Refund)} == {"left"}


# A credit, and who paid


MEMBER = OnBehalf(member_name="Pip Buttonwood", member_email="pip@example.org", link=1)


@pytest.mark.parametrize(
    ("hers", "theirs", "amount", "credit", "sent"),
    [
        (21600, 0, 3600, 3600, 0),
        (0, 21600, 3600, 0, 3600),
        (7200, 14400, 3600, 0, 3600),
        (18000, 3600, 7200, 3600, 3600),
    ],
)
def test_only_what_the_member_paid_herself_becomes_her_credit(
    hers: int, theirs: int, amount: int, credit: int, sent: int
) -> None:
    """What somebody else has paid for her, later here, goes back to them."""
    later = NOW + timedelta(days=1)
    own = a.paid(amount_minor=hers)
    other = a.paid(
        payment_id="pay-2", amount_minor=theirs, outcome="part", on_behalf=MEMBER, created_at=later
    )
    paid = [one for one in (own, other) if one.amount_minor]
    row, change = released(owed(paid), amount, as_credit=True)
    assert (row.credit_minor, row.refund_minor) == (credit, sent)
    assert {one.payment_id: one.amount_minor for one in change.created(Refund)} == (
        {"pay-2": sent} if sent else {}
    )
    assert [one.amount_minor for one in change.created(Credit)] == ([credit] if credit else [])
    assert a.values(change, Obligation)["refunded_minor"] == amount
    assert sum(sums(change).values()) == 0
    assert a.twice_written(change) == []


def test_what_a_credit_had_settled_is_one_again_beside_what_was_paid() -> None:
    row, change = released(owed([a.paid(amount_minor=16600)], credit_minor=5000), 21600)
    assert (row.refund_minor, row.credit_minor) == (16600, 5000)
    assert a.values(change, Payment) == {"refunded_minor": 16600}
    assert a.twice_written(change) == []


# Disputes


def dispute(payment_id: str = "pay-1", **changed: Any) -> Dispute:
    facts = {
        "obligation_id": "debt-1",
        "dispute_id": "dp_1",
        "payment_id": payment_id,
        "state": "needs_response",
        "reason": "general",
        "amount_minor": 21600,
        "currency": "GBP",
        "book": BOOK,
        "term_id": "term-1",
        "full_name": "Pip Buttonwood",
        "opened_at": NOW,
    }
    return Dispute(**{**facts, **changed})


@pytest.mark.parametrize(
    ("disputes", "kept"),
    [
        ([], False),
        ([dispute()], True),
        ([dispute(state="under_review")], True),
        ([dispute(state="lost")], True),
        ([dispute(state="won")], False),
        ([dispute(refundable=True)], False),
        ([dispute(state="warning_needs_response")], False),
        ([dispute(state="warning_closed")], False),
        ([dispute(refundable=True), dispute()], True),
        ([dispute("pay-2")], False),
        ([dispute(state="lost", booked_lost=True)], False),
        ([dispute(state="prevented", booked_lost=True)], False),
        ([dispute(state="lost", booked_lost=True), dispute()], True),
    ],
)
def test_all_disputes_of_a_payment_say_whether_it_can_go_back(
    disputes: list[Dispute], kept: bool
) -> None:
    assert reserving.in_dispute(a.paid(), disputes) is kept


def test_the_payment_that_is_not_in_dispute_can_go_back() -> None:
    first = a.paid(amount_minor=7200)
    second = a.paid(payment_id="pay-2", amount_minor=14400, outcome="part")
    both = replace(owed([first, second]), disputes=[dispute("pay-2")])
    _, change = released(both, 7200)
    assert [one.payment_id for one in change.created(Refund)] == ["pay-1"]
    with pytest.raises(DisputeOpen):
        released(both, 7201)


@pytest.mark.parametrize(
    ("changed", "method"),
    [
        ({"state": "warning_closed"}, "stripe"),
        ({"state": "won", "booked_lost": True}, "stripe"),
        ({"state": "lost", "booked_lost": True, "refundable": True}, "stripe"),
        ({"state": "lost", "booked_lost": True}, "bank"),
        ({"state": "lost", "booked_lost": True, "payment_id": "pay-2"}, "stripe"),
    ],
)
def test_what_is_left_of_a_payment_that_was_lost_goes_back_from_the_bank(
    changed: dict[str, Any], method: str
) -> None:
    row = replace(dispute(), **changed)
    _, change = released(replace(owed([a.paid()]), disputes=[row]), 7200)
    (refund,) = change.created(Refund)
    assert (refund.method, refund.amount_minor) == (method, 7200)
    assert bool(list(change.created(Task))) is (method == "bank")


# Arithmetic


@given(
    amount=st.integers(0, 100_000),
    bursary=st.integers(0, 100_000),
    credit=st.integers(0, 100_000),
    paid=st.integers(0, 100_000),
    part=st.integers(0, 100_000),
)
def test_every_penny_that_is_taken_belongs_to_somebody(
    amount: int, bursary: int, credit: int, paid: int, part: int
) -> None:
    """And nobody gets more than they gave."""
    credit = min(credit, amount)
    paid = min(paid, amount - credit)
    debt = a.billed(
        amount_minor=amount,
        bursary_minor=bursary,
        credit_minor=credit,
        paid_minor=paid,
        shares=spread(amount + bursary, [f"session-{n}" for n in range(1, 7)]),
    )
    wanted = min(part, amount + bursary)
    found: Parts = split(debt, wanted)
    assert found.bursary + found.unbilled + found.credit + found.refund == wanted
    assert 0 <= found.bursary <= bursary
    assert 0 <= found.unbilled <= debt.outstanding_minor
    assert 0 <= found.refund <= paid
    assert 0 <= found.credit <= credit

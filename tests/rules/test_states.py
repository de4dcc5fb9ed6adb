"""Moves between states: what is declared may happen, everything else is refused by name."""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from chalicelib.errors import Conflict, MoveNotDeclared
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.prices.bursaries import BursaryCode
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.running.groups import Group, Session, Term
from chalicelib.rules.states import MOVES, may, move

KINDS = sorted(MOVES)
ROWS = {
    "bank_receipt": BankReceipt,
    "bulk": Bulk,
    "bursary_code": BursaryCode,
    "instalment": Instalment,
    "application": Application,
    "booking": TasterBooking,
    "group": Group,
    "mail": Mail,
    "obligation": Obligation,
    "offer": Offer,
    "payment": Payment,
    "refund": Refund,
    "session": Session,
    "term": Term,
}
FINAL = {
    "bank_receipt": {"matched", "returned"},
    "bursary_code": {"spent", "withdrawn"},
    "instalment": {"void"},
    "release": {"done", "withdrawn"},
    "application": {"declined", "lapsed", "withdrawn"},
    "booking": {"cancelled"},
    "enrolment": {"completed"},
    "hold": {"released", "taken"},
    "mail": {"dropped"},
    "offer": {"declined", "expired", "taken", "withdrawn"},
    "pay_run": {"withdrawn"},
    "payment": {"paid"},
    "payout": {"reversed", "withdrawn"},
    "refund": {"paid_manually"},
    "term": {"cancelled", "ended"},
    "erasure": {"stopped", "forgotten"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_declared_move_is_made_and_every_other_is_refused(kind: str) -> None:
    for old, new in product(MOVES[kind], repeat=2):
        if new in MOVES[kind][old]:
            assert may(kind, old, new)
            assert move(kind, old, new) == new
        else:
            assert not may(kind, old, new)
            with pytest.raises(MoveNotDeclared) as refused:
                move(kind, old, new)
            assert refused.value.facts == {"kind": kind, "old": old, "new": new}


def test_an_undeclared_move_is_a_conflict_to_the_caller() -> None:
    assert issubclass(MoveNotDeclared, Conflict)
    assert MoveNotDeclared.status == 409


@pytest.mark.parametrize("kind", KINDS)
def test_no_move_leads_to_a_state_that_nobody_declared(kind: str) -> None:
    for old, targets in MOVES[kind].items():
        assert set(targets) <= set(MOVES[kind]), f"{kind} {old}"
        assert len(set(targets)) == len(targets), f"{kind} {old} names a state twice"


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_is_one_to_begin_with_or_can_be_reached(kind: str) -> None:
    reached = {target for targets in MOVES[kind].values() for target in targets}
    beginnings = set(MOVES[kind]) - reached
    assert len(beginnings) <= (2 if kind == "enrolment" else 1), beginnings


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_row_begins_in_the_first_declared_state(kind: str) -> None:
    begins = {field.name: field.default for field in dataclasses.fields(ROWS[kind])}["state"]
    assert begins == next(iter(MOVES[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_over_is_over(kind: str) -> None:
    over = {state for state, targets in MOVES[kind].items() if not targets}
    assert over == FINAL.get(kind, set())


@pytest.mark.parametrize(("old", "new"), [("nowhere", "open"), ("open", "nowhere")])
def test_a_state_that_nobody_declared_is_refused(old: str, new: str) -> None:
    assert not may("offer", old, new)
    with pytest.raises(MoveNotDeclared):
        move("offer", old, new)


def test_a_kind_that_nobody_declared_is_a_bug() -> None:
    with pytest.raises(KeyError):
        move("parrot", "alive", "dead")


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("payment", "expired", "paid"),  # late money is recorded first
        ("payment", "failed", "paid"),
        ("enrolment", "left", "active"),  # coming back keeps the row
        ("enrolment", "cancelled", "active"),
        ("enrolment", "cancelled", "awaiting_agreement"),  # paid by hand, not agreed to yet
        ("refund", "failed", "paid_manually"),
        ("payout", "paid_manually", "approved"),  # it was not paid after all
        ("pay_run", "done", "approved"),  # and so its run is open again
        ("mail", "failed", "queued"),  # sent again by a person
        ("mail", "sent", "queued"),  # only one that came back: rules/sending.may_go_again
        ("mail", "withheld", "queued"),  # the address works again, or another took its place
        ("mail", "failed", "sent"),  # SES tells that it had left after all
        ("obligation", "paid", "due"),  # refunded in full
    ],
)
def test_a_way_back_that_the_product_promises_is_declared(kind: str, old: str, new: str) -> None:
    assert may(kind, old, new)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("payment", "paid", "failed"),  # money that came is never unsaid
        ("payment", "paid", "expired"),
        ("hold", "taken", "released"),  # S3: a paid place is never freed by expiry
        ("hold", "released", "taken"),  # S3: a freed hold is never taken without a new claim
        ("offer", "expired", "taken"),
        ("refund", "succeeded", "requested"),
        ("mail", "dropped", "queued"),  # what it says is no longer true
    ],
)
def test_a_way_that_would_break_a_promise_is_not_declared(kind: str, old: str, new: str) -> None:
    assert not may(kind, old, new)

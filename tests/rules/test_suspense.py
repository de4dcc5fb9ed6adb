"""Money that came by hand, without a database: its names, its moves, what it may become."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import (
    DebtNotOpen,
    DisputeOpen,
    InvalidForm,
    MoveNotDeclared,
    SecondPersonNeeded,
    StateChanged,
)
from chalicelib.rules.banking import bank, matching
from chalicelib.rules.banking.bank import BankReceipt, Proposal
from chalicelib.rules.banking.matching import Hand
from chalicelib.rules.banking.suggesting import Candidate, candidate, reference_of, suggested
from chalicelib.rules.banking.suspense_forms import match_form, record_form, send_back_form
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.money.payments import Obligation, Refund
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

TOLD = {"date": date(2026, 11, 20), "amount_minor": 21600, "reference": "LANTERN 7", "payer": "P"}
TILDA, ADA = "person-tilda", "person-ada"


def receipt(**changed: Any) -> BankReceipt:
    row = BankReceipt(
        receipt_id="receipt-1",
        amount_minor=21600,
        left_minor=21600,
        currency="GBP",
        received_on=date(2026, 11, 20),
        payer="P BUTTONWOOD",
        reference="",
        recorded_by=TILDA,
        recorded_at=NOW,
        look_at=NOW + bank.LOOK_AFTER,
    )
    return replace(row, **changed)


def proposed(proposed_minor: int = 21600, **changed: Any) -> BankReceipt:
    usual: dict[str, Any] = {
        "state": "proposed",
        "proposal_id": "pay-9",
        "proposed_for": "debt-1",
        "proposed_minor": proposed_minor,
        "proposed_by": TILDA,
        "proposed_at": NOW,
    }
    return receipt(**{**usual, **changed})


def entries(change: Change) -> dict[str, dict[str, int]]:
    """The entries of a change: what they move, by book and id."""
    rows = [one.row for one in change.writes if isinstance(one, Create)]
    return {
        f"{row.book} {row.entry_id}": {line.account: line.amount_minor for line in row.lines}
        for row in rows
        if isinstance(row, Entry)
    }


# Its name


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"reference": "  lantern   7 "}, True),
        ({"payer": "somebody else"}, True),
        ({"reference": "LANTERN 8"}, False),
        ({"amount_minor": 21601}, False),
        ({"date": date(2026, 11, 21)}, False),
    ],
)
def test_the_same_money_has_the_same_name(changed: dict[str, Any], same: bool) -> None:
    assert (bank.receipt_id({**TOLD, **changed}) == bank.receipt_id(TOLD)) is same
    assert bank.receipt_id(TOLD, 2) != bank.receipt_id(TOLD, 1)


@pytest.mark.parametrize("reference", ["", None])
def test_without_a_reference_the_payer_names_it(reference: str | None) -> None:
    told = {**TOLD, "reference": reference}
    assert bank.receipt_id(told) == bank.receipt_id({**told, "payer": " p "})
    assert bank.receipt_id(told) != bank.receipt_id({**told, "payer": "Q"})


@pytest.mark.parametrize("method", ["bank", "cash"])
def test_it_is_booked_where_it_came_and_waits_in_suspense(method: str) -> None:
    assert entries(bank.recorded(receipt(method=method))) == {
        "circle bank_receipt#receipt-1": {method: 21600, "suspense": -21600}
    }


# Its moves


def test_one_proposal_stands_at_a_time() -> None:
    proposal = Proposal(proposal_id="pay-2", actor=ADA, now=NOW, amount_minor=1)
    with pytest.raises(MoveNotDeclared):
        bank.proposed(proposed(), proposal)
    with pytest.raises(MoveNotDeclared):
        bank.taken_back(receipt())


@pytest.mark.parametrize(
    ("row", "seen", "actor", "preset", "refusal"),
    [
        (proposed(), "pay-9", ADA, "society", None),
        (proposed(), "pay-9", TILDA, "solo", None),
        (proposed(), "pay-9", TILDA, "society", SecondPersonNeeded),
        (proposed(), "pay-8", ADA, "society", StateChanged),
        (receipt(), "pay-9", ADA, "society", StateChanged),
        (receipt(), "", ADA, "solo", StateChanged),
    ],
)
def test_the_second_look_is_at_what_stands_and_by_somebody_else(
    row: BankReceipt, seen: str, actor: str, preset: str, refusal: type[Exception] | None
) -> None:
    if refusal is None:
        bank.second_look(row, seen, actor, preset)
        return
    with pytest.raises(refusal):
        bank.second_look(row, seen, actor, preset)


@pytest.mark.parametrize(
    ("left", "used", "state", "after"),
    [(21600, 21600, "matched", 0), (21600, 1, "unmatched", 21599), (1, 1, "matched", 0)],
)
def test_with_the_last_penny_it_leaves_the_list_and_its_task_ends(
    left: int, used: int, state: str, after: int
) -> None:
    change = bank.used(proposed(used, left_minor=left), "matched", NOW)
    values = a.values(change, BankReceipt)
    assert (values["state"], values["left_minor"]) == (state, after)
    assert (values["look_at"] is None, len(change.writes)) == (not after, 1 if after else 2)
    assert values["proposal_id"] == values["proposed_for"] == ""
    assert a.conditions(change, BankReceipt)["proposal_id"] == "pay-9"


def test_more_than_is_left_is_never_used() -> None:
    with pytest.raises(StateChanged):
        bank.used(proposed(2, left_minor=1), "matched", NOW)


def test_what_goes_back_leaves_suspense_and_the_bank() -> None:
    back = proposed(600, proposed_for="", proposal_id="back-1", method="cash")
    assert back.goes_back
    change = bank.sent_back(back, NOW)
    assert entries(change) == {"circle returned#back-1": {"suspense": 600, "cash": -600}}
    assert a.values(change, BankReceipt)["state"] == "unmatched"
    whole = bank.sent_back(proposed(proposed_for=""), NOW)
    assert a.values(whole, BankReceipt)["state"] == "returned"


# What it becomes


def hand(row: BankReceipt | None = None) -> Hand:
    return Hand(receipt=row or proposed(), actor=ADA, now=NOW)


def debt_of(row: BankReceipt, **rows: Any) -> Any:
    """The debt with the payment that the proposal becomes."""
    rows = {"obligation": a.obligation(), "offer": a.offer(), **rows}
    payment = matching.payment_of(hand(row), rows["obligation"], rows["offer"], "person-1")
    return a.debt(payment=payment, **rows)


WAYS = {
    "takes the seat": ({}, "seat"),
    "pays what is left": ({"obligation": a.billed(state="due", paid_minor=0)}, "part"),
}


@pytest.mark.parametrize("way", WAYS)
def test_two_books_and_the_debt_say_the_same(way: str) -> None:
    rows, outcome = WAYS[way]
    row = proposed()
    change = matching.matched(hand(row), debt_of(row, **rows))
    (payment,) = change.created(type(debt_of(row).payment))
    assert (payment.outcome, payment.fee_minor, payment.intent_id) == (outcome, 0, None)
    booked = entries(change)
    assert booked["circle matched#pay-9"] == {"suspense": 21600, "due_to/group#group-1": -21600}
    assert booked["group#group-1 payment#pay-9"] == {"due_to/circle": 21600, "receivable": -21600}
    values = a.values(change, Obligation)
    assert (values["state"], values["paid_minor"]) == ("paid", 21600)
    assert a.twice_written(change) == []
    assert "receipt#pay-9" in a.mails(change)


@given(price=st.integers(1, 50_000), paid=st.integers(0, 50_000), came=st.integers(1, 50_000))
def test_a_debt_is_paid_with_the_last_penny_and_never_over(
    price: int, paid: int, came: int
) -> None:
    """Nothing is matched beyond what is owed; below it the debt stays due."""
    obligation = a.billed(state="due", amount_minor=price, paid_minor=min(paid, price))
    row = proposed(came, amount_minor=came, left_minor=came)
    left = obligation.outstanding_minor
    if came > left:
        with pytest.raises(DebtNotOpen):
            matching.matched(hand(row), debt_of(row, obligation=obligation))
        return
    change = matching.matched(hand(row), debt_of(row, obligation=obligation))
    values = a.values(change, Obligation)
    assert values["paid_minor"] == came
    assert values.get("state", "due") == ("paid" if came == left else "due")
    assert all(sum(moves.values()) == 0 for moves in entries(change).values())


IN_THE_WAY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "expired": ({"offer": a.offer(state="expired", hold="released")}, {}),
    "withdrawn": ({"offer": a.offer(state="withdrawn", hold="released")}, {}),
    "taken": ({"offer": a.offer(state="taken", hold="taken")}, {}),
    "unproven": ({"application": a.application(person_id=None)}, {}),
    "seated": ({"before": a.enrolment(obligation_id="debt-7")}, {}),
    "paid": ({"obligation": a.billed()}, {}),
    "currency": ({}, {"currency": "EUR"}),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_what_is_in_the_way_is_said(what: str) -> None:
    rows, money = IN_THE_WAY[what]
    row = proposed(**money)
    with pytest.raises(DebtNotOpen) as refusal:
        matching.matched(hand(row), debt_of(row, **rows))
    assert refusal.value.facts == {"state": what}


@pytest.mark.parametrize(
    ("obligation", "short"),
    [
        (a.obligation(), 1600),
        (a.obligation(amount_minor=20000), 0),
        (a.billed(state="due", paid_minor=0), 0),
    ],
)
def test_only_an_open_offer_can_be_paid_short(obligation: Obligation, short: int) -> None:
    assert matching.falls_short(proposed(20000), a.offer(), obligation) == short


def test_money_in_the_place_of_a_payment_leaves_the_debt_as_it_was() -> None:
    row = proposed(10000, proposed_instead="pay-1")
    debt = debt_of(row, obligation=a.billed())
    change = matching.instead(hand(row), debt, a.paid(receipt_number="R-OLD"), "refund-1")
    (refund,) = change.created(Refund)
    assert (refund.amount_minor, refund.cause, refund.payment_id) == (
        10000, "paid_instead", "pay-1",
    )  # fmt: skip
    assert a.values(change, Obligation) == {"paid_minor": 10000, "refunded_minor": 10000}
    booked = entries(change)
    assert booked["group#group-1 replaced#pay-9"] == {
        "receivable": 10000,
        "refunds_pending": -10000,
    }
    assert a.twice_written(change) == []


def test_a_payment_in_dispute_or_given_back_keeps_its_place() -> None:
    dispute = Dispute(
        obligation_id="debt-1",
        dispute_id="dp_1",
        payment_id="pay-1",
        state="needs_response",
        reason="fraudulent",
        full_name="Pip Buttonwood",
        amount_minor=21600,
        currency="GBP",
        term_id="term-1",
        book="group#group-1",
        opened_at=NOW,
    )
    with pytest.raises(DisputeOpen):
        matching.may_be_replaced(a.paid(), [dispute], 100)
    with pytest.raises(DebtNotOpen):
        matching.may_be_replaced(a.paid(refunded_minor=21600), [], 100)
    with pytest.raises(StateChanged):
        matching.may_be_replaced(None, [], 100)
    assert matching.may_be_replaced(a.paid(), [], 21600) == a.paid()
    assert matching.replaceable([a.paid()], [dispute]) is None


# Suggestions


def open_debt(number: int, name: str, **changed: Any) -> Candidate:
    found = candidate(
        a.obligation(obligation_id=f"debt-{number:08d}", **changed), a.offer(full_name=name), []
    )
    assert found is not None
    return found


PIP, OTIS = open_debt(1, "Dr Pip Buttonwood"), open_debt(2, "Otis Élan", amount_minor=3600)


@pytest.mark.parametrize(
    ("words", "amount", "why"),
    [
        ({"payer": "BUTTONWOOD P"}, 21600, ("name", "amount")),
        ({"payer": "dr x", "reference": "Lantern"}, 21600, ("amount",)),
        ({"payer": "Trust", "reference": "inv 7 Buttonwood"}, 100, ("name",)),
        ({"payer": "Trust", "reference": "0000-0001"}, 100, ("reference",)),
        ({"payer": "MRS BUTTONWOODS"}, 100, ()),
    ],
)
def test_what_speaks_for_a_debt(words: dict[str, str], amount: int, why: tuple[str, ...]) -> None:
    found = suggested(receipt(left_minor=amount, **words), [PIP, OTIS])
    assert {one.offer.full_name: one.why for one in found}["Dr Pip Buttonwood"] == why


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"payer": "FICTONBURY HEALTH TR"}, ("name",)),
        ({"payer": "ANOTHER HEALTH TRUST"}, ()),
        ({"payer": "X", "reference": "costcentre-4711"}, ("reference",)),
        ({"payer": "BUTTONWOOD"}, ("name",)),
    ],
)
def test_whoever_was_named_as_who_pays_speaks_for_the_debt(
    words: dict[str, str], why: tuple[str, ...]
) -> None:
    named = {"payer_name": "Fictonbury Health Trust", "payer_email": "a@trust.example"}
    debt = open_debt(3, "Pip Buttonwood", **named, payer_reference="COST CENTRE 4711")
    (found,) = suggested(receipt(left_minor=100, **words), [debt])
    assert found.why == why


def test_accents_do_not_matter_and_the_likeliest_is_first() -> None:
    found = suggested(receipt(payer="MR O ELAN"), [PIP, OTIS])
    assert [one.offer.full_name for one in found] == ["Otis Élan", "Dr Pip Buttonwood"]
    meant = suggested(receipt(payer="MR O ELAN"), [PIP, OTIS], "debt-00000001")
    assert [one.offer.full_name for one in meant] == ["Dr Pip Buttonwood", "Otis Élan"]
    assert suggested(receipt(currency="EUR"), [PIP, OTIS]) == []


def test_what_was_paid_stands_there_only_where_it_fits() -> None:
    paid = candidate(a.billed(), a.offer(), [a.paid()])
    assert paid is not None
    assert (paid.owed_minor, paid.most_minor) == (0, 21600)
    assert suggested(receipt(payer="Somebody"), [paid]) == []
    assert [one.why for one in suggested(receipt(), [paid])] == [("name", "amount")]
    assert len(suggested(receipt(payer="Somebody", meant_for="debt-1"), [paid])) == 1


@pytest.mark.parametrize(
    ("obligation", "offer"),
    [
        (a.obligation(state="void"), a.offer(state="expired")),
        (a.obligation(), a.offer(state="withdrawn")),
        (a.billed(), a.offer(state="taken")),
    ],
)
def test_where_nothing_is_owed_nothing_is_suggested(obligation: Obligation, offer: Any) -> None:
    assert candidate(obligation, offer, []) is None


def test_a_reference_is_eight_signs_of_the_debt() -> None:
    assert reference_of("debt-01m7zm7q80zprbmmv8p5v8vaba") == "P5V8VABA"


# Forms


def test_what_is_recorded_has_come_already() -> None:
    form = record_form("GBP", date(2026, 11, 21))
    good = {"amount_minor": "216", "method": "bank", "date": "2026-11-21", "payer": "P"}
    told = form.read(good)
    assert (told["amount_minor"], told["reference"], told["another"]) == (21600, None, False)
    for name, bad in {"date": "2026-11-22", "amount_minor": "0", "method": "card"}.items():
        with pytest.raises(InvalidForm) as refusal:
            form.read({**good, name: bad})
        assert list(refusal.value.errors) == [name]


def test_no_more_than_is_left_can_be_typed() -> None:
    with pytest.raises(InvalidForm):
        match_form(["debt-1"], 100, "GBP").read({"debt": "debt-1", "part_minor": "1.01"})
    assert match_form(["debt-1"], 100, "GBP").read({"debt": "debt-1"})["part_minor"] is None
    back = {"amount_minor": "1.01", "date": "2026-11-21", "reason": "not ours"}
    with pytest.raises(InvalidForm):
        send_back_form(100, "GBP", date(2026, 11, 21)).read(back)


def test_its_task_is_opened_once_and_the_money_stays_on_the_list() -> None:
    later = bank.look_again(receipt(), NOW + timedelta(days=3))
    assert later.values["look_at"] > NOW + timedelta(days=30)
    task = bank.task_of(receipt(left_minor=100), NOW).row
    assert (task.task_id, task.owner) == ("suspense#receipt-1", "treasurer")
    assert task.facts == {"amount": "£1.00", "payer": "P BUTTONWOOD"}

"""A payer apart from the member: when one may be named, what it writes, who is told what (N12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import (
    NothingOwed,
    OfferNotOpen,
    PayerChanged,
    PaymentOnItsWay,
    Refusal,
    StateChanged,
    TooManyTries,
)
from chalicelib.rules.changes import Change, Is, Require, Update
from chalicelib.rules.joining.agreeing import agreed
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.mail import Mail
from chalicelib.rules.money import checkout, delayed, settling
from chalicelib.rules.money.instalments import NOTHING_OWING, Owing
from chalicelib.rules.money.payers import (
    MAILS_MAX,
    Named,
    Unpaid,
    asked_again,
    may_be_handed_over,
    named,
    pays_herself,
    standing,
)
from chalicelib.rules.money.payments import Obligation, OnBehalf, Payment
from chalicelib.rules.returning.refund_mails import refund_mail
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, WEEK

TRUST = Named(full_name="Fictonbury Health Trust", email="pay@trust.example", reference="PO 7")
ASKED: dict[str, Any] = {
    "payer_name": "Fictonbury Health Trust",
    "payer_email": "pay@trust.example",
    "payer_reference": "PO 7",
    "payer_links": 1,
    "payer_named_at": NOW,
    "payer_asked_at": NOW,
    "payer_mails": 1,
}
BEHALF = OnBehalf(
    member_name="Pip Buttonwood", member_email="pip@example.org", reference="PO 7", link=1
)
PAID_BY_TRUST: dict[str, Any] = {
    "full_name": "Fictonbury Health Trust",
    "email": "pay@trust.example",
    "on_behalf": BEHALF,
}
ALL = Owing(parts=(), left_minor=21600, asked_minor=21600, pays_later=False)
LATER = replace(ALL, pays_later=True)


def unpaid(
    owed: dict[str, Any] | None = None, payments: tuple[Payment, ...] = (), **offer: Any
) -> Unpaid:
    return Unpaid(
        offer=a.offer(**offer),
        obligation=a.obligation(**(owed or {})),
        payments=payments,
        owing=ALL,
    )


def updates(change: Change, kind: type) -> list[dict[str, Any]]:
    """What is set and added on rows of a kind."""
    return [
        {**one.values, **one.add}
        for one in change.writes
        if isinstance(one, Update) and isinstance(one.row, kind)
    ]


def mails(change: Change) -> dict[str, Mail]:
    return {one.template: one for one in change.created(Mail)}


@pytest.mark.parametrize(
    ("debt", "refusal"),
    [
        (unpaid(), None),
        (unpaid(hold_until=NOW), OfferNotOpen),
        (unpaid(state="expired"), OfferNotOpen),
        (unpaid(state="withdrawn"), OfferNotOpen),
        (unpaid({"state": "void"}), NothingOwed),
        (unpaid({"amount_minor": 0}), NothingOwed),
        (unpaid({"credit_minor": 21600}), NothingOwed),
        (unpaid(payments=(a.payment(state="on_its_way"),)), PaymentOnItsWay),
        (unpaid(payments=(a.payment(state="failed"),)), None),
        (unpaid({"billed_at": NOW, "paid_minor": 7200}, state="taken"), None),
        (unpaid({"billed_at": NOW, "paid_minor": 21600, "state": "paid"}), NothingOwed),
    ],
)
def test_somebody_else_can_be_asked_while_something_can_be_paid(
    debt: Unpaid, refusal: type[Refusal] | None
) -> None:
    if refusal is None:
        may_be_handed_over(debt, NOW)
        return
    with pytest.raises(refusal):
        may_be_handed_over(debt, NOW)


def test_the_member_accepts_before_she_hands_over() -> None:
    change = named(unpaid(agreed_at=None), replace(TRUST, start_at_once=True), NOW)
    assert updates(change, Offer) == [{"agreed_at": NOW, "start_at_once": True}]
    assert updates(change, Obligation) == [{**ASKED, "payer_links": 1, "payer_mails": 1}]
    letter = mails(change)["payer_asked"]
    assert (letter.to, letter.person_id) == ("pay@trust.example", None)
    assert (letter.links["payer"].purpose, letter.links["payer"].generation) == ("payer", 1)


def test_what_was_accepted_once_stays_as_it_is() -> None:
    change = named(unpaid(ASKED), replace(TRUST, start_at_once=True), NOW)
    assert not updates(change, Offer)
    assert any(isinstance(one, Require) and isinstance(one.row, Offer) for one in change.writes)
    assert mails(change)["payer_asked"].links["payer"].generation == 2


def test_naming_is_conditional_on_nobody_having_begun_to_pay() -> None:
    change = named(unpaid(agreed_at=None), TRUST, NOW)
    [offer] = [w for w in change.writes if isinstance(w, Update) and isinstance(w.row, Offer)]
    assert {Is("state", "open"), Is("mints", 0), Is("hold_until", NOW + WEEK)} == set(offer.when)
    [owed] = [w for w in change.writes if isinstance(w, Update) and isinstance(w.row, Obligation)]
    assert {Is("payer_named_at", None), Is("billed_at", None)} <= set(owed.when)


def test_an_open_session_of_another_ends_with_the_naming() -> None:
    begun = a.payment(checkout_id="cs_1")
    change = named(unpaid(payments=(begun,)), TRUST, NOW)
    assert updates(change, Payment) == [{"state": "expired", "check_at": None}]


def test_asking_again_and_paying_oneself_need_somebody_who_was_asked() -> None:
    for act in (asked_again, pays_herself):
        with pytest.raises(PayerChanged):
            act(unpaid(), NOW)
    again = mails(asked_again(unpaid(ASKED), NOW))["payer_asked"]
    first = mails(named(unpaid(), TRUST, NOW))["payer_asked"]
    assert again.message_key != first.message_key
    [gone] = updates(pays_herself(unpaid(ASKED), NOW), Obligation)
    assert (gone["payer_email"], gone["payer_named_at"]) == ("", None)


def test_one_debt_writes_to_strangers_only_so_often() -> None:
    often = unpaid({**ASKED, "payer_mails": MAILS_MAX})
    for act in (lambda: asked_again(often, NOW), lambda: named(often, TRUST, NOW)):
        with pytest.raises(TooManyTries):
            act()


HELPED = {"bursary_minor": 5400, "category": "trainee", "profession": "gp", "credit_minor": 100}


def test_a_payer_is_told_nothing_of_bursary_category_or_application() -> None:
    helped = a.offer(facts={**a.offer().facts, **HELPED})
    debt = replace(unpaid(ASKED), offer=helped)
    paid = a.payment(**PAID_BY_TRUST)
    changes = (
        named(debt, TRUST, NOW),
        settling.seat(a.debt(offer=helped, payment=paid), a.news()),
        delayed.on_its_way(a.debt(offer=helped, payment=paid), a.news()),
        delayed.failed(a.debt(offer=helped, payment=paid), a.news()),
    )
    letters = [one for change in changes for one in change.created(Mail)]
    theirs = [one for one in letters if one.to == "pay@trust.example"]
    assert {one.template for one in theirs} == {
        *("payer_asked", "receipt", "payment_on_its_way", "payment_failed"),
    }
    for letter in theirs:
        assert not set(HELPED) & set(letter.facts), letter.template
        assert {one.purpose for one in letter.links.values()} == {"payer"}, letter.template
        assert letter.person_id is None


@pytest.mark.parametrize(
    ("offer", "owed", "owing", "link", "word"),
    [
        ({}, ASKED, ALL, 1, "open"),
        ({}, ASKED, LATER, 1, "waits"),
        ({}, {**ASKED, "payer_links": 2}, ALL, 1, "not_asked"),
        ({}, {"payer_links": 1}, ALL, 1, "not_asked"),
        ({"hold_until": NOW}, ASKED, ALL, 1, "over"),
        ({"state": "expired"}, ASKED, ALL, 1, "over"),
        ({"state": "declined"}, ASKED, ALL, 1, "declined"),
        ({"state": "withdrawn"}, ASKED, ALL, 1, "withdrawn"),
        ({"state": "taken"}, {**ASKED, "billed_at": NOW}, ALL, 1, "left"),
        ({"state": "taken"}, {**ASKED, "billed_at": NOW}, LATER, 1, "left"),
        ({"state": "taken"}, {**ASKED, "billed_at": NOW}, NOTHING_OWING, 1, "settled"),
        ({"state": "taken"}, {"billed_at": NOW, "payer_links": 1}, NOTHING_OWING, 1, "settled"),
        ({"state": "taken"}, {"billed_at": NOW, "payer_links": 1}, ALL, 1, "not_asked"),
    ],
)
def test_the_payers_page_knows_how_it_stands(
    offer: dict[str, Any], owed: dict[str, Any], owing: Owing, link: int, word: str
) -> None:
    assert standing(a.offer(**offer), a.obligation(**owed), owing, link, NOW) == word


LATE_OFFER = {"payment_due": "after_first_session"}


@pytest.mark.parametrize(
    ("offer", "owed", "link", "expected"),
    [
        ({}, {}, 0, None),
        ({}, ASKED, 1, "pay@trust.example"),
        ({}, ASKED, 0, PayerChanged),
        ({}, ASKED, 2, PayerChanged),
        ({}, {}, 1, PayerChanged),
        (LATE_OFFER, ASKED, 0, None),
        (LATE_OFFER, ASKED, 1, NothingOwed),
        ({"state": "taken"}, {**ASKED, "billed_at": NOW}, 0, None),
        ({"state": "taken"}, {**ASKED, "billed_at": NOW}, 1, "pay@trust.example"),
    ],
)
def test_only_who_is_asked_now_can_pay(
    offer: dict[str, Any],
    owed: dict[str, Any],
    link: int,
    expected: str | type[Refusal] | None,
) -> None:
    rows = a.offer(**offer), a.obligation(**owed)
    if isinstance(expected, type):
        with pytest.raises(expected):
            checkout.who_pays(*rows, link)
        return
    payer = checkout.who_pays(*rows, link)
    assert (payer.email if payer else None) == expected


def press(**changed: Any) -> checkout.Pay:
    usual: dict[str, Any] = {
        "payment_id": "pay-1",
        "person_id": "person-1",
        "now": NOW,
        "base_url": "https://circle.example",
        "page": "/payer",
        "offer_token": "token",
        "deployment": "test",
        "start_at_once": False,
        "bank_debit": False,
    }
    return checkout.Pay(**{**usual, **changed})


def test_a_payers_payment_is_the_payers_and_accepts_nothing() -> None:
    owed = a.obligation(**ASKED)
    offer = a.offer(agreed_at=None)
    payment, change = checkout.begin(offer, owed, press(payer=owed.payer))
    assert (payment.email, payment.full_name) == ("pay@trust.example", "Fictonbury Health Trust")
    assert payment.on_behalf == BEHALF
    assert payment.params["customer_email"] == "pay@trust.example"
    assert payment.params["cancel_url"] == "https://circle.example/payer/token"
    assert payment.person_id == "person-1", "the place is the member's"
    [values] = updates(change, Offer)
    assert not {"agreed_at", "start_at_once"} & set(values)


def test_who_paid_before_the_member_agreed_has_bought_a_place_that_waits() -> None:
    paid = a.payment(**PAID_BY_TRUST)
    change = settling.seat(a.debt(offer=a.offer(agreed_at=None), payment=paid), a.news())
    [seat] = change.created(Enrolment)
    assert (seat.state, seat.email) == ("awaiting_agreement", "pip@example.org")
    letters = mails(change)
    assert letters["receipt"].to == "pay@trust.example"
    assert letters["receipt"].facts["attends"] == "Pip Buttonwood"
    assert letters["enrolment_confirmation"].to == "pip@example.org"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"state": "awaiting_agreement"}, "active"),
        ({"state": "suspended"}, "suspended"),
        ({"state": "left"}, None),
        ({"state": "active", "agreed_at": NOW}, None),
        ({"state": "awaiting_agreement", "offer_id": "offer-2"}, None),
    ],
)
def test_the_ground_rules_can_be_accepted_afterwards(
    before: dict[str, Any], after: str | None
) -> None:
    seat = a.enrolment(**{"agreed_at": None, **before})
    if after is None:
        with pytest.raises(StateChanged):
            agreed(a.offer(agreed_at=None), seat, NOW)
        return
    [values] = updates(agreed(a.offer(agreed_at=None), seat, NOW), Enrolment)
    assert (values["state"], values["agreed_at"]) == (after, NOW)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"cause": "administrator", "ends_seat": "cancelled"}, True),
        ({"cause": "surplus"}, True),
        ({"cause": "dashboard"}, True),
        ({"cause": "policy", "ends_seat": "left"}, False),
        ({"cause": "late_money"}, False),
        ({"cause": "session_cancelled"}, False),
        ({"cause": "term_cancelled", "ends_seat": "cancelled"}, False),
    ],
)
def test_the_payer_hears_of_the_money_the_member_of_her_place(
    changed: dict[str, Any], told: bool
) -> None:
    letters = mails(refund_mail(a.refund(**PAID_BY_TRUST, **changed), NOW))
    started = letters["refund_started"]
    assert (started.to, started.facts["amount_minor"]) == ("pay@trust.example", 21600)
    assert [one.purpose for one in started.links.values()] == ["payer"]
    assert ("payer_refunded" in letters) == told
    if told:
        member = letters["payer_refunded"]
        assert member.to == "pip@example.org"
        assert not any(name.endswith("_minor") for name in member.facts)


def test_a_member_who_paid_herself_hears_once() -> None:
    assert set(mails(refund_mail(a.refund(), NOW))) == {"refund_started"}


def test_a_failed_payment_of_another_is_told_to_both() -> None:
    paid = a.payment(**PAID_BY_TRUST, state="on_its_way")
    letters = mails(delayed.failed(a.debt(payment=paid), a.news()))
    assert letters["payment_failed"].to == "pay@trust.example"
    assert letters["payer_failed"].to == "pip@example.org"
    own = a.payment(state="on_its_way")
    assert set(mails(delayed.failed(a.debt(payment=own), a.news()))) == {"payment_failed"}


def test_late_money_of_another_is_told_to_the_member_without_an_amount() -> None:
    paid = a.payment(**PAID_BY_TRUST)
    ended = a.offer(state="expired", expires_at=NOW - timedelta(days=1))
    change = settling.late_refund(a.debt(offer=ended, payment=paid), a.news())
    letters = mails(change)
    assert letters["late_money"].to == "pip@example.org"
    assert letters["late_money"].facts["payer_name"] == "Fictonbury Health Trust"
    assert letters["receipt"].to == "pay@trust.example"

"""Bursaries and credits: who pays which part of a price, what a fund may promise, and what comes
back when an offer ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BursaryNotOpen, Conflict, FundTooSmall, OfferNotOpen
from chalicelib.rules.changes import Change, Ref, Update
from chalicelib.rules.joining.applications import Act
from chalicelib.rules.joining.offer_endings import end_offer
from chalicelib.rules.joining.offer_terms import Choice
from chalicelib.rules.joining.offers import NewOffer, Offer, open_offer
from chalicelib.rules.joining.reissues import lower_price_asked, reissue
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import Task
from chalicelib.rules.prices.bursaries import (
    BursaryCode,
    BursaryFund,
    FundStanding,
    as_written,
    gift_entry,
    not_usable,
    promise,
    withdrawn,
)
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.prices.means import Means, helped, parts_of, taken_late
from chalicelib.rules.prices.prices import Price
from chalicelib.rules.running.groups import Term
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, WEEK
from tests.rules.test_offers import a_circle

ACT = Act(actor="applicant", audit_id="act-1", now=NOW)


def a_code(**changed: Any) -> BursaryCode:
    row = BursaryCode(
        code="7K2M9QX4", amount_minor=10000, currency="GBP", made_by="person-t", made_at=NOW
    )
    return replace(row, **changed)


def a_credit(name: str = "release-1", left: int = 3600, **changed: Any) -> Credit:
    row = Credit(
        credit_id=name,
        person_id="person-1",
        book="group#group-1",
        group_id="group-1",
        term_id="term-0",
        obligation_id_from="debt-0",
        amount_minor=3600,
        left_minor=left,
        currency="GBP",
        made_at=NOW,
    )
    return replace(row, **changed)


def new_offer(means: Means | None = None, category: str = "standard") -> NewOffer:
    return NewOffer(
        offer_id="offer-2",
        obligation_id="debt-2",
        expires_at=NOW + WEEK,
        now=NOW,
        actor="person-admin",
        choice=Choice(category=category, means=means or Means()),
    )


@pytest.mark.parametrize(
    ("price", "code", "kept", "bursary", "credit", "to_pay"),
    [
        (21600, 0, (), 0, 0, 21600),
        (21600, 10000, (), 10000, 0, 11600),
        (21600, 30000, (), 21600, 0, 0),
        (21600, 10000, (3600,), 10000, 3600, 8000),
        (21600, 21600, (3600,), 21600, 0, 0),
        (21600, 0, (20000, 5000), 0, 21600, 0),
        # never a rest that no card can pay
        (21600, 21590, (), 21570, 0, 30),
        (21600, 0, (21580,), 0, 21570, 30),
        (0, 10000, (3600,), 0, 0, 0),
    ],
)
def test_a_code_pays_first_then_what_was_kept_then_the_payer(
    price: int, code: int, kept: tuple[int, ...], bursary: int, credit: int, to_pay: int
) -> None:
    rows = [a_credit(f"release-{n}", left) for n, left in enumerate(kept)]
    means = Means(code=a_code(amount_minor=code) if code else None, credits=rows)
    parts = parts_of(price, "GBP", means)
    assert (parts.bursary_minor, parts.credit_minor, parts.to_pay_minor) == (
        bursary,
        credit,
        to_pay,
    )
    assert all(parts.credits.get(one.credit_id, 0) <= one.left_minor for one in rows)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_help_leaves_nothing_or_what_a_card_can_pay(amount: int, help_minor: int) -> None:
    price = amount if amount >= 30 else 0
    part = helped(price, help_minor, "GBP")
    assert 0 <= part <= min(price, help_minor)
    assert price - part == 0 or price - part >= 30


# The fund


@pytest.mark.parametrize(
    ("balance", "states", "free"),
    [
        (20000, (), 20000),
        (20000, ("open",), 10000),
        (20000, ("open", "used"), 0),
        (10000, ("spent", "withdrawn"), 10000),
    ],
)
def test_the_fund_promises_no_more_than_it_holds(
    balance: int, states: tuple[str, ...], free: int
) -> None:
    codes = [a_code(code=f"CODE{n}", state=state) for n, state in enumerate(states)]
    fund = BursaryFund(mark=3)
    standing = FundStanding(fund=fund, codes=codes, balance_minor=balance)
    assert standing.free_minor == free
    if free < 10001:
        with pytest.raises(FundTooSmall):
            promise(standing, a_code(amount_minor=free + 1))
    change = promise(standing, a_code(amount_minor=free))
    assert a.values(change, BursaryFund) == {"mark": 4}
    assert a.conditions(change, BursaryFund) == {"mark": 3}


def test_the_first_promise_makes_the_funds_row() -> None:
    standing = FundStanding(fund=None, codes=(), balance_minor=10000)
    assert [one.mark for one in promise(standing, a_code()).created(BursaryFund)] == [1]


def test_a_gift_is_restricted_on_both_sides() -> None:
    entry = gift_entry("gift-1", 5000, "GBP", "Letter", NOW).row
    assert [(one.account, one.amount_minor, one.fund) for one in entry.lines] == [
        ("bank", 5000, "restricted"),
        ("bursaries", -5000, "restricted"),
    ]
    assert (entry.book, entry.entry_id) == ("circle", "gift#gift-1")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"state": "used"}, "used"),
        ({"state": "spent"}, "used"),
        ({"state": "withdrawn"}, "withdrawn"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_a_code_that_cannot_be_used_says_why(changed: dict[str, Any], why: str) -> None:
    assert not_usable(a_code(**changed), "GBP") == why


def test_a_code_is_found_however_it_is_written() -> None:
    assert {as_written(one) for one in ("7k2m-9qx4", " 7K2M 9QX4", "7K2M9QX4")} == {"7K2M9QX4"}
    assert not_usable(None, "GBP") == "unknown"


@pytest.mark.parametrize("state", ["used", "spent", "withdrawn"])
def test_only_a_code_that_nobody_used_is_withdrawn(state: str) -> None:
    with pytest.raises(BursaryNotOpen):
        withdrawn(a_code(state=state))


# An offer with both


def test_an_offer_uses_its_code_and_its_credits_with_it() -> None:
    means = Means(code=a_code(), credits=[a_credit()])
    change = open_offer(a.application(offer_id=None), a.whole(), a_circle(), new_offer(means))
    (debt,) = change.created(Obligation)
    assert (debt.amount_minor, debt.bursary_minor, debt.credit_minor) == (11600, 10000, 3600)
    assert (debt.outstanding_minor, debt.to_pay_minor) == (8000, 8000)
    assert sum(debt.shares.values()) == 21600
    assert a.values(change, BursaryCode) == {"state": "used", "used_for": "debt-2"}
    assert a.conditions(change, BursaryCode) == {"state": "open"}
    assert a.values(change, Credit) == {"left_minor": -3600}
    assert a.conditions(change, Credit) == {"left_minor": 3600}
    (offer,) = change.created(Offer)
    assert (offer.facts["to_pay_minor"], offer.facts["bursary_minor"]) == (8000, 10000)
    assert a.twice_written(change) == []


def helped_offer(**changed: Any) -> Offer:
    facts: dict[str, Any] = {"bursary_minor": 10000, "bursary_code": "7K2M9QX4"}
    return a.offer(**{**facts, "credits": {"release-1": 3600}, **changed})


@pytest.mark.parametrize("state", ["declined", "expired", "withdrawn"])
def test_an_offer_that_ends_unpaid_gives_both_back(state: str) -> None:
    change = end_offer(a.application(), helped_offer(early=True, asked_at=NOW), state, NOW)
    assert a.values(change, BursaryCode) == {"state": "open", "used_for": None}
    assert a.conditions(change, BursaryCode) == {"state": "used", "used_for": "debt-1"}
    assert a.values(change, Credit) == {"left_minor": 3600}
    assert a.values(change, Term) == {"occupied": -1, "early_standard": -1}
    assert "concession_asked#application-1" in removed_tasks(change)
    assert a.twice_written(change) == []


def removed_tasks(change: Change) -> list[str]:
    refs = [one.row for one in change.writes if isinstance(one.row, Ref) and one.row.kind is Task]
    return [one.ids["task_id"] for one in refs]


@pytest.mark.parametrize(
    ("code", "left", "again"),
    [
        (a_code(), 3600, True),
        (a_code(), 3599, False),
        (a_code(state="used"), 3600, False),
        (None, 3600, False),
    ],
)
def test_late_money_finds_what_paid_beside_it_or_goes_back(
    code: BursaryCode | None, left: int, again: bool
) -> None:
    offer = helped_offer(state="expired")
    means = Means(code=code, credits=[a_credit(left=left)])
    change = taken_late(offer.bursary_code, offer.parts, "debt-1", means)
    assert (change is not None) is again
    if change is not None:
        assert a.values(change, BursaryCode) == {"state": "spent", "used_for": "debt-1"}
        assert a.conditions(change, BursaryCode) == {"state": "open"}
        assert a.values(change, Credit) == {"left_minor": -3600}


# A lower price after the offer (A8)


def an_open_offer(**changed: Any) -> Offer:
    return a.offer(**changed)


def test_asking_keeps_the_place_and_tells_the_desk_without_a_reason() -> None:
    soon = NOW + WEEK / 7
    offer = an_open_offer(expires_at=soon, hold_until=soon)
    change = lower_price_asked(a.application(), offer, ACT)
    values = a.values(change, Offer)
    assert values["asked_at"] == NOW
    assert values["hold_until"] == values["expires_at"] > NOW + WEEK
    (task,) = change.created(Task)
    assert (task.code, set(task.facts)) == ("concession_asked", {"name", "group"})


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"state": "taken"}, OfferNotOpen),
        ({"state": "expired"}, OfferNotOpen),
        ({"hold_until": NOW}, OfferNotOpen),
        ({"asked_at": NOW}, Conflict),
        ({"price_minor": 0}, Conflict),
    ],
)
def test_a_lower_price_is_asked_for_once_and_of_an_open_offer(
    changed: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        lower_price_asked(a.application(), an_open_offer(**changed), ACT)


TRAINEE = Price(category="trainee", amount_minor=12000)
FIRST = Price(category="trainee", amount_minor=10000, places=2)


def test_a_new_offer_takes_the_place_of_the_old_one() -> None:
    old = an_open_offer(asked_at=NOW)
    whole = a.whole(prices=(TRAINEE,), occupied=8)  # full: the seat is this offer's own
    change = reissue(a.application(), old, whole, a_circle(), new_offer(category="trainee"))
    assert a.values(change, Offer) == {"state": "withdrawn", "hold": "released"}
    assert a.conditions(change, Offer) == {"state": "open", "hold_until": NOW + WEEK}
    assert a.values(change, Obligation) == {"state": "void"}
    (offer,) = change.created(Offer)
    assert (offer.price_minor, offer.category) == (12000, "trainee")
    assert a.updates(change, Term) == []
    assert a.mails(change) == ["offer#offer-2"]
    assert removed_tasks(change) == ["concession_asked#application-1"]
    assert a.twice_written(change) == []


@pytest.mark.parametrize(
    ("old", "means", "written"),
    [
        # the same code goes over to the new debt
        (helped_offer(credits={}), Means(code=a_code(state="used")), [{"used_for": "debt-2"}]),
        # it is free again
        (helped_offer(credits={}), Means(), [{"state": "open", "used_for": None}]),
        # another one is used
        (
            helped_offer(credits={}),
            Means(code=a_code(code="OTHER")),
            [{"state": "open", "used_for": None}, {"state": "used", "used_for": "debt-2"}],
        ),
        (a.offer(), Means(code=a_code()), [{"state": "used", "used_for": "debt-2"}]),
    ],
)
def test_a_code_moves_with_the_offer(
    old: Offer, means: Means, written: list[dict[str, Any]]
) -> None:
    change = reissue(a.application(), old, a.whole(), a_circle(), new_offer(means))
    assert [dict(one.values) for one in a.updates(change, BursaryCode)] == written
    assert a.twice_written(change) == []


def test_a_credit_that_the_new_offer_needs_less_of_comes_back_in_part() -> None:
    old = a.offer(credits={"release-1": 3600})
    means = Means(code=a_code(amount_minor=20000), credits=[a_credit(left=3600)])
    change = reissue(a.application(), old, a.whole(), a_circle(), new_offer(means))
    (credit,) = a.updates(change, Credit)
    assert credit.add == {"left_minor": 2000}
    assert a.conditions(change, Credit) == {"left_minor": 0}


@pytest.mark.parametrize(
    ("was_early", "sold", "add"),
    [(False, 1, {"early_trainee": 1}), (True, 2, {"early_standard": -1})],
)
def test_places_at_an_early_price_are_counted_with_the_new_offer(
    was_early: bool, sold: int, add: dict[str, int]
) -> None:
    old = a.offer(early=was_early)
    whole = a.whole(prices=(TRAINEE, FIRST), early_trainee=sold, early_standard=1)
    change = reissue(a.application(), old, whole, a_circle(), new_offer(category="trainee"))
    (term,) = [one for one in change.writes if isinstance(one, Update) and one.add]
    assert term.add == add


def test_the_place_at_the_same_early_price_stays_this_offers_own() -> None:
    old = a.offer(early=True, category="trainee")
    whole = a.whole(prices=(TRAINEE, FIRST), early_trainee=2)
    change = reissue(a.application(), old, whole, a_circle(), new_offer(category="trainee"))
    (offer,) = change.created(Offer)
    assert (offer.price_minor, offer.early) == (10000, True)
    assert a.updates(change, Term) == []


@pytest.mark.parametrize("state", ["taken", "declined", "expired", "withdrawn"])
def test_only_an_open_offer_is_made_anew(state: str) -> None:
    with pytest.raises(OfferNotOpen):
        reissue(a.application(), a.offer(state=state), a.whole(), a_circle(), new_offer())

"""Money that goes back (M2, M7), through the real routes: what people at the desk read and do."""

from __future__ import annotations

import pytest

from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads
from chalicelib.store.commit import commit
from local.demo.people import ADA
from tests.journeys.neighbours import Administrator
from tests.journeys.street import Careful, Street
from tests.people import a_person, signed_in
from tests.shop import Offered, Shop
from tests.stories import LEADERS, a_recruiting_term

PIP = "pip.buttonwood@example.org"


class Desk:
    """Ada at her desk, and Tilda the treasurer at hers, after Pip has paid for a place."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.street = shop, Street(shop)
        self.offered: Offered = shop.offer(a_recruiting_term(shop.world))
        shop.pay(self.offered)
        shop.settle_down()
        a_person(shop.world, ADA, ("administrator",))
        self.ada = Administrator(self.street)
        self.ada.comes_in()

    @property
    def browser(self) -> Careful:
        return self.ada.browser

    @property
    def debt_path(self) -> str:
        return f"/admin/payments/{self.shop.offer_row(self.offered).obligation_id}"

    def treasurer(self) -> Careful:
        """Tilda, who has just signed in."""
        browser = self.street.browser()
        email = "tilda.till@marmalade-circle.example"
        browser.cookies.update(
            signed_in(self.shop.world, ("treasurer",), email, "Tilda Till").cookies
        )
        return browser

    def opens_the_task(self, words: str) -> None:
        self.browser.get("/admin")
        self.browser.click(words)


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


def test_a_member_leaves_before_the_term_and_the_leaders_are_not_told_why(desk: Desk) -> None:
    desk.street.it_is(2026, 12, 20, 9)
    desk.ada.comes_in()
    desk.browser.get("/admin/rosters")
    desk.browser.click("Thursday Lantern Group, Spring 2027")
    desk.browser.click("Leaves the term")
    desk.browser.reads(
        "Pip Buttonwood leaves the term",
        "£194.40 goes back to the payer",
        "everything but a tenth of the fee",
        "Nothing comes back",
    )
    desk.browser.is_refused(422, {"way": "hardship"}, "/leave")
    desk.browser.reads("Say in a few words why")
    told = "/leaving?told=2026-12-10"
    desk.browser.get(desk.debt_path + told)
    desk.browser.reads("Thursday 10 December 2026", "£216.00 goes back to the payer")
    desk.browser.get(f"{desk.debt_path}/leaving")
    desk.browser.submit({"way": "policy", "reason": "a word of our own"}, "/leave")
    desk.browser.reads("Left the term: what the policy gives", "Ada Ledger", "£194.40")
    desk.shop.settle_down()
    letter = desk.street.letter(PIP, "You have left Thursday Lantern Group: £194.40")
    assert "a small part of the fee stays with us" in letter.text
    for email in LEADERS.values():
        leader = desk.street.letter(email, "Pip Buttonwood has left Thursday Lantern Group")
        assert "£" not in leader.text
        assert "a word of our own" not in leader.text
    desk.browser.get(desk.debt_path)
    desk.browser.reads("Refunded")
    desk.browser.get("/admin/rosters")
    desk.browser.click("Thursday Lantern Group, Spring 2027")
    desk.browser.reads("0 of 8 places taken", "No longer in the group", "Left")


def test_a_large_refund_waits_for_the_treasurer(desk: Desk) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"refund_limit_minor": 20000})))
    desk.browser.get(desk.debt_path)
    desk.browser.reads("Above £200.00 a second person has to agree")
    desk.browser.submit({"reason": "promised on the phone"}, "/refund")
    desk.browser.reads("This waits for a second person", "Another administrator or a treasurer")
    assert "/approve" not in desk.browser.markup
    desk.opens_the_task("A refund of £216.00 to Pip Buttonwood waits for a second person")
    tilda = desk.treasurer()
    tilda.get(desk.debt_path)
    tilda.reads("Ada Ledger would like to give back £216.00", "promised on the phone")
    tilda.submit({}, "/approve")
    tilda.reads("Taken off the bill, and why", "Asked for Ada Ledger", "Decided Tilda Till")
    desk.shop.settle_down()
    desk.street.letter(PIP, "Your refund of £216.00 has started")


def test_a_part_is_given_back_and_the_place_stays(desk: Desk) -> None:
    desk.browser.get(desk.debt_path)
    desk.browser.click("Give back a part")
    desk.browser.reads("Can be taken off £216.00")
    desk.browser.is_refused(409, {"amount": "216.01", "reason": "x"}, "/part")
    desk.browser.reads("£216.00 of this payment can still be refunded")
    desk.browser.get(f"{desk.debt_path}/part")
    desk.browser.submit({"amount": "£36", "reason": "a session that was not as promised"}, "/part")
    desk.browser.reads("£36.00", "a session that was not as promised")
    desk.shop.settle_down()
    letter = desk.street.letter(PIP, "Your refund of £36.00 has started")
    assert "Your place in the group stays as it is" in letter.text


def test_a_refund_to_a_closed_card_is_paid_from_the_bank(desk: Desk) -> None:
    desk.browser.get(f"{desk.debt_path}/leaving")
    desk.browser.submit({"way": "policy"}, "/leave")
    desk.shop.settle_down()
    (refund,) = desk.shop.refunds(desk.offered)
    desk.shop.fake.fail_refund(str(refund.stripe_refund_id))
    desk.shop.settle_down()
    letter = desk.street.letter(PIP, "could not be delivered")
    assert "a person will ring you" in letter.text
    desk.opens_the_task("The refund of £216.00 to Pip Buttonwood did not arrive")
    desk.browser.reads("Do not send it to the same card again")
    tilda = desk.treasurer()
    tilda.get(desk.debt_path)
    tilda.click("It was paid from the bank")
    tilda.is_refused(422, {"paid_on": "2026-11-20", "reference": "LANTERN 7"}, "/paid")
    tilda.reads("must be between the day the refund was asked for and today")
    assert 'value="LANTERN 7"' in tilda.markup, "what was typed is kept"
    tilda.submit({"paid_on": "2026-11-21", "reference": "LANTERN 7"}, "/paid")
    tilda.reads("Paid by bank transfer", "LANTERN 7", "Refund paid from the bank")
    desk.street.letter(PIP, "£216.00 have been transferred back to you")
    desk.browser.get("/admin")
    desk.browser.reads("All is well")


def test_a_refund_in_the_dashboard_asks_whether_the_place_stays(desk: Desk) -> None:
    desk.shop.fake.dashboard_refund(str(desk.shop.payment(desk.offered).intent_id), 3600)
    desk.shop.settle_down()
    desk.opens_the_task("Somebody gave £36.00 back to Pip Buttonwood at Stripe")
    desk.browser.reads("Given back at Stripe", "Does it stay?")
    desk.browser.submit({}, "/stays")
    assert "Does it stay?" not in desk.browser.text
    desk.browser.get("/admin")
    desk.browser.reads("All is well")

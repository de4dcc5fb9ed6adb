"""Money by transfer through the real pages: short, without a reference, too much (T3), and from
an employer after the member had paid (M6). At the end of every story the books are proven.
"""

from __future__ import annotations

import pytest

from local.demo.people import ADA
from tests.journeys.neighbours import Administrator, Applicant
from tests.journeys.street import Careful, Street
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term

TILDA = "tilda.till@marmalade-circle.example"
CAME = {"method": "bank", "date": "20 November 2026", "payer": "P BUTTONWOOD", "reference": ""}


class Treasurer:
    """Tilda Till, with the account statement in front of her."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.browser = street.browser()

    def comes_in(self) -> None:
        """Signs in for the day."""
        self.browser = self.street.comes_in(TILDA)

    def writes_down(self, pounds: str, **changed: str) -> None:
        """Money that has come, on the page where it is asked for."""
        self.browser.get("/admin/payments")
        self.browser.click("money by transfer and cash")
        self.browser.submit({**CAME, "amount_minor": pounds, **changed}, "/suspense")

    def proposes(self, name: str) -> None:
        """The debt of this person, of those on the page of the money."""
        before, found, _ = self.browser.markup.partition(f">{name}, ")
        assert found, self.browser.text
        self.browser.submit({"debt": before.rpartition('name="debt" value="')[2].split('"')[0]})
        self.browser.reads("Now somebody else looks")


@pytest.fixture
def street(shop: Shop) -> Street:
    """A street with a circle, the two of its desk, and a term that recruits."""
    a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    a_person(shop.world, TILDA, ("treasurer",), "Tilda Till")
    return Street(shop)


@pytest.fixture
def ada(street: Street) -> Administrator:
    ada = Administrator(street)
    ada.comes_in()
    return ada


@pytest.fixture
def tilda(street: Street) -> Treasurer:
    tilda = Treasurer(street)
    tilda.comes_in()
    return tilda


@pytest.fixture
def pip(street: Street, ada: Administrator) -> Applicant:
    """Pip, who has applied, was talked with, and has an offer open in front of him."""
    pip = Applicant(street)
    pip.applies()
    ada.browser.get("/admin")
    ada.finds_the_application(pip.name)
    ada.invites_to_a_talk()
    ada.writes_down_the_talk()
    ada.accepts()
    ada.makes_the_offer()
    pip.opens_the_offer()
    return pip


def looks_at(browser: Careful, payer: str) -> None:
    """The money of this payer, from the list."""
    browser.get("/admin/suspense")
    browser.click(payer)


def test_a_transfer_that_is_short_then_too_much_ends_with_every_penny_in_its_place(
    street: Street, ada: Administrator, tilda: Treasurer, pip: Applicant
) -> None:
    pip.accepts()  # Stripe's page is open when the transfer comes
    tilda.writes_down("200")
    tilda.browser.reads("£200.00 from P BUTTONWOOD", "the name fits", "£216.00 for an open offer")
    tilda.proposes("Dr Pip Buttonwood")

    looks_at(ada.browser, "P BUTTONWOOD")
    ada.browser.reads("gets the place", "Proposed by Tilda Till", "£16.00 are missing")
    ada.browser.is_refused(422, {"do": "confirm"}, "/confirm")
    ada.browser.reads("Less has come than the place costs")
    ada.browser.submit({"do": "confirm", "short": "yes"}, "/confirm")
    ada.browser.reads("Matched", "Confirmed what money is for")
    ada.opens_the_roster("1 of 8 places taken", pip.name)
    [session] = street.shop.fake.objects("checkout.session")
    assert session["status"] == "expired", "nobody can pay by card any more"
    receipt = street.letter(pip.email, "Receipt")
    assert "£16.00 is still to be paid" in receipt.text
    assert "Paid by: P BUTTONWOOD" in receipt.text
    assert "£16.00" in street.letter(pip.email, "is certain").text

    tilda.writes_down("20", reference="REST BUTTONWOOD")
    tilda.browser.reads("£16.00 still to be paid")
    tilda.proposes("Dr Pip Buttonwood")
    looks_at(ada.browser, "P BUTTONWOOD")
    ada.browser.submit({"do": "confirm"}, "/confirm")
    ada.browser.reads("Left of it £4.00", "Not matched")

    looks_at(tilda.browser, "P BUTTONWOOD")
    back = {"amount_minor": "4", "date": "21 November 2026", "reference": "BACK 1"}
    tilda.browser.submit({**back, "reason": "more than was asked for"}, "/back")
    tilda.browser.reads("Now somebody else looks", "£4.00 have gone back to P BUTTONWOOD")
    looks_at(ada.browser, "P BUTTONWOOD")
    ada.browser.submit({"do": "confirm"}, "/confirm")
    ada.browser.reads("Sent back", "more than was asked for")
    ada.browser.get("/admin/suspense")
    ada.browser.reads("Nothing waits")
    ada.browser.follow_every_link()
    tilda.browser.follow_every_link()


def test_the_debt_says_how_it_was_paid_by_hand_and_who_looked(
    street: Street, ada: Administrator, tilda: Treasurer, pip: Applicant
) -> None:
    tilda.writes_down("216", reference="LANTERN 7")
    tilda.proposes("Dr Pip Buttonwood")
    looks_at(ada.browser, "P BUTTONWOOD")
    ada.browser.submit({"do": "confirm"}, "/confirm")
    ada.browser.get("/admin/payments")
    ada.browser.click(pip.email)
    ada.browser.reads(
        "Paid by transfer or in cash",
        "LANTERN 7",
        "Friday 20 November 2026",
        "Tilda Till, then Ada Ledger",
        "By bank transfer",
    )
    street.it_is(2026, 11, 21, 19)
    pip.agrees_afterwards()
    pip.keeps_the_place()


def test_the_same_transfer_is_asked_about_before_it_is_written_down_again(
    street: Street, tilda: Treasurer
) -> None:
    tilda.writes_down("216", reference="LANTERN 7")
    first = tilda.browser.path
    tilda.browser.get("/admin/suspense")
    again = {**CAME, "amount_minor": "216", "reference": "lantern 7"}
    tilda.browser.is_refused(422, again, "/suspense")
    tilda.browser.reads("has been recorded already", "I have looked: this is another one")
    tilda.browser.submit({"another": "yes"}, "/suspense")
    assert tilda.browser.path != first
    tilda.browser.get("/admin/suspense")
    tilda.browser.reads("£432.00 wait to be matched")
    street.world.clock.move(minutes=15)
    tilda.browser.submit(again, "/suspense")
    tilda.browser.reads("Please sign in once more")


def test_an_employer_who_pays_after_the_member_did(
    street: Street, ada: Administrator, tilda: Treasurer, pip: Applicant
) -> None:
    pip.comes_back(pip.accepts().pays())
    street.shop.settle_down()
    tilda.comes_in()
    tilda.browser.get("/admin/payments")
    tilda.browser.click(pip.email)
    tilda.browser.click("Match money with this")
    tilda.browser.reads("For Dr Pip Buttonwood")
    trust = {"payer": "Fictonbury Health Trust", "reference": "INV 12", "amount_minor": "216"}
    tilda.browser.submit({**CAME, **trust}, "/suspense")
    tilda.browser.reads("Paid already: this money would take the place of £216.00, which go back")
    tilda.proposes("Dr Pip Buttonwood")
    assert street.shop.fake.objects("refund") == []

    ada.comes_in()
    looks_at(ada.browser, "Fictonbury Health Trust")
    ada.browser.reads("£216.00 go back to Dr Pip Buttonwood", "The place stays as it is")
    ada.browser.submit({"do": "confirm"}, "/confirm")
    street.shop.settle_down()
    receipts = [one for one in street.subjects(pip.email) if one.startswith("Receipt")]
    assert len(receipts) == 2
    new = street.letter(pip.email, "Receipt")
    assert f"Takes the place of: {receipts[0].split(':')[0].removeprefix('Receipt ')}" in new.text
    refund = street.letter(pip.email, "Your refund of £216.00 has started")
    assert "Somebody else has paid for your place" in refund.text
    pip.keeps_the_place()
    ada.opens_the_roster("1 of 8 places taken", pip.name)

"""A payer goes to the bank (T6): what the administrator reads and does, through the real routes."""

from __future__ import annotations

import pytest

from local.demo.people import ADA
from tests.journeys.neighbours import Administrator
from tests.journeys.street import Street
from tests.people import a_person
from tests.shop import Offered, Shop
from tests.stories import a_recruiting_term


class AtTheDesk:
    """Ada at her desk, on the day on which somebody has paid for a place."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.street = shop, Street(shop)
        whole = a_recruiting_term(shop.world)
        self.roster = f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}/roster"
        self.offered: Offered = shop.offer(whole)
        shop.pay(self.offered)
        shop.settle_down()
        a_person(shop.world, ADA, ("administrator",))
        self.ada = Administrator(self.street)
        self.ada.comes_in()

    @property
    def intent(self) -> str:
        return str(self.shop.payment(self.offered).intent_id)

    def reads_the_roster(self, *sentences: str) -> None:
        self.ada.browser.get("/admin/rosters")
        self.ada.browser.click("Thursday Lantern Group, Spring 2027")
        self.ada.browser.reads(*sentences)

    def opens_the_task(self, words: str) -> str:
        self.ada.browser.get("/admin")
        self.ada.browser.click(words)
        return self.ada.browser.path


@pytest.fixture
def desk(shop: Shop) -> AtTheDesk:
    return AtTheDesk(shop)


def test_a_dispute_that_is_lost_pauses_the_place_until_a_person_has_decided(
    desk: AtTheDesk,
) -> None:
    fake, browser = desk.shop.fake, desk.ada.browser
    dispute_id = str(fake.dispute(desk.intent, "product_not_received")["id"])
    desk.shop.hear_all()

    page = desk.opens_the_task("Pip Buttonwood disputes £216.00 at the bank")
    browser.reads(
        "Disputed: evidence is needed",
        "The payer says: I did not get it",
        "Fee of Stripe for it £20.00",
        "dashboard.stripe.com",
        dispute_id,
        "cannot be given back here",
        "Taken back by the payer’s bank",
        "In dispute",
    )
    desk.reads_the_roster("Pip Buttonwood", "Paused")

    fake.answer_dispute(dispute_id)
    desk.shop.hear_all()
    browser.get("/admin")
    assert "disputes £216.00" not in browser.text
    browser.get(page)
    browser.reads("The bank has our evidence")

    fake.lose(dispute_id)
    desk.shop.hear_all()
    assert desk.opens_the_task("is lost. Decide about the place") == page
    browser.reads("The payer has the money, and is not asked for it again", "Dispute lost")
    browser.is_refused(422, {}, "/disputes/")
    browser.reads("Choose what becomes of the place", "Say in a few words why")
    browser.submit({"seat": "end", "seat_reason": "no answer from her"}, "/disputes/")
    browser.reads("It ends, and is free for somebody else")
    assert "What becomes of the place?" not in browser.text
    desk.reads_the_roster("0 of 8 places taken")
    browser.get("/admin")
    browser.reads("All is well")
    assert [one.to for one in desk.shop.world.postbox.letters if "dispute" in one.text] == []


def test_a_dispute_that_is_won_gives_the_place_back_by_itself(desk: AtTheDesk) -> None:
    dispute_id = str(desk.shop.fake.dispute(desk.intent)["id"])
    desk.shop.hear_all()
    page = desk.opens_the_task("disputes £216.00")
    desk.shop.fake.win(dispute_id)
    desk.shop.hear_all()
    desk.ada.browser.get(page)
    desk.ada.browser.reads("Won: the money is back", "Given back after a dispute")
    desk.reads_the_roster("1 of 8 places taken", "Member")


def test_the_rest_of_a_payment_that_lost_a_dispute_in_part_comes_from_the_bank(
    desk: AtTheDesk,
) -> None:
    browser, fake = desk.ada.browser, desk.shop.fake
    dispute_id = str(fake.dispute(desk.intent, amount=6000)["id"])
    desk.shop.hear_all()
    page = desk.opens_the_task("disputes £60.00")
    browser.reads("A bank is looking at a payment of this debt", "What is left of it then can be")
    browser.click("Give back a part")
    browser.is_refused(409, {"amount": "36", "reason": "ill"}, "/part")
    browser.reads("A bank is looking at this payment", "What is left of it then can be")
    fake.lose(dispute_id)
    desk.shop.hear_all()
    browser.get(page)
    browser.reads("can still be given back, from the bank", "£156.00 goes back from the bank")
    browser.submit({"seat": "keep", "seat_reason": "she stays"}, "/disputes/")
    browser.click("Give back a part")
    browser.submit({"amount": "36", "reason": "ill for one evening"}, "/part")
    browser.reads("By a transfer that the treasurer makes", "Stripe sends nothing of it back")
    desk.opens_the_task("Pay £36.00 back to Pip Buttonwood from the bank")
    browser.click("It was paid from the bank")
    browser.submit({"paid_on": "2026-11-21", "reference": "LANTERN 7"}, "/paid")
    browser.reads("Paid by bank transfer", "Refund paid from the bank")
    letter = desk.street.letter("pip.buttonwood@example.org", "£36.00 have been transferred back")
    assert "LANTERN 7" in letter.text


def test_a_question_of_the_bank_takes_nothing_and_says_so(desk: AtTheDesk) -> None:
    desk.shop.fake.dispute(desk.intent, "general", inquiry=True)
    desk.shop.hear_all()
    desk.opens_the_task("The bank of Pip Buttonwood asks about £216.00")
    desk.ada.browser.reads("The bank only asks: no money is taken", "Answer by")
    desk.reads_the_roster("1 of 8 places taken", "Member")


def test_a_warning_of_fraud_is_looked_at_once(desk: AtTheDesk) -> None:
    desk.shop.fake.warn_of_fraud(desk.intent)
    desk.shop.hear_all()
    page = desk.opens_the_task("warns that £216.00 may be fraud")
    desk.ada.browser.reads("The card’s bank warns of fraud", "it costs less than a dispute")
    desk.ada.browser.submit({}, "/warnings/")
    assert desk.ada.browser.path == page
    assert "warns of fraud" not in desk.ada.browser.text
    desk.ada.browser.get("/admin")
    desk.ada.browser.reads("All is well")

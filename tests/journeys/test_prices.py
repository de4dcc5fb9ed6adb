"""Other prices than the standard one, through the real routes: a trainee, somebody who joins late,
somebody who asks for a lower price and gets a bursary, a leader who sells on her own account.
At the end of every story the books are proven.
"""

from __future__ import annotations

import re

import pytest

from local.demo.people import ADA
from tests.handlers import desk
from tests.journeys.neighbours import SECOND_LEADER, Administrator, Applicant
from tests.journeys.street import Careful, Street
from tests.people import a_person, signed_in
from tests.shop import Shop
from tests.stories import a_circle

PRICES = {
    "trainee_minor": "120",
    "standard_early": "190",
    "standard_until": "2026-11-25",
}
SELLER = {
    "joining": "closed",
    "interview_required": "yes",
    "seller": "leader",
    "seller_name": "Dr Imelda Inkwell",
    "seller_address": "7 Quill Street\nFictonbury ZZ99 7ZZ",
    "seller_statement": "Sole trader. No VAT is charged.",
}


@pytest.fixture
def street(shop: Shop) -> Street:
    a_circle(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    return Street(shop)


@pytest.fixture
def ada(street: Street) -> Administrator:
    """Ada, who has announced a term with prices of her own, sold by its leader."""
    ada = Administrator(street)
    ada.comes_in()
    browser = ada.browser
    group_path = desk.make_group(browser, slug="thursday-lantern")
    texts = {"about": "We meet on Thursday evenings.", "patient_word": "patient"}
    desk.fill(browser, group_path, "texts", texts)
    desk.fill(browser, group_path, "rules", SELLER)
    ada.term_path = path = desk.make_term(browser, group_path)
    desk.fill(browser, path, "places", desk.PLACES)
    desk.fill(browser, path, "prices", PRICES)
    desk.fill(browser, path, "where", desk.WHERE)
    desk.fill(browser, path, "leaders", desk.LEADER)
    desk.fill(browser, path, "leaders", SECOND_LEADER)
    browser.get(path)
    browser.submit({"do": "publish"}, "/state")
    return ada


def accepted(ada: Administrator, pip: Applicant) -> None:
    """Pip has applied, was talked with and accepted."""
    pip.applies()
    ada.finds_the_application(pip.name)
    ada.invites_to_a_talk()
    ada.writes_down_the_talk()
    ada.accepts()


def offers(ada: Administrator, **choices: str) -> None:
    ada.browser.get(ada.application_path)
    ada.browser.submit({"stands": "7", **choices}, f"{ada.application_path}/offer")


def opens(pip: Applicant, *sentences: str) -> Careful:
    pip.offer_path = pip.street.link(pip.email, "please answer by", "/offers/")
    pip.browser.get(pip.offer_path)
    pip.browser.reads(*sentences)
    return pip.browser


def pays(pip: Applicant, amount: str) -> None:
    page = pip.accepts()
    assert amount in page.says()
    pip.browser.get(page.pays())
    pip.browser.reads("Thank you", f"We have your payment of {amount}")
    pip.street.shop.settle_down()


def test_a_trainee_finds_the_price_and_pays_it_to_the_leader(
    street: Street, ada: Administrator
) -> None:
    pip = Applicant(street)
    pip.browser.get("/groups/thursday-lantern")
    pip.browser.reads(
        "£190.00 until Wednesday 25 November 2026, then £216.00",
        "For people in training: £120.00",
        "The fee is paid to Dr Imelda Inkwell, 7 Quill Street, Fictonbury ZZ99 7ZZ",
    )
    assert not re.search(r"hurry|only \d|left|last chance", pip.browser.text, re.IGNORECASE)
    accepted(ada, pip)
    offers(ada, category="trainee")
    ada.browser.reads("£120.00 (In training)")
    opens(
        pip,
        "£120.00 in all, paid once",
        "Which price In training",
        "Paid to Dr Imelda Inkwell, 7 Quill Street, Fictonbury ZZ99 7ZZ. Sole trader",
    )
    pays(pip, "£120.00")
    receipt = " ".join(street.letter(pip.email, "Receipt").text.split())
    assert "Paid to: Dr Imelda Inkwell, 7 Quill Street, Fictonbury ZZ99 7ZZ" in receipt
    assert "Sole trader. No VAT is charged." in receipt


def test_who_joins_late_pays_for_what_is_still_to_come(street: Street, ada: Administrator) -> None:
    pip = Applicant(street)
    accepted(ada, pip)
    street.it_is(2027, 1, 30, 10)
    ada.comes_in()
    ada.browser.get(ada.application_path)
    ada.browser.reads("Who joins now pays for the 4 sessions still to come", "£144.00")
    offers(ada, category="standard")
    browser = opens(pip, "£144.00 in all", "The group has begun", "4 meetings still to come")
    assert "14 January 2027" not in browser.text
    pays(pip, "£144.00")


def test_who_asks_for_a_lower_price_gets_one_and_nobody_in_the_group_hears_of_it(
    street: Street, ada: Administrator
) -> None:
    pip = Applicant(street)
    accepted(ada, pip)
    offers(ada, category="standard")
    opens(pip, "£190.00 in all")
    open_page = pip.accepts()

    pip.browser.get(pip.offer_path)
    pip.browser.submit({}, "/lower-price")
    pip.browser.reads("You have asked for a lower price", "Your place is kept meanwhile")

    ada.browser.get("/admin/bursaries")
    ada.browser.submit({"gift_minor": "100", "reference": "Letter of 1 November"}, "/gifts")
    ada.browser.submit({"code_minor": "50", "note": "Minute 7"}, "/bursaries/new")
    ada.browser.reads("Free for new codes £50.00")
    [code] = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", ada.browser.text)

    ada.browser.get("/admin")
    ada.browser.click(f"{pip.name} asks for a lower price")
    ada.browser.reads("No reason was asked for")
    wrong = {"stands": "7", "category": "trainee", "bursary_code": "no such code"}
    ada.browser.is_refused(422, wrong, "/anew")
    ada.browser.reads("There is no such bursary code")
    assert ada.browser.form("/anew")[1]["bursary_code"] == "no such code"
    ada.browser.submit({**wrong, "bursary_code": code}, "/anew")
    ada.browser.reads("To pay £70.00", "the bursary fund pays £50.00")
    assert "This payment page has ended" in open_page.says()

    old = pip.offer_path
    opens(
        pip,
        "£120.00 in all",
        "Bursary £50.00 of it, paid by a bursary fund",
        "Left for you to pay £70.00",
    )
    assert pip.offer_path != old
    pays(pip, "£70.00")
    pip.browser.get(old)
    pip.browser.reads("There is a newer offer for you")

    ada.browser.get("/admin/bursaries")
    ada.browser.reads("In the fund £50.00", "Promised by codes £0.00", "Used")
    nobody_else_hears(street, ada, pip, code)


def nobody_else_hears(street: Street, ada: Administrator, pip: Applicant, code: str) -> None:
    """Neither the roster nor any page or mail of a leader tells of it."""
    ada.opens_the_roster("1 of 8 places taken", pip.name)
    assert "ursary" not in ada.browser.text
    leader = signed_in(street.world, ("leader",), desk.LEADER["email"], "Dr Imelda Inkwell")
    for path in ("/admin/bursaries", ada.application_path, "/admin/payments"):
        leader.get(path)
        assert leader.answer.status == 403
    mails = street.world.postbox.letters
    told = [one.to for one in mails if "ursary" in one.text or code in one.text]
    assert set(told) == {pip.email}

"""A session that cannot be, and a term that cannot be: what the administrator does at the pages,
and what a member reads (N9, L1)."""

from __future__ import annotations

import pytest

from local.demo.people import ADA
from tests.flows.cancelling_steps import NAMES, PRICE, Group, a_group, book
from tests.handlers.desk import path_of
from tests.journeys.neighbours import Administrator
from tests.journeys.street import Street
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term

PIP = "pip.buttonwood@example.org"
LAST = "Thursday 25 March 2027, 19:00 London time (GMT)"
WHY = {"reason": "Imelda is ill", "message": "We are sorry to miss you."}


@pytest.fixture
def group(shop: Shop) -> Group:
    """Three members who have paid £216.01."""
    whole = a_recruiting_term(shop.world, price_minor=PRICE)
    a_person(shop.world, ADA, ("administrator",))
    return a_group(shop, whole, NAMES)


@pytest.fixture
def street(shop: Shop, group: Group) -> Street:
    return Street(shop)


@pytest.fixture
def ada(street: Street, group: Group) -> Administrator:
    """At the desk's page of the term, signed in just now."""
    ada = Administrator(street)
    ada.comes_in()
    ada.browser.get(path_of(group.whole))
    return ada


def later(street: Street, ada: Administrator) -> None:
    """The jobs have run; she looks how far it is."""
    street.shop.work()
    ada.browser.get(ada.browser.path)


def test_a_cancelled_session_is_given_back_to_the_penny(street: Street, ada: Administrator) -> None:
    ada.browser.click(LAST)
    ada.browser.reads("Pip Buttonwood", "£36.01", "Together: £108.03")
    ada.browser.is_refused(422, {"reason": ""}, "/cancel")
    ada.browser.reads("Choose what becomes of the fee", "Say in a few words why")
    ada.browser.submit({"remedy": "refund", **WHY}, "/cancel")
    ada.browser.reads("Being worked through", "0 of 3 done")
    later(street, ada)
    ada.browser.reads("3 of 3 done, £108.03 given back", "Imelda is ill")
    letter = street.letter(PIP, "Cancelled: the meeting of Thursday Lantern Group on Thursday 25")
    assert "We are sorry to miss you." in letter.text
    assert "£36.01" in letter.text
    back = street.letter(PIP, "Your refund of £36.01 has started")
    assert "Your place in the group stays as it is" in back.text
    ada.browser.click("Spring 2027")
    ada.browser.reads("What was cancelled", "3 of 3 done")
    ada.browser.follow_every_link()


def test_a_cancelled_session_is_kept_as_a_credit(street: Street, ada: Administrator) -> None:
    ada.browser.click(LAST)
    ada.browser.submit({"remedy": "credit", **WHY}, "/cancel")
    later(street, ada)
    ada.browser.reads("3 of 3 done, £108.03 kept for a later term")
    letter = street.letter(PIP, "Cancelled: the meeting")
    assert "Kept for you as a credit: £36.01" in letter.text
    assert not [one for one in street.subjects(PIP) if "refund" in one]
    pip = street.browser()
    pip.get("/sign-in")
    pip.submit({"email": PIP}, "/sign-in")
    pip.get(street.link(PIP, "Your link to sign in", "/sign-in/"))
    pip.submit()
    pip.get("/me")
    pip.reads("Kept for me", "£36.01 for a later term")


def test_a_cancelled_session_has_an_extra_date(
    street: Street, ada: Administrator, group: Group
) -> None:
    ada.browser.click(LAST)
    wrong = {"remedy": "extra_date", "date": "2026-11-01", "time": "", **WHY}
    ada.browser.is_refused(422, wrong, "/cancel")
    ada.browser.reads("Enter the time of day of the extra date")
    extra = {"remedy": "extra_date", "date": "2027-04-08", "time": "18:30", **WHY}
    ada.browser.submit(extra, "/cancel")
    later(street, ada)
    ada.browser.reads(
        "3 of 3 done, £108.03 moved to the extra date", "Thursday 8 April 2027, 18:30"
    )
    letter = street.letter(PIP, "moves to Thursday 8 April 2027")
    assert "18:30 to 20:00 London time (BST)" in " ".join(letter.text.split())
    visitor = street.browser()
    visitor.get("/groups/thursday-lantern")
    visitor.reads("19:00 to 20:30, London time", "Thursday 8 April 2027", "18:30 London time")
    assert "Thursday 25 March 2027" not in visitor.text
    assert group.session(7).replaces == group.session(6).session_id


def test_a_cancelled_term_gives_everything_back(
    street: Street, ada: Administrator, group: Group
) -> None:
    book(group, group.session(1), "Bettina")
    group.shop.application(group.whole, "Juniper Saucepan")
    ada.browser.get(path_of(group.whole))
    ada.browser.click("Cancel the whole term")
    ada.browser.reads("Together: £648.03", "1 person has applied")
    ada.browser.click("Go on to the last step")
    ada.browser.is_refused(422, {"reason": "too few"}, "/confirm")
    ada.browser.submit({"sure": "yes", **WHY}, "/confirm")
    later(street, ada)
    ada.browser.reads("3 of 3 done, £648.03 given back", "1 person has applied")
    letter = street.letter(PIP, "is cancelled: £216.01 go back to you")
    assert "will not take place" in letter.text
    assert "called off" in street.letter("bettina@example.org", "We are sorry").subject
    assert street.letter("imelda.inkwell@example.org", "Spring 2027, is cancelled")
    ada.browser.is_refused(422, {"do": "told"}, "/cancelling")
    ada.browser.reads("Applications still open: 1")
    ada.browser.click("See the applications")
    ada.browser.reads("Juniper Saucepan")
    assert {one.state for one in group.shop.roster(group.whole)} == {"cancelled"}

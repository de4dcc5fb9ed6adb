"""Paying later, through the real routes: after the first meeting, in three parts, and not at all.
At the end of every story the books are proven.
"""

from __future__ import annotations

from typing import Any

from local.demo.people import ADA
from tests.journeys.neighbours import Administrator, Applicant
from tests.journeys.street import HostedPage, Street
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_circle, a_recruiting_term

TICKS = {"agree": "yes", "policy": "yes"}


def offered(shop: Shop, **term: Any) -> tuple[Street, Administrator, Applicant]:
    """Pip has an offer of a place in a term with these conditions open in front of him."""
    a_circle(shop.world, instalments=True)
    a_recruiting_term(shop.world, **term)
    a_person(shop.world, ADA, ("administrator",))
    street = Street(shop)
    ada, pip = Administrator(street), Applicant(street)
    pip.applies()
    ada.comes_in()
    ada.finds_the_application(pip.name)
    ada.invites_to_a_talk()
    ada.writes_down_the_talk()
    ada.accepts()
    ada.makes_the_offer()
    pip.offer_path = street.link(pip.email, "please answer by", "/offers/")
    pip.browser.get(pip.offer_path)
    return street, ada, pip


def pays(pip: Applicant, what: str = "asked") -> None:
    """On the page of the debt, with a card that works."""
    answer = pip.browser.submit({"what": what}, "/pay/", follow=False)
    page = HostedPage(answer.header("location") or "")
    pip.browser.get(page.pays())
    pip.browser.reads("Thank you", "We have your payment of")


def test_a_place_is_taken_the_first_meeting_is_held_and_then_it_is_paid(shop: Shop) -> None:
    street, ada, pip = offered(shop, payment_due="after_first_session")
    pip.browser.reads("£216.00 in all, paid after the first meeting")
    pip.browser.submit(TICKS, pip.offer_path)
    pip.browser.reads(f"Thank you, {pip.name}", "£216.00, by Friday 15 January 2027")
    certain = street.letter(pip.email, "Your place in Thursday Lantern Group is certain")
    assert "Still to be paid: £216.00 by Friday 15 January 2027" in certain.text
    assert "you owe nothing" in certain.text

    street.it_is(2027, 1, 15, 8)
    due = street.letter(pip.email, "please pay by Friday 15 January 2027")
    assert "If you would rather not go on then, answer this mail before you pay" in due.text
    pip.follows("please pay by", "/pay/")
    pip.browser.reads("£216.00 is still to be paid")
    pays(pip)
    shop.settle_down()
    receipt = street.letter(pip.email, "Receipt")
    assert "This is part 1 of 1. With it, everything is paid" in receipt.text
    pip.browser.get(pip.offer_path)
    pip.browser.reads("Your place is certain", "It has been paid")
    ada.comes_in()
    ada.opens_the_roster("1 of 8 places taken", "£216.00")
    pip.browser.follow_every_link()


def test_three_parts_are_paid_as_they_fall_due(shop: Shop) -> None:
    street, ada, pip = offered(shop, instalments=3)
    pip.browser.reads("£216.00 in all, paid in 3 monthly parts", "Accept and pay £72.00")
    pip.browser.get(pip.accepts().pays())
    pip.browser.reads("We have your payment of £72.00", "£144.00 in all")
    first = street.letter(pip.email, "Receipt")
    assert "This is part 1 of 3. £144.00 is still to be paid, the next £72.00" in first.text

    street.it_is(2026, 12, 17, 8)
    pip.follows("please pay by Monday 21 December 2026", "/pay/")
    pip.browser.reads("The next part: £72.00", "All that is left: £144.00")
    pays(pip)
    shop.settle_down()
    assert "This is part 2 of 3" in street.letter(pip.email, "Receipt").text

    street.it_is(2027, 1, 17, 8)
    pip.follows("please pay by Thursday 21 January 2027", "/pay/")
    pays(pip)
    shop.settle_down()
    assert "With it, everything is paid" in street.letter(pip.email, "Receipt").text
    pip.browser.get(pip.offer_path)
    pip.browser.reads("Your place is certain", "It has been paid")
    ada.comes_in()
    ada.opens_the_roster("1 of 8 places taken", "£216.00")
    pip.browser.follow_every_link()
    ada.browser.follow_every_link()


def test_a_part_that_is_missed_ends_nothing_and_a_person_is_called(shop: Shop) -> None:
    street, ada, pip = offered(shop, instalments=2)
    pip.browser.get(pip.accepts().pays())
    for day in (17, 25):
        street.it_is(2026, 12, day, 8)
    missed = street.letter(pip.email, "Still to be paid: £108.00")
    assert "Your place is not touched by it" in missed.text
    street.it_is(2027, 1, 1, 8)
    street.it_is(2027, 1, 8, 8)
    ada.comes_in()
    ada.browser.get("/admin")
    ada.browser.click(f"£108.00 of {pip.name} is still to be paid")
    ada.browser.reads("Parts of the price", "Late", "3 mails")
    ada.opens_the_roster("1 of 8 places taken", "Member", "£108.00")
    pip.follows("Still to be paid: £108.00", "/pay/")
    pip.browser.reads("nobody loses a place by a date")
    pays(pip, "all")
    shop.settle_down()
    ada.browser.get("/admin")
    assert "is still to be paid" not in ada.browser.text
    letters = [one for one in street.subjects(pip.email) if "Still to be paid" in one]
    assert len(letters) == 2

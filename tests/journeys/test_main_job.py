"""The main job, from an empty deployment to a paid place and back, through the real routes only:
pages, mails, and Stripe's hosted page over HTTP. At the end of every story the books are proven.
"""

from __future__ import annotations

import re

import pytest

from chalicelib.rules.mail import Letter
from local.demo.people import ADA
from tests.journeys.neighbours import Administrator, Applicant
from tests.journeys.street import Street
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term


def test_from_an_empty_deployment_to_a_paid_place_and_back(shop: Shop) -> None:
    street = Street(shop)
    ada, pip = Administrator(street), Applicant(street)

    ada.founds_the_circle()
    ada.announces_a_term()

    pip.finds_the_group()
    pip.books_the_taster()

    street.it_is(2026, 12, 10, 21)
    ada.comes_in()
    ada.marks_who_came(pip.name)
    pip.stays_after_the_taster()

    ada.finds_the_application(pip.name)
    ada.invites_to_a_talk()
    street.letter(pip.email, "A short talk about Thursday Lantern Group")
    ada.writes_down_the_talk()
    ada.accepts()
    street.letter(pip.email, "We would be glad to have you")
    ada.makes_the_offer()

    pip.opens_the_offer()
    page = pip.accepts()
    assert "£216.00" in page.says()
    pip.comes_back(page.pays())
    assert shop.fake.deliver_all()[-1] == 200
    reads_what_came_after_paying(street, pip)

    ada.opens_the_roster("1 of 8 places taken", pip.name)
    [row] = ada.exports_the_roster()
    assert (row["Name"], row["State"]) == (pip.name, "Member")

    street.it_is(2026, 12, 11, 8)
    ada.writes_down_that_pip_leaves("£216.00 goes back to the payer", "Within the 14 days")
    shop.settle_down()
    ada.opens_the_roster("0 of 8 places taken", "Nobody has taken a place", "No longer in the")
    refund = street.letter(pip.email, "Your refund of £216.00 has started")
    assert "the place that you had" in flat(refund)

    assert [re.sub(r"R-\w+", "R-...", one) for one in street.subjects(pip.email)] == LETTERS_OF_PIP
    ada.browser.follow_every_link()
    pip.browser.follow_every_link()


LETTERS_OF_PIP = [
    "Your place at Thursday Lantern Group on Thursday 10 December 2026",
    "We have your application to Thursday Lantern Group",
    "A short talk about Thursday Lantern Group: when would suit you?",
    "We would be glad to have you in Thursday Lantern Group",
    "Your place in Thursday Lantern Group: please answer by Thursday 17 December 2026",
    "Your place in Thursday Lantern Group is certain",
    "Receipt R-...: £216.00 for Thursday Lantern Group",
    "You have left Thursday Lantern Group: £216.00 come back to you",
    "Your refund of £216.00 has started: Thursday Lantern Group: Spring 2027",
]


def reads_what_came_after_paying(street: Street, pip: Applicant) -> None:
    """A receipt that can be handed on, and the certainty with every date."""
    receipt = street.letter(pip.email, "Receipt")
    assert "Paid to: Marmalade Circle, 1 Preserve Lane" in flat(receipt)
    certain = street.letter(pip.email, "Your place in Thursday Lantern Group is certain")
    assert flat(certain).count("19:00") >= 6


def flat(letter: Letter) -> str:
    return " ".join(letter.text.split())


# What can happen on the way to a paid place


@pytest.fixture
def street(shop: Shop) -> Street:
    """A street with a circle, its administrator, and a term that recruits."""
    a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    return Street(shop)


@pytest.fixture
def pip(street: Street) -> Applicant:
    """Pip, who has applied, was talked with, and has an offer open in front of him."""
    ada, pip = Administrator(street), Applicant(street)
    pip.applies()
    ada.comes_in()
    ada.finds_the_application(pip.name)
    ada.invites_to_a_talk()
    ada.writes_down_the_talk()
    ada.accepts()
    ada.makes_the_offer()
    pip.opens_the_offer()
    return pip


def test_a_declined_card_costs_nothing_and_the_next_one_pays(
    street: Street, pip: Applicant
) -> None:
    page = pip.accepts()
    status, said = page.pay("4000 0000 0000 0002")
    assert (status, "Your card was declined" in said) == (402, True), said
    street.shop.settle_down()
    pip.browser.get(pip.offer_path)
    pip.browser.reads("Accept and pay £216.00")
    pip.comes_back(pip.accepts().pays())
    pip.keeps_the_place()


def test_who_closes_the_tab_pays_later_by_the_same_link(street: Street, pip: Applicant) -> None:
    first = pip.accepts()
    street.world.clock.move(hours=5)
    street.shop.work()
    assert "This payment page has ended" in first.says()
    pip.browser.get(pip.offer_path)
    second = pip.accepts()
    assert second.url != first.url
    pip.comes_back(second.pays())
    pip.keeps_the_place()


def test_who_pays_and_never_comes_back_has_the_place_all_the_same(
    street: Street, pip: Applicant
) -> None:
    pip.accepts().pays()
    street.shop.settle_down()
    pip.keeps_the_place()


def test_an_offer_that_ends_leads_to_the_waiting_list(street: Street, pip: Applicant) -> None:
    street.it_is(2026, 11, 29, 8)
    ended = street.letter(pip.email, "The offer of a place in Thursday Lantern Group has ended")
    assert "waiting list" in ended.text
    pip.browser.get(pip.offer_path)
    pip.browser.reads("This offer has ended", "Nothing was charged")
    pip.browser.submit({}, "/waitlist")
    pip.browser.reads("You are on the waiting list")
    ada = Administrator(street)
    ada.comes_in()
    ada.opens_the_roster("0 of 8 places taken")
    assert "kept for open offers" not in ada.browser.text


def test_two_tabs_lead_to_one_payment(street: Street, pip: Applicant) -> None:
    other = pip.opens_another_tab()
    one, same = pip.accepts(), other.accepts()
    assert one.url == same.url
    pip.comes_back(one.pays())
    assert "You are all done here" in same.says()
    other.browser.get(other.offer_path)
    other.keeps_the_place()
    street.shop.settle_down()
    assert len(street.shop.fake.objects("charge")) == 1
    assert len([one for one in street.subjects(pip.email) if "Receipt" in one]) == 1

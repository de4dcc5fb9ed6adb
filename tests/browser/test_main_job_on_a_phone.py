"""The main job on a phone, in a real browser without scripts, on the product as `make run` has it.

Every page and every mail is photographed into build/screenshots/, weighed, and looked at by axe.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.demo.people import ADA, CIRCLE
from tests.browser import house as typed
from tests.browser.house import PIP, House
from tests.browser.phone import WEIGHT_MAX, Inspector, Notebook, Phone
from tests.tiers import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
PICTURES = PROJECT / "build" / "screenshots"


def test_the_main_job_on_a_phone_without_scripts(chromium: Browser, house: House) -> None:
    notes = Notebook(an_empty_folder())
    inspector = Inspector(chromium, notes)
    ada, pip = Phone(chromium, house, inspector), Phone(chromium, house, inspector)

    founds_the_circle(ada)
    term = announces_a_term(ada, house)

    own_page = books_a_first_meeting(pip)
    time_goes_by(ada, "One week on", "One week on")
    signs_in(ada)
    marks_who_came(ada, term)
    applies_in_one_step(pip, own_page)

    application = talks_and_accepts(ada)
    makes_an_offer(ada, application)
    accepts_and_pays(pip)

    looks_at_the_roster(ada, term, "1 of 8 places taken")
    takes_the_file_away(ada)
    writes_down_that_pip_leaves(ada)
    reads_of_the_refund(pip)
    looks_at_the_roster(ada, term, "Nobody has taken a place yet")
    the_books_are_proven(ada)

    looks_around(ada, DESK)
    looks_around(pip, STREET)
    makes_a_mistake(inspector, house)
    assert [one for one in notes.weights.items() if one[1] > WEIGHT_MAX] == []
    assert not notes.findings, "\n".join(notes.findings)


DESK = (
    *("/admin/groups", "/admin/applications", "/admin/mails", "/admin/settings", "/admin/audit"),
    *("/admin/settings/circle", "/admin/settings/people", "/me"),
)
STREET = (
    *("/privacy", "/documents/agreement", "/groups/thursday-lantern-group/flyer", "/sign-out"),
)


def an_empty_folder() -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    return PICTURES


# Ada Ledger, administrator


def founds_the_circle(ada: Phone) -> None:
    ada.opens("/")
    ada.opens(ada.house.set_up_link)
    ada.types(CIRCLE)
    ada.presses("Set up the circle")
    uses_the_mailed_link(ada)


def uses_the_mailed_link(ada: Phone) -> None:
    ada.mail(ADA, "Your link to sign in")
    ada.follows_the_mail("/sign-in/")
    ada.presses("Sign in")


def signs_in(ada: Phone) -> None:
    ada.opens("/sign-in")
    ada.types({"email": ADA})
    ada.presses("Send me a link")
    uses_the_mailed_link(ada)


def announces_a_term(ada: Phone, house: House) -> str:
    """The path of a term that recruits."""
    ada.opens("/admin/groups/new")
    ada.types(typed.GROUP)
    ada.presses("Make the group")
    group = ada.path
    fills(ada, f"{group}/texts", {"about": typed.ABOUT_THE_GROUP, "patient_word": "patient"})
    fills(ada, f"{group}/terms/new", typed.dates_from(house.first_thursday(60)))
    term = ada.path.removesuffix("/places")
    fills(ada, f"{term}/places", typed.places_until(house.day(50).isoformat()))
    fills(ada, f"{term}/where", typed.WHERE)
    fills(ada, f"{term}/leaders", typed.LEADER)
    fills(ada, f"{term}/leaders", typed.SECOND_LEADER)
    taster = {"date": house.day(13).isoformat(), "time": "19:00", "minutes": "90", "places": "6"}
    fills(ada, f"{term}/tasters", taster)
    ada.opens(term)
    ada.reads("Ready to be published")
    ada.presses("Publish and take applications")
    ada.reads("Open for applications")
    return term


def fills(ada: Phone, path: str, values: dict[str, str]) -> None:
    if ada.path != path:
        ada.opens(path)
    ada.types(values)
    ada.presses(SAVES.get(path.rsplit("/", 1)[-1], "Save"))


SAVES = {"new": "Save these dates", "tasters": "Add"}


def time_goes_by(ada: Phone, *steps: str) -> None:
    """By the buttons of the mailbox."""
    for step in steps:
        ada.page.goto(ada.house.mailbox)
        ada.page.get_by_role("button", name=step).click()


def marks_who_came(ada: Phone, term: str) -> None:
    ada.opens(f"{term}/guests")
    ada.reads("1 of 6 guest places taken")
    ada.presses("Came")
    ada.reads("Attended")


def talks_and_accepts(ada: Phone) -> str:
    """The path of Pip's application."""
    ada.opens("/admin")
    ada.clicks("Read the application of Dr Pip Buttonwood")
    ada.presses("Mark as being read")
    ada.presses("Invite to a talk")
    ada.types({"points": ["expectations", "commitment", "technology"], "outcome": "suits"})
    ada.presses("Record")
    ada.presses("Accept")
    return ada.path


def makes_an_offer(ada: Phone, application: str) -> None:
    ada.opens(application)
    ada.types({"stands": "7"})
    ada.presses("Make the offer")


def looks_at_the_roster(ada: Phone, term: str, sentence: str) -> None:
    ada.opens("/admin/rosters")
    ada.clicks("Thursday Lantern Group, Spring term")
    ada.reads(sentence)


def takes_the_file_away(ada: Phone) -> None:
    ada.presses("Make a file for a spreadsheet")
    with ada.page.expect_download() as download:
        ada.page.get_by_role("link", name="Download the file").click()
    assert "Dr Pip Buttonwood" in download.value.path().read_text("utf-8-sig")


def writes_down_that_pip_leaves(ada: Phone) -> None:
    ada.opens("/admin/payments")
    ada.clicks(PIP)
    ada.clicks("The member leaves the term")
    ada.types({"way": "policy"})
    ada.presses("End the place")
    ada.reads("Changed their mind within the 14 days")


def the_books_are_proven(ada: Phone) -> None:
    """Stripe's fee is learnt within the hour; then the night comes, and with it the proof."""
    time_goes_by(ada, "One hour on")
    ada.looks_until("/admin/payments", "Fees of Stripe £3.44")
    time_goes_by(ada, "One day on")
    signs_in(ada)
    ada.looks_until("/admin/payments", "Unexplained: £0.00.")
    ada.reads("Given back £216.00")


# Dr Pip Buttonwood, who looks for a group


def books_a_first_meeting(pip: Phone) -> str:
    """The path of the page that the mail leads to."""
    pip.opens("/")
    pip.clicks("See the groups")
    pip.clicks("Thursday Lantern Group")
    pip.reads("£216.00 for all 6 sessions", "Dr Imelda Inkwell", "Barnaby Teacup")
    pip.clicks("Come once and see")
    pip.page.get_by_role("radio").first.check()
    pip.types(typed.ABOUT_PIP)
    pip.presses("Keep a place for me")
    pip.mail(PIP, "Your place at Thursday Lantern Group")
    pip.follows_the_mail("/tasters/")
    pip.reads("Your place is kept")
    return pip.path


def applies_in_one_step(pip: Phone, own_page: str) -> None:
    pip.opens(own_page)
    pip.clicks("Apply for a place")
    pip.presses("Save and go on")
    pip.types({"can_attend": "all", "device": "computer"})
    pip.presses("Save and go on")
    pip.types(typed.HOPES)
    pip.presses("Save and check my answers")
    pip.presses("Send my application")
    pip.reads("Your application is with us")
    pip.mail(PIP, "We have your application")
    pip.follows_the_mail("/applications/")
    pip.presses("Confirm my address")
    pip.reads("Received")


def accepts_and_pays(pip: Phone) -> None:
    pip.mail(PIP, "please answer by")
    pip.follows_the_mail("/offers/")
    offer = pip.path
    pip.types({"agree": "yes", "policy": "yes"})
    pip.presses("Accept and pay £216.00")
    assert pip.page.url.startswith(pip.house.stripe)
    pip.types({"number": "4000 0000 0000 0002", "expiry": "12 / 34", "cvc": "123"})
    pip.page.get_by_role("button", name="Pay £216.00").click()
    assert "Your card was declined" in pip.page.locator("main").inner_text()
    pip.types({"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"})
    pip.presses("Pay £216.00")
    assert pip.path == f"{offer}/paid"
    pip.reads("Thank you, Dr Pip Buttonwood")
    pip.opens(offer)
    pip.reads("Your place is certain")
    for words in ("Receipt", "Your place in Thursday Lantern Group is certain"):
        pip.mail(PIP, words)


def reads_of_the_refund(pip: Phone) -> None:
    pip.mail(PIP, "Your refund of £216.00 has started")
    pip.follows_the_mail("/applications/")


# Everybody


def looks_around(phone: Phone, paths: tuple[str, ...]) -> None:
    for path in paths:
        phone.opens(path)


def makes_a_mistake(inspector: Inspector, house: House) -> None:
    """An empty form comes back with its errors; axe looks at that page too."""
    for path, button in (("taster", "Keep a place for me"), ("apply", "Save and go on")):
        inspector.page.goto(f"{house.url}/groups/thursday-lantern-group/{path}")
        inspector.page.get_by_role("button", name=button).click()
        inspector.page.get_by_role("heading", name="There is a problem").wait_for()
        inspector.page.screenshot(path=PICTURES / f"mistake-{path}.png", full_page=True)
        inspector.look_here(f"mistakes in {path}")

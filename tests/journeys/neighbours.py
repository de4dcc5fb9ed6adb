"""Who meets on the street: the administrator and somebody who finds a group, step by step.

Each step is what a person does at the pages, and what that person reads there.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from chalicelib.flows.people.set_up import set_up_link
from local.browser import BASE_URL
from local.demo.people import ADA, CIRCLE
from tests.handlers import desk
from tests.journeys.street import HostedPage, Street

SECOND_LEADER = {**desk.LEADER, "name": "Barnaby Teacup", "email": "barnaby.teacup@example.org"}
TASTER = {"date": "10 December 2026", "time": "19:00", "minutes": "90", "places": "6"}
ABOUT = {
    "hopes": "To think about encounters that stay with me.",
    "source": "taster",
    "knows_someone": "no",
    "payer": "self",
    "agreement": "yes",
    "privacy": "yes",
}


class Administrator:
    """Ada Ledger at her desk."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.browser = street.browser()
        self.term_path = ""
        self.application_path = ""

    # Once

    def founds_the_circle(self) -> None:
        """By the link that the installation shows."""
        self.browser.get("/")
        self.browser.reads("This circle is not set up yet")
        self.browser.get(set_up_link(self.street.world.outside).removeprefix(BASE_URL))
        self.browser.submit(CIRCLE)
        self.uses_the_mailed_link()

    def uses_the_mailed_link(self) -> None:
        """The sign-in mail is in her postbox."""
        self.browser.get(self.street.link(ADA, "Your link to sign in", "/sign-in/"))
        self.browser.submit()

    def comes_in(self) -> None:
        """Signs in for the day."""
        self.browser.get("/sign-in")
        self.browser.submit({"email": ADA}, "/sign-in")
        self.uses_the_mailed_link()

    # A group and its term

    def announces_a_term(self) -> None:
        """Makes the group and its first term, page by page, and publishes it."""
        self.browser.get("/admin")
        group_path = desk.make_group(self.browser)
        texts = {"about": "We meet on Thursday evenings.", "patient_word": "patient"}
        desk.fill(self.browser, group_path, "texts", texts)
        self.term_path = path = desk.make_term(self.browser, group_path)
        desk.fill(self.browser, path, "places", desk.PLACES)
        desk.fill(self.browser, path, "where", desk.WHERE)
        desk.fill(self.browser, path, "leaders", desk.LEADER)
        desk.fill(self.browser, path, "leaders", SECOND_LEADER)
        desk.fill(self.browser, path, "tasters", TASTER)
        self.browser.get(path)
        self.browser.reads("Ready to be published", "Members who cover the costs 6")
        self.browser.submit({"do": "publish"}, "/state")
        self.browser.reads("Open for applications")

    def marks_who_came(self, name: str) -> None:
        self.browser.get(f"{self.term_path}/guests")
        self.browser.reads("1 of 6 guest places taken", name)
        self.browser.submit({"do": "attended"}, "/guests")
        self.browser.reads("Attended")

    # An application

    def finds_the_application(self, name: str) -> None:
        self.browser.get("/admin")
        self.browser.click(f"Read the application of {name}")
        self.application_path = self.browser.path

    def invites_to_a_talk(self) -> None:
        self.browser.submit({"do": "screen"}, self.application_path)
        self.browser.submit({"do": "invite"}, self.application_path)

    def writes_down_the_talk(self) -> None:
        points = ["expectations", "commitment", "technology"]
        talk = {"points": points, "outcome": "suits"}
        self.browser.submit(talk, f"{self.application_path}/interview")
        self.browser.reads("Outcome of the interview recorded (Yes from both sides)")

    def accepts(self) -> None:
        self.browser.submit({"do": "accept"}, self.application_path)

    def makes_the_offer(self) -> None:
        self.browser.submit({"stands": "7"}, f"{self.application_path}/offer")
        self.browser.reads("£216.00", "Offer")

    # After the money

    def opens_the_roster(self, *sentences: str) -> None:
        self.browser.get("/admin/rosters")
        self.browser.click("Thursday Lantern Group, Spring 2027")
        self.browser.reads(*sentences)

    def exports_the_roster(self) -> list[dict[str, str]]:
        """The rows of the file, by their headings."""
        self.browser.submit(action="/roster")
        self.browser.reads("Your file is ready")
        *_, (body, kind, name) = self.street.world.drawer.files.values()
        assert (kind, name[-4:]) == ("text/csv; charset=utf-8", ".csv")
        return list(csv.DictReader(StringIO(body.decode("utf-8-sig"))))

    def writes_down_that_pip_leaves(self, *sentences: str) -> None:
        """Signed in a while ago: she is asked to sign in again, and comes back to the payment."""
        self.browser.get("/admin/payments")
        self.browser.click("pip.buttonwood@example.org")
        path = self.browser.path
        self.browser.click("The member leaves the term")
        self.browser.reads(*sentences)
        self.browser.submit({"way": "policy"}, "/leave")
        self.browser.reads("Please sign in once more")
        self.browser.submit({"email": ADA}, "/sign-in")
        self.uses_the_mailed_link()
        assert self.browser.path == path, "she is back where she was"
        self.browser.click("The member leaves the term")
        self.browser.submit({"way": "policy"}, "/leave")
        self.browser.reads("Taken off the bill, and why", "Changed their mind within the 14 days")


class Applicant:
    """Somebody who looks for a group and joins it."""

    def __init__(self, street: Street, name: str = "Dr Pip Buttonwood") -> None:
        self.street = street
        self.browser = street.browser()
        self.name = name
        self.email = name.removeprefix("Dr ").lower().replace(" ", ".") + "@example.org"
        self.offer_path = ""

    @property
    def who(self) -> dict[str, str]:
        return {
            "full_name": self.name,
            "email": self.email,
            "profession": "General practitioner",
            "zone": "Europe/London",
        }

    def follows(self, words: str, beginning: str) -> None:
        """Open a mailed link."""
        self.browser.get(self.street.link(self.email, words, beginning))

    # Before the money

    def finds_the_group(self) -> None:
        self.browser.get("/")
        self.browser.click("See the groups")
        self.browser.reads("Thursday Lantern Group", "£216.00 in all, for 6 sessions")
        self.browser.click("Thursday Lantern Group")
        self.browser.reads("Dr Imelda Inkwell", "Barnaby Teacup", "£36.00 a session")

    def books_the_taster(self) -> None:
        self.browser.click("Come once and see")
        sessions = self.browser.markup.split('name="session_id" value="')[1:]
        self.browser.submit({**self.who, "session_id": sessions[0].split('"')[0]}, "/taster")
        self.browser.reads("we have written to you")
        self.follows("Your place at Thursday Lantern Group", "/tasters/")
        self.browser.reads("Your place is kept", "Thursday 10 December 2026")

    def stays_after_the_taster(self) -> None:
        """One step leads from the meeting to the application, with everything filled in."""
        self.follows("Your place at Thursday Lantern Group", "/tasters/")
        self.browser.reads("Thank you for coming")
        self.browser.click("Apply for a place")
        assert self.browser.form("/apply")[1]["full_name"] == self.name
        self.browser.submit({}, "/apply")
        self.answers_the_other_steps()

    def applies(self) -> None:
        self.browser.get("/groups/thursday-lantern/apply")
        self.browser.submit(self.who, "/apply")
        self.answers_the_other_steps()

    def answers_the_other_steps(self) -> None:
        self.browser.submit({"can_attend": "all", "device": "computer"}, "/dates")
        self.browser.submit(ABOUT, "/about")
        self.browser.reads("Check your answers", self.name, "General practitioner")
        self.browser.submit({}, "/check")
        self.browser.reads("Your application is with us")
        self.follows("We have your application", "/applications/")
        self.browser.submit({"do": "confirm"}, "/applications/")
        self.browser.reads("Received", "nobody has read it yet")
        assert "Please confirm your address" not in self.browser.text

    # The offer

    def opens_the_offer(self) -> None:
        self.offer_path = self.street.link(self.email, "please answer by", "/offers/")
        self.browser.get(self.offer_path)
        self.browser.reads(f"Hello {self.name}", "£216.00 in all, paid once")

    def accepts(self, **also: Any) -> HostedPage:
        """Tick both boxes and press: the hosted page opens."""
        ticks = {"agree": "yes", "policy": "yes", **also}
        answer = self.browser.submit(ticks, self.offer_path, follow=False)
        page = HostedPage(answer.header("location") or "")
        assert page.url.startswith(self.street.shop.base_url + "/c/pay/"), self.browser.text
        return page

    def comes_back(self, path: str) -> None:
        """Stripe sends the payer back."""
        assert path.startswith(f"{self.offer_path}/paid?session=cs_"), path
        self.browser.get(path)
        self.browser.reads(f"Thank you, {self.name}", "We have your payment of £216.00")

    def agrees_afterwards(self) -> None:
        """The place was paid before anybody asked about the ground rules."""
        self.browser.get(self.offer_path)
        self.browser.reads("It has been paid")
        self.browser.submit({"agree": "yes"}, "/agree")

    def keeps_the_place(self) -> None:
        """The same link now says that nothing is left to do."""
        self.browser.get(self.offer_path)
        self.browser.reads("Your place is certain", "It has been paid")
        assert "<button" not in self.browser.markup

    def opens_another_tab(self) -> Applicant:
        """The same person with the same link in a second tab."""
        other = Applicant(self.street, self.name)
        other.opens_the_offer()
        return other

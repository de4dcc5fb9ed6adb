"""A member's employer pays (N12), through the real routes and with signed webhooks: each gets what
is theirs to know. At the end of every story the books are proven.
"""

from __future__ import annotations

from chalicelib.rules.money.payments import Obligation
from chalicelib.store import reads, tables
from local.demo.people import ADA
from tests.journeys.neighbours import Administrator, Applicant
from tests.journeys.street import Careful, HostedPage, Street
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_circle, a_recruiting_term

TRUST = "Fictonbury Health Trust"
ACCOUNTS = "accounts@fictonbury-trust.example"
PAYER = {"payer_name": TRUST, "payer_email": ACCOUNTS, "payer_reference": "COST CENTRE 4711"}
TICKS = {"agree": "yes", "policy": "yes"}


class Employer:
    """Accounts of the trust, with a phone."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.browser = street.browser()
        self.path = ""

    def opens_the_link(self) -> None:
        self.path = self.street.link(ACCOUNTS, "asks you to pay", "/payer/")
        self.browser.get(self.path)

    def presses_pay(self) -> HostedPage:
        answer = self.browser.submit({}, "/payer/", follow=False)
        page = HostedPage(answer.header("location") or "")
        assert page.url.startswith(self.street.shop.base_url + "/c/pay/"), self.browser.text
        return page


def offered(shop: Shop) -> tuple[Street, Administrator, Applicant, Employer]:
    """Pip has the offer open in front of him."""
    a_circle(shop.world)
    a_recruiting_term(shop.world)
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
    pip.opens_the_offer()
    return street, ada, pip, Employer(street)


def hands_over(pip: Applicant, **also: str) -> None:
    """Names the employer and accepts what only he can accept."""
    pip.browser.get(pip.offer_path)
    pip.browser.click("Somebody else pays")
    pip.browser.submit({**PAYER, **TICKS, **also}, "/payer")
    pip.browser.reads(f"We wrote to {TRUST}, {ACCOUNTS}", "nothing more for you to do")


def knows_nothing(browser: Careful) -> None:
    """What no payer's page says."""
    for word in ("General practitioner", "encounters that stay", "Pip.Buttonwood@", "/offers/"):
        assert word not in browser.answer.text, word


def test_the_employer_pays_on_a_phone(shop: Shop) -> None:
    street, ada, pip, employer = offered(shop)
    pip.browser.click("Somebody else pays")
    pip.browser.is_refused(422, {**PAYER, "payer_email": "accounts"}, "/payer")
    pip.browser.reads("There is a problem", "Tick the box when you have read the ground rules")
    assert pip.browser.form("/payer")[1]["payer_name"] == TRUST, "what was typed is kept"
    hands_over(pip)
    assert "Accept and pay" not in pip.browser.text

    asked = street.letter(ACCOUNTS, "asks you to pay £216.00")
    assert f"{pip.name} has asked us to write to you" in asked.text
    assert "If you did not expect this, you need not do anything" in asked.text
    employer.opens_the_link()
    employer.browser.reads(
        f"Attends {pip.name}",
        "Thursday Lantern Group, Spring 2027",
        "£216.00",
        "Marmalade Circle, 1 Preserve Lane, Fictonbury ZZ99 9ZZ",
        "COST CENTRE 4711",
        "If nobody has paid by",
        "Until 28 days before the term begins",
    )
    knows_nothing(employer.browser)
    employer.browser.get(employer.presses_pay().pays())
    employer.browser.reads(
        "Thank you, it is paid", f"Paid by {TRUST}, {ACCOUNTS}", f"Attends {pip.name}"
    )
    shop.settle_down()

    receipt = street.letter(ACCOUNTS, "Receipt")
    for words in (f"Paid by: {TRUST}", f"Attends: {pip.name}", "Your reference: COST CENTRE 4711"):
        assert words in receipt.text
    certain = street.letter(pip.email, "Your place in Thursday Lantern Group is certain")
    assert f"Paid by: {TRUST}, who gets the receipt" in certain.text
    assert street.subjects(ACCOUNTS) == [asked.subject, receipt.subject]
    assert not [one for one in street.subjects(pip.email) if "Receipt" in one]

    employer.browser.get(employer.path)
    employer.browser.reads("There is nothing to pay any more", "It has been paid. Thank you")
    knows_nothing(employer.browser)
    pip.browser.get(pip.offer_path)
    pip.browser.reads("Your place is certain", f"Receipts go to {TRUST}")
    ada.comes_in()
    ada.browser.get("/admin/payments")
    ada.browser.click(f"{ACCOUNTS} for {pip.name}")
    ada.browser.reads(pip.name, f"Payer {TRUST}, {ACCOUNTS}", "Reference of the payer COST CENTRE")
    ada.opens_the_roster("1 of 8 places taken", pip.email)
    assert ACCOUNTS not in ada.browser.text
    for browser in (pip.browser, employer.browser, ada.browser):
        browser.follow_every_link()


def test_a_member_leaves_and_the_money_goes_back_to_the_employer(shop: Shop) -> None:
    street, ada, pip, employer = offered(shop)
    hands_over(pip)
    employer.opens_the_link()
    employer.browser.get(employer.presses_pay().pays())
    shop.settle_down()
    street.it_is(2026, 11, 25, 9)
    ada.comes_in()
    ada.browser.get("/admin/payments")
    ada.browser.click(f"{ACCOUNTS} for {pip.name}")
    ada.browser.click("The member leaves the term")
    ada.browser.submit({"way": "policy"}, "/leave")
    shop.settle_down()
    left = street.letter(pip.email, "You have left")
    assert TRUST in left.text
    assert "£" not in left.text
    refund = street.letter(ACCOUNTS, "Your refund of £216.00 has started")
    assert f"Attends: {pip.name}" in refund.text
    assert "/applications/" not in refund.text
    assert not [one for one in street.subjects(pip.email) if "refund" in one.lower()]
    employer.browser.get(employer.path)
    employer.browser.reads("Given back, or set aside for it £216.00")


def test_the_member_changes_her_mind_about_who_pays(shop: Shop) -> None:
    street, _, pip, employer = offered(shop)
    hands_over(pip)
    employer.opens_the_link()
    page = employer.presses_pay()
    pip.browser.get(pip.offer_path)
    pip.browser.submit({}, "/ask-again")
    assert len([one for one in street.subjects(ACCOUNTS) if "asks you"]) == 1, "before the post"
    street.letter(ACCOUNTS, "asks you to pay")
    assert len(street.subjects(ACCOUNTS)) == 2
    pip.browser.submit({}, "/pay-myself")
    pip.browser.reads("Accept and pay £216.00", "Somebody else pays")
    status, _ = page.pay("4242 4242 4242 4242")
    assert status != 303, "the employer's page at Stripe has ended with the link"
    employer.browser.get(employer.path)
    employer.browser.reads("You are not asked to pay any more", "nothing was charged")
    assert "<button" not in employer.browser.markup
    pip.comes_back(pip.accepts().pays())
    shop.settle_down()
    assert street.letter(pip.email, "Receipt").text.count(pip.name) >= 2
    employer.browser.get(employer.path)
    employer.browser.reads("paid in another way")


def test_a_payers_link_explains_an_offer_that_has_ended(shop: Shop) -> None:
    street, _, pip, employer = offered(shop)
    hands_over(pip)
    employer.opens_the_link()
    target, held = employer.browser.form("/payer")
    street.it_is(2026, 11, 29, 9)
    employer.browser.get(employer.path)
    employer.browser.reads("The offer has ended", "Nothing was charged, and you owe nothing")
    employer.browser.get("/sign-in")
    fresh = {"form": employer.browser.form("/sign-in")[1]["form"]}
    assert employer.browser.post(target, {**held, **fresh}).status == 409
    assert "Nothing has been charged" in employer.browser.text
    pip.browser.get(pip.offer_path)
    pip.browser.reads("This offer has ended")


def test_somebody_who_has_not_been_asked_gets_no_page(shop: Shop) -> None:
    street, _, pip, employer = offered(shop)
    hands_over(pip)
    employer.opens_the_link()
    stranger = street.world.browser()
    assert stranger.get(employer.path[:-3]).status == 410
    token = employer.path.rpartition("/")[2]
    assert stranger.get(f"/pay/{token}").status == 410
    assert stranger.get(f"/payer/{pip.offer_path.rpartition('/')[2]}").status == 410


def test_an_offer_made_anew_lets_the_member_say_who_is_asked(shop: Shop) -> None:
    street, ada, pip, employer = offered(shop)
    hands_over(pip)
    employer.opens_the_link()
    ada.browser.get(ada.application_path)
    ada.browser.reads("tells the applicant to name them again")
    shop.world.clock.move(minutes=1)
    ada.browser.submit({"stands": "7"}, "/anew")
    letter = street.letter(pip.email, "please answer by")
    assert f"You had asked {TRUST} to pay. Their link has ended" in letter.text
    employer.browser.get(employer.path)
    employer.browser.reads("This offer holds no longer", "can ask you again")
    pip.browser.get(street.link(pip.email, "please answer by", "/offers/"))
    pip.browser.click("Somebody else pays")
    pip.browser.reads(f"{TRUST} was asked to pay before", "only if you send this form")
    assert pip.browser.form("/payer")[1]["payer_email"] == ACCOUNTS
    pip.browser.submit(TICKS, "/payer")
    pip.browser.reads(f"We wrote to {TRUST}, {ACCOUNTS}")
    employer.opens_the_link()
    employer.browser.get(employer.presses_pay().pays())
    employer.browser.reads("Thank you, it is paid")


def test_the_desk_asks_the_employer_because_the_member_wants_it(shop: Shop) -> None:
    street, ada, pip, employer = offered(shop)
    (debt,) = [one for one in reads.everything(tables.Payments) if isinstance(one, Obligation)]
    ada.browser.get(f"/admin/payments/{debt.obligation_id}")
    ada.browser.click("Ask somebody else to pay")
    ada.browser.is_refused(422, {**PAYER, "payer_email": "accounts"}, "/payer")
    ada.browser.reads("Tick the box when the member has asked you to write to them")
    ada.browser.submit({**PAYER, "asked_for": "yes"}, "/payer")
    ada.browser.reads(f"Somebody else is to pay {TRUST}, {ACCOUNTS}")
    letter = street.letter(pip.email, "is asked to pay for your place")
    assert "you can name somebody else or pay yourself" in letter.text
    pip.browser.get(street.link(pip.email, "is asked to pay for your place", "/offers/"))
    pip.browser.reads(TRUST)
    employer.opens_the_link()
    employer.browser.get(employer.presses_pay().pays())
    employer.browser.reads("Thank you, it is paid", f"Attends {pip.name}")

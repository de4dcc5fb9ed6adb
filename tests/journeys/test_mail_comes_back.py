"""Mail that does not reach a member (O1, N16): what the member, the leader and the desk see, and
how it comes to reach her again."""

from __future__ import annotations

from typing import Any

from chalicelib.rules.mail import name_in_path
from local.browser import Browser
from tests.journeys.street import Careful, Street
from tests.mail_steps import ses_tells
from tests.people import signed_in
from tests.shop import Shop
from tests.stories import a_recruiting_term

PIP, NEW = "pip.buttonwood@example.org", "pip@example.net"
LEADER = "imelda.inkwell@example.org"


def somebody(street: Street, **who: Any) -> Careful:
    """The careful browser of somebody who has just signed in."""
    browser = street.browser()
    browser.cookies.update(signed_in(street.world, **who).cookies)
    return browser


def test_a_member_whose_mail_comes_back_is_reached_again(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    street = Street(shop)
    shop.pay(shop.offer(whole))
    shop.work()
    pip = somebody(street, roles=(), email=PIP)
    for mail in [*shop.mails("receipt"), *shop.mails("enrolment_confirmation")]:
        ses_tells(shop.world, mail.message_key, "bounced")

    pip.get("/me")
    pip.reads("Our mails do not reach you", PIP)
    imelda = somebody(street, roles=("leader",), email=LEADER)
    assert "Please do not tell others" in street.letter(LEADER, "does not reach Pip").text
    imelda.get(f"/leader/groups/{whole.group.group_id}/terms/{whole.term.term_id}")
    imelda.reads("Pip Buttonwood", "Mail does not reach")
    assert PIP not in imelda.text

    ada = somebody(street)
    ada.get(f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}/roster")
    ada.reads("Mail comes back")
    Browser.get(ada, "/admin/health")
    ada.reads("Mails that came back in the last seven days: 2")
    ada.get("/admin")
    ada.click(f"Mail does not reach Pip Buttonwood ({PIP})")
    ada.reads("Mail does not reach this address", "550 5.1.1 user unknown", "What did not arrive")
    page = ada.path
    how = {"reason": "She rang"}
    for wrong, told in ((PIP, "This is the address that does not work"),
                        (LEADER, "Somebody else is known by this address")):  # fmt: skip
        ada.is_refused(422, {"email": wrong, **how}, "/correct")
        ada.reads(told)
        ada.get(page)
    ada.submit({"email": NEW, **how}, "/correct")
    ada.reads("Another address has taken its place", NEW)

    assert "£216.00" in street.letter(NEW, "receipt").subject
    street.letter(NEW, "We write to you at this address now")
    assert len(street.subjects(NEW)) == 3
    ada.get(f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}/roster")
    ada.reads(NEW)
    assert PIP not in ada.text
    ada.get("/admin")
    assert "Mail does not reach" not in ada.text
    pip.get("/me")
    pip.reads("Sign in")  # the session of before is over
    pip.submit({"email": NEW}, "/sign-in")
    pip.reads("If mails from us have come back to us before")
    pip.get(street.link(NEW, "Your link to sign in", "/sign-in/"))
    pip.submit()
    pip.get("/me")
    assert "do not reach" not in pip.text


def test_an_applicant_whose_mailbox_was_full_gets_the_offer_again(shop: Shop) -> None:
    """A transient bounce: the address may be right, and the desk sends it once more."""
    offered = shop.offer(a_recruiting_term(shop.world))
    street = Street(shop)
    street.letter(PIP, "place")
    (offer,) = shop.mails("offer")
    ses_tells(shop.world, offer.message_key, "not_now")
    ada = somebody(street)
    ada.get(f"/admin/mails/{name_in_path(offer.message_key)}")
    ada.reads("This mail has not arrived", "452 4.2.2 mailbox full")
    ada.get("/admin")
    ada.click("Mail does not reach Pip Buttonwood")
    ada.reads("A mail did not arrive", "The address may be right")
    ada.submit(action="/again")
    ada.reads("Nothing is lost")
    assert len(street.subjects(PIP)) == 1
    street.letter(PIP, "place")
    assert len(street.subjects(PIP)) == 2
    assert offered.offer_id == shop.offer_row(offered).offer_id


def test_an_address_that_marked_us_as_unwanted_gets_nothing_until_it_is_lifted(shop: Shop) -> None:
    shop.offer(a_recruiting_term(shop.world))
    street = Street(shop)
    street.letter(PIP, "place")
    (offer,) = shop.mails("offer")
    ses_tells(shop.world, offer.message_key, "complained")
    shop.world.clock.move(minutes=1)
    ada = somebody(street)
    ada.get("/admin/mails")
    ada.click("Addresses that mail does not reach")
    ada.click("Pip Buttonwood")
    ada.reads("A mail of ours was marked as unwanted", "It may have been a slip")
    ada.is_refused(422, {"reason": ""}, "/works")
    ada.submit({"reason": "It was a slip"}, "/works")
    ada.reads("Nothing is lost")
    ada.get("/admin/addresses")
    ada.reads("Mail reaches everybody", "Mails marked as unwanted", "1")

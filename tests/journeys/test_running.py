"""A term as its leaders live it, through the real routes only: signing in on a phone after the
session, the register in three presses, a correction, and what the desk and the books make of it.
"""

from __future__ import annotations

from chalicelib.flows.running import terms
from chalicelib.handlers import jobs
from chalicelib.rules.books import ledger
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from local.demo.people import ADA
from tests.journeys.neighbours import Administrator
from tests.journeys.street import Street
from tests.people import a_person
from tests.shop import ADMIN, Shop
from tests.stories import LEADERS, a_recruiting_term

IMELDA, BARNABY = LEADERS.values()


def on(account: str) -> int:
    found = ledger.balances(reads.everything(tables.Ledger))
    return -sum(amount for (_, name, _), amount in found.items() if name == account)


def standing(whole: WholeTerm) -> tuple[int, int]:
    """What is owed in sessions, and what is earned."""
    return on(ledger.deferred(whole.term.term_id)), on("fees")


def test_a_term_is_led_registered_corrected_and_earned(shop: Shop) -> None:
    street = Street(shop)
    whole = a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    ada = Administrator(street)
    for name in ("Pip Buttonwood", "Odalys Quince"):
        shop.pay(shop.offer(whole, name))
    shop.settle_down()
    ada.comes_in()
    ada.browser.get(f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}")
    ada.browser.submit({"do": "run"}, "/state")
    ada.browser.reads("Running")
    assert standing(whole) == (43200, 0)

    street.it_is(2027, 1, 14, 20, 35)
    imelda = street.comes_in(IMELDA)
    imelda.click("Leading")
    imelda.reads("A register is open")
    imelda.click("Session 1, Thursday 14 January 2027")
    imelda.reads("Pip Buttonwood", "Odalys Quince", "Was the session held?")
    imelda.submit({}, "/sessions/")
    imelda.reads("This register is closed", "Held: 2 present")
    assert standing(whole) == (36000, 7200)

    street.it_is(2027, 1, 28, 20, 35)
    barnaby = street.comes_in(BARNABY)
    barnaby.get("/leader")
    barnaby.click("Session 2, Thursday 28 January 2027")
    barnaby.submit({}, "/sessions/")
    assert standing(whole) == (28800, 14400)
    imelda = street.comes_in(IMELDA)
    imelda.get("/leader")
    imelda.click("Thursday Lantern Group, Spring 2027")
    imelda.click("2. Thursday 28 January 2027")
    imelda.reads("Closed by Barnaby Teacup")
    imelda.submit({"outcome": "cancelled"}, "/sessions/")
    imelda.reads("This register is closed", "Cancelled")
    assert standing(whole) == (36000, 7200)
    ada = Administrator(street)
    ada.comes_in()
    ada.browser.get("/admin")
    ada.browser.click("Session 2 of Thursday Lantern Group, Spring 2027 was cancelled")
    ada.browser.reads("Spring 2027", "Cancelled", "2 present")

    for browser in (imelda, barnaby, ada.browser):
        browser.follow_every_link()


def test_a_forgotten_register_is_closed_at_the_desk(shop: Shop) -> None:
    street = Street(shop)
    whole = a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    shop.pay(shop.offer(whole, "Pip Buttonwood"))
    shop.settle_down()
    terms.run(shop.world.outside, ADMIN, whole.group.group_id, whole.term.term_id)
    street.it_is(2027, 1, 22, 3)
    jobs.nightly({}, None)
    ada = Administrator(street)
    ada.comes_in()
    ada.browser.get("/admin")
    ada.browser.click("Close the register of session 1 of Thursday Lantern Group, Spring 2027")
    ada.browser.submit({}, "/sessions/")
    ada.browser.reads("Held: 1 present", "Closed by Ada Ledger")
    ada.browser.get("/admin")
    assert "Close the register" not in ada.browser.text
    assert standing(whole) == (18000, 3600)

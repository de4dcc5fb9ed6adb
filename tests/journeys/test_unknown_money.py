"""Money at Stripe that we cannot place (O6): what the treasurer reads and says at the pages."""

from __future__ import annotations

from chalicelib.handlers.books.reconciling import reconcile
from local.browser import Browser
from tests.journeys.street import Careful, Street
from tests.people import signed_in
from tests.shop import Shop
from tests.stories import a_recruiting_term
from tests.unknown_money import intent_of, lost_payment

PIP = "pip.buttonwood@example.org"


def the_treasurer(shop: Shop) -> Careful:
    """Tilda, who has just signed in."""
    browser = Street(shop).browser()
    email = "tilda.till@marmalade-circle.example"
    browser.cookies.update(signed_in(shop.world, ("treasurer",), email, "Tilda Till").cookies)
    return browser


def test_money_whose_debt_is_lost_takes_the_place_that_was_offered_anew(shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(shop.world))
    checkout_id = lost_payment(shop, offered)
    tilda = the_treasurer(shop)
    page = f"/admin/unknown-money/{checkout_id}"
    tilda.get(page)
    tilda.reads("£216.00 that we cannot place", checkout_id, "£216.00 for an open offer")
    tilda.is_refused(422, {"fate": "debt"}, page)
    tilda.reads("Choose the place it is for", "Say in a few words how you know")
    tilda.is_refused(422, {"fate": "given_back", "reason": "she rang"}, page)
    tilda.reads("Stripe does not show that all of it was given back")
    assert 'value="she rang"' in tilda.markup, "what was typed is kept"
    debt_id = shop.offer_row(offered).obligation_id
    tilda.submit({"fate": "debt", "debt": debt_id, "reason": "she rang"}, page)
    assert tilda.path == f"/admin/payments/{debt_id}"
    tilda.reads("Pip Buttonwood", "Paid", "A place", checkout_id)
    shop.settle_down()
    assert "£216.00" in Street(shop).letter(PIP, "receipt").subject
    Browser.get(tilda, page)
    assert tilda.answer.status == 404


def test_money_that_was_given_back_is_closed_and_its_movements_with_it(shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(shop.world))
    checkout_id = lost_payment(shop, offered, 3600)
    shop.fake.dashboard_refund(intent_of(shop, checkout_id))
    shop.world.clock.move(hours=2)
    reconcile(shop.world.outside)
    tilda = the_treasurer(shop)
    tilda.get("/admin/reconciliation")
    tilda.reads("Not in our books", "Money that is not ours")
    tilda.get(f"/admin/unknown-money/{checkout_id}")
    tilda.reads("No place asks for this amount now")
    assert "It belongs to a place" not in tilda.text
    tilda.submit({"fate": "given_back", "reason": "a wrong amount"}, "/unknown-money/")
    assert tilda.path == "/admin/reconciliation"
    assert "Not in our books" not in tilda.text
    assert "Money that is not ours" not in tilda.text

"""A treasurer follows a penny: from the overview of all books to the book of a group, to the lines
of a figure, to the entry, to the debt that caused it. At the end the books are proven."""

from __future__ import annotations

import re

from tests.journeys.street import Careful, Street
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term

TILDA = "tilda.till@marmalade-circle.example"


def comes_in(street: Street) -> Careful:
    """Tilda signs in by a mailed link."""
    a_person(street.world, TILDA, ("treasurer",), "Tilda Till")
    return street.comes_in(TILDA)


def test_a_treasurer_follows_a_penny_from_the_overview_to_the_debt(shop: Shop) -> None:
    street = Street(shop)
    whole = a_recruiting_term(shop.world)
    for name in ("Pip Buttonwood", "Odalys Quince"):
        shop.pay(shop.offer(whole, name))
    shop.settle_down()
    tilda = comes_in(street)

    tilda.get("/admin/payments")
    tilda.click("Books")
    tilda.reads("All books together £425.12 £0.00 £432.00 -£6.88")
    tilda.click("Thursday Lantern Group")
    tilda.reads("If this stopped today, we would owe £432.00", "Fees of Stripe")
    tilda.click("-£6.88")
    tilda.reads("Sum -£6.88", "Lines 2", "Fee of Stripe")
    tilda.click("Fee of Stripe")
    tilda.reads("Balance at Stripe", "£3.44", "An entry is never changed")
    tilda.click("See the debt")
    tilda.reads("£216.00", "In the books", "Fee of Stripe")
    assert re.fullmatch(r"/admin/payments/obligation-\w+|/admin/payments/debt-\w+", tilda.path)

    tilda.get(f"/admin/books/{whole.group.group_id}/owed")
    tilda.reads("We would owe £432.00", "Pip Buttonwood", "Odalys Quince")
    tilda.click("Pip Buttonwood")
    tilda.reads("Pip Buttonwood")

    tilda.get("/admin/books")
    tilda.submit({}, "/prove")
    tilda.reads("A proof was asked for", "within five minutes")
    street.shop.work()
    tilda.get("/admin/books/proof")
    tilda.reads("Everything agrees")
    for path in sorted(one for one in tilda.links if one.startswith("/admin/books")):
        tilda.get(path)

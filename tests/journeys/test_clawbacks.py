"""A leader was paid, then a payer's bank takes the fee back: the matching part comes off the next
payment, or the treasurer lets it go. And how a substitute and two leaders find their pages."""

from __future__ import annotations

import re

from tests.journeys.street import Street
from tests.journeys.test_paying_leaders import ADA, BARNABY, IMELDA, TILDA
from tests.pay_steps import approved, paid, paid_for, prepared, states, tick
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term


def runs(shop: Shop) -> str:
    """Prepared, approved and paid from the bank."""
    period = prepared(shop.world)
    approved(shop.world, period)
    tick()
    paid(shop.world, period)
    tick()
    return period


def test_paid_disputed_lost_taken_back_from_one_and_let_go_for_the_other(shop: Shop) -> None:
    street, whole = Street(shop), paid_for(shop, members=4)
    a_person(shop.world, ADA, ("administrator",))
    a_person(shop.world, TILDA, ("treasurer",), "Tilda Till")
    shop.hold(whole, 1)
    shop.world.clock.move(days=7)
    first = runs(shop)
    intent = str(shop.fake.objects("payment_intent")[0]["id"])
    shop.fake.lose(str(shop.fake.dispute(intent)["id"]))
    shop.settle_down()
    letter = street.letter(IMELDA, "£24.38 of your fees")
    assert "bank has taken back a fee" in letter.text
    assert "Member" not in letter.text

    tilda = street.comes_in(TILDA)
    barnaby = a_person(shop.world, BARNABY).person_id
    tilda.get(f"/admin/payouts/leaders/{barnaby}")
    tilda.reads("Owed back", "£24.38", "Comes off the next payment")
    [path] = set(re.findall(rf'href="([^"]*/leaders/{barnaby}/clawbacks/[^"]+)"', tilda.markup))
    tilda.get(path)
    tilda.reads("£36.00 of the £144.00", "Let £24.38 go")
    assert "Take it back from the Stripe account" not in tilda.text
    tilda.is_refused(422, {"reason": ""}, "/write-off")
    tilda.reads("Say in a few words why")
    tilda.submit({"reason": "He led alone that day"}, "/write-off")
    tilda.get(path)
    tilda.reads("He led alone that day", "Let go")
    assert "/write-off" not in tilda.markup

    shop.hold(whole, 2)
    shop.world.clock.move(days=7)
    second = runs(shop)
    assert states() == {
        f"Inkwell {first}": ("paid_manually", 9750),
        f"Inkwell {second}": ("paid_manually", 9750 - 2438),
        f"Teacup {first}": ("paid_manually", 9750),
        f"Teacup {second}": ("paid_manually", 9750),
    }
    tilda = street.comes_in(TILDA)
    tilda.get(f"/admin/payouts/leaders/{barnaby}")
    tilda.reads("Done")


def test_a_substitute_comes_to_the_one_register_and_no_further(shop: Shop) -> None:
    street, whole = Street(shop), a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    shop.pay(shop.offer(whole, "Pip Buttonwood"))
    shop.settle_down()
    term = f"/groups/{whole.group.group_id}/terms/{whole.term.term_id}"
    ada = street.comes_in(ADA)
    ada.get(f"/admin{term}/leaders")
    ada.click("Somebody else leads a session")
    session_id = whole.sessions[0].session_id
    rowan = {"name": "Dr Rowan Reed", "email": "rowan.reed@example.org"}
    ada.is_refused(422, {"session": session_id, **rowan, "pay": "fee"}, "/substitutes")
    ada.reads("Enter the fee for an hour")
    ada.submit({"rate_minor": "80"}, "/substitutes")
    ada.reads("Session 1", "Dr Rowan Reed", "£80.00")

    shop.world.clock.at = whole.sessions[0].ends_at
    reed = street.comes_in(rowan["email"])
    reed.get("/leader")
    reed.reads("You stand in for a leader of this group")
    reed.click("Session 1, Thursday 14 January 2027")
    reed.submit({}, "/sessions/")
    reed.reads("This register is closed", "by Dr Rowan Reed")
    stranger = shop.world.browser()
    stranger.cookies.update(reed.cookies)
    assert stranger.get(f"/leader{term}").status == 404
    reed.get("/leader")
    reed.reads("not listed as the leader of any group")


def test_two_leaders_agree_on_how_they_share(shop: Shop) -> None:
    street, whole = Street(shop), a_recruiting_term(shop.world)
    term = f"/leader/groups/{whole.group.group_id}/terms/{whole.term.term_id}"
    imelda = street.comes_in(IMELDA)
    imelda.get(term)
    imelda.click("How the fees are shared")
    imelda.reads("Each of you is paid at your own rate", "£65.00 for an hour")
    ids = {one.leader_id: one.name for one in whole.leaders}
    mine, other = sorted(ids, key=lambda one: "Imelda" not in ids[one])
    uneven = {f"share-{mine}": "60", f"share-{other}": "39.99"}
    imelda.is_refused(422, uneven, "/propose")
    imelda.reads("must come to 100")
    imelda.submit({f"share-{mine}": "60,5", f"share-{other}": "39.50 %"}, "/propose")
    imelda.reads("Dr Imelda Inkwell 60.50 %", "Barnaby Teacup: has not agreed yet")
    assert "/confirm" not in imelda.markup

    assert "Barnaby Teacup: 39.50 %" in street.letter(BARNABY, "proposes how to share").text
    barnaby = street.comes_in(BARNABY)
    barnaby.get(f"{term}/fees")
    barnaby.submit({}, "/confirm")
    barnaby.reads("You share what your fees come to together", "It holds for sessions that begin")
    assert "sessions that begin from now on" in street.letter(IMELDA, "is agreed").text

"""The page of a debt, the offer page of a place that is paid later, and where both are set up."""

from __future__ import annotations

import pytest

from chalicelib.rules.links import personal_link
from chalicelib.rules.running.groups import WholeTerm
from local.browser import Browser
from tests.handlers import desk as at_the_desk
from tests.people import signed_in
from tests.shop import Offered, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World

TICKS = {"agree": "yes", "policy": "yes"}


@pytest.fixture
def whole(world: World) -> WholeTerm:
    a_circle(world, instalments=True, bank_debit=True)
    return a_recruiting_term(world, instalments=3)


@pytest.fixture
def offered(shop: Shop, whole: WholeTerm) -> Offered:
    """A place whose first part is paid."""
    given = shop.offer(whole)
    shop.pay(given)
    shop.hear_all()
    return given


def pay_path(shop: Shop, offered: Offered) -> str:
    keys = shop.world.outside.places.link_keys
    return f"/pay/{personal_link(keys, 'debt', shop.offer_row(offered).obligation_id, 1)}"


def opened(world: World, path: str) -> Browser:
    browser = world.browser()
    assert browser.get(path).status == 200, browser.text
    return browser


def says(browser: Browser, *sentences: str) -> None:
    for sentence in sentences:
        assert sentence in browser.text, f"{sentence!r} is not in {browser.text}"


def test_an_offer_in_parts_says_each_part_and_asks_for_the_first(
    world: World, shop: Shop, whole: WholeTerm
) -> None:
    given = shop.offer(whole)
    page = opened(world, f"/offers/{given.token}")
    says(
        page,
        "£216.00 in all, paid in 3 monthly parts: about £36.00 for each of 6 meetings",
        "£72.00, now, with the place",
        "£72.00, by Monday 21 December 2026",
        "£72.00, by Thursday 21 January 2027",
        "Accept and pay £72.00",
    )
    session_id = shop.pay(given)
    back = opened(world, f"/offers/{given.token}/paid?session={session_id}")
    says(back, "We have your payment of £72.00", "Still to be paid", "£144.00 in all")
    after = opened(world, f"/offers/{given.token}")
    says(after, "£144.00 of its price is still to be paid, the next £72.00 by Monday 21 December")
    assert pay_path(shop, given) in after.answer.text


def test_a_place_paid_later_is_taken_with_one_press(world: World, shop: Shop) -> None:
    a_circle(world)
    whole = a_recruiting_term(world, payment_due="after_first_session")
    given = shop.offer(whole)
    page = opened(world, f"/offers/{given.token}")
    says(page, "£216.00 in all, paid after the first meeting", "You take the place now")
    held = page.form(given.token)[1]
    assert page.submit({"agree": "yes"}, given.token).status == 422
    page.get(f"/offers/{given.token}")
    target, held = page.form(given.token)
    assert "Take the place" in page.text
    page.post(target, {**held, **TICKS})
    says(page, "Thank you, Pip Buttonwood", "£216.00 in all, after the first meeting")
    assert "We have your payment" not in page.text
    page.post(target, {**held, **TICKS})  # the same press again finds its answer
    assert page.path == f"/offers/{given.token}/paid"
    assert len(shop.roster(whole)) == 1


def test_the_page_of_a_debt_asks_for_the_next_part_or_for_all(
    world: World, shop: Shop, offered: Offered
) -> None:
    page = opened(world, pay_path(shop, offered))
    says(
        page,
        "£144.00 is still to be paid for the place of Pip Buttonwood",
        "Price £216.00",
        "Paid so far £72.00",
        "£72.00, paid",
        "£72.00, by Monday 21 December 2026",
        "The next part: £72.00",
        "All that is left: £144.00",
    )
    answer = page.submit({"what": "all"}, "/pay/", follow=False)
    url = answer.header("location") or ""
    assert url.startswith(shop.base_url)
    shop.fake.pay(shop.session_of(url))
    session_id = shop.session_of(url)
    back = opened(world, f"{pay_path(shop, offered)}/paid?session={session_id}")
    says(back, "Thank you", "We have your payment of £144.00", "With this, everything is paid")
    says(opened(world, pay_path(shop, offered)), "There is nothing left to pay")


def test_a_choice_that_is_none_comes_back(world: World, shop: Shop, offered: Offered) -> None:
    page = opened(world, pay_path(shop, offered))
    assert page.submit({"what": "half"}, "/pay/").status == 422
    says(page, "There is a problem", "The next part: £72.00")
    assert len(shop.debt(offered).payments) == 1


def test_a_part_on_its_way_is_not_asked_for_again(
    world: World, shop: Shop, offered: Offered
) -> None:
    page = opened(world, pay_path(shop, offered))
    url = page.submit({"what": "asked"}, "/pay/", follow=False).header("location") or ""
    pending = f"{pay_path(shop, offered)}/paid?session={shop.session_of(url)}"
    says(opened(world, pending), "We are waiting for word of your payment")
    shop.fake.pay_delayed(shop.session_of(url))
    shop.hear_all()
    says(opened(world, pending), "Your payment is on its way")
    page = opened(world, pay_path(shop, offered))
    says(page, "A payment is on its way")
    assert "<button" not in page.answer.text
    shop.fake.settle_delayed(shop.session_of(url), ok=False)
    shop.hear_all()
    says(opened(world, pending), "Your payment did not go through")


def test_a_link_that_was_cut_or_is_for_something_else_opens_nothing(
    world: World, shop: Shop, offered: Offered
) -> None:
    assert world.browser().get(pay_path(shop, offered)[:-3]).status == 410
    assert world.browser().get(f"/pay/{offered.token}").status == 410


def test_the_debt_at_the_desk_shows_each_part(world: World, shop: Shop, offered: Offered) -> None:
    desk = signed_in(world)
    desk.get(f"/admin/payments/{shop.offer_row(offered).obligation_id}")
    says(desk, "Parts of the price", "Part 2", "Monday 21 December 2026", "No mail yet")
    world.clock.move(days=27)
    shop.work()
    desk = signed_in(world)
    desk.get(f"/admin/payments/{shop.offer_row(offered).obligation_id}")
    says(desk, "One mail")


def test_a_term_says_when_it_is_paid_and_its_group_page_too(world: World) -> None:
    a_circle(world, instalments=True)
    desk = signed_in(world)
    path = at_the_desk.make_ready(desk, payment_due="after_first_session", instalments="3")
    says(desk, "After the first session", "in 3 monthly parts")
    desk.submit({"do": "publish"}, "/state")
    page = opened(world, "/groups/thursday-lantern-group")
    says(page, "pay after the first session", "in 3 monthly parts", "you owe nothing")
    term = at_the_desk.whole_of(path).term
    assert (term.payment_due, term.instalments) == ("after_first_session", 3)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"instalments": "5"}, "The number of parts must be 4 or less"),
        ({"payment_due": "never"}, "when it is paid"),
        ({"price_minor": "1", "instalments": "4"}, "Each part must be enough for a card payment"),
    ],
)
def test_parts_that_cannot_be_are_named(world: World, typed: dict[str, str], wrong: str) -> None:
    a_circle(world, instalments=True)
    desk = signed_in(world)
    path = at_the_desk.make_ready(desk)
    desk.get(f"{path}/places")
    assert desk.submit(typed, "/places").status == 422
    says(desk, wrong)


def test_parts_are_only_offered_where_the_circle_allows_them(world: World) -> None:
    a_circle(world)
    desk = signed_in(world)
    path = at_the_desk.make_ready(desk)
    desk.get(f"{path}/places")
    assert "In how many parts" not in desk.text
    desk.submit({"instalments": "3"}, "/places")
    assert at_the_desk.whole_of(path).term.instalments == 1
    desk.get("/admin/settings/circle")
    desk.submit({"instalments": "yes"}, "/settings/circle")
    says(desk, "Paying in monthly parts Can be offered")
    desk.get(f"{path}/places")
    says(desk, "In how many parts")

"""The treasurer's pages: each answers for the treasurer and for nobody below her desk, says what
the books say, and leads on to the entries."""

from __future__ import annotations

import csv
import re
from html import unescape
from io import StringIO

import pytest

from local.browser import Browser
from tests.handlers.door_steps import filled
from tests.handlers.page_reader import Page
from tests.handlers.test_odd_words import all_pages
from tests.handlers.the_house import TREASURER, House
from tests.people import signed_in
from tests.shop import Shop
from tests.stories import a_recruiting_term
from tests.world import World

TILL = "tilda.till@marmalade-circle.example"
PAGES = (
    "/admin/books",
    "/admin/books/proof",
    "/admin/books/journal",
    "/admin/books/circle",
    "/admin/books/circle/costs",
    "/admin/books/circle/owed",
    "/admin/books/{group}",
    "/admin/books/{group}?month=2026-11",
    "/admin/books/{group}/lines?account=money",
    "/admin/books/{group}/lines?account=deferred",
    "/admin/books/{group}/owed",
    "/admin/books/{group}/costs",
    "/admin/books/{group}/costs/{cost}",
    "/admin/books/{group}/entry?id=cost%23{cost}",
    "/admin/books/{group}/terms/{term}",
)


@pytest.fixture
def till(world: World) -> Browser:
    """The treasurer's browser."""
    return signed_in(world, ("treasurer",), TILL, "Tilda Till")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_for_the_treasurer_and_for_no_member_or_leader(
    house: House, page: str
) -> None:
    path = page.format_map(house.names)
    assert signed_in(house.world, (), TREASURER).get(path).status == 200
    assert house.browser("desk").get(path).status == 200
    for roles in ((), ("leader",)):
        other = signed_in(house.world, roles, f"{''.join(roles) or 'member'}@example.org")
        assert other.get(path).status == 403, roles
    assert house.world.browser().get(path, follow=False).status == 303


def test_whatever_the_books_pages_link_to_is_there(house: House) -> None:
    seen = all_pages(house.browser("desk"), ["/admin/books"])
    assert len(seen) > 25
    assert {path: Page(text).running for path, text in seen.items() if Page(text).running} == {}
    kinds = ("/lines?", "/entry?", "/owed", "/terms/", "/costs", "/journal", "/admin/payments/")
    for kind in kinds:
        assert any(kind in path for path in seen), kind


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/books/group-0", 404),
        ("/admin/books/{group}?month=0001-99", 200),
        ("/admin/books/{group}?month=%00", 200),
        ("/admin/books/{group}/lines?account=%3Cscript%3E", 200),
        ("/admin/books/{group}/lines?month=%3Cscript%3E&cause=x", 200),
        ("/admin/books/{group}/lines?page=0", 404),
        ("/admin/books/{group}/lines?page=%C2%B2", 404),
        ("/admin/books/{group}/lines?page=" + "9" * 400, 404),
        ("/admin/books/{group}/entry", 404),
        ("/admin/books/{group}/entry?id=%00", 404),
        ("/admin/books/{group}/entry?id=" + "%F0%9F%A6%8A" * 400, 404),
        ("/admin/books/{group}/terms/term-0", 404),
        ("/admin/books/circle/terms/{term}", 404),
        ("/admin/books/{group}/costs/cost-0", 404),
        ("/me/money/{term}", 404),
        ("/me/money/term-0", 404),
    ],
)
def test_a_strange_address_is_answered_or_not_found(house: House, path: str, status: int) -> None:
    answer = house.browser("desk").get(path.format_map(house.names))
    assert answer.status == status
    assert "<script" not in answer.text


def test_before_any_money_has_moved_the_pages_say_so(world: World, till: Browser) -> None:
    whole = a_recruiting_term(world)
    till.get("/admin/books")
    assert "No money has moved yet" in till.text
    till.get(f"/admin/books/{whole.group.group_id}")
    assert "No money has moved in this book yet" in till.text
    till.get(f"/admin/books/{whole.group.group_id}/terms/{whole.term.term_id}")
    assert "Nothing is earned and nothing is spent yet" in till.text
    till.get("/admin/books/proof")
    assert "Nobody has asked for a proof yet" in till.text


def test_the_button_asks_and_the_page_says_what_the_next_tick_found(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    till = signed_in(shop.world, ("treasurer",), TILL, "Tilda Till")
    shop.pay(shop.offer(whole))
    shop.settle_down()
    till.get("/admin/books")
    till.submit({}, "/prove")
    assert till.path == "/admin/books/proof"
    assert "A proof was asked for" in till.text
    assert "made within five minutes" in till.text
    assert "Prove the books now" not in till.text
    shop.work()
    till.get("/admin/books/proof")
    assert "A proof was asked for" not in till.text
    assert "Everything agrees" in till.text
    assert "Stripe’s own balance is the same as ours" in till.text


def test_a_cost_is_recorded_and_taken_back_by_a_fresh_sign_in(world: World, till: Browser) -> None:
    whole = a_recruiting_term(world)
    path = f"/admin/books/{whole.group.group_id}"
    cost = {
        "kind": "supervision",
        "term_id": whole.term.term_id,
        "amount_minor": "125.50",
        "paid_on": "20 November 2026",
        "reference": "SUPERVISION NOV",
    }
    till.get(f"{path}/costs")
    till.submit(cost, "/costs")
    assert "Reference at the bank SUPERVISION NOV" in till.text
    assert "In the book of Marmalade Circle" in till.text
    cost_path = till.path
    till.get(path)
    assert "-£125.50" in till.text
    till.get(cost_path)
    till.submit({"reason": "paid by the other group"}, "/costs/")
    assert "This was taken back" in till.text
    till.get(path)
    assert "Costs taken back" in till.text
    assert "-£125.50" not in till.text

    world.clock.move(hours=3)
    till.get(f"{path}/costs")
    till.submit(cost, "/costs", follow=False)
    assert "/sign-in?fresh=yes" in str(till.answer.header("location"))


def test_an_export_needs_a_fresh_sign_in_and_its_link_ends_soon(house: House) -> None:
    till = signed_in(house.world, (), TREASURER)
    till.get("/admin/books/journal")
    till.submit({"first": "2026-11-01", "last": "2026-12-31", "book": "all"}, "/journal")
    assert "Your file is ready" in till.text
    assert "seconds=300" in till.answer.text
    *_, (body, _, _) = house.world.drawer.files.values()
    rows = list(csv.DictReader(StringIO(body.decode("utf-8-sig"))))
    assert rows
    assert {row["Currency"] for row in rows} == {"GBP"}
    exported = till.path
    house.world.clock.move(hours=3)
    assert till.get(exported, follow=False).status == 303


def test_a_statement_shows_a_chart_that_can_also_be_read(house: House) -> None:
    desk = house.browser("desk")
    names = house.names
    desk.get(f"/admin/books/{names['group']}/terms/{names['term']}")
    (plan, so_far) = re.findall(r"<svg role=\"img\".*?</svg>", desk.answer.text, re.S)
    assert "<desc" in plan
    for words in ("Leaders: £1,170.00, 90 per cent", "Kept for the group", "Card and bank charges"):
        assert words in unescape(plan), plan
    assert "Room: £90.00" in unescape(so_far)
    assert not re.search(r"\sstyle=|<style", desk.answer.text)
    for name in ("Saffron Umbrella", "Imelda Inkwell", "Barnaby Teacup", "bursar"):
        assert name not in desk.text.partition("Skip to the main part")[2]


def test_a_member_finds_her_statement_on_her_own_page(shop: Shop) -> None:
    world = shop.world
    whole = a_recruiting_term(world)
    shop.pay(shop.offer(whole, "Pip Buttonwood"))
    shop.settle_down()
    pip = signed_in(world, (), "pip.buttonwood@example.org")
    pip.get("/me")
    (path,) = re.findall(r'href="(/me/money/[^"]+)"', pip.answer.text)
    pip.get(path)
    assert pip.answer.status == 200
    assert "Where your money goes" in pip.text
    assert "£216.00 is meant to pay for when 6 members take part" in pip.text
    stranger = signed_in(world, (), "stranger@example.org")
    assert stranger.get(path).status == 404
    assert filled("/me/money/{term_id}") == "/me/money/invented-term_id"


def test_a_treasurer_sees_no_way_to_an_application_that_she_may_not_open(house: House) -> None:
    till = signed_in(house.world, (), TREASURER)
    path = house.names["paid"]
    assert "See the application" not in till.get(path).text
    assert "See the application" in house.browser("desk").get(path).text
    for link in sorted(set(Page(till.answer.text).hrefs)):
        if link.startswith("/") and not link.startswith("/static"):
            assert till.get(link).status == 200, link

"""What visitors see of groups, through the real routes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from chalicelib.flows.running import cancelling, terms
from chalicelib.rules.changes import Caller
from local.browser import Browser
from tests.flows.test_offers_prices import NOTHING, priced
from tests.handlers.desk import (
    fill,
    occupy,
    open_draft,
)
from tests.people import signed_in
from tests.shop import Shop
from tests.stories import DESK, a_circle, a_recruiting_term
from tests.world import World


def test_before_set_up_the_first_page_says_so(world: World) -> None:
    browser = world.browser()
    browser.get("/")
    assert "This circle is not set up yet" in browser.text
    browser.get("/groups")
    assert "No group is looking for members just now" in browser.text


def test_the_first_page_tells_what_a_balint_group_is(world: World) -> None:
    a_circle(world)
    browser = world.browser()
    browser.get("/")
    assert "Nobody judges, and nobody gives advice" in browser.text
    assert "not therapy" in browser.text
    assert 'href="/groups"' in browser.answer.text


def test_the_meeting_link_is_https_and_never_public(world: World, desk: Browser) -> None:
    path = open_draft(world, desk)
    desk.get(f"{path}/where")
    desk.submit({"meeting_link": "http://meet.example.org"}, action="/where")
    assert desk.answer.status == 422
    desk.get(path)
    desk.submit({"do": "publish"}, action="/state")
    visitor = world.browser()
    for page in (
        "/groups",
        "/groups/thursday-lantern",
        "/groups/thursday-lantern/flyer",
    ):
        assert visitor.get(page).status == 200
        assert "meet.example.org" not in visitor.answer.text
    assert "By mail, two days before" in visitor.get("/groups/thursday-lantern").text


def test_a_group_closes_and_opens_again(world: World, desk: Browser) -> None:
    whole = a_recruiting_term(world)
    path = f"/admin/groups/{whole.group.group_id}"
    terms.cancel(world.outside, Caller(actor="test"), whole.group.group_id, whole.term.term_id)
    desk.get(path)
    desk.submit({"do": "close"}, action="/state")
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern")
    assert "This group has come to its end" in visitor.text
    desk.submit({"do": "open"}, action="/state")
    visitor.get("/groups/thursday-lantern")
    assert "There is no new term yet" in visitor.text


def test_the_group_page_shows_the_readers_own_time_as_well(world: World) -> None:
    a_recruiting_term(world)
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern?zone=Australia/Hobart")
    assert "19:00 London time (GMT), which is 06:00 Hobart time (AEDT) on Friday 15" in visitor.text
    assert 'value="Australia/Hobart" selected' in visitor.answer.text
    visitor.get("/groups/thursday-lantern?zone=<script>")
    assert visitor.answer.status == 200
    assert "<script>" not in visitor.answer.text
    assert "which is" not in visitor.text


def test_the_group_page_has_all_that_one_needs_before_applying(world: World) -> None:
    a_recruiting_term(world)
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern")
    for said in (
        "Clinicians of all professions",
        "£216.00 for all 6 sessions",
        "Accredited by the Balint Society",
        "There are places",
        "14 days to change your mind",
        "Until 28 days before the term begins",
        "What is said in the group stays in the group",
        "Please apply by Monday 4 January 2027",
    ):
        assert said in visitor.text, said
    for way in ("/groups/thursday-lantern/apply", "/groups/thursday-lantern/taster"):
        assert f'href="{way}"' in visitor.answer.text


@pytest.mark.parametrize(
    ("seats", "said"),
    [
        (5, "There are places"),
        (6, "There are a few places"),
        (8, "Full: you can join the waiting list"),
    ],
)
def test_places_are_told_in_words_without_pressure(world: World, seats: int, said: str) -> None:
    occupy(a_recruiting_term(world), seats)
    visitor = world.browser()
    for page in ("/groups", "/groups/thursday-lantern"):
        visitor.get(page)
        assert said in visitor.text
        assert not re.search(r"only \d|hurry|last chance", visitor.text, re.I)


def test_after_the_last_day_to_apply_the_page_says_what_to_do(world: World) -> None:
    a_recruiting_term(world)
    world.clock.move(days=45)
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern")
    assert "The day to apply for this term was Monday 4 January 2027" in visitor.text
    assert "/groups/thursday-lantern/apply" not in visitor.answer.text
    world.clock.move(days=30)
    visitor.get("/groups/thursday-lantern")
    assert "This term has begun" in visitor.text


def test_the_last_day_to_apply_ends_at_midnight_in_the_groups_zone(world: World) -> None:
    term = a_recruiting_term(world).term
    assert term.takes_applications(datetime(2027, 1, 4, 23, 59, tzinfo=UTC))
    assert not term.takes_applications(datetime(2027, 1, 5, 0, 0, tzinfo=UTC))
    far = replace(term, zone="Australia/Hobart")
    assert far.takes_applications(datetime(2027, 1, 4, 12, 59, tzinfo=UTC))
    assert not far.takes_applications(datetime(2027, 1, 4, 13, 0, tzinfo=UTC))


def test_a_group_with_two_recruiting_terms_shows_both(world: World, desk: Browser) -> None:
    first = a_recruiting_term(world)
    group_id, term_id = first.group.group_id, first.term.term_id
    caller, new_id = Caller(actor="test"), world.outside.ids.new("term")
    day = first.term.recurrence.first_date.replace(month=4, day=15)
    terms.copy_term(world.outside, caller, group_id, term_id, new_id, "Summer 2027", day)
    terms.publish(world.outside, caller, group_id, new_id)
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern")
    assert "There are 2 terms to choose from: Spring 2027 , Summer 2027" in visitor.text
    assert visitor.answer.text.count('href="/groups/thursday-lantern/apply"') == 2


def test_the_flyer_has_the_total_price_and_the_address(world: World) -> None:
    a_recruiting_term(world)
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern/flyer")
    assert "£216.00 in all, for 6 sessions (£36.00 a session)" in visitor.text
    assert "http://127.0.0.1:8000/groups/thursday-lantern" in visitor.text


PUBLIC = ("/groups", "/groups/thursday-lantern", "/groups/thursday-lantern/flyer")
APPLY = "/groups/thursday-lantern/apply"


def test_every_price_is_told_in_plain_words_wherever_one_decides(world: World) -> None:
    priced(
        world,
        {
            **NOTHING,
            "standard_early": 19000,
            "standard_until": date(2026, 12, 1),
            "trainee_minor": 12000,
            "trainee_early": 9000,
            "trainee_places": 2,
            "solidarity_minor": 0,
        },
    )
    visitor = world.browser()
    for page in (*PUBLIC, APPLY):
        visitor.get(page)
        for said in (
            "Standard price: £190.00 until Tuesday 1 December 2026, then £216.00",
            "For people in training: £90.00 for the first 2 places, then £120.00",
            "Solidarity price, for whom the standard one is too much: nothing to pay",
        ):
            assert said in visitor.text, (page, said)
        assert "bursary" not in visitor.text.lower()
    world.clock.move(days=20)
    visitor.get("/groups")
    assert "Standard price: £216.00 For people" in visitor.text


def test_a_session_that_is_called_off_is_on_no_public_page(shop: Shop) -> None:
    world = shop.world
    whole = a_recruiting_term(world, price_minor=21601)
    first, *_, last = whole.sessions
    for number, gone in enumerate((last, first)):
        values = {"remedy": "refund", "reason": "ill", "message": ""}
        ids = (whole.group.group_id, whole.term.term_id)
        cancelling.cancel_session(world.outside, DESK, *ids, gone.session_id, values)
        visitor = world.browser()
        for page in (*PUBLIC[1:], APPLY):
            visitor.get(page)
            assert "Thursday 25 March 2027" not in visitor.text, page
        assert "cancelled" not in visitor.text.lower()
        visitor.get("/groups")
        said = ("£180.00 in all, for 5 sessions", "£144.00 in all, for 4 sessions")[number]
        assert said in visitor.text
    assert "from Thursday 28 January 2027" in visitor.text
    visitor.get(PUBLIC[1])
    assert "£144.00 for all 4 sessions, that is £36.00 a session" in visitor.text
    assert "Thursday 14 January 2027" not in visitor.text
    offered = shop.offer(whole)
    assert shop.debt(offered).obligation.amount_minor == 14400


def test_an_extra_date_stands_where_the_cancelled_one_stood(world: World) -> None:
    whole = a_recruiting_term(world)
    ids = (whole.group.group_id, whole.term.term_id)
    extra = {"remedy": "extra_date", "date": date(2027, 4, 8), "time": time(19)}
    values = {**extra, "reason": "ill", "message": ""}
    cancelling.cancel_session(world.outside, DESK, *ids, whole.sessions[0].session_id, values)
    visitor = world.browser()
    visitor.get("/groups")
    assert "£216.00 in all, for 6 sessions" in visitor.text
    visitor.get(PUBLIC[2])
    assert "Thursday 28 January 2027 to Thursday 8 April 2027" in visitor.text
    assert "(£36.00 a session)" in visitor.text
    visitor.get(APPLY)
    assert "Thursday 14 January 2027" not in visitor.text
    assert "Thursday 8 April 2027" in visitor.text


def test_hostile_words_stay_words(world: World, desk: Browser) -> None:
    path = open_draft(world, desk)
    group_path = "/".join(path.split("/")[:4])
    fill(
        desk, group_path, "texts", {"about": "<script>alert(1)</script>", "eligibility": "{{ 7 }}"}
    )
    desk.get(path)
    desk.submit({"do": "publish"}, action="/state")
    visitor = world.browser()
    for page in ("/groups/thursday-lantern", "/groups/thursday-lantern/flyer"):
        visitor.get(page)
        assert "<script>alert" not in visitor.answer.text


def test_only_administrators_come_to_the_desk(world: World) -> None:
    whole = a_recruiting_term(world)
    path = f"/admin/groups/{whole.group.group_id}"
    term = f"{path}/terms/{whole.term.term_id}"
    pages = ["/admin/groups", "/admin/groups/new", path, term, f"{term}/places"]
    stranger = world.browser()
    leader = signed_in(world, roles=("leader",), email="imelda.inkwell@example.org")
    for page in pages:
        assert stranger.get(page, follow=False).status == 303
        assert leader.get(page).status == 403


def test_what_is_not_there_is_not_found(world: World, desk: Browser) -> None:
    whole = a_recruiting_term(world)
    for page in (
        "/groups/nothing-here",
        "/groups/nothing-here/flyer",
        "/admin/groups/group-none",
        f"/admin/groups/{whole.group.group_id}/terms/term-none",
        f"/admin/groups/group-none/terms/{whole.term.term_id}",
    ):
        assert desk.get(page).status == 404

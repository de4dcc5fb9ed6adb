"""Signing in by a mailed link or code, through the real routes."""

from __future__ import annotations

import pytest

from chalicelib.flows.people import sign_in
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules import links
from chalicelib.rules.people.sign_in import code_fits
from tests.flows.sign_in_steps import (
    PIP,
    asks,
    mailed,
    sessions,
    tokens,
    wrong,
)
from tests.flows.sign_in_steps import pip as pip
from tests.people import a_person
from tests.stories import a_circle
from tests.world import Browser, World


def test_the_mailed_link_signs_in_the_browser_that_asked(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    pip.get(path)
    pip.submit()
    assert pip.path == "/me"
    assert "Dr Pip Buttonwood" in pip.text


def test_another_browser_needs_the_code_as_well(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, code = mailed(world)
    phone = world.browser()
    phone.get(path)
    assert "This is not the browser" in phone.text
    assert phone.submit({"code": wrong(code)}).status == 422
    assert "This is not the code" in phone.text
    assert phone.submit({"code": ""}).status == 422
    phone.submit({"code": f"{code[:3]} {code[3:]}"})
    assert phone.path == "/me"


def test_the_code_is_enough_in_the_browser_that_asked(world: World, pip: Browser) -> None:
    asks(world, pip)
    _, code = mailed(world)
    pip.submit({"code": code})
    assert pip.path == "/me"


def test_the_code_is_worth_nothing_in_a_browser_that_did_not_ask(
    world: World, pip: Browser
) -> None:
    asked = asks(world, pip)
    _, code = mailed(world)
    stranger = world.browser()
    stranger.get(f"/sign-in/sent/{asked}")
    assert stranger.submit({"code": code}).status == 410
    assert not sessions()


def test_five_wrong_codes_end_code_and_link(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, code = mailed(world)
    for _ in range(4):
        assert pip.submit({"code": wrong(code)}).status == 422
    assert pip.submit({"code": wrong(code)}).status == 410
    pip.get(path)
    assert pip.answer.status == 410
    assert "does not work any more" in pip.text
    assert not sessions()


def test_ten_codes_a_day_are_all_that_can_be_tried_for_one_address(
    world: World, pip: Browser
) -> None:
    for _ in range(2):
        asks(world, pip)
        _, code = mailed(world)
        for _ in range(5):
            pip.submit({"code": wrong(code)})
        world.clock.move(minutes=31)
    asks(world, pip)
    path, code = mailed(world)
    assert pip.submit({"code": code}).status == 429
    pip.get(path)
    pip.submit()
    assert pip.path == "/me", "the link still works: nobody is locked out by a stranger"


def test_a_link_works_once(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    pip.get(path)
    pip.submit()
    other = world.browser()
    assert other.get(path).status == 410
    assert len(sessions()) == 1


def test_a_link_ends_after_thirty_minutes(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    world.clock.move(minutes=29, seconds=59)
    assert pip.get(path).status == 200
    world.clock.move(seconds=1)
    assert pip.get(path).status == 410


def test_a_stranger_who_asks_for_my_address_does_not_end_my_link(
    world: World, pip: Browser
) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    asks(world, world.browser("198.51.100.7"))
    pip.get(path)
    pip.submit()
    assert pip.path == "/me"


def test_a_scanner_that_opens_the_link_changes_nothing(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    before = tokens()
    scanner = world.browser("203.0.113.9")
    for _ in range(3):
        scanner.get(path)
        scanner.gateway.handle("HEAD", path)
    assert tokens() == before
    assert not sessions()
    pip.get(path)
    pip.submit()
    assert pip.path == "/me"


def test_a_scanner_that_presses_the_button_does_not_get_in(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    scanner = world.browser("203.0.113.9")
    scanner.get(path)
    assert scanner.submit().status == 422
    assert not sessions()
    assert tokens()[0].tries == 0


def test_the_second_press_of_a_double_submit_ends_signed_in_too(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    pip.get(path)
    target, values = pip.form()
    before = dict(pip.cookies)
    pip.post(target, values)
    pip.cookies = before  # the first answer was lost on its way
    pip.post(target, values)
    assert pip.path == "/me"
    assert len(sessions()) == 1


def test_a_press_replayed_much_later_gets_no_session(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    pip.get(path)
    target, values = pip.form()
    pip.post(target, values)
    stranger = world.browser()
    world.clock.move(minutes=11)
    stranger.post(target, values)
    assert SESSION_COOKIE not in stranger.cookies


def test_where_somebody_wanted_to_go_is_where_she_arrives(world: World, pip: Browser) -> None:
    asks(world, pip, path="/sign-in?next=/privacy")
    _, code = mailed(world)
    pip.submit({"code": code})
    assert pip.path == "/privacy"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%2f/evil.example",
        "/..//evil.example",
        "javascript:alert(1)",
        "/me\nSet-Cookie: a=b",
        "/nowhere",
        "/sign-out",
        "/healthz",
        "evil.example",
        "",
    ],
)
def test_no_foreign_place_can_be_where_a_sign_in_leads(
    world: World, pip: Browser, wanted: str
) -> None:
    pip.get("/sign-in")
    pip.submit({"email": PIP, "next": wanted})
    _, code = mailed(world)
    answer = pip.submit({"code": code}, follow=False)
    assert answer.header("location") == "/me"


def test_a_form_that_needed_a_sign_in_leads_back_to_its_page(world: World) -> None:
    a_circle(world)
    a_person(world, PIP, roles=("administrator",))
    browser = world.browser()
    browser.post("/admin/settings/switches/selling", {"turn": "off"})
    assert browser.path == "/sign-in"
    browser.submit({"email": PIP})
    _, code = mailed(world)
    browser.submit({"code": code})
    assert browser.path == "/admin/settings/switches/selling"


def test_a_forged_link_and_a_cut_link_are_refused(world: World, pip: Browser) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    for broken in (path[:-1], path[:-1] + ("A" if path[-1] != "A" else "B"), path + "x"):
        assert pip.get(broken).status == 410
    offer = links.personal_link(world.outside.places.link_keys, "offer", tokens()[0].token_id, 1)
    assert pip.get(f"/sign-in/{offer}").status == 410


def test_the_code_holds_while_keys_are_rotated(world: World, pip: Browser) -> None:
    asked = asks(world, pip)
    old = world.outside.places.link_keys
    [row] = tokens()
    keys = {"k2": "a-newer-key", **old}
    assert code_fits(keys, row, links.sign_in_code(old, asked))
    assert not code_fits({"k2": "a-newer-key"}, row, links.sign_in_code(old, asked))


def test_only_one_of_two_presses_in_different_tabs_opens_a_session(
    world: World, pip: Browser
) -> None:
    asks(world, pip)
    path, _ = mailed(world)
    pip.get(path)
    one = pip.form()
    pip.get(path)
    other = pip.form()
    pip.post(*one)
    pip.post(*other)
    assert len(sessions()) == 1


def test_a_session_of_somebody_else_is_never_replayed(world: World, pip: Browser) -> None:
    assert sign_in.entered_before(world.outside, "some-form-key", "/me") is None

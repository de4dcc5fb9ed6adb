"""Forms at every door: where they come from, once only, and what a bug gives away."""

from __future__ import annotations

import logging

import pytest
from chalice.app import Chalice, Response

from chalicelib.errors import Conflict
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import AUDIENCES, Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.people.people import ROLES as EVERY_ROLE
from chalicelib.rules.people.people import EmailOwner
from chalicelib.store.commit import commit
from local.gateway import Gateway
from tests.handlers.door_steps import (
    FORMS,
    HOOKS,
    everything_kept,
    filled,
    nonce_of,
)
from tests.people import signed_in
from tests.stories import a_circle
from tests.world import BASE_URL, Browser, World

FOREIGN = (
    "https://evil.example",
    "null",
    "http://127.0.0.1:8001",
    "https://127.0.0.1:8000",
    BASE_URL + ".evil.example",
)


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_form_from_elsewhere_is_refused_at_every_door(world: World, origin: str) -> None:
    a_circle(world)
    browser = signed_in(world, EVERY_ROLE)
    before = everything_kept()
    for _, path in FORMS:
        values = {"form": nonce_of(world, browser)}
        answer = browser.post(filled(path), values, follow=False, origin=origin)
        assert answer.status == 403, path
    assert everything_kept() == before


def test_a_form_without_a_nonce_of_ours_is_refused_at_every_door(world: World) -> None:
    a_circle(world)
    browser = signed_in(world, EVERY_ROLE)
    stranger = signed_in(world, EVERY_ROLE, "stranger@example.org")
    good = nonce_of(world, browser)
    forged = {
        "missing": None,
        "empty": "",
        "forged": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "nonsense": "a.b.c",
        "another browser's": nonce_of(world, stranger),
        "nobody's": nonce_of(world, world.browser()),
    }
    before = everything_kept()
    for _, path in FORMS:
        for why, nonce in forged.items():
            values = {} if nonce is None else {"form": nonce}
            status = browser.post(filled(path), values, follow=False).status
            assert status in (404, 410, 422), (path, why, status)
    assert everything_kept() == before


def test_a_form_that_was_open_for_twelve_hours_is_shown_again(world: World) -> None:
    a_circle(world)
    browser = world.browser()
    browser.get("/sign-in")
    target, values = browser.form()
    world.clock.move(hours=12)
    assert browser.post(target, {**values, "email": "pip@example.org"}).status == 422
    assert "The page was open for a long time" in browser.text
    assert browser.form()[1]["email"] == "pip@example.org"
    assert browser.submit().status == 200


def test_a_form_without_an_origin_still_needs_its_nonce(world: World) -> None:
    a_circle(world)
    browser = world.browser()
    browser.get("/sign-in")
    target, values = browser.form()
    typed = {**values, "email": "pip@example.org"}
    assert browser.post(target, {**typed, "form": "x"}, origin=None).status == 422
    assert browser.post(target, typed, origin=None, follow=False).status == 303


def test_a_form_sent_twice_gets_the_same_answer_and_acts_once(world: World) -> None:
    a_circle(world)
    browser = world.browser()
    browser.get("/sign-in")
    target, values = browser.form()
    typed = {**values, "email": "pip@example.org"}
    first = browser.post(target, typed, follow=False).header("location")
    before = everything_kept()
    world.clock.move(hours=30)
    assert browser.post(target, typed, follow=False).header("location") == first
    assert everything_kept() == before


def test_a_hook_without_its_signature_is_refused(world: World) -> None:
    a_circle(world)
    before = everything_kept()
    for _, path in HOOKS:
        for body in (b"{}", b"", b"\xff\xfe", b"not json"):
            headers = {"content-type": "application/json"}
            answer = world.browser().gateway.handle("POST", filled(path), headers, body)
            assert answer.status == 400, path
    assert everything_kept() == before


# A door of the tests, behind which everything goes wrong.

broken = Doors(__name__)
SECRET = "canary@example.org"


@broken.page("/broken/{what}", Audience.ANYONE)
def show_broken(visit: Visit, what: str) -> Response:
    secret = SECRET
    raise RuntimeError(f"{what} {secret}")


@broken.form("/broken/{what}", Audience.ANYONE)
def overtaken(visit: Visit, what: str) -> Response:
    """The same press again, a moment later than one that is answered while this one looks."""
    owner = EmailOwner(email=f"{what}@example.org", owner_id="person-1")
    commit(Change.of(Create(owner)), visit.caller("/there"), visit.now)
    raise Conflict


@pytest.fixture(scope="module")
def broken_gateway() -> Gateway:
    ours = Chalice(app_name="broken")
    ours.register_blueprint(broken)
    return Gateway(ours)


# Registering declared them; the product has no such doors.
AUDIENCES.pop(("GET", "/broken/{what}"))
AUDIENCES.pop(("POST", "/broken/{what}"))


def test_two_presses_at_the_same_moment_get_the_same_answer(
    world: World, broken_gateway: Gateway
) -> None:
    a_circle(world)
    browser = Browser(broken_gateway)
    answer = browser.post("/broken/race", {"form": nonce_of(world, browser)}, follow=False)
    assert (answer.status, answer.header("location")) == (303, "/there")


def test_a_bug_is_a_500_that_tells_nothing(
    world: World, broken_gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = broken_gateway.handle("GET", "/broken/here?token=hidden")
    assert answer.status == 500
    assert "Something went wrong on our side" in answer.text
    for leak in (SECRET, "RuntimeError", "Traceback", "hidden", ".py"):
        assert leak not in answer.text
    assert "bug path=/broken/{what}" in caplog.text
    assert "token=hidden" not in caplog.text
    assert answer.header("x-content-type-options") == "nosniff"

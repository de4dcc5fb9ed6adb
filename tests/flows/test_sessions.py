"""How long somebody is signed in, and signing out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.handlers.own_cookie import BROWSER_COOKIE
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.people.access import BrowserSession, hashed
from chalicelib.store import reads
from tests.flows.sign_in_steps import (
    PIP,
    asks,
    mailed,
    signs_in,
)
from tests.flows.sign_in_steps import pip as pip
from tests.people import a_person
from tests.stories import a_circle
from tests.world import Browser, World


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(world: World, pip: Browser) -> None:
    pip.get("/sign-in")
    first = str(pip.answer.header("set-cookie"))
    assert first.startswith(f"{BROWSER_COOKIE}=")
    pip.submit({"email": PIP})
    _, code = mailed(world)
    answer = pip.submit({"code": code}, follow=False)
    second = str(answer.header("set-cookie"))
    assert second.startswith(f"{SESSION_COOKIE}=")
    for cookie in (first, second):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/;" in cookie
    assert pip.cookies[SESSION_COOKIE] != pip.cookies[BROWSER_COOKIE]


def test_signing_out_ends_the_session_and_not_only_the_cookie(world: World, pip: Browser) -> None:
    signs_in(world, pip)
    kept = dict(pip.cookies)
    pip.get("/sign-out")
    pip.submit()
    assert "You are signed out" in pip.text
    assert SESSION_COOKIE not in pip.cookies
    pip.cookies = kept
    pip.get("/me")
    assert pip.path == "/sign-in"


def test_signing_out_everywhere_ends_every_session_and_every_link(
    world: World, pip: Browser
) -> None:
    phone = world.browser()
    signs_in(world, pip)
    signs_in(world, phone)
    asks(world, phone)
    path, _ = mailed(world)
    pip.get("/sign-out")
    pip.submit({"where": "everywhere"})
    phone.get("/me")
    assert phone.path == "/sign-in"
    phone.get(path)
    assert phone.submit().status == 410


def test_a_new_sign_in_ends_the_session_it_replaces(world: World, pip: Browser) -> None:
    signs_in(world, pip)
    old = pip.cookies[SESSION_COOKIE]
    signs_in(world, pip)
    row = reads.get(BrowserSession, hashed(old), "session")
    assert row is not None
    assert row.ended_at == world.now


@pytest.mark.parametrize(
    ("role", "life"),
    [
        ("administrator", timedelta(hours=12)),
        ("treasurer", timedelta(hours=12)),
        ("leader", timedelta(days=30)),
    ],
)
def test_sessions_are_short_for_those_who_can_do_much(
    world: World, role: str, life: timedelta
) -> None:
    a_circle(world)
    a_person(world, PIP, roles=(role,))
    browser = world.browser()
    signs_in(world, browser)
    world.clock.at += life - timedelta(seconds=1)
    browser.get("/me")
    assert browser.path == "/me"
    world.clock.move(seconds=1)
    browser.get("/me")
    assert browser.path == "/sign-in"


def test_somebody_who_is_signed_in_is_told_so(world: World, pip: Browser) -> None:
    signs_in(world, pip)
    pip.get("/sign-in")
    assert "You are signed in already" in pip.text
    pip.get("/sign-in?fresh=yes&next=/me")
    assert "Please sign in once more" in pip.text
    assert pip.form()[1]["email"] == PIP
    assert pip.form()[1]["next"] == "/me"

"""Every door of the product: who may come in, and what its answers give away."""

from __future__ import annotations

import re

import pytest

from app import app
from chalicelib.handlers.audience import ROLES, Audience
from chalicelib.handlers.doors import AUDIENCES, BUSY
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.people.access import hashed
from chalicelib.rules.people.people import ROLES as EVERY_ROLE
from tests.handlers.door_steps import (
    GUARDED,
    HOOKS,
    OPEN_PAGES,
    ROUTES,
    everything_kept,
    filled,
    knock,
)
from tests.handlers.test_health import busy, listening
from tests.people import signed_in
from tests.stories import a_circle
from tests.world import World


def test_every_route_declares_its_audience() -> None:
    assert set(ROUTES) == set(AUDIENCES)


@pytest.mark.parametrize("path", ["/", "/me", "/offers/nobodys", "/admin"])
def test_a_store_that_stays_silent_is_said_in_a_plain_sentence(world: World, path: str) -> None:
    """A page of ours would need the circle's name from that very store."""
    a_circle(world)
    desk = signed_in(world)
    with listening(busy):
        answer = desk.get(path)
    assert (answer.status, answer.text) == (503, BUSY)
    assert answer.header("content-security-policy")


def test_no_route_invites_other_sites() -> None:
    for path, methods in app.routes.items():
        assert all(entry.cors is None for entry in methods.values()), path
        assert set(methods) <= {"GET", "POST"}, path


def test_one_position_has_one_parameter_name() -> None:
    """API Gateway allows one name at each place of a path."""
    names: dict[str, set[str]] = {}
    for path in app.routes:
        parts = path.split("/")
        for at, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault("/".join(parts[:at]), set()).add(part)
    assert {place: found for place, found in names.items() if len(found) > 1} == {}


def test_nobody_gets_past_a_guarded_door(world: World) -> None:
    a_circle(world)
    before = everything_kept()
    for method, path in GUARDED:
        answer = knock(world.browser(), method, path)
        assert answer.status == 303, (method, path)
        location = str(answer.header("location"))
        assert location == f"/sign-in?next={filled(path)}", (method, path)
        assert answer.body == b""
    assert everything_kept() == before


@pytest.mark.parametrize("role", ["", *EVERY_ROLE])
def test_a_role_opens_its_own_doors_and_no_others(world: World, role: str) -> None:
    a_circle(world)
    browser = signed_in(world, (role,) if role else (), f"{role or 'nobody'}@example.org")
    before = everything_kept()
    for method, path in GUARDED:
        audience = AUDIENCES[method, path]
        status = knock(browser, method, path).status
        welcome = audience is Audience.SIGNED_IN or role in ROLES.get(audience, ())
        assert (status == 403) is not welcome, (method, path, role, status)
        assert status < 500, (method, path, role)
    assert everything_kept() == before


def test_a_session_that_expired_ended_or_was_invented_is_nobody(world: World) -> None:
    a_circle(world)
    browser = signed_in(world)
    assert browser.get("/me", follow=False).status == 200
    kept = browser.cookies[SESSION_COOKIE]
    for cookie in ("", "x", kept[:-1], kept + "x", hashed(kept), "a b;c", "\u00e9"):
        browser.cookies[SESSION_COOKIE] = cookie
        assert browser.get("/me", follow=False).status == 303, cookie
    browser.cookies[SESSION_COOKIE] = kept
    world.clock.move(days=60)
    assert browser.get("/me", follow=False).status == 303


def test_a_page_that_anybody_may_open_changes_nothing(world: World) -> None:
    a_circle(world)
    before = everything_kept()
    for method, path in OPEN_PAGES:
        answer = knock(world.browser(), method, path)
        assert answer.status in (200, 303, 404, 410), (path, answer.status, answer.text[:500])
        head = world.browser().gateway.handle("HEAD", filled(path))
        assert head.status == 405, path
    assert everything_kept() == before


def test_every_answer_carries_the_strict_headers(world: World) -> None:
    a_circle(world)
    browser = signed_in(world)
    for method, path in ROUTES:
        answer = knock(browser, method, path)
        if (method, path) in HOOKS:
            continue
        csp = str(answer.header("content-security-policy"))
        assert "default-src 'none'" in csp, (method, path)
        assert "script-src" not in csp
        assert "'unsafe-inline'" not in csp
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("referrer-policy") == "same-origin"
        assert answer.header("x-frame-options") == "DENY"


def test_no_page_holds_a_script_or_a_foreign_address(world: World) -> None:
    a_circle(world)
    browser = signed_in(world)
    for method, path in ROUTES:
        if method == "GET":
            text = knock(browser, method, path).text
            assert "<script" not in text.lower(), path
            assert not re.search(r'(?:src|action)="(?:https?:)?//', text), path
            assert not re.search(r"\son\w+=", text), path


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "x-forwarded-proto", "forwarded"])
def test_a_hostile_host_changes_no_address_of_ours(world: World, name: str) -> None:
    a_circle(world)
    gateway = world.browser().gateway
    for path in ("/sign-in", "/me", "/privacy", "/nowhere"):
        answer = gateway.handle("GET", path, {name: "evil.example"})
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)


@pytest.mark.parametrize(
    "value", ["..", "%2e%2e", "a%00b", "a b", "a" * 301, "<script>", "%F0%9F%A6%8A", "a'b"]
)
def test_a_strange_parameter_is_a_page_that_is_not_there(world: World, value: str) -> None:
    a_circle(world)
    browser = signed_in(world, EVERY_ROLE)
    for method, path in ROUTES:
        if method == "GET" and "{" in path:
            target = re.sub(r"\{\w+\}", value, path)
            status = browser.gateway.handle(
                "GET", target, {"cookie": f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"}
            ).status
            assert status in (404, 410), (path, value, status)

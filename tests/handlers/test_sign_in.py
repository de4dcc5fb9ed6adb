"""What the doors of signing in put into headers, and the page of who is signed in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.handlers.own_cookie import BROWSER_COOKIE
from chalicelib.handlers.people.sign_in import landing
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.people.people import email_hash
from chalicelib.settings import read as read_settings
from chalicelib.store.commit import commit
from tests.people import a_person, signed_in
from tests.stories import a_circle, a_recruiting_term
from tests.world import ENVIRONMENT, World

PIP = "pip.buttonwood@example.org"
HOME = "https://abc.execute-api.eu-west-2.amazonaws.com/prod"


@pytest.mark.parametrize(
    ("wanted", "page"),
    [
        ("/me", "/me"),
        ("/admin/settings/people/person-1", "/admin/settings/people/person-1"),
        ("/admin/settings/people/person-1/gone", "/admin/settings/people/person-1"),
        ("/admin/payments/obligation-1/refund", "/admin/payments/obligation-1"),
        ("/nowhere/at/all", ""),
        ("/sign-in", ""),
        ("/sign-in/some-token", ""),
        ("/sign-out", ""),
        ("/static/site.css", ""),
        ("//evil.example", ""),
        ("", ""),
    ],
)
def test_a_sign_in_leads_to_a_page_of_ours_or_home(wanted: str, page: str) -> None:
    assert landing(wanted) == page


def test_under_https_cookies_are_secure_and_stay_below_the_base_path(world: World) -> None:
    there = World(read_settings({**ENVIRONMENT, "BASE_URL": HOME}))
    a_circle(there)
    answer = there.browser().get("/sign-in", follow=False)
    cookie = str(answer.header("set-cookie"))
    assert cookie.startswith(f"{BROWSER_COOKIE}=")
    assert cookie.endswith("; Path=/prod; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure")
    assert "max-age=31536000" in str(answer.header("strict-transport-security"))
    assert 'action="/prod/sign-in"' in answer.text
    guarded = there.browser().get("/me", follow=False)
    assert guarded.header("location") == "/prod/sign-in?next=/me"


def test_the_cookie_of_a_browser_is_set_once_and_a_planted_one_is_replaced(world: World) -> None:
    a_circle(world)
    browser = world.browser()
    browser.get("/sign-in")
    kept = browser.cookies[BROWSER_COOKIE]
    assert browser.get("/sign-in").header("set-cookie") is None
    browser.cookies[BROWSER_COOKIE] = "planted"
    browser.get("/sign-in")
    assert browser.cookies[BROWSER_COOKIE] not in ("planted", kept)


def test_signing_out_takes_the_cookie_away(world: World) -> None:
    a_circle(world)
    browser = signed_in(world, ())
    browser.get("/sign-out")
    cookie = str(browser.submit(follow=False).header("set-cookie"))
    assert cookie.startswith(f"{SESSION_COOKIE}=; ")
    assert "Max-Age=0" in cookie


def test_somebody_without_anything_sees_where_to_begin(world: World) -> None:
    a_circle(world)
    browser = signed_in(world, (), PIP, "Dr Pip Buttonwood")
    browser.get("/me")
    assert "Dr Pip Buttonwood" in browser.text
    assert "There is nothing here yet" in browser.text


def test_my_page_shows_what_bears_my_name_and_leads_to_each_page(world: World) -> None:
    whole = a_recruiting_term(world)
    person = a_person(world, PIP, full_name="Dr Pip Buttonwood")
    about = {
        "group_id": whole.group.group_id,
        "term_id": whole.term.term_id,
        "full_name": person.full_name,
        "email": person.email,
        "person_id": person.person_id,
    }
    application = Application(
        application_id=world.outside.ids.new("application"),
        state="submitted",
        email_hash=email_hash(PIP),
        created_at=world.now,
        submitted_at=world.now,
        **about,
    )
    booking = TasterBooking(
        booking_id=world.outside.ids.new("booking"),
        session_id=whole.tasters[0].session_id,
        starts_at=whole.tasters[0].starts_at,
        email_hash=email_hash(PIP),
        booked_at=world.now,
        **about,
    )
    enrolment = Enrolment(
        application_id=application.application_id,
        offer_id="offer-1",
        obligation_id="obligation-1",
        state="active",
        enrolled_at=world.now - timedelta(days=90),
        **about,
    )
    commit(Change.of(Create(application), Create(booking), Create(enrolment)))
    browser = signed_in(world, (), PIP)
    browser.get("/me")
    for words in ("Thursday Lantern Group", "Received", "Booked", "Member"):
        assert words in browser.text
    assert f"/applications/{application.application_id}.1.k1." in browser.answer.text
    assert f"/tasters/{booking.booking_id}.1.k1." in browser.answer.text


def test_nobody_sees_what_bears_another_name(world: World) -> None:
    whole = a_recruiting_term(world)
    other = a_person(world, "saffron@example.org", full_name="Saffron Umbrella")
    commit(
        Change.of(
            Create(
                Application(
                    application_id=world.outside.ids.new("application"),
                    group_id=whole.group.group_id,
                    term_id=whole.term.term_id,
                    state="submitted",
                    full_name=other.full_name,
                    email=other.email,
                    email_hash=email_hash(other.email),
                    person_id=other.person_id,
                    created_at=world.now,
                )
            )
        )
    )
    browser = signed_in(world, (), PIP)
    browser.get("/me")
    assert "There is nothing here yet" in browser.text

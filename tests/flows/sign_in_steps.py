"""Steps of stories about signing in."""

from __future__ import annotations

import re

import pytest

from chalicelib.flows import outbox
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.mail import Mail
from chalicelib.rules.people.access import BrowserSession, RateCounter, SignInToken
from chalicelib.store import reads, tables
from tests.people import a_person
from tests.stories import a_circle
from tests.world import Browser, World, links_in

PIP = "pip.buttonwood@example.org"


def asks(world: World, browser: Browser, email: str = PIP, path: str = "/sign-in") -> str:
    """Ask for a sign-in; the id of what was asked."""
    browser.get(path)
    answer = browser.submit({"email": email})
    assert answer.status == 200
    assert "Look into your mail" in browser.text
    return browser.path.rpartition("/")[2]


def mailed(world: World, email: str = PIP) -> tuple[str, str]:
    """The path and the code of the newest sign-in mail."""
    outbox.send_due(world.outside)
    letter = world.postbox.last(email, "sign in")
    [path] = [one for one in links_in(letter) if one.startswith("/sign-in/")]
    found = re.search(r"\b\d{6}\b", letter.text)
    assert found
    return path, found[0]


def signs_in(world: World, browser: Browser, email: str = PIP) -> None:
    asks(world, browser, email)
    _, code = mailed(world, email)
    browser.submit({"code": code})
    assert SESSION_COOKIE in browser.cookies


def tokens() -> list[SignInToken]:
    return [row for row in reads.everything(tables.Access) if isinstance(row, SignInToken)]


def sessions() -> list[BrowserSession]:
    return [row for row in reads.everything(tables.Access) if isinstance(row, BrowserSession)]


def counters() -> list[RateCounter]:
    return [row for row in reads.everything(tables.Access) if isinstance(row, RateCounter)]


def mails() -> list[Mail]:
    return list(reads.everything(tables.Outbox))


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "000001"


@pytest.fixture
def pip(world: World) -> Browser:
    """Dr Pip Buttonwood's browser; the circle knows her."""
    a_circle(world)
    a_person(world, PIP, full_name="Dr Pip Buttonwood")
    return world.browser()

"""The stage of the demo: browsers at the real routes, a clock that is told the time, a mailbox.

Stories do what people do; nothing here writes a row. What does not live here: the stories.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.handlers.visit import SESSION_COOKIE
from local.browser import Browser
from local.product import Product

LONDON = ZoneInfo("Europe/London")
TODAY = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)  # the demo's today (PRODUCT section 6)
BEGINNING = datetime(2026, 6, 1, tzinfo=UTC)
TOO_OLD = 422  # among other reasons why a form cannot be read
STAYS_SIGNED_IN = timedelta(hours=11)  # a little less than the desk's sessions last


class StoryStuck(RuntimeError):
    """A page did not answer as the story expects; the message holds what it says."""


class Stage:
    """The product while the past is played."""

    def __init__(self, product: Product, say: Callable[[str], None]) -> None:
        self.product = product
        self.say = say
        self.clock = product.clock
        self.mailbox = product.mailbox
        self.administrator = ""
        self.places: dict[str, str] = {}  # what stories remember for later ones: paths by name
        self._browsers = 0
        self._signed_in: dict[str, tuple[Browser, datetime]] = {}
        # With a real Stripe key the clock is the real one: all dates move by whole weeks.
        shift = (datetime.now(UTC) - TODAY) // timedelta(weeks=1) if product.clock.real else 0
        self.shift = timedelta(weeks=shift)
        self.clock.stand_at(BEGINNING + self.shift)

    # Time

    @property
    def today(self) -> datetime:
        """When the demo begins for whoever looks at it."""
        return TODAY + self.shift

    def at(self, year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> None:
        """It is this moment, London time. What fell due since happens first."""
        moment = datetime(year, month, day, hour, minute, tzinfo=LONDON).astimezone(UTC)
        if moment + self.shift < self.clock.now():
            raise StoryStuck(f"stories are told in order: {moment} is over")
        self.product.mail()
        self.clock.stand_at(moment + self.shift)
        self.product.work()

    def later(self, **parts: float) -> None:
        """Some time goes by; the mails of before have left."""
        if timedelta(**parts) >= timedelta(hours=1):
            self.product.mail()
        self.clock.stand_at(self.clock.now() + timedelta(**parts))

    def day(self, year: int, month: int, day: int) -> str:
        """A day as a form takes it."""
        return (datetime(year, month, day, tzinfo=UTC) + self.shift).date().isoformat()

    def work(self) -> None:
        """The jobs of the clock run."""
        self.product.work()

    # People

    def browser(self) -> Browser:
        """Somebody's own browser, at an address of its own."""
        self._browsers += 1
        address = f"198.51.100.{self._browsers % 250 + 1}"
        return Browser(self.product.gateway, address, self.product.base_url)

    def signed_in(self, email: str, fresh: bool = False) -> Browser:
        """The browser of somebody who is signed in; by the mailed link when it has to be, or
        when what follows asks for a `fresh` sign-in."""
        browser, since = self._signed_in.get(email, (self.browser(), BEGINNING))
        if not fresh and self.clock.now() - since < STAYS_SIGNED_IN:
            return browser
        self.fill(browser, "/sign-in", {"email": email})
        self.enter(browser, email)
        return browser

    def enter(self, browser: Browser, email: str) -> None:
        """Use the sign-in mail that is on its way to this address."""
        self.fill(browser, self.link(email, "/sign-in/"))
        self._signed_in[email] = (browser, self.clock.now())

    def link(self, email: str, beginning: str) -> str:
        """The path of the newest link of a kind that was mailed to somebody."""
        self.product.mail()
        whole = self.product.base_url + beginning
        return self.mailbox.last(email, whole).links(whole)[0].removeprefix(self.product.base_url)

    # Pages

    @cached_property
    def _nonces(self) -> dict[str, str]:
        """The nonce of the last form that was shown, by the sign-in it was shown to."""
        return {}

    def open(self, browser: Browser, path: str) -> None:
        """Open a page that has to be there."""
        browser.get(path)
        self._require_good(browser, path)
        self._remember_nonce(browser)

    def fill(
        self,
        browser: Browser,
        path: str,
        values: dict[str, Any] | None = None,
        action: str = "",
        by_heart: bool = False,
    ) -> str:
        """Open a page, fill in its form (the one whose address holds `action`, or the one that
        leads to the page itself, or the only one) and press; the path it leads to, which is
        not opened. `by_heart` sends the form without opening its page, in half the time: for
        the many who have no story. Then `action` is its whole address."""
        nonce = self._nonces.get(_sign_in_of(browser))
        if by_heart and nonce:
            browser.post(action or path, {"form": nonce, **(values or {})}, follow=False)
            if browser.answer.status != TOO_OLD:
                return self._answered(browser, path)
        self.open(browser, path)
        return self.press(browser, values, action, follow=False)

    def press(
        self,
        browser: Browser,
        values: dict[str, Any] | None = None,
        action: str = "",
        follow: bool = True,
    ) -> str:
        """Fill in a form of the page that is open, and open the page it leads to; its path, or
        its whole address where it is somebody else's."""
        path = browser.path
        try:
            browser.submit(values, action or _likely_form(browser), follow)
        except AssertionError as none:
            raise StoryStuck(f"no form {action!r} on {path}: {_what_it_says(browser)}") from none
        return self._answered(browser, path)

    def address(self, browser: Browser, words: str) -> str:
        """Where the link with these words on the open page leads."""
        found = re.search(rf'<a\b[^>]*href="([^"]*)"[^>]*>{re.escape(words)}', browser.answer.text)
        if not found:
            raise StoryStuck(f"no link {words!r} on {browser.path}: {_what_it_says(browser)}")
        return unescape(found[1])

    def choices(self, browser: Browser, name: str) -> list[str]:
        """What the radios or boxes of this name on the open page stand for."""
        tags = re.findall(r"<input\b[^>]*>", browser.answer.text)
        named = [tag for tag in tags if f'name="{name}"' in tag]
        return [
            unescape(found[1]) for tag in named if (found := re.search(r'value="([^"]*)"', tag))
        ]

    def _answered(self, browser: Browser, path: str) -> str:
        self._require_good(browser, path)
        self._remember_nonce(browser)
        self.later(seconds=20)
        location = browser.answer.header("location") or browser.path
        if location.startswith("/sign-in?"):
            raise StoryStuck(f"{path} asks to sign in")
        return location

    def _remember_nonce(self, browser: Browser) -> None:
        if found := re.search(r'name="form" value="([^"]+)"', browser.answer.text):
            self._nonces[_sign_in_of(browser)] = unescape(found[1])

    def _require_good(self, browser: Browser, path: str) -> None:
        if browser.answer.status not in (200, 303):
            raise StoryStuck(f"{path} answers {browser.answer.status}: {_what_it_says(browser)}")
        if browser.path.startswith("/sign-in") and not path.startswith(("/sign-in", "/set-up")):
            raise StoryStuck(f"{path} asks to sign in")


def _sign_in_of(browser: Browser) -> str:
    return browser.cookies.get(SESSION_COOKIE, "")


def _likely_form(browser: Browser) -> str:
    actions = re.findall(r'<form\b[^>]*action="([^"]*)"[^>]*method="post"', browser.answer.text)
    return browser.path if browser.path in map(unescape, actions) else ""


def _what_it_says(browser: Browser) -> str:
    errors = re.search(r'class="errors".*?</div>', browser.answer.text, re.S)
    shown = errors[0] if errors else browser.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(shown))).strip()[:600]

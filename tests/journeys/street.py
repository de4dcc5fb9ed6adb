"""The street of the journeys: browsers that read every page they come to, letters that are read,
Stripe's hosted page over HTTP, and the clock.

What people do there is in the journeys themselves and in neighbours.py.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import requests

from chalicelib.handlers import jobs
from chalicelib.rules.mail import Letter
from local.browser import Browser
from local.gateway import Answer
from tests.shop import Shop
from tests.world import World, links_in

# What a template leaves behind when a fact is missing or escaped twice.
IN_MARKUP = re.compile(r"\{\{|\}\}|\{%|%\}|&lt;|&amp;(?:amp|lt|gt|quot|#3\d);|Undefined|<built-in")
IN_WORDS = re.compile(r"\bNone\b(?! known| of)|\bTrue\b|\bFalse\b|\{\w+\}|object at 0x|datetime\.")
PAGE = "text/html; charset=utf-8"


def proofread(markup: str, words: str, where: str) -> None:
    """Nothing that only a template understands is left in what a person reads."""
    left = IN_MARKUP.findall(markup) + IN_WORDS.findall(words)
    assert not left, f"{where} shows {left}: {words[:1500]}"


class Careful(Browser):
    """A browser whose person reads every page: each is there, whole, and has one heading."""

    def __init__(self, world: World, address: str) -> None:
        super().__init__(world.browser().gateway, address)
        self.links: set[str] = set()

    def get(self, path: str, follow: bool = True) -> Answer:
        """Open a page, as it has to be."""
        answer = super().get(path, follow)
        self.read_page(path)
        return answer

    def submit(
        self, values: dict[str, Any] | None = None, action: str = "", follow: bool = True
    ) -> Answer:
        """Fill in a form whose answers are taken."""
        answer = super().submit(values, action, follow)
        self.read_page(f"the answer of {action or self.path}")
        return answer

    def is_refused(self, status: int, values: dict[str, Any], action: str = "") -> None:
        """Fill in a form that comes back with what is wrong."""
        super().submit(values, action)
        assert self.answer.status == status, self.text
        proofread(self.answer.text, self.text, self.path)

    def click(self, words: str) -> None:
        """Follow the link or the button-like link that says this."""
        for href, inside in re.findall(r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', self.markup):
            if words in unescape(re.sub(r"<[^>]+>", "", inside)):
                self.get(unescape(href).removeprefix(self.base_url))
                return
        raise AssertionError(f"no link {words!r} on {self.path}: {self.text}")

    def reads(self, *sentences: str) -> None:
        """The page says all of this."""
        for sentence in sentences:
            assert sentence in self.text, f"{self.path} does not say {sentence!r}: {self.text}"

    def read_page(self, what: str) -> None:
        """Look at the page that is open; a way on to somewhere else is none."""
        if self.answer.status == 303:
            return
        assert self.answer.status == 200, f"{what}: {self.answer.status} {self.text[:1500]}"
        assert self.answer.header("content-type") == PAGE, what
        proofread(self.markup, self.text, self.path)
        assert len(re.findall(r"<h1\b", self.markup)) == 1, f"headings of {self.path}"
        found = {unescape(one) for one in re.findall(r'<a\b[^>]*href="(/[^"]*)"', self.markup)}
        self.links |= found

    def follow_every_link(self) -> None:
        """Every link that any page has shown leads to a page."""
        for path in sorted(self.links):
            self.get(path)

    @property
    def markup(self) -> str:
        return self.answer.text


class Street:
    """A shop on a street with neighbours, a postman and a clock."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.world = shop.world
        self._browsers = 0

    def browser(self) -> Careful:
        """Somebody's browser, at an address of its own."""
        self._browsers += 1
        return Careful(self.world, f"203.0.113.{self._browsers}")

    def it_is(self, year: int, month: int, day: int, hour: int, minute: int = 0) -> None:
        """It is this moment in UTC, later than before; the jobs of the time between have run."""
        moment = datetime(year, month, day, hour, minute, tzinfo=self.world.now.tzinfo)
        assert moment > self.world.now, "stories are told in order"
        self.world.clock.at = moment
        self.shop.work()

    def letter(self, address: str, words: str) -> Letter:
        """The newest letter to somebody about this; the post has just come."""
        jobs.send_mails({}, None)
        letter = self.world.postbox.last(address, words)
        proofread(letter.html, f"{letter.subject} {letter.text}", letter.subject)
        return letter

    def link(self, address: str, words: str, beginning: str) -> str:
        """The path of the link in a letter that begins so."""
        found = [one for one in links_in(self.letter(address, words)) if one.startswith(beginning)]
        assert found, f"no link {beginning} in {words!r}"
        return found[0]

    def comes_in(self, address: str) -> Careful:
        """Somebody signs in by a mailed link, just now."""
        browser = self.browser()
        browser.get("/sign-in")
        browser.submit({"email": address}, "/sign-in")
        browser.get(self.link(address, "Your link to sign in", "/sign-in/"))
        browser.submit()
        return browser

    def subjects(self, address: str) -> list[str]:
        """What somebody's letters were about, oldest first."""
        return [one.subject for one in self.world.postbox.to(address)]


class HostedPage:
    """Stripe's page for one payment, as a browser meets it over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    def says(self) -> str:
        """What the page shows now."""
        with requests.get(self.url, timeout=10) as answer:
            assert answer.status_code == 200, answer.text
            return unescape(re.sub(r"<[^>]+>", " ", answer.text))

    def pay(self, number: str) -> tuple[int, str]:
        """Type a card and press Pay: the status, and where it leads or what it says."""
        typed = {"method": "card", "number": number, "expiry": "12 / 34", "cvc": "123"}
        with requests.post(self.url, data=typed, timeout=10, allow_redirects=False) as answer:
            return answer.status_code, answer.headers.get("location", answer.text)

    def pays(self, number: str = "4242 4242 4242 4242") -> str:
        """Pay with a card that works; the path the payer comes back to."""
        status, back = self.pay(number)
        assert status == 303, back
        parts = urlsplit(back)
        return f"{parts.path}?{parts.query}"

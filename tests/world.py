"""The world of the tests: our app on moto's tables, a clock that moves, fakes with memory.

Journeys come through the real routes by `world.browser()`. Jobs run by `world.work()`.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib import wiring
from chalicelib.errors import MailRefused, MailUnknown
from chalicelib.rules.mail import Letter
from chalicelib.settings import Settings
from chalicelib.settings import read as read_settings
from local.gateway import Answer, Gateway

TODAY = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
BASE_URL = "http://127.0.0.1:8000"
ENVIRONMENT = {
    "STAGE": "test",
    "BASE_URL": BASE_URL,
    "TABLE_PREFIX": "test",
    "AWS_REGION": "eu-west-2",
    "LINK_KEYS": "k1:an-invented-key-for-tests",
    "MAIL_SENDER": "hello@marmalade-circle.example",
    "EXPORT_BUCKET": "test-exports",
    "STRIPE_SECRET_KEY": "sk_test_invented",
    "STRIPE_REFUND_KEY": "sk_test_invented_refunds",
    "STRIPE_WEBHOOK_SECRETS": "whsec_invented",
}


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = TODAY

    def now(self) -> datetime:
        return self.at

    def move(self, **parts: float) -> datetime:
        """Move on by a timedelta's parts: `clock.move(hours=2)`."""
        self.at += timedelta(**parts)
        return self.at


@dataclass
class Postbox:
    """A mailer that remembers what left, and can be told to fail."""

    letters: list[Letter] = field(default_factory=list)
    refuse_next: int = 0
    lose_next_reply: int = 0

    def send(self, letter: Letter) -> str:
        if self.refuse_next:
            self.refuse_next -= 1
            raise MailRefused("MessageRejected")
        self.letters.append(letter)
        if self.lose_next_reply:
            self.lose_next_reply -= 1
            raise MailUnknown("timeout")
        return f"message-{len(self.letters)}"

    def to(self, address: str) -> list[Letter]:
        """Every letter to an address, oldest first."""
        return [letter for letter in self.letters if letter.to == address]

    def last(self, address: str, words: str = "") -> Letter:
        """The newest letter to an address whose subject holds these words."""
        found = [one for one in self.to(address) if words.lower() in one.subject.lower()]
        assert found, f"no letter to {address} about {words!r}: {self.subjects()}"
        return found[-1]

    def subjects(self) -> list[tuple[str, str]]:
        """Who got what, for messages of failed tests."""
        return [(letter.to, letter.subject) for letter in self.letters]


@dataclass
class Drawer:
    """Files with memory."""

    files: dict[str, tuple[bytes, str, str]] = field(default_factory=dict)

    def save(self, key: str, body: bytes, content_type: str, download_name: str) -> None:
        self.files[key] = (body, content_type, download_name)

    def link(self, key: str, seconds: int) -> str:
        return f"https://files.example/{key}?seconds={seconds}"


def links_in(letter: Letter) -> list[str]:
    """The paths of our own links in a letter's text, in order."""
    found = re.findall(re.escape(BASE_URL) + r"(/[^\s)>\]]+)", letter.text)
    return [path.rstrip(".,") for path in found]


class Browser:
    """Somebody's browser: keeps cookies, follows redirects, fills in the forms it is shown."""

    def __init__(self, gateway: Gateway, address: str = "192.0.2.10") -> None:
        self.gateway = gateway
        self.address = address
        self.cookies: dict[str, str] = {}
        self.path = "/"
        self.answer: Answer = Answer(0, [], b"")

    def get(self, path: str, follow: bool = True) -> Answer:
        """Open a page."""
        return self._ask("GET", path, b"", {}, follow)

    def post(
        self,
        path: str,
        values: dict[str, Any],
        follow: bool = True,
        origin: str | None = BASE_URL,
    ) -> Answer:
        """Send a form as it is, without looking at any page."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if origin is not None:
            headers["origin"] = origin
        body = urlencode(values, doseq=True).encode()
        return self._ask("POST", path, body, headers, follow)

    def submit(
        self, values: dict[str, Any] | None = None, action: str = "", follow: bool = True
    ) -> Answer:
        """Fill in a form of the page and press its button; `action` picks among several by a
        part of its address. Values the page already holds are sent along."""
        target, held = self.form(action)
        return self.post(target, {**held, **(values or {})}, follow)

    def form(self, action: str = "") -> tuple[str, dict[str, Any]]:
        """The address and the held values of a form on the page."""
        for match in re.finditer(r"<form\b([^>]*)>(.*?)</form>", self.answer.text, re.S):
            target = html.unescape(_attribute(match[1], "action") or self.path)
            if action in target:
                return target, _held_values(match[2])
        raise AssertionError(f"no form {action!r} on {self.path}: {self.answer.text[:2000]}")

    @property
    def text(self) -> str:
        """What the page says, without tags."""
        shown = re.sub(r"<(style|title)\b.*?</\1>", " ", self.answer.text, flags=re.S)
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", shown))).strip()

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str], follow: bool
    ) -> Answer:
        sent = dict(headers)
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.answer = self.gateway.handle(method, path, sent, body, self.address)
        self.path = urlsplit(path).path
        self._keep_cookies()
        location = self.answer.header("location")
        if follow and self.answer.status in (302, 303) and location:
            if location.startswith("/"):
                return self.get(location)
            if location.startswith(BASE_URL):
                return self.get(location.removeprefix(BASE_URL))
        return self.answer

    def _keep_cookies(self) -> None:
        for name, value in self.answer.headers:
            if name.lower() == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    if morsel["max-age"] == "0":
                        self.cookies.pop(key, None)
                    else:
                        self.cookies[key] = morsel.value


def _attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else None


def _held_values(inside: str) -> dict[str, Any]:
    """What a form would send if its button were pressed now."""
    held: dict[str, Any] = {}
    for tag in re.findall(r"<input\b([^>]*)>", inside, re.S):
        name, kind = _attribute(tag, "name"), _attribute(tag, "type") or "text"
        if not name or (kind in ("radio", "checkbox") and not re.search(r"\bchecked\b", tag)):
            continue
        value = _attribute(tag, "value") or ""
        if kind == "checkbox" and name in held:
            held[name] = [*([held[name]] if isinstance(held[name], str) else held[name]), value]
        else:
            held[name] = value
    for tag, body in re.findall(r"<textarea\b([^>]*)>(.*?)</textarea>", inside, re.S):
        held[_attribute(tag, "name") or ""] = html.unescape(body).removeprefix("\n")
    for tag, body in re.findall(r"<select\b([^>]*)>(.*?)</select>", inside, re.S):
        options = re.findall(r"<option\b([^>]*)>", body)
        chosen = [one for one in options if re.search(r"\bselected\b", one)] or options[:1]
        if chosen:
            held[_attribute(tag, "name") or ""] = _attribute(chosen[0], "value") or ""
    for tag in re.findall(r"<button\b([^>]*)>", inside):
        if (name := _attribute(tag, "name")) and name not in held:
            held[name] = _attribute(tag, "value") or ""
    return held


class World:
    """Everything a test needs, in one hand."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = Clock()
        self.postbox = Postbox()
        self.drawer = Drawer()
        self.outside = wiring.Wired(settings or read_settings(ENVIRONMENT), self.clock)
        self.outside.mailer = self.postbox
        self.outside.files = self.drawer
        wiring.install(self.outside)

    def browser(self, address: str = "192.0.2.10") -> Browser:
        """A fresh browser in front of the real routes."""
        from app import app

        return Browser(Gateway(app), address)

    @property
    def now(self) -> datetime:
        """The time in this world."""
        return self.clock.now()

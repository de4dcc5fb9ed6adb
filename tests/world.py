"""The world of the tests: our app on moto's tables, a clock that moves, fakes with memory.

Journeys come through the real routes by `world.browser()`. Jobs run by `world.work()`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chalicelib import wiring
from chalicelib.errors import MailRefused, MailUnknown
from chalicelib.rules.mail import Letter
from chalicelib.settings import Settings
from chalicelib.settings import read as read_settings
from local.browser import BASE_URL, Browser
from local.gateway import Gateway

TODAY = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
ENVIRONMENT = {
    "STAGE": "test",
    "BASE_URL": BASE_URL,
    "TABLE_PREFIX": "test",
    "AWS_REGION": "eu-west-2",
    "LINK_KEYS": "k1:an-invented-key-for-tests",
    "MAIL_SENDER": "hello@marmalade-circle.example",
    "EXPORT_BUCKET": "test-exports",
    "STRIPE_KEY": "sk_test_invented",
    "STRIPE_WEBHOOK_SECRETS": "whsec_invented",
    "STRIPE_CONNECT_SECRETS": "whsec_invented_connect",
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
    erased: dict[str, bytes] = field(default_factory=dict)

    def save(self, key: str, body: bytes, content_type: str, download_name: str) -> None:
        self.files[key] = (body, content_type, download_name)

    def link(self, key: str, seconds: int) -> str:
        return f"https://files.example/{key}?seconds={seconds}"

    def remember(self, name: str, body: bytes) -> None:
        self.erased[name] = body


def links_in(letter: Letter) -> list[str]:
    """The paths of our own links in a letter's text, in order."""
    found = re.findall(re.escape(BASE_URL) + r"(/[^\s)>\]]+)", letter.text)
    return [path.rstrip(".,") for path in found]


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

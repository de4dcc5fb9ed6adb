"""Everybody's mailbox: takes mails as SES v2 does and shows each as its reader sees it.

The emulator's SES keeps neither the text beside the HTML, nor headers, nor attachments, so
mails go here, by `AWS_ENDPOINT_URL_SESV2`. Every request is kept as it came, one JSON file each.
By the buttons under a mail its reader, or the mail's way, tells what became of it, as SES does.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local import ses_events
from local.clock import DemoClock
from local.gateway import Answer
from local.server import LocalHandler, LocalServer
from local.ses_events import SentMail

TEMPLATES = Path(__file__).resolve().parent / "html" / "mailbox"
SEND_PATH = "/v2/email/outbound-emails"
SHOWN_MAX = 300
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
# What a mail's page can tell of it, as SES would.
NEWS: dict[str, tuple[str, Callable[[SentMail, datetime], dict[str, Any]]]] = {
    "delivered": ("It arrived", ses_events.delivered),
    "bounced": ("This address bounces", ses_events.bounced),
    "full": ("The mailbox is full", partial(ses_events.bounced, kind="Transient")),
    "complained": ("Marked as unwanted", ses_events.complained),
}
Tell = Callable[[dict[str, Any]], None]
# The HTML part may bring its own styles; it runs nothing, loads nothing, opens links outside.
FRAME_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Kept:
    """A mail as it arrived."""

    number: int
    at: datetime
    asked: dict[str, Any]  # SES's own shape

    @property
    def to(self) -> str:
        return ", ".join(self.asked["Destination"]["ToAddresses"])

    @property
    def sender(self) -> str:
        return str(self.asked["FromEmailAddress"])

    @property
    def reply_to(self) -> str:
        return ", ".join(self.asked.get("ReplyToAddresses", []))

    @property
    def message_id(self) -> str:
        """The name SES would give it."""
        return f"local-{self.number:06d}"

    @property
    def at_ses(self) -> SentMail:
        """The mail as SES would speak of it."""
        tags = {tag["Name"]: tag["Value"] for tag in self.asked.get("EmailTags", [])}
        return SentMail(self.message_id, self.to, tags.get("mail", ""), self.at, self.subject)

    @property
    def simple(self) -> dict[str, Any]:
        return dict(self.asked["Content"]["Simple"])

    @property
    def subject(self) -> str:
        return str(self.simple["Subject"]["Data"])

    @property
    def text(self) -> str:
        return str(self.simple["Body"]["Text"]["Data"])

    @property
    def html(self) -> str:
        return str(self.simple["Body"]["Html"]["Data"])

    @property
    def parts(self) -> list[dict[str, Any]]:
        return list(self.simple.get("Attachments", []))

    def links(self, beginning: str) -> list[str]:
        """Addresses in the text that begin so."""
        return re.findall(re.escape(beginning) + r"[^\s)>\]]*", self.text)


class Mailbox:
    """The mails, oldest first, kept in a folder."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._now = now
        self._lock = RLock()
        self.mails = [_read(path) for path in sorted(folder.glob("*.json"))]

    def keep(self, asked: dict[str, Any]) -> str:
        """Take a mail; its message id."""
        with self._lock:
            mail = Kept(len(self.mails) + 1, self._now(), asked)
            whole = {"number": mail.number, "at": mail.at.isoformat(), "asked": asked}
            (self._folder / f"{mail.number:06d}.json").write_text(json.dumps(whole, indent=1))
            self.mails.append(mail)
        return mail.message_id

    def to(self, address: str) -> list[Kept]:
        """Every mail to an address, oldest first."""
        return [mail for mail in self.mails if mail.to == address]

    def last(self, address: str, link: str = "") -> Kept:
        """The newest mail to an address whose text holds `link`; LookupError when none does."""
        for mail in reversed(self.to(address)):
            if link in mail.text:
                return mail
        raise LookupError(f"no mail to {address} with {link!r}")


def _read(path: Path) -> Kept:
    whole = json.loads(path.read_text())
    return Kept(whole["number"], datetime.fromisoformat(whole["at"]), whole["asked"])


class MailboxServer(LocalServer):
    """The mailbox over HTTP: SES's one call, and the pages. What a page tells of a mail goes to
    `tell` as an event of SES."""

    def __init__(
        self, port: int, mailbox: Mailbox, clock: DemoClock, app_url: str, tell: Tell
    ) -> None:
        self.mailbox = mailbox
        self.tell = tell
        self.clock = clock
        self.app_url = app_url
        self.templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        super().__init__(port, _MailboxHandler)


class _MailboxHandler(LocalHandler):
    server: MailboxServer

    def answer(self, body: bytes) -> Answer:
        path = urlsplit(self.path).path
        if self.command == "POST":
            return self._take(body) if path == SEND_PATH else self._press(path, body)
        if path == "/":
            return self._list()
        found = re.fullmatch(r"/mails/(\d{1,9})(/html|/part/(\d{1,3}))?", path)
        mails = self.server.mailbox.mails
        if not found or not 0 < int(found[1]) <= len(mails):
            return _plain(404, "There is no such mail.")
        mail = mails[int(found[1]) - 1]
        if found[2] is None:
            told = parse_qs(urlsplit(self.path).query).get("told", [""])[0]
            return self._page("mail.html", mail=mail, news=NEWS, told=NEWS.get(told, ("",))[0])
        if found[3] is None:
            return _letter(mail)
        return _part(mail, int(found[3]))

    def _take(self, body: bytes) -> Answer:
        message_id = self.server.mailbox.keep(json.loads(body))
        told = json.dumps({"MessageId": message_id}).encode()
        return Answer(200, [("Content-Type", "application/json")], told)

    def _press(self, path: str, body: bytes) -> Answer:
        """A button of our own pages."""
        pressed = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        about = re.fullmatch(r"/mails/(\d{1,9})/news", path)
        mails = self.server.mailbox.mails
        if self.headers.get("Origin", "") == self.server.base_url:
            if path == "/clock" and pressed.get("by") in STEPS:
                return self._move(pressed["by"])
            if about and 0 < int(about[1]) <= len(mails) and pressed.get("what") in NEWS:
                return self._tell(mails[int(about[1]) - 1], pressed["what"])
        return _plain(404, "That cannot be done here.")

    def _tell(self, mail: Kept, what: str) -> Answer:
        self.server.tell(NEWS[what][1](mail.at_ses, self.server.clock.now()))
        return Answer(303, [("Location", f"/mails/{mail.number}?told={what}")], b"")

    def _move(self, step: str) -> Answer:
        if self.server.clock.real:
            return _plain(409, "With a real Stripe key the clock is the real one.")
        self.server.clock.move(STEPS[step])
        return Answer(303, [("Location", "/")], b"")

    def _list(self) -> Answer:
        wanted = parse_qs(urlsplit(self.path).query).get("to", [""])[0]
        mails = [m for m in reversed(self.server.mailbox.mails) if wanted in ("", m.to)]
        shown = mails[:SHOWN_MAX]
        return self._page("list.html", mails=shown, wanted=wanted, total=len(mails), steps=STEPS)

    def _page(self, name: str, **facts: Any) -> Answer:
        template = self.server.templates.get_template(name)
        html = template.render(
            now=self.server.clock.now(),
            real=self.server.clock.real,
            app_url=self.server.app_url,
            with_links=with_links,
            quote=quote,
            **facts,
        )
        return Answer(200, [("Content-Type", "text/html; charset=utf-8")], html.encode())


def with_links(text: str) -> list[tuple[str, bool]]:
    """A text in pieces, and which of them are web addresses."""
    pieces = re.split(r"(https?://[^\s)>\]]+)", text)
    return [(piece, bool(position % 2)) for position, piece in enumerate(pieces)]


def _letter(mail: Kept) -> Answer:
    """The HTML part for its frame: links open in a new tab."""
    html = mail.html.replace("<head>", '<head><base target="_blank">', 1)
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", FRAME_CSP),
    ]
    return Answer(200, headers, html.encode())


def _part(mail: Kept, position: int) -> Answer:
    if position >= len(mail.parts):
        return _plain(404, "There is no such part.")
    part = mail.parts[position]
    headers = [
        ("Content-Type", str(part["ContentType"])),
        ("Content-Disposition", f'attachment; filename="{quote(part["FileName"])}"'),
    ]
    return Answer(200, headers, base64.b64decode(part["RawContent"]))


def _plain(status: int, text: str) -> Answer:
    return Answer(status, [("Content-Type", "text/plain; charset=utf-8")], f"{text}\n".encode())

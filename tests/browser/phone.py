"""A phone without scripts, and an inspector who looks at every page it comes to.

The phone does what a hand does: opens, types, presses. The inspector opens the same page with
scripts, lets axe look at it, and keeps a picture at the width of a desk. What does not live here:
the story (test_main_job_on_a_phone.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Cookie, Locator, Response

    from tests.browser.house import House

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
WEIGHT_MAX = 60_000  # bytes of one page with everything it loads, not compressed
PATIENCE_SECONDS = 15
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = [*WCAG, "best-practice"]
MAILS = WCAG  # no landmarks: a mail is a part of the page of whoever shows it
DESK_ROWS = "(document.querySelector('.desk')?.offsetHeight ?? 0) > 60"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def kind_of(path: str) -> str:
    """An address without the ids in it."""
    return re.sub(r"/[a-z-]+-[0-9a-z]{26}[^/]*", "/one", path)


@dataclass
class Notebook:
    """What was seen: pictures, and everything that is not as it should be."""

    folder: Path
    findings: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    pages: int = 0
    at_desk: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    def is_new(self, path: str, markup: str) -> bool:
        """Whether no page of this address was looked at, or it holds elements none had."""
        found = {kind_of(path), *re.findall(r'<[a-z0-9]+|class="[^"]*"', markup)}
        fresh = found - self.known
        self.known |= found
        return bool(fresh)

    def picture(self, title: str) -> Path:
        """Where the picture of the next page goes."""
        self.pages += 1
        name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50]
        return self.folder / f"{self.pages:02d}-{name}.png"

    def desk_picture(self, path: str, picture: Path) -> Path | None:
        """Where the same page's picture at a desk goes: for the administrator's, once each."""
        kind = kind_of(path)
        if not kind.startswith("/admin") or kind in self.at_desk:
            return None
        self.at_desk.add(kind)
        return picture.with_suffix(".desk.png")


class Inspector:
    """Looks at pages with scripts on."""

    def __init__(self, chromium: Browser, notes: Notebook) -> None:
        from axe_playwright_python.sync_playwright import Axe  # only where the tier can run

        self.context = chromium.new_context(viewport=PHONE)
        self.page = self.context.new_page()
        self.axe = Axe()
        self.notes = notes

    def look(self, url: str, cookies: Sequence[Cookie], desk: Path | None = None) -> None:
        """Open somebody's page and write down what axe says; a picture at the desk's width."""
        self.context.clear_cookies()
        self.context.add_cookies(list(cookies))
        self.page.goto(url)
        self.look_here(urlsplit(url).path, MAILS if url.endswith("/html") else PAGES)
        if desk:
            self.page.set_viewport_size(DESK)
            self.page.screenshot(path=desk, full_page=True)
            self.page.set_viewport_size(PHONE)

    def look_here(self, where: str, rules: Sequence[str] = PAGES) -> None:
        """The page that is open."""
        options = {"runOnly": list(rules), "resultTypes": ["violations"]}
        for rule in self.axe.run(self.page, options=options).response["violations"]:
            places = [" ".join(node["target"]) for node in rule["nodes"]]
            self.notes.findings.append(f"{where}: {rule['id']} ({rule['impact']}) {places}")
        if self.page.evaluate(WIDER):
            self.notes.findings.append(f"{where}: wider than the phone")
        if self.page.evaluate(DESK_ROWS):
            self.notes.findings.append(f"{where}: the desk's navigation takes more than one row")


class Phone:
    """Somebody's phone: one tab, no scripts."""

    def __init__(self, chromium: Browser, house: House, inspector: Inspector) -> None:
        self.house = house
        self.inspector = inspector
        self.notes = inspector.notes
        self.context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
        self.context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self._loads(request.url))
        self.foreign: list[str] = []
        self._opened: set[str] = set()

    # What a hand does

    def opens(self, address: str) -> None:
        """Type an address, a path of the product or a whole one."""
        url = address if address.startswith("http") else self.house.url + address
        self._arrives(self.page.goto(url))

    def presses(self, name: str) -> None:
        """A button that leads on."""
        self._follows(self.page.get_by_role("button", name=name, exact=True).first)

    def clicks(self, name: str) -> None:
        """A link, by what it says."""
        self._follows(self.page.get_by_role("link", name=name).first)

    def types(self, values: Mapping[str, str | list[str]]) -> None:
        """Answer questions, by the names of their inputs."""
        for name, value in values.items():
            for one in [value] if isinstance(value, str) else value:
                self._answer(name, one)

    def reads(self, *sentences: str) -> None:
        """The page says all of this."""
        shown = " ".join(self.page.locator("main").inner_text().split())
        for sentence in sentences:
            assert sentence in shown, f"{self.page.url} does not say {sentence!r}: {shown}"

    def looks_until(self, path: str, sentence: str) -> None:
        """Open a page again and again until it says this; the jobs take some seconds."""
        self._until(lambda: self._says(path, sentence))
        self.opens(path)
        self.reads(sentence)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    # Mails

    def mail(self, to: str, words: str) -> None:
        """Open a mail about this that was not opened before; the post comes every second."""
        self._until(lambda: self._has_come(to, words))
        self._reads_the_letter(words)

    def follows_the_mail(self, beginning: str) -> None:
        """Click the link of the open mail that leads to an address that begins so."""
        link = self.page.locator(f'pre a[href^="{self.house.url}{beginning}"]').first
        self.opens(link.get_attribute("href") or "")

    def _reads_the_letter(self, words: str) -> None:
        mail_url = self.page.url
        self.page.goto(f"{mail_url}/html")
        picture = self.notes.picture(f"mail {words}")
        self.page.screenshot(path=picture, full_page=True)
        self.inspector.look(self.page.url, [])
        self.page.goto(mail_url)

    # How it is done

    def _until(self, happened: Callable[[], bool]) -> None:
        patience = Event()
        for _ in range(PATIENCE_SECONDS * 5):
            if happened():
                return
            patience.wait(0.2)
        raise AssertionError(f"waited in vain: {self.page.locator('body').inner_text()}")

    def _says(self, path: str, sentence: str) -> bool:
        self.page.goto(self.house.url + path)
        return sentence in " ".join(self.page.locator("main").inner_text().split())

    def _has_come(self, to: str, words: str) -> bool:
        self.page.goto(f"{self.house.mailbox}/?to={to}")
        for link in self.page.get_by_role("link", name=words).all():
            path = link.get_attribute("href") or ""
            if path not in self._opened:
                self._opened.add(path)
                link.click()
                return True
        return False

    def _answer(self, name: str, value: str) -> None:
        box = self.page.locator(f'[name="{name}"]').first
        if box.get_attribute("type") in ("radio", "checkbox"):
            self.page.locator(f'[name="{name}"][value="{value}"]').check()
        elif self.page.locator(f'select[name="{name}"]').count():
            box.select_option(value)
        else:
            box.fill(value)

    def _follows(self, what: Locator) -> None:
        with self.page.expect_navigation() as arrival:
            what.click()
        self._arrives(arrival.value)

    def _arrives(self, answer: Response | None) -> None:
        """Every page is there, light, alone, and looked at."""
        assert answer is not None
        where = f"{answer.url}: {answer.status}"
        assert answer.status == 200, f"{where} {self.page.locator('body').inner_text()}"
        assert self.foreign == [], "nothing is loaded from elsewhere"
        picture = self.notes.picture(self.page.title())
        self.page.screenshot(path=picture, full_page=True)
        if not answer.url.startswith(self.house.url):
            return
        self.notes.weights[self.path] = self._weight(answer)
        if self.notes.is_new(self.path, self.page.content()):
            desk = self.notes.desk_picture(self.path, picture)
            self.inspector.look(self.page.url, self.context.cookies(), desk)

    def _weight(self, answer: Response) -> int:
        files = re.findall(r'<link rel="[^"]*"[^>]* href="([^"]+)"', answer.text())
        return len(answer.body()) + sum(self._size(one) for one in files)

    def _size(self, path: str) -> int:
        with requests.get(self.house.url + path, timeout=10) as answer:
            return len(answer.content)

    def _loads(self, url: str) -> None:
        if urlsplit(url).hostname != "127.0.0.1":
            self.foreign.append(url)

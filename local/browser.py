"""A browser without a screen: keeps cookies, follows redirects, fills in the forms it is shown.

Journeys of the tests and the demo's stories come through the real routes with it. What does not
live here: the gateway it talks to (gateway.py), real browsers.
"""

from __future__ import annotations

import html
import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from local.gateway import Answer, Gateway

BASE_URL = "http://127.0.0.1:8000"


class Browser:
    """Somebody's browser: keeps cookies, follows redirects, fills in the forms it is shown."""

    def __init__(
        self, gateway: Gateway, address: str = "192.0.2.10", base_url: str = BASE_URL
    ) -> None:
        self.gateway = gateway
        self.base_url = base_url
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
        origin: str | None = "",
    ) -> Answer:
        """Send a form as it is, without looking at any page. `origin` is what a foreign page
        would send; None sends none."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if origin is not None:
            headers["origin"] = origin or self.base_url
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
            if location.startswith(self.base_url + "/"):
                return self.get(location.removeprefix(self.base_url))
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

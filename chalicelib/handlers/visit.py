"""One request as a view sees it: what was asked, by whom, and the ways to answer.

Built by doors.py; nothing below the handlers knows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from chalice.app import Request, Response

from chalicelib import rendering
from chalicelib.errors import (
    ForeignForm,
    FreshSignInNeeded,
    InvalidForm,
    NotFound,
    Refusal,
    Trouble,
)
from chalicelib.flows.people import access, circle
from chalicelib.handlers import answers
from chalicelib.rules import links
from chalicelib.rules.changes import Caller
from chalicelib.rules.forms import Answers, Form
from chalicelib.rules.people.access import BrowserSession, hashed
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.people.people import Person
from chalicelib.wiring import Wired

SESSION_COOKIE = "balint_session"
BODY_MAX = 64 * 1024
QUERY_MAX = 500  # characters of one query parameter
NONCE_FIELD = "form"
PARAMETER = re.compile(r"[A-Za-z0-9._~-]{1,300}")


class Visit:
    """A request, its caller, and the outside it may use."""

    def __init__(self, request: Request, outside: Wired) -> None:
        self.request = request
        self.outside = outside
        self.settings = outside.settings
        self.now = outside.clock.now()

    # Who

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The request's cookies; a jar that cannot be read is an empty one."""
        try:
            jar = SimpleCookie(self.request.headers.get("cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}

    @cached_property
    def _signed_in(self) -> tuple[BrowserSession, Person] | None:
        cookie = self.cookies.get(SESSION_COOKIE)
        return access.signed_in(self.outside, cookie) if cookie else None

    @property
    def person(self) -> Person | None:
        """Who is signed in, or None."""
        return self._signed_in[1] if self._signed_in else None

    @property
    def me(self) -> Person:
        """Who is signed in; only behind a door that asks for it."""
        if self.person is None:
            raise NotFound
        return self.person

    def require_fresh(self) -> None:
        """A sign-in of the last minutes, or FreshSignInNeeded (refunds, payouts, exports)."""
        if not self._signed_in or not access.is_fresh(self._signed_in[0], self.now):
            raise FreshSignInNeeded(back=self.path)

    @property
    def address(self) -> str:
        """The client's address from the request context, never from a header."""
        context = self.request.context or {}
        return str((context.get("identity") or {}).get("sourceIp") or "")

    # What

    @property
    def path(self) -> str:
        """The path with its parameters, without the base path."""
        path = self.request.path
        for name, value in (self.request.uri_params or {}).items():
            path = path.replace("{" + name + "}", value)
        return path

    @property
    def query(self) -> Mapping[str, str]:
        """Query parameters; the last of a repeated one. One that is longer than any of ours
        counts as absent: it would be no key DynamoDB takes."""
        sent = dict(self.request.query_params or {})
        return {name: value for name, value in sent.items() if len(value) <= QUERY_MAX}

    def day(self, name: str) -> date | None:
        """A day in the address; None for none, NotFound for what no page of ours leads to."""
        text = self.query.get(name, "")
        try:
            found = date.fromisoformat(text) if text else None
        except ValueError:
            raise NotFound from None
        if found and not 2000 <= found.year < 2200:
            raise NotFound
        return found

    @cached_property
    def body(self) -> bytes:
        """The raw bytes that were sent, decoded by nobody."""
        body = self.request.raw_body
        return body if isinstance(body, bytes) else body.encode()

    @cached_property
    def typed(self) -> dict[str, str | list[str]]:
        """What the form holds: one value as text, several as a list."""
        body = self.body
        if len(body) > BODY_MAX:
            raise InvalidForm({"": "too_long"}, {})
        parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] if len(values) == 1 else values for name, values in parsed.items()}

    def hidden(self, name: str) -> str:
        """What a hidden field holds that travels along with a form; nothing where it cannot be
        read, so that a page can be shown again whatever was sent."""
        if self.request.method != "POST" or len(self.body) > BODY_MAX:
            return ""
        value = self.typed.get(name, "")
        return value if isinstance(value, str) else value[-1]

    def named(self, name: str) -> str:
        """The id in a hidden field beside a button; NotFound for what no page of ours sends."""
        value = self.typed.get(name, "")
        if not isinstance(value, str) or not PARAMETER.fullmatch(value):
            raise NotFound
        return value

    def read(self, form: Form) -> Mapping[str, Any]:
        """The form's values, or InvalidForm with every error at once."""
        return form.read(self.typed)

    def still_typed(self, given: Answers | None) -> Answers | None:
        """The answers of a refused form. A flow that refuses has not seen what was typed."""
        if given is None or given.typed or not given.form:
            return given
        return replace(given, typed=self.typed)

    def word(self, name: str, choices: tuple[str, ...]) -> str:
        """A button's value; NotFound for one that no page of ours offers."""
        value = self.typed.get(name, "")
        if not isinstance(value, str) or value not in choices:
            raise NotFound
        return value

    # Forms: where from, and only once

    @property
    def browser(self) -> str:
        """What a form's nonce is bound to: the session's cookie, or nobody."""
        cookie = self.cookies.get(SESSION_COOKIE, "")
        return hashed(cookie)[:16] if cookie else "anyone"

    def nonce(self) -> str:
        """A fresh nonce for a form on the page that is being made."""
        keys = self.outside.places.link_keys
        return links.form_nonce(keys, self.browser, self.outside.ids.secret(), self.now)

    def check_origin(self) -> None:
        """The POST comes from a page of ours. Asked before anything else, also of a form that
        was answered already: its answer may be a cookie."""
        origin = self.request.headers.get("origin", "")
        if origin and origin != self.settings.origin:
            raise ForeignForm

    def check_nonce(self) -> None:
        """The form was shown to this browser, not long ago."""
        nonce = self.typed.get(NONCE_FIELD, "")
        keys = self.outside.places.link_keys
        if not isinstance(nonce, str) or not links.nonce_holds(keys, self.browser, nonce, self.now):
            raise InvalidForm({"": "page_too_old"}, self.typed)

    @cached_property
    def form_key(self) -> str:
        """The idempotency key of this submission."""
        nonce = str(self.typed.get(NONCE_FIELD, ""))
        return links.form_key(nonce, self.path, self.body)

    def caller(self, location: str, actor: str | None = None) -> Caller:
        """Who acts, spending the form with the act, its answer leading to `location`."""
        name = actor or (self.person.person_id if self.person else "visitor")
        return Caller(actor=name, form_key=self.form_key, location=location)

    # Answers

    @cached_property
    def circle(self) -> CircleSettings | None:
        """The circle's settings as pages show them; None before set-up."""
        return circle.seen(self.outside)

    def page(
        self, name: str, status: int = 200, answers_given: Answers | None = None, **facts: Any
    ) -> Response:
        """A page with the facts that every page has."""
        given = answers_given or Answers.empty()
        body = rendering.page(name, **self._facts(), answers=given, **facts)
        return answers.html(self.settings, body, 422 if given.errors else status)

    def problem(self, error: Refusal | Trouble) -> Response:
        """The page of a refusal or of trouble outside, saying what to do."""
        back = str(error.facts.get("back", "")) if isinstance(error, Refusal) else ""
        body = rendering.problem(error, **self._facts(), back_path=back)
        return answers.html(self.settings, body, error.status)

    def _facts(self) -> dict[str, Any]:
        return {
            "visit": self,
            "base_path": self.settings.base_path,
            "base_url": self.settings.base_url,
            "circle_name": self.circle.name if self.circle else "",
            "circle_email": self.circle.email if self.circle else "",
            "nonce": self.nonce(),
            "now": self.now,
        }

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of who is signed in, for the navigation."""
        return self.person.roles if self.person else ()

    def go(self, location: str) -> Response:
        """See other."""
        return answers.see_other(self.settings, location)

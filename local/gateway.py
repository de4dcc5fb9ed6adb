"""A small API Gateway: turns one HTTP request into the event Chalice gets, and its answer back.

Used by the runner on a laptop and by the journeys, so that both come through the real routes.
What does not live here: the HTTP server (run.py), the browser of the tests.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice
from chalice.local import RouteMatcher


@dataclass(frozen=True)
class Answer:
    """What comes back over HTTP."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name, whatever its case."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Gateway:
    """Routes requests to a Chalice app as API Gateway would."""

    def __init__(self, app: Chalice) -> None:
        self.app = app
        self.matcher = RouteMatcher(list(app.routes))

    def handle(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        address: str = "127.0.0.1",
    ) -> Answer:
        """Answer one request; unknown paths and methods answer as the gateway does."""
        parts = urlsplit(target)
        try:
            match = self.matcher.match_route(parts.path or "/")
        except ValueError:
            return _gateway_answer(404, "There is no such page.")
        if method not in self.app.routes[match.route]:
            return _gateway_answer(405, "That cannot be done here.")
        query = parse_qs(parts.query, keep_blank_values=True)
        event = {
            "resource": match.route,
            "path": parts.path or "/",
            "httpMethod": method,
            "headers": dict(headers or {}),
            "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": match.captured or None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": match.route,
                "identity": {"sourceIp": address},
                "path": parts.path or "/",
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        return _answer(self.app(event, None))


def _answer(result: dict[str, Any]) -> Answer:
    headers = list((result.get("headers") or {}).items())
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers.extend((name, value) for value in values)
    body = result.get("body") or ""
    if not isinstance(body, str):
        body = json.dumps(body)
    raw = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    return Answer(int(result["statusCode"]), headers, raw)


def _gateway_answer(status: int, text: str) -> Answer:
    return Answer(status, [("Content-Type", "text/plain; charset=utf-8")], f"{text}\n".encode())

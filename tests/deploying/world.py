"""An AWS account, a Stripe and somebody at the keyboard, for the tests of `make deploy`.

AWS is the emulator; what it does not play as AWS does (SES's account) and Stripe's dashboard are
fakes with memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.emulator import Emulator
from local.tools.deploy import rights
from local.tools.deploy.stage import Stage

STAGE = Stage(
    name="trial",
    region="eu-west-2",
    prefix="balint-trial",
    mail_identity="circle.org",
    mail_sender="hello@circle.org",
    alarm_mail="technical@circle.org",
    stripe_mode="test",
)
SECRETS = {
    "link-keys": "k1:" + "0123456789abcdef" * 4,
    "stripe-web-key": "rk_test_web0123456789",
    "stripe-jobs-key": "rk_test_jobs0123456789",
    "stripe-refunds-key": "rk_test_refunds0123456789",
    "stripe-webhook-secrets": "whsec_0123456789",
}


@dataclass
class Keyboard:
    """Somebody who answers what was prepared, and remembers what was said."""

    answers: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else ""

    @property
    def text(self) -> str:
        return "\n".join(self.said)


@dataclass
class Ses:
    """SES as an account meets it."""

    production: bool = True
    verified: bool = True
    known: bool = True

    class exceptions:
        class NotFoundException(Exception):
            pass

    def get_account(self) -> dict[str, Any]:
        return {"ProductionAccessEnabled": self.production, "SendingEnabled": True}

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:
        if not self.known:
            raise self.exceptions.NotFoundException
        tokens = ["token1", "token2", "token3"]
        return {
            "VerifiedForSendingStatus": self.verified,
            "DkimAttributes": {"Tokens": tokens, "Status": "PENDING"},
        }


@dataclass
class Session:
    """A boto3 session at the emulator, with a fake for SES."""

    aws: Emulator
    ses: Ses = field(default_factory=Ses)
    region_name: str = "eu-west-2"

    def client(self, service: str) -> Any:
        return self.ses if service == "sesv2" else _made(self.aws, service)


@cache
def _made(aws: Emulator, service: str) -> Any:
    """Making a client takes longer than what is then asked of it."""
    return aws.client(service)


@dataclass
class StripeDesk:
    """Stripe's dashboard: keys with their rights, webhook endpoints. Also answers as the deployed
    site, so that the first visit has somewhere to go."""

    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    endpoints: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""
    healthy: bool = True
    set_up: bool = False

    def let_in_all(self) -> None:
        """Every key of SECRETS with the rights it should have."""
        self.keys = {
            SECRETS[name]: dict(allowed)
            for name, allowed in rights.RIGHTS.items()
            if name in SECRETS
        }

    def endpoint(self, address: str, **changed: Any) -> None:
        """An endpoint as it should be, but for what is changed."""
        self.endpoints.append(
            {
                "url": f"{address}/webhooks/stripe",
                "status": "enabled",
                "livemode": False,
                "api_version": STRIPE_VERSION,
                "enabled_events": list(rights.ENDPOINTS["/webhooks/stripe"]),
                **changed,
            }
        )

    def answer(self, method: str, path: str, key: str) -> tuple[int, str]:
        bare = path.split("?")[0]
        if not bare.startswith("/v1/"):
            return self._site(bare)
        self.asked.append((method, bare, key))
        if key not in self.keys:
            return 401, "{}"
        if not self._may(self.keys[key], method, bare):
            return 403, "{}"
        if bare == "/v1/webhook_endpoints":
            return 200, json.dumps({"data": self.endpoints})
        return (200, json.dumps({"data": []})) if method == "GET" else (404, "{}")

    def _may(self, allowed: dict[str, str], method: str, path: str) -> bool:
        needed = ("write",) if method == "POST" else ("read", "write")
        return any(
            allowed.get(resource) in needed
            for resource, paths in rights.RESOURCES.items()
            if path in paths
        )

    def _site(self, path: str) -> tuple[int, str]:
        if path.startswith("/set-up/"):
            return (410, "gone") if self.set_up else (200, "<html>")
        pages = {"/healthz": "ok\n", "/": "<html>Balint</html>"}
        return (200, pages[path]) if self.healthy and path in pages else (500, "no")


@contextmanager
def a_desk() -> Iterator[StripeDesk]:
    """A desk that listens."""
    desk = StripeDesk()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer("POST")

        def _answer(self, method: str) -> None:
            key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, body = desk.answer(method, self.path, key)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    desk.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()

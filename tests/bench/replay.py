"""One event of ours with everything AWS answered to it, recorded on the tests' world and answered
again, call by call, to a process that has nothing of the tests: the built package.

So a cold start is measured with its real calls, and without waiting for a database.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import requests

from chalicelib.handlers import jobs
from chalicelib.store import tables
from local.gateway import Gateway
from tests.shop import Shop
from tests.world import ENVIRONMENT, World

KEYS = ENVIRONMENT["LINK_KEYS"]


NOTHING = json.dumps(
    {"Items": [], "Count": 0, "ScannedCount": 0, "Responses": {}, "UnprocessedKeys": {}}
)


@dataclass
class Recorded:
    """An event as API Gateway sends it, when it was, and what DynamoDB answered, in order."""

    event: dict[str, Any]
    at: str
    answers: list[tuple[str, str]] = field(default_factory=list)  # what was asked, the answer
    status: int = 0


class _Listening:
    """The app, with an ear at its door."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.event: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        self.event = event
        return self._app(event, context)


def record(world: World, method: str, path: str, headers: dict[str, str], body: bytes) -> Recorded:
    """Send a request through the real routes and keep what was said."""
    from app import app

    listening = _Listening(app)
    with _listened() as answers:
        answer = Gateway(listening).handle(method, path, headers, body)  # type: ignore[arg-type]
    return Recorded(listening.event, world.now.isoformat(), answers, answer.status)


def record_job(world: World, name: str, event: dict[str, Any] | None = None) -> Recorded:
    """Run a job and keep what was said."""
    with _listened() as answers:
        getattr(jobs, name)(event or {}, None)
    return Recorded(event or {}, world.now.isoformat(), answers)


@contextmanager
def _listened() -> Iterator[list[tuple[str, str]]]:
    """What DynamoDB is asked and answers meanwhile."""
    answers = list[tuple[str, str]]()

    def ask(params: Any, model: Any, context: Any, **_: Any) -> None:
        context["replayed"] = asked_of(model.name, params)

    def keep(http_response: Any, context: Any, **_: Any) -> None:
        answers.append((context["replayed"], http_response.content.decode()))

    events = tables.connection().client.meta.events
    events.register("before-parameter-build.dynamodb", ask)
    events.register("after-call.dynamodb", keep)
    try:
        yield answers
    finally:
        events.unregister("before-parameter-build.dynamodb", ask)
        events.unregister("after-call.dynamodb", keep)


def asked_of(name: str, params: dict[str, Any]) -> str:
    """What a call is, as far as the order of calls may differ between processes."""
    where = params.get("TableName") or " ".join(sorted(params.get("RequestItems", ())))
    words = [params.get(part) for part in ("Key", "IndexName", "ExpressionAttributeValues")]
    return f"{name} {where} {json.dumps(words, sort_keys=True)}"


Sent = tuple[str, str, dict[str, str], bytes]  # method, path, headers, body


def taster(shop: Shop) -> Recorded:
    """Somebody books a free first meeting: the form's press."""
    return record(shop.world, *filled_in(shop))


def filled_in(shop: Shop, slug: str = "thursday-lantern") -> Sent:
    """The form of a free first meeting, opened and filled in."""
    visitor = shop.world.browser()
    visitor.get(f"/groups/{slug}/taster")
    target, held = visitor.form("/taster")
    values = {
        **held,
        "session_id": re.findall(r'name="session_id"[^>]*value="([^"]+)"', visitor.answer.text)[0],
        "full_name": "Pip Buttonwood",
        "email": "pip.buttonwood@example.org",
        "profession": "gp",
        "zone": "Europe/London",
    }
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": visitor.base_url}
    return "POST", target, headers, urlencode(values, doseq=True).encode()


def pay(shop: Shop, path: str) -> Recorded:
    """Somebody presses Pay on the page of an offer."""
    visitor = shop.world.browser()
    visitor.get(path)
    target, held = visitor.form(path)
    values = {**held, "agree": "yes", "policy": "yes"}
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": visitor.base_url}
    return record(shop.world, "POST", target, headers, urlencode(values, doseq=True).encode())


def webhook(shop: Shop, event: dict[str, Any]) -> Recorded:
    """Stripe tells us of a payment."""
    body, signature = shop.fake.signed(event)
    headers = {"content-type": "application/json", "stripe-signature": signature}
    return record(shop.world, "POST", "/webhooks/stripe", headers, body)


@contextmanager
def answering(recorded: Recorded) -> Iterator[str]:
    """An endpoint for all of AWS that answers what was recorded, from the first call on with each
    process that says it begins; its URL."""
    left: list[tuple[str, str]] = []

    def of_dynamodb(asked: str) -> str:
        """The next answer to this that is left."""
        found = next((one for one in left if one[0] == asked), None)
        if found is None:
            return NOTHING
        left.remove(found)
        return found[1]

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body together: nobody waits for a delayed acknowledgement

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            called = self.headers.get("X-Amz-Target", "")
            if called.endswith("GetParameter"):
                body = json.dumps({"Parameter": {"Name": "/link-keys", "Value": KEYS}})
            elif called.startswith("DynamoDB"):
                name = called.rpartition(".")[2]
                body = of_dynamodb(asked_of(name, json.loads(asked)))
            else:
                body = json.dumps({"MessageId": "message-1"})  # of SES
            self._send(body)

        def do_GET(self) -> None:
            left[:] = recorded.answers
            self._send("{}")

        def _send(self, body: str) -> None:
            raw = body.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


# A cold process of the package: `folder`, then the event and its moment on standard input.
COLD = """
import json, os, sys
told = json.load(sys.stdin)
folder = sys.argv[1]
sys.path.insert(0, folder)
from app import app
from datetime import datetime
from chalicelib import settings, wiring
class Then:
    def now(self):
        return datetime.fromisoformat(told["at"])
wiring.install(wiring.Wired(settings.read(), Then()))
class Context:
    aws_request_id = "request-1"
answer = app(told["event"], Context())
json.dump({"status": answer["statusCode"], "modules": sorted(sys.modules)}, sys.stdout)
sys.stdout.flush()
os._exit(0)
"""


def environment(url: str) -> dict[str, str]:
    """What a function is told on AWS, with everything of AWS at this address."""
    return {
        **{name: value for name, value in ENVIRONMENT.items() if name != "LINK_KEYS"},
        "AWS_DEFAULT_REGION": ENVIRONMENT["AWS_REGION"],
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_ENDPOINT_URL": url,
        "LINK_KEYS": "ssm:/test/link-keys",
        "NO_PROXY": "127.0.0.1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def cold(python: str, folder: str, recorded: Recorded, url: str) -> dict[str, Any]:
    """Answer the event in a fresh process of the package in `folder`."""
    requests.get(url, timeout=5)
    done = subprocess.run(
        [python, "-I", "-S", "-B", "-c", COLD, folder],
        input=json.dumps({"event": recorded.event, "at": recorded.at}),
        env=environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered

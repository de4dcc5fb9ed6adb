"""The street of a deployment: browsers that reach it over HTTP, and the demo's stage built there.

What people do is what the demo's stories do (local/demo), in real time. Only waiting is not real:
`fall_due` moves what is kept in a due index to a moment ago, `days_pass` everything (passing.py).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from chalicelib.store.codec import INSTANT
from local.browser import Browser
from local.demo.stage import TODAY, Stage
from local.deployment import Deployment
from local.fake_stripe import FakeStripe
from local.gateway import Answer
from tests.deployed import passing

LINK_KEY = "0123456789abcdef0123456789abcdef-rehearsal"
PREFIX = "rehearsal"
OWN_ADDRESS = re.compile(r'\b(href|action|src)="(/(?!/)[^"]*)"')
MAIL_SECONDS = 30


class RemoteGateway:
    """Takes requests to a deployment. Paths are ours, without the stage before them; every
    address in what comes back must have the stage, and loses it here."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.base_path = parts.path

    def handle(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        address: str = "127.0.0.1",
    ) -> Answer:
        """One request, no redirect followed; `address` is what it is: our own."""
        asked = {"accept": "text/html", **(headers or {})}
        got = requests.request(
            method,
            f"{self.base_url}{target}",
            headers=asked,
            data=body,
            allow_redirects=False,
            timeout=60,
        )
        told = [(name, self._ours(name, value)) for name, value in got.raw.headers.items()]
        page = got.headers.get("content-type", "").startswith("text/html")
        return Answer(got.status_code, told, self._markup(got.text) if page else got.content)

    def _ours(self, name: str, value: str) -> str:
        if name.lower() != "location" or not value.startswith("/"):
            return value
        return self._without_stage(value)

    def _markup(self, text: str) -> bytes:
        return OWN_ADDRESS.sub(
            lambda found: f'{found[1]}="{self._without_stage(found[2])}"', text
        ).encode()

    def _without_stage(self, path: str) -> str:
        assert f"{path}/".startswith(f"{self.base_path}/"), f"{path} leads out of the deployment"
        return path.removeprefix(self.base_path) or "/"


class RemoteBrowser(Browser):
    """The browser of the journeys, at a deployment or at Stripe's page."""

    def __init__(self, base_url: str) -> None:
        self.street = RemoteGateway(base_url)
        super().__init__(self.street, base_url=base_url)  # type: ignore[arg-type] # further away

    def post(
        self,
        path: str,
        values: dict[str, Any],
        follow: bool = True,
        origin: str | None = "",
    ) -> Answer:
        """Send a form, as a page of the deployment would."""
        return super().post(path, values, follow, self.street.origin if origin == "" else origin)


class DeployedStage(Stage):
    """The demo's stage, at a deployment: its mail is the emulator's, its clock the real one."""

    def __init__(self, deployment: Deployment, stripe: FakeStripe) -> None:
        self.deployment = deployment
        self.stripe = stripe
        self.places: dict[str, str] = {}
        self.shift = (datetime.now(UTC) - TODAY) // timedelta(weeks=1) * timedelta(weeks=1)
        self._used: set[str] = set()
        self._at_home: dict[str, Browser] = {}

    def browser(self) -> RemoteBrowser:  # type: ignore[override] # further away
        """Somebody's own browser."""
        return RemoteBrowser(self.deployment.base_url)

    def signed_in(self, email: str, fresh: bool = False) -> Browser:
        """The browser of somebody who signed in minutes ago, or signs in now by the mail."""
        if email not in self._at_home:
            browser = self.browser()
            self.fill(browser, "/sign-in", {"email": email})
            self.enter(browser, email)
        return self._at_home[email]

    def enter(self, browser: Browser, email: str) -> None:
        """Use the sign-in mail that is on its way to this address."""
        self.fill(browser, self.link(email, "/sign-in/"))
        self._at_home[email] = browser

    def later(self, **parts: float) -> None:
        """Minutes pass by themselves here."""

    def days_pass(self, days: int) -> None:
        """Days go by at once, with nothing under way: everybody's sign-in ends, no job runs."""
        self.until(lambda: self.stripe.outgoing == [])
        self.until(lambda: not self._due("outbox", "mail"))
        passing.tables_age(self.deployment.aws.client("dynamodb"), PREFIX, days)
        passing.stripe_ages(self.stripe.world, days)
        self._at_home.clear()

    def link(self, email: str, beginning: str) -> str:
        """The path of a mailed link that was not used before, as soon as its mail is there."""
        whole = re.escape(self.deployment.base_url) + rf"({re.escape(beginning)}[^\s)>\]]+)"
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            mails = [one for one in self.deployment.aws.mails() if email in one["To"]]
            links = [path for one in mails for path in re.findall(whole, one["BodyText"])]
            if fresh := [path for path in links if path not in self._used]:
                self._used.add(fresh[-1])
                return fresh[-1].rstrip(".,")
            time.sleep(0.1)
        raise TimeoutError(f"no new link {beginning} for {email}: {self.subjects(email)}")

    def until(self, true: Callable[[], bool], seconds: float = 30) -> None:
        """Wait for something that happens by itself."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"not within {seconds:g} s"
            time.sleep(0.1)

    def subjects(self, email: str) -> list[str]:
        """What somebody's mails so far are about, oldest first."""
        return [one["Subject"] for one in self.deployment.aws.mails() if email in one["To"]]

    def clock_runs(self) -> dict[str, Any]:
        """The tick and the night run, as they would have meanwhile; what the night says."""
        self.deployment.invoke("Tick")
        told: dict[str, Any] = self.deployment.invoke("Nightly")
        return told

    def fall_due(self, table: str, shard: str) -> None:
        """The time of everything that waits in this due index has come."""
        rows = self.deployment.aws.client("dynamodb")
        moment = (datetime.now(UTC) - timedelta(seconds=1)).strftime(INSTANT)
        for row in self._waiting(table, shard):
            due_at = row["due_at"]
            moved = {k: {"S": moment} if v == due_at else v for k, v in row.items()}
            rows.put_item(TableName=f"{PREFIX}-{table}", Item=moved)

    def _due(self, table: str, shard: str) -> list[dict[str, Any]]:
        """The rows in a due index whose time has come."""
        now = datetime.now(UTC).strftime(INSTANT)
        return [row for row in self._waiting(table, shard) if row["due_at"]["S"] <= now]

    def _waiting(self, table: str, shard: str) -> list[dict[str, Any]]:
        """The rows that stand in a due index."""
        found = self.deployment.aws.client("dynamodb").scan(TableName=f"{PREFIX}-{table}")
        return [row for row in found["Items"] if row.get("due_shard") == {"S": shard}]

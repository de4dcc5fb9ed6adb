"""The whole product in one process: the app and its jobs, with a stand-in for each thing outside.

AWS is the emulator (a child process), Stripe and everybody's mailbox are servers in threads.
Everything listens on 127.0.0.1 and is kept in one folder. What does not live here: the command
line and what it prints (run.py), the demo's stories (demo/).
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any

from chalicelib import settings, wiring
from local import ses_events
from local.clock import DemoClock
from local.emulator import Emulator, prepare
from local.fake_stripe import CONNECT_WEBHOOK_SECRET, WEBHOOK_SECRET, FakeStripe
from local.gateway import Gateway
from local.mailbox import Mailbox, MailboxServer
from local.server import HOST, AppServer, PortTaken

PREFIX, BUCKET, SENDER = "local", "local-exports", "hello@marmalade-circle.example"
MAILS_EVERY = 1.0  # seconds
TICK_EVERY = 5.0
log = logging.getLogger("balint.local")


class Product:
    """`with Product(folder, port) as product:`; then `seed`, then `serve`."""

    def __init__(self, folder: Path, port: int, stripe_key: str = "") -> None:
        """`port` and the three after it are used. With `stripe_key` Stripe is the real one."""
        self.folder = folder
        self.port = port
        self.stripe_key = stripe_key
        self.base_url = f"http://{HOST}:{port}"
        self.lock = RLock()
        self._stack = ExitStack()
        self._stopping = Event()
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = DemoClock(folder / "clock", real=bool(stripe_key))
        self.mailbox = Mailbox(folder / "mails", self.clock.now)
        self.stripe: FakeStripe | None = None
        self.gateway: Gateway
        self.wired: wiring.Wired

    def __enter__(self) -> Product:
        try:
            self._build()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._stack.close()

    def _build(self) -> None:
        for port in range(self.port, self.port + 4):
            require_free(port)
        mailbox = MailboxServer(
            self.port + 1, self.mailbox, self.clock, self.base_url, self.hear_mail
        )
        self._stack.callback(mailbox.stop)
        mailbox.start()
        self.mailbox_url = mailbox.base_url
        if not self.stripe_key:
            self.stripe = self._fake_stripe()
        aws = Emulator(self.port + 3, self.folder / "aws", log=self.folder / "aws.log")
        self._stack.callback(aws.stop)
        aws.start()
        os.environ.update(self._environment(aws))
        prepare(aws, PREFIX, BUCKET, SENDER)
        self.wired = wiring.Wired(settings.read(), self.clock)
        wiring.install(self.wired)
        from app import app  # only now: its functions read the environment set above

        self.gateway = Gateway(app)

    def _fake_stripe(self) -> FakeStripe:
        fake = FakeStripe(
            self.clock.now,
            webhook=partial(self._hear_stripe, "/webhooks/stripe"),
            connect_webhook=partial(self._hear_stripe, "/webhooks/stripe/connect"),
            state_path=self.folder / "stripe.json",
        )
        self._stack.callback(fake.stop)
        fake.start(self.port + 2)
        return fake

    def _hear_stripe(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """An event of the stand-in, at one of the app's own doors."""
        lower = {name.lower(): value for name, value in headers.items()}
        with self.lock:
            return self.gateway.handle("POST", path, lower, body, HOST).status

    def _environment(self, aws: Emulator) -> dict[str, str]:
        stripe_url = f"http://{HOST}:{self.port + 2}"
        own = {
            "STAGE": "local",
            "BASE_URL": self.base_url,
            "TABLE_PREFIX": PREFIX,
            "LINK_KEYS": f"k1:{self.kept('link_key', secrets.token_hex(24))}",
            "MAIL_SENDER": SENDER,
            "EXPORT_BUCKET": BUCKET,
            "STRIPE_KEY": self.stripe_key or "sk_test_local",
            "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "STRIPE_CONNECT_SECRETS": CONNECT_WEBHOOK_SECRET,
            "STRIPE_API_BASE": "" if self.stripe_key else stripe_url,
            "CHECKOUT_ORIGIN": "" if self.stripe_key else stripe_url,
            "CONNECT_ORIGIN": "" if self.stripe_key else stripe_url,
            "AWS_ENDPOINT_URL_SESV2": self.mailbox_url,
            "NO_PROXY": HOST,
        }
        return {**aws.environment(), **own}

    # What is kept beside AWS's and Stripe's own state

    def kept(self, name: str, first: str = "") -> str:
        """A value that stays between runs; `first` where there is none yet."""
        path = self.folder / "kept.json"
        values: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if name not in values and first:
            values[name] = first
            path.write_text(json.dumps(values, indent=1))
        return values.get(name, "")

    # Running

    def serve(self) -> None:
        """Answer browsers, deliver Stripe's events and let the clock's jobs run, until the end."""
        server = AppServer(self.port, self.gateway, self.lock)
        self._stack.callback(server.stop)
        server.start()
        jobs = Thread(target=self._work_until_stopped, daemon=True)
        self._stack.callback(jobs.join)
        self._stack.callback(self._stopping.set)
        jobs.start()
        if self.stripe:
            self.stripe.deliver_in_background()

    def work(self) -> None:
        """Everything that is due now: Stripe's events, the tick, refunds, payouts, mails."""
        from chalicelib.handlers import jobs

        self.hear()
        for job in (jobs.tick, jobs.send_refunds, jobs.send_payouts, jobs.send_mails):
            self._run(job)

    def hear(self) -> None:
        """Events of the Stripe stand-in that are due arrive."""
        if self.stripe:
            self.stripe.expire_due()
            self.stripe.deliver_due()

    def mail(self) -> None:
        """Mails that are due leave."""
        from chalicelib.handlers import jobs

        self._run(jobs.send_mails)

    def hear_mail(self, event: dict[str, Any]) -> None:
        """What SES would tell of a mail arrives."""
        from chalicelib.handlers import jobs

        with self.lock:
            jobs.hear_mails(ses_events.brought(event), None)

    def night(self) -> None:
        """What runs once a night."""
        from chalicelib.handlers import jobs

        self._run(jobs.nightly)

    def _run(self, job: Callable[[Any, Any], Any]) -> None:
        with self.lock:
            job({}, None)

    def _work_until_stopped(self) -> None:
        from chalicelib.handlers import jobs

        seconds, today = 0.0, self.clock.now().date()
        while not self._stopping.wait(MAILS_EVERY):
            seconds += MAILS_EVERY
            self._try(lambda: self._run(jobs.send_mails))
            if seconds >= TICK_EVERY:
                seconds = 0.0
                self._try(lambda: self._run(jobs.tick))
                self._try(lambda: self._run(jobs.send_refunds))
                self._try(lambda: self._run(jobs.send_payouts))
            if today < (self.clock.now() - NIGHT).date():
                today = (self.clock.now() - NIGHT).date()
                self._try(self.night)

    def _try(self, job: Callable[[], None]) -> None:
        """A job that fails is told in the log and runs again, as on AWS."""
        try:
            job()
        except Exception:
            log.exception("a job failed; it runs again")


NIGHT = timedelta(hours=2, minutes=15)  # the nightly run is due then, UTC


def require_free(port: int) -> None:
    """PortTaken when somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTaken(port) from error

"""Builds `Outside` from settings, each gateway on first use.

Stand-ins are HTTP servers that an endpoint URL in the settings reaches, so nothing here knows
them. `install` lets the runner and the tests bring a clock of their own.
"""

from __future__ import annotations

from functools import cached_property

from chalicelib import settings as settings_module
from chalicelib.gateways.clock import SystemClock, TimeSortedIds
from chalicelib.gateways.outside import (
    Clock,
    Connect,
    Failures,
    Files,
    Ids,
    Mailer,
    Places,
    Stripe,
)
from chalicelib.gateways.secrets import KeptSecret, LinkKeys, Secrets
from chalicelib.settings import Settings
from chalicelib.store import tables


class Wired:
    """The real outside. A gateway is imported and built when a flow first asks for it, so that
    a function never loads what it does not use."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.ids: Ids = TimeSortedIds(self.clock)
        self.secrets = Secrets(settings.secrets, settings.region, tables.session)
        tables.bind(settings.table_prefix, settings.region)

    @cached_property
    def places(self) -> Places:
        return Places(
            base_url=self.settings.base_url,
            link_keys=LinkKeys(self.secrets, "LINK_KEYS"),
            deployment=self.settings.table_prefix,
            livemode=self.settings.livemode,
        )

    @cached_property
    def stripe(self) -> Stripe:
        """With the one key that this function was told of."""
        from chalicelib.gateways.stripe_gateway import StripeGateway

        key = KeptSecret(self.secrets, "STRIPE_KEY")
        return StripeGateway(key, self.settings.stripe_api_base or None)

    @cached_property
    def connect(self) -> Connect:
        """With the same key: only the function that pays leaders is told of one that transfers."""
        from chalicelib.gateways.stripe_connect import StripeConnect

        key = KeptSecret(self.secrets, "STRIPE_KEY")
        return StripeConnect(key, self.settings.stripe_api_base or None)

    @cached_property
    def mailer(self) -> Mailer:
        from chalicelib.gateways.ses_mailer import SesMailer

        settings = self.settings
        return SesMailer(
            settings.region,
            settings.mail_configuration_set,
            settings.mail_sender,
            news=settings.mail_news_configuration_set,
        )

    @cached_property
    def files(self) -> Files:
        from chalicelib.gateways.s3_files import S3Files

        return S3Files(self.settings.region, self.settings.export_bucket)

    @cached_property
    def failures(self) -> Failures:
        from chalicelib.gateways.sqs_failures import SqsFailures

        queues = {
            "jobs": self.settings.job_failures_queue,
            "wake_ups": self.settings.wake_up_failures_queue,
        }
        return SqsFailures(self.settings.region, queues, tables.session)


_installed: dict[str, Wired] = {}


def outside() -> Wired:
    """The outside of this process, built on the first call."""
    if "wired" not in _installed:
        _installed["wired"] = Wired(settings_module.read())
    return _installed["wired"]


def install(wired: Wired) -> None:
    """Use this outside from now on: for the runner on a laptop and for tests."""
    _installed["wired"] = wired


def uninstall() -> None:
    """Forget the outside; the next call reads the settings again."""
    _installed.clear()

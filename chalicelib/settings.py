"""The environment as one frozen dataclass, read when asked, naming all missing variables at once.

What does not live here: the circle's own settings (a row that the administrator edits), and the
values of secrets: on AWS the environment only says where they are kept (gateways/secrets.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

REQUIRED = ("STAGE", "BASE_URL", "TABLE_PREFIX", "AWS_REGION")


class SettingsMissing(RuntimeError):
    """Variables this deployment lacks; the message names them all."""


@dataclass(frozen=True)
class Settings:
    """Where we run and what we hold. Secrets a function does not need are not told to it."""

    stage: str
    base_url: str
    table_prefix: str
    region: str
    mail_sender: str
    mail_configuration_set: str
    mail_news_configuration_set: str
    export_bucket: str
    stripe_api_base: str
    checkout_origin: str
    connect_origin: str
    job_failures_queue: str
    wake_up_failures_queue: str
    livemode: bool
    secrets: Mapping[str, str] = field(repr=False)  # our name -> `ssm:/name`, or the value itself

    @property
    def base_path(self) -> str:
        """The path part of the base URL, without a slash at its end."""
        rest = self.base_url.split("://", 1)[-1]
        return "/" + rest.split("/", 1)[1].rstrip("/") if "/" in rest.rstrip("/") else ""

    @property
    def origin(self) -> str:
        """Scheme and host of the base URL, as browsers write it in `Origin`."""
        scheme, rest = self.base_url.split("://", 1)
        return f"{scheme}://{rest.split('/', 1)[0]}"


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; SettingsMissing names every variable that is not there."""
    env = os.environ if environment is None else environment
    missing = [name for name in REQUIRED if not env.get(name, "").strip()]
    if missing:
        raise SettingsMissing(f"missing in the environment: {', '.join(missing)}")
    value = {name: env.get(name, "").strip() for name in OPTIONAL}
    return Settings(
        stage=env["STAGE"],
        base_url=env["BASE_URL"].strip().rstrip("/"),
        table_prefix=env["TABLE_PREFIX"],
        region=env["AWS_REGION"],
        mail_sender=value["MAIL_SENDER"],
        mail_configuration_set=value["MAIL_CONFIGURATION_SET"],
        mail_news_configuration_set=value["MAIL_NEWS_CONFIGURATION_SET"],
        export_bucket=value["EXPORT_BUCKET"],
        stripe_api_base=value["STRIPE_API_BASE"],
        checkout_origin=value["CHECKOUT_ORIGIN"] or "https://checkout.stripe.com",
        connect_origin=value["CONNECT_ORIGIN"] or "https://connect.stripe.com",
        job_failures_queue=value["JOB_FAILURES_QUEUE"],
        wake_up_failures_queue=value["WAKE_UP_FAILURES_QUEUE"],
        livemode=value["STRIPE_MODE"] == "live",
        secrets={name: env[name] for name in SECRETS if env.get(name, "").strip()},
    )


OPTIONAL = (
    "MAIL_SENDER",
    "MAIL_CONFIGURATION_SET",
    "MAIL_NEWS_CONFIGURATION_SET",
    "EXPORT_BUCKET",
    "STRIPE_API_BASE",
    "STRIPE_MODE",
    "CHECKOUT_ORIGIN",
    "CONNECT_ORIGIN",
    "JOB_FAILURES_QUEUE",
    "WAKE_UP_FAILURES_QUEUE",
)
# Each function has at most one key of Stripe: the one that its work needs.
SECRETS = ("LINK_KEYS", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRETS", "STRIPE_CONNECT_SECRETS")

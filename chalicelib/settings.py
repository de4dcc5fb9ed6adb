"""The environment as one frozen dataclass, read when asked, naming all missing variables at once.

What does not live here: the circle's own settings (a row that the administrator edits).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

REQUIRED = ("STAGE", "BASE_URL", "TABLE_PREFIX", "AWS_REGION")


class SettingsMissing(RuntimeError):
    """Variables this deployment lacks; the message names them all."""


@dataclass(frozen=True)
class Settings:
    """Where we run and what we hold. Secrets a function does not need are empty in it."""

    stage: str
    base_url: str
    table_prefix: str
    region: str
    link_keys: Mapping[str, str]
    mail_sender: str
    mail_configuration_set: str
    export_bucket: str
    stripe_secret_key: str
    stripe_refund_key: str
    stripe_webhook_secrets: tuple[str, ...]
    stripe_api_base: str
    checkout_origin: str
    livemode: bool

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
        link_keys=_keys(value["LINK_KEYS"]),
        mail_sender=value["MAIL_SENDER"],
        mail_configuration_set=value["MAIL_CONFIGURATION_SET"],
        export_bucket=value["EXPORT_BUCKET"],
        stripe_secret_key=value["STRIPE_SECRET_KEY"],
        stripe_refund_key=value["STRIPE_REFUND_KEY"],
        stripe_webhook_secrets=_list(value["STRIPE_WEBHOOK_SECRETS"]),
        stripe_api_base=value["STRIPE_API_BASE"],
        checkout_origin=value["CHECKOUT_ORIGIN"] or "https://checkout.stripe.com",
        livemode=value["STRIPE_SECRET_KEY"].startswith(("sk_live_", "rk_live_")),
    )


OPTIONAL = (
    "LINK_KEYS",
    "MAIL_SENDER",
    "MAIL_CONFIGURATION_SET",
    "EXPORT_BUCKET",
    "STRIPE_SECRET_KEY",
    "STRIPE_REFUND_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "STRIPE_API_BASE",
    "CHECKOUT_ORIGIN",
)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _keys(text: str) -> dict[str, str]:
    """`k2:secret,k1:older`: the first key signs, all of them verify."""
    return dict(part.split(":", 1) for part in _list(text))

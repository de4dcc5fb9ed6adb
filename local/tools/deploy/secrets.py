"""The secrets of a deployment: which there are, what they look like, and putting them into SSM.

CloudFormation cannot make encrypted parameters, and a secret in a template or on a command line
would be read by others; so they are asked for here, hidden, and go straight to SSM.
What does not live here: reading them in a function (chalicelib/gateways/secrets.py).
"""

from __future__ import annotations

import re
import secrets as chance
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.tools.deploy.stage import Stage

LINK_KEY_MIN = 32  # characters: 128 bits in hexadecimal


@dataclass(frozen=True)
class Kind:
    """A secret by its last name in SSM. `form` is a pattern; {mode} in it is test or live. What
    comes `later` can only be had once the deployment has an address."""

    name: str
    how: str
    form: str
    needed: bool = True
    later: bool = False

    def fault(self, value: str, mode: str) -> str:
        """What is wrong with a value; empty for nothing. The value itself is never said."""
        parts = value.replace(",", " ").split()
        pattern = self.form.replace("{mode}", mode)
        if parts and all(re.fullmatch(pattern, part) for part in parts):
            return ""
        other = "live" if mode == "test" else "test"
        if "{mode}" in self.form and re.fullmatch(self.form.replace("{mode}", other), value):
            return f"This is a key of Stripe's {other} mode, and this deployment is for {mode}."
        return f"It does not look like one. {self.how}"


def _key(name: str, does: str, needed: bool = True) -> Kind:
    how = f"In Stripe, Developers, API keys, make a restricted key that {does} (docs/deploying.md)."
    return Kind(name, how, r"rk_{mode}_[A-Za-z0-9]{10,}", needed)


def _signing(name: str, path: str, needed: bool = True) -> Kind:
    how = (
        f"In Stripe, Developers, Webhooks, make an endpoint for {path} and copy its signing secret."
    )
    return Kind(name, how, r"whsec_[A-Za-z0-9+/=_]{8,}", needed, later=True)


KINDS = (
    Kind("link-keys", "It is made for you.", rf"[a-z0-9]+:[A-Za-z0-9_-]{{{LINK_KEY_MIN},}}"),
    _key("stripe-web-key", "opens checkouts and reads"),
    _key("stripe-jobs-key", "reads what happened"),
    _key("stripe-refunds-key", "may refund"),
    _key("stripe-payouts-key", "may transfer to leaders", needed=False),
    _signing("stripe-webhook-secrets", "/webhooks/stripe"),
    _signing("stripe-connect-secrets", "/webhooks/stripe/connect", needed=False),
)


def path(stage: Stage, kind: Kind) -> str:
    """The whole name of a secret in SSM."""
    return f"/{stage.prefix}/{kind.name}"


def read(ssm: Any, stage: Stage, kind: Kind) -> str | None:
    """A secret's value, None for none."""
    try:
        answer = ssm.get_parameter(Name=path(stage, kind), WithDecryption=True)
    except ssm.exceptions.ParameterNotFound:
        return None
    return str(answer["Parameter"]["Value"]).strip()


def keep(ssm: Any, stage: Stage, kind: Kind, value: str) -> None:
    """Put a secret into SSM, encrypted, in place of what was there."""
    ssm.put_parameter(
        Name=path(stage, kind),
        Value=value.strip(),
        Type="SecureString",
        Overwrite=True,
        Description=f"balint, {stage.name}: see docs/deploying.md",
    )


def fresh_link_key(number: int = 1) -> str:
    """A new key of links: `k1:` and 256 random bits."""
    return f"k{number}:{chance.token_hex(32)}"


def rolled_link_keys(before: str) -> str:
    """One step of rolling. First a new key is added that does not sign yet, so that every process
    comes to know it; the next step, ten minutes later, lets it sign. Older ones go on verifying."""
    keys = before.replace(",", " ").split()
    numbers = {key: int(found[0]) for key in keys if (found := re.findall(r"^k(\d+):", key))}
    newest = max(keys, key=lambda key: numbers.get(key, 0))
    if newest != keys[0]:
        return ",".join([newest, *(key for key in keys if key != newest)])
    return ",".join([*keys, fresh_link_key(numbers.get(newest, 0) + 1)])


def ask_for_all(
    ssm: Any,
    stage: Stage,
    ask: Callable[[str], str],
    say: Callable[[str], None],
    anew: frozenset[str] = frozenset(),
) -> None:
    """Ask for every secret that is missing, or named in `anew`; an empty answer leaves it."""
    for kind in KINDS:
        before = read(ssm, stage, kind)
        if before is not None and kind.name not in anew:
            say(f"  {kind.name}: there already")
        elif kind.name == "link-keys":
            keep(ssm, stage, kind, rolled_link_keys(before) if before else fresh_link_key())
            say(f"  {kind.name}: {'rolled by a step' if before else 'made'}")
        else:
            say(f"  {kind.name}: {kind.how}{_when(kind)}")
            _ask_for(ssm, stage, kind, ask, say)


def _when(kind: Kind) -> str:
    only = "" if kind.needed else " Needed only to pay leaders."
    return f"{only} There is an address for it after the first deployment." if kind.later else only


def _ask_for(
    ssm: Any, stage: Stage, kind: Kind, ask: Callable[[str], str], say: Callable[[str], None]
) -> None:
    while value := ask(f"  {kind.name} (nothing to leave it out): ").strip():
        fault = kind.fault(value, stage.stripe_mode)
        if not fault:
            keep(ssm, stage, kind, value)
            say("    kept")
            return
        say(f"    {fault}")

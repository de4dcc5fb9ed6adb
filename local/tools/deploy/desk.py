"""Who sits at the keyboard, the AWS account they work in, and what it means to stop.

What does not live here: the commands (__main__.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from getpass import getpass
from typing import Any

from local.tools.deploy import smoke, stack, stripe_checks
from local.tools.deploy.checks import Check


class Stopped(RuntimeError):
    """The command ends here, for the reason in its message; nothing more was done."""


@dataclass(frozen=True)
class Person:
    """Who sits at the keyboard."""

    say: Callable[[str], None] = print
    ask: Callable[[str], str] = input
    ask_hidden: Callable[[str], str] = getpass

    def tell(self, found: Sequence[Check]) -> None:
        """Show checks, with what to do about those that are not well."""
        for one in found:
            sign = "ok  " if one.well else "note" if one.warns else "MEND"
            self.say(f"  {sign} {one.what}")
            if not one.well:
                self.say(f"       {one.mend}")

    def agree(self, question: str, word: str = "yes") -> None:
        """Stopped unless the word is typed."""
        if self.ask(f"{question} Type {word}: ").strip() != word:
            raise Stopped("Stopped; nothing was changed.")


@dataclass(frozen=True)
class Account:
    """Clients of one AWS account in the stage's region, and where its Stripe is."""

    session: Any
    stripe_api: str = stripe_checks.API
    every_seconds: float = 3
    answers: Callable[[str], bool] = smoke.answers

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.session.client(service)

    @property
    def clients(self) -> stack.Clients:
        """Those that the stack needs."""
        cloudformation, s3 = self.client("cloudformation"), self.client("s3")
        return stack.Clients(cloudformation, s3, self.every_seconds)

    def bucket(self) -> str:
        """The bucket of code and releases."""
        return stack.code_bucket(self.clients, self.caller()["Account"], self.session.region_name)

    def caller(self) -> dict[str, str]:
        """Who AWS takes us for: `Account`, `Arn`."""
        told = self.client("sts").get_caller_identity()
        return {name: str(told[name]) for name in ("Account", "Arn")}

"""The commands behind `make check`, `make secrets`, `make deploy`, `make rollback`, `make destroy`.

    python -m local.tools.deploy COMMAND STAGE [--roll NAME]

Nothing is changed before it was shown and answered with yes. What does not live here: any step
itself (the modules beside this one).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.tools.deploy import (
    checks,
    owed,
    releases,
    rights,
    secrets,
    smoke,
    stack,
    stage,
    stripe_checks,
)
from local.tools.deploy.checks import Check
from local.tools.deploy.stage import Stage

PROJECT = Path(__file__).resolve().parent.parent.parent.parent
PACKAGE = PROJECT / "build" / "package"
NOT_KNOWN_YET = "https://not-known-yet.invalid"


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
        number = self.client("sts").get_caller_identity()["Account"]
        return stack.code_bucket(self.clients, number, self.session.region_name)


def check(told: Stage, account: Account, person: Person) -> list[Check]:
    """Look at everything, show it, and return it."""
    found = [checks.who_we_are(account.client("sts"))]
    if found[0].well:
        known = stack.outputs(account.clients, told)
        found += _settled(told, known is None, checks.mail(account.client("sesv2"), told))
        ssm = account.client("ssm")
        found += checks.kept_secrets(ssm, told)
        found += _stripe(told, ssm, account.stripe_api, _address(told, known))
        if known and told.domain:
            found.append(checks.address(told, known.get("DomainTarget", "")))
    person.tell(found)
    return found


def _settled(told: Stage, first: bool, found: Any) -> list[Check]:
    """What only keeps a deployment back once people rely on it: in live mode, and not the first
    time, since the first deployment is what makes half of it."""
    strict = told.stripe_mode == "live" and not first
    return [Check(one.what, one.well, one.mend, warns=one.warns or not strict) for one in found]


def _stripe(told: Stage, ssm: Any, api: str, address: str) -> list[Check]:
    held = {
        kind.name: value
        for kind in secrets.KINDS
        if kind.name in rights.RIGHTS and (value := secrets.read(ssm, told, kind))
    }
    found = list(stripe_checks.keys(held, api))
    if "stripe-jobs-key" in held and address != NOT_KNOWN_YET:
        connect, live = "stripe-payouts-key" in held, told.stripe_mode == "live"
        there = stripe_checks.endpoints(held["stripe-jobs-key"], address, connect, live, api)
        found += _settled(told, False, there)
    return found


def _address(told: Stage, outputs: dict[str, str] | None) -> str:
    return told.address or (outputs or {}).get("EndpointURL", NOT_KNOWN_YET).rstrip("/")


def keep_secrets(told: Stage, account: Account, person: Person, anew: frozenset[str]) -> None:
    """Ask for the secrets that are missing, or named."""
    person.say(f"Secrets of {told.name}, kept encrypted in SSM under /{told.prefix}/:")
    secrets.ask_for_all(account.client("ssm"), told, person.ask_hidden, person.say, anew)


def deploy(told: Stage, account: Account, person: Person, package: Path = PACKAGE) -> None:
    """Everything from the checks to the first visit."""
    person.say(f"Is everything ready for {told.name}?")
    if checks.stand_in_the_way(check(told, account, person)):
        raise Stopped("Mend what is marked, then deploy again. Nothing was changed.")
    clients, bucket = account.clients, account.bucket()
    uploaded = stack.upload(clients, bucket, package)
    known = stack.outputs(clients, told)
    parameters = told.parameters(_address(told, known))
    outputs = _change(told, account, person, uploaded.template_url, parameters)
    if parameters["BaseUrl"] == NOT_KNOWN_YET:
        parameters = told.parameters(_address(told, outputs))
        person.say("Once more, with the address that the gateway was given:")
        outputs = _change(told, account, person, uploaded.template_url, parameters)
    _remember(told, account, bucket, uploaded.template_key, parameters)
    _visit(told, account, person, parameters["BaseUrl"])
    if told.domain:
        person.tell([checks.address(told, outputs.get("DomainTarget", ""))])


def _change(
    told: Stage, account: Account, person: Person, template_url: str, parameters: dict[str, str]
) -> dict[str, str]:
    """Show what would change, ask, and do it."""
    clients, name = account.clients, f"c-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    proposed = stack.propose(clients, told, template_url, parameters, name)
    if not proposed.lines:
        person.say("Nothing would change.")
        return stack.outputs(clients, told) or {}
    person.say(f"CloudFormation would do this in {told.stack}:")
    for line in proposed.lines:
        person.say(f"  {line}")
    if proposed.dangers:
        person.say("\n".join(["These keep data:", *(f"  {one}" for one in proposed.dangers)]))
        raise Stopped("A release never replaces what keeps data. Nothing was changed.")
    person.agree("Shall it?")
    person.say("This takes some minutes ...")
    return stack.execute(clients, told, proposed)


def _remember(
    told: Stage, account: Account, bucket: str, template_key: str, parameters: dict[str, str]
) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    ).stdout.strip()
    at = f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%fZ}"
    release = releases.Release(at, template_key, parameters, commit)
    releases.remember(account.client("s3"), bucket, told, release)


def _visit(told: Stage, account: Account, person: Person, address: str) -> None:
    """The smoke test, and the first administrator's link while there is none."""
    found = list(smoke.visit(address))
    person.tell(found)
    if not all(one.well for one in found):
        raise Stopped(f"It does not answer as it should: `make rollback STAGE={told.name}`.")
    keys = secrets.read(account.client("ssm"), told, secrets.KINDS[0]) or ""
    link = smoke.set_up_link(address, keys)
    if link:
        person.say(
            f"The first administrator begins here; give this address to nobody else:\n{link}"
        )


def rollback(told: Stage, account: Account, person: Person) -> None:
    """Deploy the release before the one that runs, as it was."""
    bucket, clients = account.bucket(), account.clients
    known = releases.every(clients.s3, bucket, told)
    before = releases.before(known)
    if before is None:
        raise Stopped("There is no earlier release to go back to.")
    person.say(f"Back to the release of {before.at} (commit {before.commit[:10] or 'not known'}).")
    url = stack.url_of(clients, bucket, before.template_key)
    _change(told, account, person, url, dict(before.parameters))
    _remember(told, account, bucket, before.template_key, dict(before.parameters))
    _visit(told, account, person, before.parameters["BaseUrl"])


def destroy(told: Stage, account: Account, person: Person) -> None:
    """Take the functions and the gateway away, once nothing is owed to anybody."""
    if stack.outputs(account.clients, told) is None:
        raise Stopped(f"There is no stack {told.stack}.")
    left = owed.in_books_of(told)
    if left:
        person.say("\n".join(["The books are not settled:", *(f"  {one}" for one in left)]))
        raise Stopped("A deployment is not taken away while anything is owed.")
    person.say("Functions, gateway, schedules and alarms go. Tables, exports and the mail identity")
    person.say("stay in the account, protected; docs/deploying.md says how to remove them.")
    person.agree(f"Take {told.name} away?", told.name)
    stack.remove(account.clients, told)
    person.say("It is gone. Remove its webhook endpoints and keys at Stripe.")


def run(command: str, told: Stage, account: Account, person: Person, roll: Sequence[str]) -> None:
    """One command."""
    if command == "check":
        if checks.stand_in_the_way(check(told, account, person)):
            raise Stopped("Mend what is marked.")
    elif command == "secrets":
        keep_secrets(told, account, person, frozenset(roll))
    else:
        {"deploy": deploy, "rollback": rollback, "destroy": destroy}[command](told, account, person)


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="local.tools.deploy")
    names = [kind.name for kind in secrets.KINDS]
    parser.add_argument("command", choices=["check", "secrets", "deploy", "rollback", "destroy"])
    parser.add_argument("stage")
    parser.add_argument("--roll", action="append", default=[], choices=names)
    chosen = parser.parse_args(arguments)
    try:
        told = stage.read(chosen.stage)
        account = Account(boto3.Session(region_name=told.region))
        run(chosen.command, told, account, Person(), chosen.roll)
    except (stage.StageFaulty, stack.StackFailed, Stopped) as reason:
        print(reason)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS said no: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

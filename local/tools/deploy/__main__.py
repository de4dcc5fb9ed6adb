"""The commands behind `make check`, `make secrets`, `make deploy`, `make rollback`, `make failures`
and `make destroy`.

    python -m local.tools.deploy COMMAND STAGE [--roll NAME]

Nothing is changed before it was shown and answered with yes. What does not live here: any step
itself (the modules beside this one).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from local.tools import aws
from local.tools.deploy import (
    checks,
    failures,
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
from local.tools.deploy.desk import Account, Person, Stopped
from local.tools.deploy.stage import Stage

PROJECT = Path(__file__).resolve().parent.parent.parent.parent
PACKAGE = PROJECT / "build" / "package"
NOT_KNOWN_YET = "https://not-known-yet.invalid"
__all__ = ["Account", "Person", "Stopped", "main"]


def check(told: Stage, account: Account, person: Person) -> list[Check]:
    """Look at everything, show it, and return it."""
    found = [checks.who_we_are(account.client("sts"))]
    if found[0].well:
        known = stack.outputs(account.clients, told)
        found += _settled(told, known is None, checks.mail(account.client("sesv2"), told))
        ssm = account.client("ssm")
        found += checks.kept_secrets(ssm, told, first=known is None)
        found += _stripe(told, ssm, account.stripe_api, _address(told, account, known))
        if known is not None:
            found.append(checks.alarm_mail(account.client("sns"), told, account.caller()))
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


def _address(told: Stage, account: Account, outputs: dict[str, str] | None) -> str:
    """The address that people are told: the domain once it leads here, the gateway's own until
    then; a domain that was told once stays, whatever DNS says in this minute."""
    before = stack.told_before(account.clients, told).get("BaseUrl")
    if told.domain and (before == told.address or account.answers(told.address)):
        return told.address
    return (outputs or {}).get("EndpointURL", NOT_KNOWN_YET).rstrip("/")


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
    parameters = told.parameters(_address(told, account, known))
    outputs = _change(told, account, person, uploaded.template_url, parameters)
    if parameters["BaseUrl"] == NOT_KNOWN_YET:
        parameters = told.parameters(_address(told, account, outputs))
        person.say("Once more, with the address that the gateway was given:")
        outputs = _change(told, account, person, uploaded.template_url, parameters)
    _remember(told, account, bucket, uploaded.template_key, parameters)
    _visit(told, account, person, parameters["BaseUrl"])
    if told.domain and parameters["BaseUrl"] != told.address:
        person.tell([checks.address(told, outputs.get("DomainTarget", ""))])
        person.say(f"When that record works, deploy again: people are then told {told.address}.")


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


def show_failures(told: Stage, account: Account, person: Person) -> None:
    """What failed for good; done again and taken away when the person says so."""
    sqs = account.client("sqs")
    found = list(failures.lying(sqs, told))
    if not found:
        person.say("Nothing lies in the queues of failures.")
        return
    person.say("\n".join(["This failed for good:", *(f"  {one.line}" for one in found)]))
    person.say('Its cause is in the log group of the function: docs/runbook.md, "Jobs fail".')
    person.agree("Is the cause mended, so that it can be done again and taken away?")
    again = failures.work_again(account.client("lambda"), found)
    failures.take_away(sqs, found)
    person.say(f"Taken away. Called again: {', '.join(again) or 'none'}.")


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
        OTHERS[command](told, account, person)


OTHERS = {
    "deploy": deploy,
    "rollback": rollback,
    "failures": show_failures,
    "destroy": destroy,
}


def main(arguments: list[str], stages: Path = stage.STAGES) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="local.tools.deploy")
    names = [kind.name for kind in secrets.KINDS]
    parser.add_argument("command", choices=["check", "secrets", *OTHERS])
    parser.add_argument("stage")
    parser.add_argument("--roll", action="append", default=[], choices=names)
    chosen = parser.parse_args(arguments)
    return aws.in_one_sentence(lambda: _run(chosen, stages))


def _run(chosen: argparse.Namespace, stages: Path) -> int:
    try:
        told = stage.read(chosen.stage, stages)
        account = Account(boto3.Session(region_name=told.region))
        run(chosen.command, told, account, Person(), chosen.roll)
    except (stack.StackFailed, Stopped) as reason:
        print(reason)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

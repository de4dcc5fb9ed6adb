"""Is the world ready? Each check looks at one thing outside and says in a sentence what is wrong
and how to mend it. Nothing is changed here.

What does not live here: what Stripe says (stripe_checks.py), the words around it (__main__.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from local.tools import aws
from local.tools.deploy import secrets
from local.tools.deploy.stage import Stage

ASK_DNS = "https://cloudflare-dns.com/dns-query"
TIMES = (5, 10)
Lookup = Callable[[str, str], list[str]]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `mend` says what to do where it is not well; what only
    `warns` does not keep a deployment from going on."""

    what: str
    well: bool
    mend: str = ""
    warns: bool = False


def lookup(name: str, kind: str) -> list[str]:
    """The records of a name in DNS, asked over HTTPS; requests' errors for no answer."""
    answer = requests.get(
        ASK_DNS,
        params={"name": name, "type": kind},
        headers={"accept": "application/dns-json"},
        timeout=TIMES,
    )
    answer.raise_for_status()
    return [str(one["data"]).strip('"') for one in answer.json().get("Answer", [])]


def who_we_are(sts: Any) -> Check:
    """Whether AWS knows us, and as whom."""
    try:
        told = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        return Check("AWS account", False, aws.sentence(error))
    return Check(f"AWS account {told['Account']}, as {told['Arn'].rsplit(':', 1)[-1]}", True)


def kept_secrets(ssm: Any, stage: Stage, first: bool = False) -> Iterator[Check]:
    """Every secret is there and has the form of one. Before the `first` deployment there is no
    address yet that Stripe could sign for."""
    for kind in secrets.KINDS:
        value = secrets.read(ssm, stage, kind)
        if value is None:
            how = f"{kind.how} Then `make secrets STAGE={stage.name}`."
            waits = not kind.needed or (first and kind.later)
            yield Check(f"secret {kind.name}", False, how, warns=waits)
        else:
            fault = kind.fault(value, stage.stripe_mode)
            yield Check(f"secret {kind.name}", not fault, fault)


def mail(ses: Any, stage: Stage, look: Lookup = lookup) -> Iterator[Check]:
    """SES may send, the domain is proven, and other mail servers will believe it."""
    account = ses.get_account()
    how = 'in SES, "Account dashboard", press "Request production access"; it takes a day.'
    allowed = account.get("ProductionAccessEnabled", False)
    yield Check("SES out of its sandbox", allowed, f"Mails reach only proven addresses: {how}")
    sends = account.get("SendingEnabled", False)
    yield Check("SES sends", sends, 'AWS has paused this account\'s mails: see SES, "Reputation".')
    yield _identity(ses, stage)
    yield _dmarc(stage, look)


def _identity(ses: Any, stage: Stage) -> Check:
    what = f"DKIM of {stage.mail_identity}"
    try:
        told = ses.get_email_identity(EmailIdentity=stage.mail_identity)
    except ses.exceptions.NotFoundException:
        how = (
            "the first deployment makes it; deploy, set the records it names, run the checks again."
        )
        return Check(what, False, f"SES does not know this domain yet: {how}", warns=True)
    if told.get("VerifiedForSendingStatus"):
        return Check(what, True)
    names = told.get("DkimAttributes", {}).get("Tokens", [])
    records = "".join(
        f"\n      {name}._domainkey.{stage.mail_identity} CNAME {name}.dkim.amazonses.com"
        for name in names
    )
    return Check(what, False, f"Set these records where the domain's DNS is kept:{records}")


def _dmarc(stage: Stage, look: Lookup) -> Check:
    name = f"_dmarc.{stage.mail_identity}"
    what = f"DMARC of {stage.mail_identity}"
    try:
        found = [record for record in look(name, "TXT") if record.startswith("v=DMARC1")]
    except requests.RequestException as error:
        return Check(what, False, f"DNS could not be asked ({type(error).__name__}).", warns=True)
    how = f'Set {name} TXT "v=DMARC1; p=none; rua=mailto:{stage.alarm_mail}".'
    return Check(what, len(found) == 1, f"Big mailbox providers refuse mail without it. {how}")


def alarm_mail(sns: Any, stage: Stage, caller: Mapping[str, str]) -> Check:
    """Whether the technical contact has agreed to be told; `caller` is who AWS takes us for."""
    what = f"alarms reach {stage.alarm_mail}"
    partition, number = caller["Arn"].split(":")[1], caller["Account"]
    topic = f"arn:{partition}:sns:{stage.region}:{number}:{stage.prefix}-alarms"
    try:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        found = [one for page in pages for one in page["Subscriptions"]]
    except sns.exceptions.NotFoundException:
        return Check(what, False, "The next deployment makes them.", warns=True)
    ours = [one["SubscriptionArn"] for one in found if one["Endpoint"] == stage.alarm_mail]
    how = 'AWS wrote to that address: press "Confirm subscription" there, or nobody hears.'
    return Check(what, any(arn.startswith("arn:") for arn in ours), how, warns=True)


def address(stage: Stage, target: str, look: Lookup = lookup) -> Check:
    """Whether the domain points to the gateway; `target` is the output DomainTarget."""
    what = f"address {stage.domain}"
    try:
        found = [record.rstrip(".") for record in look(stage.domain, "CNAME")]
    except requests.RequestException as error:
        return Check(what, False, f"DNS could not be asked ({type(error).__name__}).", warns=True)
    how = f"Set the record: {stage.domain} CNAME {target}"
    return Check(what, target in found, how, warns=True)


def stand_in_the_way(found: Sequence[Check]) -> list[Check]:
    """The checks that keep a deployment from going on."""
    return [one for one in found if not one.well and not one.warns]

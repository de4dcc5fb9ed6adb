"""The stack in CloudFormation: code to S3, a change set that is shown before it is executed, and
what came of it. CloudFormation itself goes back when a change fails half way.

What does not live here: the commands and their questions (__main__.py), the package (package.py).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.tools.deploy.stage import Stage

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
KEEPS_DATA = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SES::EmailIdentity")
NOT_THERE = ("404", "NoSuchBucket", "NotFound")
GONE = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")


class StackFailed(RuntimeError):
    """CloudFormation did not do it; the message holds its own reasons."""


@dataclass(frozen=True)
class Clients:
    """boto3 clients of one account and region, and how often CloudFormation is asked."""

    cloudformation: Any
    s3: Any
    every_seconds: float = 3

    def patience(self) -> dict[str, float]:
        """How a waiter waits: for twenty minutes in all."""
        return {"Delay": self.every_seconds, "MaxAttempts": 1200 / self.every_seconds}


@dataclass(frozen=True)
class ChangeSet:
    """What CloudFormation would do. No lines: nothing."""

    arn: str
    creates: bool
    lines: tuple[str, ...]
    dangers: tuple[str, ...]  # what would replace or remove something that keeps data


@dataclass(frozen=True)
class Uploaded:
    """A package in S3."""

    bucket: str
    code_key: str
    template_key: str
    template_url: str


def code_bucket(clients: Clients, account: str, region: str) -> str:
    """The bucket for code and releases of all deployments here; made, private, when missing."""
    name = f"balint-code-{account}-{region}"
    try:
        clients.s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_THERE:
            raise
        where = {"LocationConstraint": region}
        options = {} if region == "us-east-1" else {"CreateBucketConfiguration": where}
        clients.s3.create_bucket(Bucket=name, **options)
        block = (
            "BlockPublicAcls",
            "IgnorePublicAcls",
            "BlockPublicPolicy",
            "RestrictPublicBuckets",
        )
        clients.s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(block, True)
        )
    return name


def upload(clients: Clients, bucket: str, package: Path) -> Uploaded:
    """Put `package` (a folder of local.tools.package) into S3, under names made of its content."""
    code = (package / "deployment.zip").read_bytes()
    code_key = f"code/{hashlib.sha256(code).hexdigest()[:20]}.zip"
    template = json.loads((package / "sam.json").read_text("utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{code_key}"
    text = json.dumps(template, sort_keys=True).encode()
    template_key = f"templates/{hashlib.sha256(text).hexdigest()[:20]}.json"
    clients.s3.put_object(Bucket=bucket, Key=code_key, Body=code)
    clients.s3.put_object(Bucket=bucket, Key=template_key, Body=text)
    return Uploaded(bucket, code_key, template_key, url_of(clients, bucket, template_key))


def url_of(clients: Clients, bucket: str, key: str) -> str:
    """The address by which CloudFormation finds a template."""
    return f"{clients.s3.meta.endpoint_url.rstrip('/')}/{bucket}/{key}"


def outputs(clients: Clients, stage: Stage) -> dict[str, str] | None:
    """The outputs of the stack as it is, None when there is no stack."""
    stack = _as_it_is(clients, stage)
    if stack is None:
        return None
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def told_before(clients: Clients, stage: Stage) -> dict[str, str]:
    """The parameters of the stack as it is; empty when there is no stack."""
    stack = _as_it_is(clients, stage) or {}
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}


def _as_it_is(clients: Clients, stage: Stage) -> dict[str, Any] | None:
    try:
        stack = clients.cloudformation.describe_stacks(StackName=stage.stack)["Stacks"][0]
    except ClientError as error:
        if not _is_missing(error):  # who may not look is not told that there is nothing
            raise
        return None
    return None if stack["StackStatus"] in GONE else dict(stack)


def _is_missing(error: ClientError) -> bool:
    told = error.response["Error"]
    return told["Code"] == "ValidationError" and "does not exist" in told.get("Message", "")


def propose(
    clients: Clients, stage: Stage, template_url: str, parameters: dict[str, str], name: str
) -> ChangeSet:
    """Ask CloudFormation what it would do; nothing is done. `name` is new for each proposal."""
    creates = outputs(clients, stage) is None
    arn = clients.cloudformation.create_change_set(
        StackName=stage.stack,
        ChangeSetName=name,
        ChangeSetType="CREATE" if creates else "UPDATE",
        TemplateURL=template_url,
        Capabilities=CAPABILITIES,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )["Id"]
    waiter = clients.cloudformation.get_waiter("change_set_create_complete")
    try:
        waiter.wait(ChangeSetName=arn, WaiterConfig=clients.patience())
    except WaiterError as failed:
        return _none_or_failed(clients, arn, creates, failed)
    return _shown(clients, arn, creates)


def _none_or_failed(clients: Clients, arn: str, creates: bool, failed: WaiterError) -> ChangeSet:
    told = clients.cloudformation.describe_change_set(ChangeSetName=arn)
    reason = told.get("StatusReason", "no reason given")
    if not any(words in reason for words in NO_CHANGES):
        raise StackFailed(reason) from failed
    clients.cloudformation.delete_change_set(ChangeSetName=arn)
    return ChangeSet(arn, creates, (), ())


def _shown(clients: Clients, arn: str, creates: bool) -> ChangeSet:
    pages = clients.cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=arn)
    changes = [one["ResourceChange"] for page in pages for one in page["Changes"]]
    lines = tuple(sorted(_line(change) for change in changes))
    dangers = tuple(sorted(_line(change) for change in changes if _is_danger(change)))
    return ChangeSet(arn, creates, lines, dangers)


def _line(change: dict[str, Any]) -> str:
    kind = change["ResourceType"].removeprefix("AWS::")
    anew = " ANEW" if change.get("Replacement") == "True" else ""
    return f"{change['Action']:<7}{anew} {change['LogicalResourceId']} ({kind})"


def _is_danger(change: dict[str, Any]) -> bool:
    lost = change["Action"] == "Remove" or change.get("Replacement") in ("True", "Conditional")
    return change["ResourceType"] in KEEPS_DATA and lost


def execute(clients: Clients, stage: Stage, change: ChangeSet) -> dict[str, str]:
    """Do what was proposed, and return the outputs; StackFailed holds CloudFormation's reasons."""
    clients.cloudformation.execute_change_set(ChangeSetName=change.arn)
    act = "create" if change.creates else "update"
    _wait(clients, stage, f"stack_{act}_complete")
    return outputs(clients, stage) or {}


def remove(clients: Clients, stage: Stage) -> None:
    """Delete the stack. Tables, exports and the mail identity stay: they are retained."""
    clients.cloudformation.delete_stack(StackName=stage.stack)
    _wait(clients, stage, "stack_delete_complete")


def _wait(clients: Clients, stage: Stage, waiter_name: str) -> None:
    waiter = clients.cloudformation.get_waiter(waiter_name)
    try:
        waiter.wait(StackName=stage.stack, WaiterConfig=clients.patience())
    except WaiterError as failed:
        raise StackFailed(_reasons(clients, stage)) from failed


def _reasons(clients: Clients, stage: Stage) -> str:
    told = clients.cloudformation.describe_stack_events(StackName=stage.stack)["StackEvents"]
    failed = [event for event in told if "FAILED" in event["ResourceStatus"]]
    return "\n".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in failed
    )

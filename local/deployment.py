"""The built template deployed as it is, through CloudFormation, into an emulator that enforces IAM.

The steps are those of a real deployment and the same code (tools/deploy): the secrets go to SSM,
the code to S3, the stack is made by a change set, and then changed once with the address that the
gateway was given, since a template cannot name it beforehand.
What the emulator cannot judge as AWS does is loosened after that, in one place: `_loosen`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local.emulator import Emulator
from local.tools.deploy import stack
from local.tools.deploy.stage import Stage

ACCOUNT = "000000000000"  # the emulator's
FUNCTIONS = (
    *("APIHandler", "Tick", "SendMails", "HearMails", "SendRefunds", "SendPayouts", "Nightly"),
)


@dataclass(frozen=True)
class Deployment:
    """A stack that runs: where people reach it, and its outputs by name."""

    aws: Emulator
    stage: Stage
    base_url: str
    outputs: dict[str, str]

    def physical(self, logical: str) -> str:
        """The physical name of a resource, for instance of the function `Tick`."""
        detail = self.aws.client("cloudformation").describe_stack_resource(
            StackName=self.stage.stack, LogicalResourceId=logical
        )
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])

    def invoke(self, logical: str, event: dict[str, Any] | None = None) -> Any:
        """Run a function now, as its clock would, and return its answer; raises when it fails."""
        answer = self.aws.client("lambda", read_timeout=120).invoke(
            FunctionName=self.physical(logical), Payload=json.dumps(event or {}).encode()
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise RuntimeError(f"{logical} failed: {payload}")
        return payload

    def environment(self, logical: str) -> dict[str, str]:
        """The variables a function was given."""
        return dict(self._configuration(logical)["Environment"]["Variables"])

    def acting_as(self, logical: str, service: str) -> Any:
        """A client of a service with the rights of a function's role, and no others."""
        role = self._configuration(logical)["Role"]
        lent = self.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="rehearsal")
        keys = lent["Credentials"]
        return self.aws.client_of(
            boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
            service,
        )

    def _configuration(self, logical: str) -> dict[str, Any]:
        client = self.aws.client("lambda")
        return dict(client.get_function_configuration(FunctionName=self.physical(logical)))

    def log(self, logical: str) -> str:
        """What a function has written so far, oldest first."""
        group = f"/aws/lambda/{self.physical(logical)}"
        pages = self.aws.client("logs").get_paginator("filter_log_events")
        events = [event for page in pages.paginate(logGroupName=group) for event in page["events"]]
        return "\n".join(str(event["message"]).rstrip() for event in events)


def deploy(
    aws: Emulator, package: Path, stage: Stage, secrets: dict[str, str], more: dict[str, str]
) -> Deployment:
    """Deploy `package` (a folder of local.tools.package). `secrets` come by their last name in SSM,
    `more` are parameters that only a rehearsal needs."""
    for name, value in secrets.items():
        aws.client("ssm").put_parameter(
            Name=f"/{stage.prefix}/{name}", Value=value, Type="SecureString"
        )
    clients = stack.Clients(aws.client("cloudformation"), aws.client("s3"), every_seconds=0.5)
    bucket = stack.code_bucket(clients, ACCOUNT, stage.region)
    url = stack.upload(clients, bucket, package).template_url
    outputs = _change(clients, stage, url, {**stage.parameters(aws.endpoint), **more}, "first")
    base_url = gateway_address(aws, outputs)
    outputs = _change(clients, stage, url, {**stage.parameters(base_url), **more}, "address")
    deployment = Deployment(aws, stage, base_url, outputs)
    _loosen(deployment)
    return deployment


def _change(
    clients: stack.Clients, stage: Stage, url: str, parameters: dict[str, str], name: str
) -> dict[str, str]:
    proposed = stack.propose(clients, stage, url, parameters, name)
    assert not proposed.dangers, proposed.dangers
    return stack.execute(clients, stage, proposed)


def _loosen(deployment: Deployment) -> None:
    """The emulator judges SES v2 on the resource `*`, never on the identity that the policy names,
    and speaks plain HTTP, which the export bucket's policy refuses."""
    statement = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
    deployment.aws.client("iam").put_role_policy(
        RoleName=deployment.physical("SendMailsRole"),
        PolicyName="emulator-judges-no-identity",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    bucket = deployment.physical("ExportBucket")
    deployment.aws.client("s3").delete_bucket_policy(Bucket=bucket)


def gateway_address(aws: Emulator, outputs: dict[str, str]) -> str:
    """Where the emulator serves the API; the host of the output EndpointURL is AWS's own."""
    stage = outputs["EndpointURL"].rstrip("/").rsplit("/", 1)[-1]
    return f"{aws.endpoint}/_aws/execute-api/{outputs['RestAPIId']}/{stage}"

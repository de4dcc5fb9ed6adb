"""The built template deployed as it is, through CloudFormation, into an emulator that enforces IAM.

The steps are those of a real deployment: the code goes to S3, the stack is made, and then updated
once with the address that the gateway was given, since a template cannot name it beforehand.
What the emulator cannot judge as AWS does is loosened after that, in one place: `_loosen`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import WaiterError

from local.emulator import Emulator

STACK = "balint"
CODE_BUCKET = "balint-code"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
FUNCTIONS = ("APIHandler", "Tick", "SendMails", "SendRefunds", "Nightly")


class DeploymentFailed(RuntimeError):
    """The stack did not come up; the message holds CloudFormation's own reasons."""


@dataclass(frozen=True)
class Deployment:
    """A stack that runs: where people reach it, and its outputs by name."""

    aws: Emulator
    base_url: str
    outputs: dict[str, str]

    def physical(self, logical: str) -> str:
        """The physical name of a resource, for instance of the function `Tick`."""
        detail = self.aws.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId=logical
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


def deploy(aws: Emulator, package: Path, parameters: dict[str, str]) -> Deployment:
    """Deploy `package` (a folder of local.tools.package); `parameters` come without BaseUrl."""
    template_url = _upload(aws, package)
    outputs = _stack(aws, "create", template_url, {**parameters, "BaseUrl": aws.endpoint})
    base_url = gateway_address(aws, outputs)
    outputs = _stack(aws, "update", template_url, {**parameters, "BaseUrl": base_url})
    deployment = Deployment(aws, base_url, outputs)
    _loosen(deployment)
    return deployment


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


def _upload(aws: Emulator, package: Path) -> str:
    """Code and template in S3, as `aws cloudformation package` would do it; the template's URL."""
    s3 = aws.client("s3")
    where = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration=where)
    s3.upload_file(str(package / "deployment.zip"), CODE_BUCKET, "deployment.zip")
    template = json.loads((package / "sam.json").read_text("utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://{CODE_BUCKET}/deployment.zip"
    s3.put_object(Bucket=CODE_BUCKET, Key="template.json", Body=json.dumps(template).encode())
    return f"{aws.endpoint}/{CODE_BUCKET}/template.json"


def _stack(
    aws: Emulator, act: str, template_url: str, parameters: dict[str, str]
) -> dict[str, str]:
    cloudformation = aws.client("cloudformation")
    getattr(cloudformation, f"{act}_stack")(
        StackName=STACK,
        TemplateURL=template_url,
        Capabilities=CAPABILITIES,
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    )
    waiter = cloudformation.get_waiter(f"stack_{act}_complete")
    try:
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    except WaiterError as failed:
        raise DeploymentFailed(_reasons(cloudformation)) from failed
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _reasons(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    told = [event for event in events if "FAILED" in event["ResourceStatus"]]
    return "\n".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in told
    )

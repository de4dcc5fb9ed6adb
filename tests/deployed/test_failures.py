"""A job that fails over there: tried once more, kept in its queue, told at /healthz, and done again
and taken away by the tool of the technical contact."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from local.deployment import Deployment
from local.tools.deploy import failures
from tests.deployed.street import DeployedStage
from tests.deployed.test_rights import code_of

pytestmark = pytest.mark.deployed

ROLE, POLICY = "SendRefundsRole", "nothing-for-a-while"
NOTHING = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}


@pytest.fixture
def refused(deployment: Deployment) -> Iterator[str]:
    """SendRefunds may not read its tables; the name of its role."""
    iam, role = deployment.aws.client("iam"), deployment.physical(ROLE)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [NOTHING]})
    iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=policy)
    yield role
    if POLICY in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=POLICY)


def told(stage: DeployedStage) -> str:
    """What machines are told, once the five-minute job has looked."""
    stage.deployment.invoke("Tick")
    browser = stage.browser()
    browser.get("/healthz")
    return browser.answer.text


def depth(deployment: Deployment, queue: str) -> int:
    """Messages that lie in a queue."""
    name = ["ApproximateNumberOfMessages"]
    answer = deployment.aws.client("sqs").get_queue_attributes(
        QueueUrl=deployment.physical(queue), AttributeNames=name
    )
    return int(answer["Attributes"][name[0]])


def test_a_job_that_fails_lies_in_its_queue_until_it_was_done_again(
    stage: DeployedStage, deployment: Deployment, refused: str
) -> None:
    assert "failed_for_good" not in told(stage)
    name = deployment.physical("SendRefunds")
    before = deployment.log("SendRefunds").count("part failed job=send_refunds")
    event = {"source": "aws.events", "detail-type": "Scheduled Event"}
    deployment.aws.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event)
    )
    stage.until(lambda: depth(deployment, "JobFailures") == 1, seconds=60)
    after = deployment.log("SendRefunds").count("part failed job=send_refunds")
    assert after - before == 2  # once more, and then no more
    assert "failed_for_good:jobs" in told(stage).splitlines()
    deployment.aws.client("iam").delete_role_policy(RoleName=refused, PolicyName=POLICY)
    sqs = deployment.aws.client("sqs")
    [failure] = failures.lying(sqs, deployment.stage)
    assert (failure.function, failure.why.split()[0]) == (name, "RetriesExhausted")
    assert failures.work_again(deployment.aws.client("lambda"), [failure]) == [name]
    failures.take_away(sqs, [failure])
    assert depth(deployment, "JobFailures") == 0
    assert "failed_for_good" not in told(stage)


def test_the_tick_counts_failures_and_can_neither_read_nor_hide_them(
    deployment: Deployment,
) -> None:
    queues = [deployment.physical(name) for name in ("JobFailures", "OutboxStreamFailures")]
    mine, others = deployment.acting_as("Tick", "sqs"), deployment.acting_as("APIHandler", "sqs")
    for queue in queues:
        assert code_of(mine, "get_queue_attributes", QueueUrl=queue) == ""
        for act in ("receive_message", "purge_queue"):
            assert "AccessDenied" in code_of(mine, act, QueueUrl=queue)
        assert "AccessDenied" in code_of(others, "get_queue_attributes", QueueUrl=queue)


def test_the_gateways_log_is_counted_for_the_alarm(deployment: Deployment) -> None:
    group = deployment.physical("AccessLog")
    [one] = deployment.aws.client("logs").describe_metric_filters(logGroupName=group)[
        "metricFilters"
    ]
    [number] = one["metricTransformations"]
    alarms = deployment.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    named = {alarm["MetricName"]: alarm["AlarmName"] for alarm in alarms}
    assert named[number["metricName"]].endswith("-pages-fail")
    assert len(alarms) == 10

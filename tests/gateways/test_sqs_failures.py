"""How many runs lie in the queues of failures, as moto's SQS counts them."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from chalicelib.flows import health
from chalicelib.gateways.sqs_failures import SqsFailures
from chalicelib.settings import read
from chalicelib.wiring import Wired
from tests.world import ENVIRONMENT, World

REGION = "eu-west-2"


@pytest.fixture
def queue(_aws: None) -> Iterator[str]:
    """The address of an empty queue."""
    sqs = boto3.client("sqs")
    address = sqs.create_queue(QueueName="test-job-failures")["QueueUrl"]
    yield address
    sqs.delete_queue(QueueUrl=address)


def test_messages_are_counted_and_stay_where_they_are(queue: str) -> None:
    failures = SqsFailures(REGION, {"jobs": queue})
    assert failures.waiting() == {"jobs": 0}
    for _ in range(2):
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="{}")
    assert [failures.waiting(), failures.waiting()] == [{"jobs": 2}, {"jobs": 2}]


def test_where_there_are_no_queues_nothing_is_loaded_or_asked() -> None:
    """On a laptop, and in every function but the tick."""

    def never() -> None:
        raise AssertionError("nobody needs a session")

    assert SqsFailures(REGION, {"jobs": "", "wake_ups": ""}, never).waiting() == {}  # type: ignore[arg-type] # not called


def test_a_queue_that_is_not_there_is_an_error_of_the_tick(queue: str) -> None:
    gone = SqsFailures(REGION, {"jobs": f"{queue}-gone"}, get_session)
    with pytest.raises(ClientError):
        gone.waiting()


def test_the_environment_says_which_queues_are_counted(world: World, queue: str) -> None:
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="{}")
    told = {**ENVIRONMENT, "JOB_FAILURES_QUEUE": queue}
    wired = Wired(read(told), world.clock)
    assert wired.failures.waiting() == {"jobs": 1}
    assert health.count_failures(wired) == {"jobs": 1}
    assert health.count_failures(world.outside) == {}

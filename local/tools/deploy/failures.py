"""What failed for good: runs of jobs, events that could not be taken in and wake-ups of the sender,
as they lie in the deployment's two queues; doing them again, and taking them away.

Every job may be done again at any time: what was done is found. What does not live here: the words
with the person (__main__.py), who puts them into the queues (infra/functions.yaml).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.tools.deploy.stage import Stage

QUEUES = ("job-failures", "outbox-stream-failures")  # their names after the prefix
HIDDEN_SECONDS = 120  # nobody else is shown a message for so long
IN_ONE_GO = 10


@dataclass(frozen=True)
class Failure:
    """One message. `payload` is what the function was called with; None for a wake-up, whose work
    the five-minute sweep has done."""

    queue: str
    receipt: str
    at: str
    function: str
    why: str
    payload: Any = None

    @property
    def line(self) -> str:
        """What the person is shown; nothing of `payload`, which can name an address."""
        return f"{self.at}  {self.function}  {self.why}"


def lying(sqs: Any, stage: Stage) -> Iterator[Failure]:
    """Every failure that lies in the queues of a stage, and stays there. Raises botocore's
    errors, also for a stage that was never deployed."""
    for name in QUEUES:
        queue = sqs.get_queue_url(QueueName=f"{stage.prefix}-{name}")["QueueUrl"]
        while found := _some(sqs, queue):
            yield from (_read(queue, message) for message in found)


def _some(sqs: Any, queue: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=queue,
        MaxNumberOfMessages=IN_ONE_GO,
        VisibilityTimeout=HIDDEN_SECONDS,
        AttributeNames=["SentTimestamp"],
        WaitTimeSeconds=1,
    )
    return list(answer.get("Messages", []))


def _read(queue: str, message: dict[str, Any]) -> Failure:
    """The form that Lambda gives to what it could not do."""
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    at, receipt = f"{sent:%Y-%m-%d %H:%M} UTC", message["ReceiptHandle"]
    try:
        told = json.loads(message["Body"])
        context, answer = told["requestContext"], told.get("responsePayload") or {}
        function = context["functionArn"].partition(":function:")[2].partition(":")[0]
        why = f"{context['condition']} {_kind(answer)}".strip()
    except (ValueError, LookupError, TypeError):
        return Failure(queue, receipt, at, "not known", "a message that Lambda did not write")
    return Failure(queue, receipt, at, function, why, told.get("requestPayload"))


def _kind(answer: dict[str, Any]) -> str:
    """The type of an error; never its message, which may quote what somebody typed."""
    if "Task timed out" in str(answer.get("errorMessage", "")):
        return "timed out"
    return str(answer.get("errorType", ""))


def work_again(client: Any, failures: list[Failure]) -> list[str]:
    """Call the function of each failure again as it was called, once for calls that are the same;
    its names. A job of the clock that ran since does no harm: it finds what is done."""
    calls = {
        (one.function, _call(one.payload)): None for one in failures if one.payload is not None
    }
    for function, payload in calls:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=payload)
    return [function for function, _ in calls]


def _call(payload: Any) -> str:
    """What tells a call from another: of a clock's event only that it was the clock."""
    of_the_clock = isinstance(payload, dict) and payload.get("source") == "aws.events"
    return "{}" if of_the_clock else json.dumps(payload, sort_keys=True)


def take_away(sqs: Any, failures: list[Failure]) -> None:
    """Delete their messages."""
    for one in failures:
        sqs.delete_message(QueueUrl=one.queue, ReceiptHandle=one.receipt)

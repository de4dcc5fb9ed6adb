"""`make failures`: what failed for good is shown, done again and taken away, when it is wished."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from local.tools.deploy import __main__ as commands
from local.tools.deploy import failures
from tests.deploying.world import STAGE, Keyboard

CLOCK = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-11-21T18:00:00Z"}
NEWS = {"Records": [{"Sns": {"Message": "a mail to pip.buttonwood@example.org came back"}}]}


def body(function: str, payload: Any = None, **answer: str) -> str:
    """A message as Lambda writes it; a wake-up by a stream has no payload."""
    arn = f"arn:aws:lambda:eu-west-2:000000000000:function:{function}:$LATEST"
    told: dict[str, Any] = {
        "version": "1.0",
        "requestContext": {"functionArn": arn, "condition": "RetriesExhausted"},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
    }
    if payload is not None:
        told |= {"requestPayload": payload, "responsePayload": answer or None}
    return json.dumps(told)


@dataclass
class Lambda:
    """Lambda with memory."""

    called: list[tuple[str, str, str]] = field(default_factory=list)

    def invoke(self, FunctionName: str, InvocationType: str, Payload: str) -> None:
        self.called.append((FunctionName, InvocationType, Payload))


@dataclass
class Session:
    """moto's SQS and a Lambda with memory."""

    functions: Lambda = field(default_factory=Lambda)
    region_name: str = "eu-west-2"

    def client(self, service: str) -> Any:
        return self.functions if service == "lambda" else boto3.client(service)


@pytest.fixture
def queues(_aws: None) -> Iterator[dict[str, str]]:
    """The two queues of the stage, empty."""
    sqs = boto3.client("sqs")
    made = {
        name: sqs.create_queue(QueueName=f"{STAGE.prefix}-{name}")["QueueUrl"]
        for name in failures.QUEUES
    }
    yield made
    for address in made.values():
        sqs.delete_queue(QueueUrl=address)


def send(queue: str, *bodies: str) -> None:
    for one in bodies:
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=one)


def left(queues: dict[str, str]) -> int:
    """Messages of both queues, those that are hidden for a while with them."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = [
        boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        for queue in queues.values()
    ]
    return sum(int(one["Attributes"][name]) for one in told for name in names)


def shown(answer: str) -> tuple[Session, Keyboard, bool]:
    """What happened, what was said, and whether it was stopped."""
    session, keyboard = Session(), Keyboard([answer])
    person = commands.Person(keyboard.say, keyboard.ask, keyboard.ask)
    try:
        commands.show_failures(STAGE, commands.Account(session), person)
    except commands.Stopped:
        return session, keyboard, True
    return session, keyboard, False


def test_nothing_is_said_in_a_sentence(queues: dict[str, str]) -> None:
    _, keyboard, _ = shown("yes")
    assert keyboard.text == "Nothing lies in the queues of failures."


def test_each_is_shown_with_its_function_and_why_and_never_with_what_it_was_told(
    queues: dict[str, str],
) -> None:
    """Without a yes it stays where it is."""
    jobs, wake_ups = queues.values()
    failed = {"errorType": "JobFailed", "errorMessage": "about pip.buttonwood@example.org"}
    send(jobs, body("stack-Nightly-1", CLOCK, **failed), body("stack-HearMails-1", NEWS, **failed))
    send(jobs, body("stack-Tick-1", CLOCK, errorMessage="2026 Task timed out after 240.00 seconds"))
    send(jobs, body("stack-SendRefunds-1", CLOCK), "hello")
    send(wake_ups, body("stack-SendMails-1"))
    session, keyboard, stopped = shown("no")
    for words in (
        "stack-Nightly-1  RetriesExhausted JobFailed",
        "stack-HearMails-1  RetriesExhausted JobFailed",
        "stack-Tick-1  RetriesExhausted timed out",
        "stack-SendRefunds-1  RetriesExhausted",
        "not known  a message that Lambda did not write",
        "stack-SendMails-1  RetriesExhausted",
    ):
        assert words in keyboard.text
    assert "pip.buttonwood" not in keyboard.text
    assert (stopped, session.functions.called, left(queues)) == (True, [], 6)


def test_a_yes_calls_each_job_once_and_takes_all_away(queues: dict[str, str]) -> None:
    """Two nights that failed are one night; two pieces of news are two."""
    jobs, wake_ups = queues.values()
    later = {**CLOCK, "time": "2026-11-22T18:00:00Z"}
    send(jobs, body("stack-Nightly-1", CLOCK), body("stack-Nightly-1", later), "hello")
    send(jobs, body("stack-HearMails-1", NEWS), body("stack-HearMails-1", {"Records": []}))
    send(wake_ups, body("stack-SendMails-1"))
    session, keyboard, _ = shown("yes")
    assert sorted(session.functions.called) == sorted(
        [
            ("stack-Nightly-1", "Event", "{}"),
            ("stack-HearMails-1", "Event", json.dumps(NEWS, sort_keys=True)),
            ("stack-HearMails-1", "Event", '{"Records": []}'),
        ]
    )
    assert left(queues) == 0
    assert "Called again: stack-" in keyboard.text

"""What AWS does around our functions, as far as alarms hear of it: it calls the jobs and retries
them, keeps what failed for good in queues, and turns log lines into numbers. The rules and names
are read from infra/, the functions are the real ones on the world's tables and clock.

What does not live here: the verdict on an alarm (judge.py), the stories (test_fire.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from chalicelib.handlers import jobs
from local.browser import Browser
from local.gateway import Answer
from local.infra import load_infra
from tests.alarms import judge
from tests.alarms.judge import Metric, Metrics
from tests.handlers.test_logs import in_production
from tests.world import ENVIRONMENT, World

RESOURCES: dict[str, Any] = load_infra()["Resources"]
PREFIX = ENVIRONMENT["TABLE_PREFIX"]
ENTRIES = {
    "Tick": jobs.tick,
    "Nightly": jobs.nightly,
    "SendRefunds": jobs.send_refunds,
    "SendPayouts": jobs.send_payouts,
    "SendMails": jobs.send_mails,
}
QUEUES = {"jobs": "JobFailures", "wake_ups": "OutboxStreamFailures"}  # our name -> in infra/
BEFORE_RETRY = timedelta(minutes=1)  # before Lambda calls a failed job again
QUICK_MS = 40.0
TERM = r'\(\$\.(\w+) (=|!=) "([^"]*)"\)'


def plain(value: Any) -> Any:
    """A value of infra/ as CloudFormation fills it in; a resource's reference is its own name."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return PREFIX if value["Ref"] == "TablePrefix" else value["Ref"]
    if "Fn::Sub" in value:
        return value["Fn::Sub"].replace("${TablePrefix}", PREFIX)
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        own = attribute == "QueueName"
        return plain(RESOURCES[name]["Properties"][attribute]) if own else name
    return {key: plain(one) for key, one in value.items()}


def _of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: plain(resource["Properties"])
        for name, resource in RESOURCES.items()
        if resource.get("Type") == kind
    }


ALARMS = _of_type("AWS::CloudWatch::Alarm")
FILTERS = [
    one
    for one in _of_type("AWS::Logs::MetricFilter").values()
    if one["LogGroupName"] == "AccessLog"
]


def matches(pattern: str, line: Mapping[str, Any]) -> bool:
    """Whether a log line passes a filter `{ ($.a = "x*") && ($.b != "y") }`; other forms of
    patterns are not known here."""
    terms = re.findall(TERM, pattern)
    spelled = " && ".join(f'($.{name} {sign} "{value}")' for name, sign, value in terms)
    assert pattern == f"{{ {spelled} }}", pattern
    return all(
        fnmatchcase(str(line.get(name)), value) is (sign == "=") for name, sign, value in terms
    )


@dataclass
class Aws:
    """An account in which a world's functions run."""

    world: World
    metrics: Metrics = field(default_factory=Metrics)
    queues: dict[str, list[Any]] = field(
        default_factory=lambda: {name: [] for name in QUEUES.values()}
    )

    def waiting(self) -> dict[str, int]:
        """As the tick asks for it. Implements Failures."""
        return {name: len(self.queues[queue]) for name, queue in QUEUES.items()}

    def ringing(self) -> set[str]:
        """The alarms that are in ALARM once this minute is over."""
        then = self.world.now + timedelta(minutes=1)
        return {
            name
            for name, alarm in ALARMS.items()
            if judge.state(alarm, self.metrics, then) == judge.ALARM
        }

    # Jobs

    def run(self, function: str) -> bool:
        """The clock calls a job; when it fails, Lambda calls it again as infra/ says, and puts it
        into the queue at last. Whether it came through."""
        rule = RESOURCES[function]["Properties"]["EventInvokeConfig"]
        for attempt in range(1 + rule["MaximumRetryAttempts"]):
            if attempt:
                self.world.clock.at += BEFORE_RETRY
            error = self._call(function, {})
            if error is None:
                return True
        self._keep(rule["DestinationConfig"], function, "RetriesExhausted", error)
        return False

    def wake(self, function: str, event: Mapping[str, Any]) -> bool:
        """The outbox's stream calls the sender with records; it is tried again at once."""
        events = RESOURCES[function]["Properties"]["Events"].values()
        [rule] = [one["Properties"] for one in events if one["Type"] == "DynamoDB"]
        for _ in range(1 + rule["MaximumRetryAttempts"]):
            error = self._call(function, event)
            if error is None:
                return True
        self._keep(rule["DestinationConfig"], function, "RetryAttemptsExhausted", error)
        return False

    def _call(self, function: str, event: Mapping[str, Any]) -> Exception | None:
        self._lambda_number("Invocations", function, 1)
        with in_production() as log:
            try:
                ENTRIES[function](event, None)
            except Exception as failed:  # noqa: BLE001 - as Lambda does
                return failed
            finally:
                for line in log.told():
                    self._embedded(line)
        return None

    def _keep(
        self, destination: Mapping[str, Any], function: str, condition: str, error: Any
    ) -> None:
        [queue, _] = destination["OnFailure"]["Destination"]["Fn::GetAtt"]
        told = {
            "requestContext": {"functionArn": f"arn:...:{function}", "condition": condition},
            "responsePayload": {"errorType": type(error).__name__},
        }
        self.queues[queue].append(told)

    # Pages

    def visit(self, browser: Browser, path: str) -> Answer:
        """Somebody opens a page: the gateway writes a line about it."""
        return self.answered(path, browser.get, path, follow=False)

    def answered(self, path: str, ask: Any, *told: Any, **more: Any) -> Answer:
        """The same for any request, which `ask` makes."""
        began = self.world.now
        answer: Answer = ask(*told, **more)
        took = (self.world.now - began) / timedelta(milliseconds=1)
        self._lambda_number("Duration", "APIHandler", QUICK_MS + took)
        route = self.world.browser().gateway.matcher.match_route(path).route
        self.gateway_wrote({"status": str(answer.status), "resourcePath": route})
        return answer

    def gateway_wrote(self, context: Mapping[str, str]) -> None:
        """A line of the access log, with what the filters on it count."""
        setting = RESOURCES["RestAPI"]["Properties"]["AccessLogSetting"]
        line = json.loads(
            re.sub(r"\$context\.([\w.]+)", lambda m: context.get(m[1], "-"), setting["Format"])
        )
        filters = [
            one for one in RESOURCES.values() if one.get("Type") == "AWS::Logs::MetricFilter"
        ]
        for one in (plain(each["Properties"]) for each in filters):
            assert one["LogGroupName"] == "AccessLog"
            for number in (
                one["MetricTransformations"] if matches(one["FilterPattern"], line) else []
            ):
                metric = Metric(number["MetricNamespace"], number["MetricName"])
                self.metrics.put(metric, self.world.now, float(number["MetricValue"]))

    # Time and numbers

    def goes_on(self, minutes: int, functions: tuple[str, ...] = ("Tick", "SendMails")) -> None:
        """Time passes; the clock calls these every five minutes."""
        end = self.world.now + timedelta(minutes=minutes)
        while self.world.now < end:
            self.world.clock.move(minutes=1)
            self._look_at_queues()
            if self.world.now.minute % 5 == 0:
                for function in functions:
                    self.run(function)

    def reputation(self, name: str, rate: float) -> None:
        """What SES says of the account, as a part of 1."""
        self.metrics.put(Metric("AWS/SES", f"Reputation.{name}"), self.world.now, rate)

    def _look_at_queues(self) -> None:
        for name, messages in self.queues.items():
            queue = plain({"Fn::GetAtt": [name, "QueueName"]})
            metric = Metric(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", frozenset({("QueueName", queue)})
            )
            self.metrics.put(metric, self.world.now, len(messages))

    def _lambda_number(self, name: str, function: str, value: float) -> None:
        metric = Metric("AWS/Lambda", name, frozenset({("FunctionName", function)}))
        self.metrics.put(metric, self.world.now, value)

    def _embedded(self, line: Mapping[str, Any]) -> None:
        """The numbers of a log line, by CloudWatch's embedded metric format: every metric of a
        directive under each of its sets of dimensions, with the values that the line has."""
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                for metric in directive["Metrics"]:
                    series = Metric(directive["Namespace"], metric["Name"], dimensions)
                    self.metrics.put(series, self.world.now, float(line[metric["Name"]]))


def a_quiet_account(world: World) -> Aws:
    """An account around a world, in which the clock has been ticking for a while."""
    aws = world.outside.failures = Aws(world)
    aws.run("Nightly")
    aws.goes_on(20)
    return aws

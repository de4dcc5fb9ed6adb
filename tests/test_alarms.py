"""The alarms as infra/ writes them: whatever fails is heard, each has its section in the runbook.

What does not live here: each alarm made to speak on purpose (alarms/test_fire.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.handlers import logs
from chalicelib.rules.health import MAIL_LATE, TICK_LATE
from chalicelib.rules.measures import MEASURES
from local.infra import load_infra
from tests.tiers import built_package

RUNBOOK = (Path(__file__).parent.parent / "docs" / "runbook.md").read_text("utf-8")
RESOURCES = load_infra()["Resources"]
ALARMS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource.get("Type") == "AWS::CloudWatch::Alarm"
}


def spoken(name: str) -> str:
    """`PagesFail` -> `Pages fail`."""
    words = re.findall(r"[A-Z][a-z]+", name)
    return " ".join([words[0], *(word.lower() for word in words[1:])])


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_technical_contact_what_to_read(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "TechnicalContact"}]
    assert f'docs/runbook.md, "{spoken(name)}".' in alarm["AlarmDescription"]
    assert f"\n## {spoken(name)}\n" in RUNBOOK


def test_the_runbook_speaks_of_no_alarm_that_is_not_there() -> None:
    assert re.findall(r"^## (.+)$", RUNBOOK, re.M) == [spoken(name) for name in ALARMS]


def test_the_alarms_cost_nothing() -> None:
    """Ten are free, each further one costs ten cents a month; so does each number in one that is
    worked out of several."""
    assert len(ALARMS) <= 10
    assert [name for name, alarm in ALARMS.items() if "Metrics" in alarm] == []


def test_an_alarm_on_a_number_of_ours_watches_one_that_is_written() -> None:
    ours = {
        name: alarm
        for name, alarm in ALARMS.items()
        if alarm["Namespace"] == logs.NAMESPACE and "Dimensions" in alarm
    }
    assert {alarm["MetricName"] for alarm in ours.values()} == WATCHED
    for alarm in ours.values():
        assert alarm["MetricName"] in MEASURES
        assert alarm["Dimensions"] == [{"Name": logs.DIMENSION, "Value": {"Ref": "TablePrefix"}}]


WATCHED = {"OutboxAge", "Waiting", "UnexplainedMinor"}


def test_the_outbox_may_wait_as_long_for_the_alarm_as_for_the_page() -> None:
    assert ALARMS["OutboxWaits"]["Threshold"] == MAIL_LATE.total_seconds()


def test_the_clock_may_be_late_as_long_for_the_alarm_as_for_the_page() -> None:
    clock = ALARMS["ClockStandsStill"]
    assert clock["Period"] * clock["EvaluationPeriods"] == TICK_LATE.total_seconds()


def test_failed_pages_are_counted_in_the_log_that_the_gateway_writes() -> None:
    """By names that it writes, and of this deployment alone."""
    counted = RESOURCES["FailedPages"]["Properties"]
    setting = RESOURCES["RestAPI"]["Properties"]["AccessLogSetting"]
    assert setting["DestinationArn"]["Fn::GetAtt"][0] == counted["LogGroupName"]["Ref"]
    named = set(re.findall(r"\$\.(\w+)", counted["FilterPattern"]))
    assert named <= set(json.loads(setting["Format"]))
    [number] = counted["MetricTransformations"]
    assert number["MetricName"] == ALARMS["PagesFail"]["MetricName"]
    assert "${TablePrefix}" in number["MetricName"]["Fn::Sub"]
    assert (number["MetricNamespace"], ALARMS["PagesFail"]["Namespace"]) == (logs.NAMESPACE,) * 2


def test_our_numbers_cost_nothing() -> None:
    """Ten are free in an account."""
    filters = [one for one in RESOURCES.values() if one.get("Type") == "AWS::Logs::MetricFilter"]
    assert len(MEASURES) + len(filters) <= 10


@pytest.mark.packaged
def test_whatever_makes_a_function_run_is_heard_when_it_fails() -> None:
    """Behind the gateway by its log; called by a clock, a topic or a stream by a queue that has an
    alarm. Every way in is one of these."""
    template: dict[str, Any] = json.loads((built_package() / "sam.json").read_text("utf-8"))
    heard = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in ALARMS.values()
        if alarm["Namespace"] == "AWS/SQS"
        for dimension in alarm["Dimensions"]
    }
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function" or name == "APIHandler":
            continue
        properties = resource["Properties"]
        told = [properties["EventInvokeConfig"]]
        for event in properties["Events"].values():
            assert event["Type"] in ("Schedule", "SNS", "DynamoDB"), name
            told += [event["Properties"]] if event["Type"] == "DynamoDB" else []
        for one in told:
            failure = one["DestinationConfig"]["OnFailure"]
            assert failure["Type"] == "SQS", name
            assert failure["Destination"]["Fn::GetAtt"][0] in heard, name

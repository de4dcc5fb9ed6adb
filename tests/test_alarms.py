"""The alarms of the built template: each function has one, each has its section in the runbook."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.handlers import logs
from chalicelib.rules.health import MAIL_LATE, MEASURES
from local.infra import load_infra
from tests.tiers import built_package

RUNBOOK = (Path(__file__).parent.parent / "docs" / "runbook.md").read_text("utf-8")
ALARMS = {
    name: resource["Properties"]
    for name, resource in load_infra()["Resources"].items()
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


def test_the_alarms_cost_thirty_cents_a_month() -> None:
    """Ten are free, each further one costs ten cents a month."""
    assert len(ALARMS) <= 13


def test_an_alarm_on_a_number_of_ours_watches_one_that_is_written() -> None:
    ours = {name: alarm for name, alarm in ALARMS.items() if alarm["Namespace"] == logs.NAMESPACE}
    assert {alarm["MetricName"] for alarm in ours.values()} == WATCHED
    for alarm in ours.values():
        assert alarm["MetricName"] in MEASURES
        assert alarm["Dimensions"] == [{"Name": logs.DIMENSION, "Value": {"Ref": "TablePrefix"}}]


WATCHED = {"OutboxAge", "Waiting", "UnexplainedMinor"}


def test_the_outbox_may_wait_as_long_for_the_alarm_as_for_the_page() -> None:
    assert ALARMS["OutboxWaits"]["Threshold"] == MAIL_LATE.total_seconds()


@pytest.mark.packaged
def test_every_function_has_an_alarm_for_its_errors() -> None:
    template: dict[str, Any] = json.loads((built_package() / "sam.json").read_text("utf-8"))
    functions = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    watched = {
        dimension["Value"]["Ref"]
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "Errors"
        for dimension in alarm["Dimensions"]
    }
    assert watched == functions

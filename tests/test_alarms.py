"""The alarms of the built template: each function has one, each has its section in the runbook."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

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


def test_ten_alarms_cost_nothing() -> None:
    assert len(ALARMS) <= 10


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

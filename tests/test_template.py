"""What AWS will be told: the template as packaging builds it, and what must be true of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import settings
from tests.tiers import PROJECT, built_package

pytestmark = pytest.mark.packaged

FUNCTIONS = {"APIHandler", "Tick", "SendMails", "SendRefunds", "Nightly"}
APPEND_ONLY = ("LedgerTable", "AuditTable")


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The built template."""
    loaded: dict[str, Any] = json.loads((built_package() / "sam.json").read_text("utf-8"))
    return loaded


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of one type, by logical name."""
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return of_type(template, "AWS::Serverless::Function")


def statements(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Function name and statement, for every statement of every function's role."""
    roles = of_type(template, "AWS::IAM::Role")
    for name, function in functions(template).items():
        role = roles[function["Role"]["Fn::GetAtt"][0]]
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def variables(template: dict[str, Any], function: str) -> dict[str, Any]:
    """The environment of one function, with what all of them share."""
    shared: dict[str, Any] = template["Globals"]["Function"]["Environment"]["Variables"]
    return {**shared, **functions(template)[function]["Environment"]["Variables"]}


def test_the_template_is_clean_for_cfn_lint() -> None:
    """cfn-lint judges it as CloudFormation would, the SAM transform included."""
    lint = [str(Path(sys.executable).with_name("cfn-lint")), str(built_package() / "sam.json")]
    judged = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_every_block_that_was_merged_in_found_its_resource(template: dict[str, Any]) -> None:
    nameless = [name for name, found in template["Resources"].items() if "Type" not in found]
    assert nameless == []
    assert set(functions(template)) == FUNCTIONS


def test_the_template_stays_well_below_the_limits(template: dict[str, Any]) -> None:
    assert (built_package() / "sam.json").stat().st_size < 800_000
    assert len(template["Resources"]) <= 250


def test_the_gateway_needs_at_most_250_resources(template: dict[str, Any]) -> None:
    """Every prefix of every path is one of about 300 that API Gateway allows."""
    paths = of_type(template, "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]
    prefixes = {
        tuple(parts[:length])
        for parts in (path.strip("/").split("/") for path in paths)
        for length in range(1, len(parts) + 1)
    }
    assert len(prefixes) <= 250


def test_a_path_position_has_one_parameter_name(template: dict[str, Any]) -> None:
    """API Gateway refuses /groups/{slug} beside /groups/{id}."""
    paths = of_type(template, "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]
    names: dict[tuple[str, ...], set[str]] = {}
    for path in paths:
        parts = path.strip("/").split("/")
        for position, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault(tuple(parts[:position]), set()).add(part)
    assert {where: found for where, found in names.items() if len(found) > 1} == {}


def test_the_outbox_stream_wakes_the_sender_and_survives_failures(template: dict[str, Any]) -> None:
    events = functions(template)["SendMails"]["Events"]
    streams = [event["Properties"] for event in events.values() if event["Type"] == "DynamoDB"]
    assert streams == [
        {
            "Stream": {"Fn::GetAtt": ["OutboxTable", "StreamArn"]},
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 10,
            "MaximumRecordAgeInSeconds": 3600,
            "MaximumRetryAttempts": 3,
            "BisectBatchOnFunctionError": True,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
            "DestinationConfig": {
                "OnFailure": {
                    "Type": "SQS",
                    "Destination": {"Fn::GetAtt": ["OutboxStreamFailures", "Arn"]},
                }
            },
        }
    ]


def test_every_job_has_its_clock(template: dict[str, Any]) -> None:
    clocks = {
        name: [
            event["Properties"]["Schedule"]
            for event in function.get("Events", {}).values()
            if event["Type"] == "Schedule"
        ]
        for name, function in functions(template).items()
    }
    assert clocks == {
        "APIHandler": [],
        "Tick": ["rate(5 minutes)"],
        "SendMails": ["rate(5 minutes)"],
        "SendRefunds": ["rate(5 minutes)"],
        "Nightly": ["cron(15 2 * * ? *)"],
    }


def test_every_function_runs_on_the_tested_runtime(template: dict[str, Any]) -> None:
    for name, function in functions(template).items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        assert function["MemorySize"] >= 512, name
    assert functions(template)["APIHandler"]["Timeout"] == 28  # the gateway gives up at 29


def test_every_function_keeps_its_logs_for_a_limited_time(template: dict[str, Any]) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup").values()
    named = {group["LogGroupName"]["Fn::Sub"].rsplit("/", 1)[1].strip("${}") for group in groups}
    assert named == FUNCTIONS
    assert all(group["RetentionInDays"] <= 90 for group in groups)


def test_no_function_shares_its_role(template: dict[str, Any]) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions(template).values()]
    assert len(set(roles)) == len(FUNCTIONS)


def test_no_policy_names_every_action_or_every_resource(template: dict[str, Any]) -> None:
    for name, statement in statements(template):
        assert statement["Effect"] == "Allow", (name, statement)
        assert not any("*" in action for action in listed(statement["Action"])), (name, statement)
        assert "*" not in listed(statement["Resource"]), (name, statement)
        assert "NotAction" not in statement, (name, statement)
        assert "NotResource" not in statement, (name, statement)


def test_only_the_sender_may_send_mail(template: dict[str, Any]) -> None:
    senders = {
        name
        for name, statement in statements(template)
        if any(action.startswith("ses:") for action in listed(statement["Action"]))
    }
    assert senders == {"SendMails"}


def test_no_function_can_change_the_books_or_the_audit(template: dict[str, Any]) -> None:
    """Ledger entries and audit rows are added, never changed and never removed."""
    for name, statement in statements(template):
        changes = {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} & set(listed(statement["Action"]))
        touched = json.dumps(statement["Resource"])
        assert not (changes and any(table in touched for table in APPEND_ONLY)), (name, statement)


def test_the_refund_key_reaches_one_function_only(template: dict[str, Any]) -> None:
    holders = {name for name in FUNCTIONS if "STRIPE_REFUND_KEY" in variables(template, name)}
    assert holders == {"SendRefunds"}


def test_the_sender_of_mails_holds_no_stripe_key(template: dict[str, Any]) -> None:
    held = [name for name in variables(template, "SendMails") if name.startswith("STRIPE_")]
    assert held == ["STRIPE_API_BASE"]


def test_every_variable_is_a_parameter_or_resource_and_every_setting_is_known(
    template: dict[str, Any],
) -> None:
    """No value is written down in the template, and no name that settings.py does not read."""
    known = {*settings.REQUIRED, *settings.OPTIONAL}
    for function in FUNCTIONS:
        given = variables(template, function)
        assert set(given) <= known, function
        assert {*settings.REQUIRED} - set(given) <= {"AWS_REGION"}, function  # Lambda sets it
        assert all(set(value) == {"Ref"} for value in given.values()), function


def test_secrets_are_hidden_parameters_without_a_default(template: dict[str, Any]) -> None:
    secret = [
        parameter
        for name, parameter in template["Parameters"].items()
        if "Key" in name or "Secret" in name
    ]
    assert len(secret) == 4
    assert all(parameter["NoEcho"] and "Default" not in parameter for parameter in secret)


def test_every_table_is_kept_encrypted_and_restorable(template: dict[str, Any]) -> None:
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], name
        assert table["SSESpecification"]["SSEEnabled"], name
        assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}, name
        assert template["Resources"][name]["DeletionPolicy"] == "Retain", name
        assert {key["AttributeType"] for key in table["AttributeDefinitions"]} == {"S"}, name
    assert template["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_the_export_bucket_is_private_and_forgets(template: dict[str, Any]) -> None:
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]
    assert [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]] == [7]


def test_the_gateway_is_regional_throttled_and_answers_unknown_paths_plainly(
    template: dict[str, Any],
) -> None:
    api = of_type(template, "AWS::Serverless::Api")["RestAPI"]
    assert api["EndpointConfiguration"] == "REGIONAL"
    assert api["MethodSettings"][0]["ThrottlingRateLimit"] == 50
    answers = api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    for answer in answers.values():
        assert answer["responseTemplates"]["application/json"].startswith("<!doctype html>")


def test_no_route_lets_other_origins_in(template: dict[str, Any]) -> None:
    paths = of_type(template, "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]
    assert [path for path, methods in paths.items() if "options" in methods] == []


def test_no_value_of_this_machine_is_in_the_template() -> None:
    text = (built_package() / "sam.json").read_text("utf-8")
    assert str(PROJECT) not in text
    assert "sk_" not in text
    assert "whsec_" not in text

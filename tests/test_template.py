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
from chalicelib.store.rows import KEPT
from tests.tiers import PROJECT, built_package

pytestmark = pytest.mark.packaged

FUNCTIONS = {"APIHandler", "Tick", "SendMails", "SendRefunds", "Nightly"}
APPEND_ONLY = ("LedgerTable", "AuditTable")
TOLD_TO_ALL = {"STAGE", "BASE_URL", "TABLE_PREFIX"}
TOLD = {
    "APIHandler": {
        *("CHECKOUT_ORIGIN", "EXPORT_BUCKET", "LINK_KEYS"),
        *("STRIPE_API_BASE", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS"),
    },
    "Tick": {"STRIPE_API_BASE", "STRIPE_SECRET_KEY"},
    "Nightly": {"STRIPE_API_BASE", "STRIPE_SECRET_KEY"},
    "SendRefunds": {"STRIPE_API_BASE", "STRIPE_REFUND_KEY"},
    "SendMails": {"LINK_KEYS", "MAIL_CONFIGURATION_SET", "MAIL_SENDER"},
}


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
    timeouts = {name: function["Timeout"] for name, function in functions(template).items()}
    assert timeouts["APIHandler"] == 28  # the gateway gives up at 29
    assert timeouts["SendMails"] >= 60  # a run goes on for 40 s, and ends the mail it is at


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


def test_no_function_reaches_a_table_that_nothing_is_kept_in_yet(template: dict[str, Any]) -> None:
    """The rights come with the first row: `keep(...)` in store/rows.py."""
    used = {f"{kept.table.__name__}Table" for kept in KEPT.values()}
    empty = set(of_type(template, "AWS::DynamoDB::Table")) - used
    for name, statement in statements(template):
        touched = json.dumps(statement["Resource"])
        assert not [table for table in empty if table in touched], (name, statement)


def test_the_function_with_the_refund_key_reaches_little_else(template: dict[str, Any]) -> None:
    touched = json.dumps(
        [found["Resource"] for name, found in statements(template) if name == "SendRefunds"]
    )
    tables = {table for table in of_type(template, "AWS::DynamoDB::Table") if table in touched}
    assert tables == {"CircleTable", "LedgerTable", "OutboxTable", "PaymentsTable"}


def test_the_refund_key_reaches_one_function_only(template: dict[str, Any]) -> None:
    holders = {name for name in FUNCTIONS if "STRIPE_REFUND_KEY" in variables(template, name)}
    assert holders == {"SendRefunds"}


def test_a_function_is_told_what_it_needs_and_nothing_else(template: dict[str, Any]) -> None:
    told = {name: set(variables(template, name)) for name in FUNCTIONS}
    assert told == {name: TOLD_TO_ALL | TOLD[name] for name in FUNCTIONS}


def test_every_setting_that_is_read_reaches_a_function(template: dict[str, Any]) -> None:
    """And no other name does."""
    told = {name for function in FUNCTIONS for name in variables(template, function)}
    assert told | {"AWS_REGION"} == {*settings.REQUIRED, *settings.OPTIONAL}  # Lambda sets it
    assert {*settings.REQUIRED} == TOLD_TO_ALL | {"AWS_REGION"}


def test_no_value_is_written_down_in_the_environment(template: dict[str, Any]) -> None:
    for function in FUNCTIONS:
        values = variables(template, function).values()
        assert all(set(value) == {"Ref"} for value in values), function


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

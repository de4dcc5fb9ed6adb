"""What AWS will be told: the template as packaging builds it, and what must be true of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import settings
from chalicelib.gateways.s3_files import ERASED, EXPORTS
from chalicelib.store.rows import KEPT
from tests.tiers import PROJECT, built_package

pytestmark = pytest.mark.packaged

FUNCTIONS = {
    *("APIHandler", "Tick", "SendMails", "HearMails", "SendRefunds", "SendPayouts", "Nightly"),
}
APPEND_ONLY = ("LedgerTable", "AuditTable")
TOLD_TO_ALL = {"STAGE", "BASE_URL", "TABLE_PREFIX"}
OF_STRIPE = {"STRIPE_API_BASE", "STRIPE_KEY", "STRIPE_MODE"}
TOLD = {
    "APIHandler": {
        *("CHECKOUT_ORIGIN", "CONNECT_ORIGIN", "EXPORT_BUCKET", "LINK_KEYS"),
        *("STRIPE_CONNECT_SECRETS", "STRIPE_WEBHOOK_SECRETS"),
        *OF_STRIPE,
    },
    "Tick": {"JOB_FAILURES_QUEUE", "WAKE_UP_FAILURES_QUEUE", *OF_STRIPE},
    "Nightly": {"EXPORT_BUCKET", *OF_STRIPE},
    "SendRefunds": OF_STRIPE,
    "SendPayouts": OF_STRIPE,
    "SendMails": {
        *("LINK_KEYS", "MAIL_CONFIGURATION_SET", "MAIL_NEWS_CONFIGURATION_SET", "MAIL_SENDER"),
    },
    "HearMails": set(),
}
JOBS = FUNCTIONS - {"APIHandler"}


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


def test_what_ses_tells_reaches_the_function_that_hears_it(template: dict[str, Any]) -> None:
    events = functions(template)["HearMails"]["Events"]
    assert list(events.values()) == [
        {"Type": "SNS", "Properties": {"Topic": {"Ref": "MailEvents"}}}
    ]


def test_the_function_that_hears_changes_no_person_and_no_money(template: dict[str, Any]) -> None:
    changed = json.dumps(
        [
            found["Resource"]
            for name, found in statements(template)
            if name == "HearMails"
            and {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
            & {*listed(found["Action"])}
        ]
    )
    tables = {table for table in of_type(template, "AWS::DynamoDB::Table") if table in changed}
    assert tables == {"AuditTable", "CircleTable", "OutboxTable"}


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
        "HearMails": [],  # SES speaks when it has something to tell
        "SendRefunds": ["rate(5 minutes)"],
        "SendPayouts": ["rate(5 minutes)"],
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
    assert named == FUNCTIONS | {"TablePrefix}-access"}
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


def test_the_function_with_the_payouts_key_changes_no_debt_and_no_person(
    template: dict[str, Any],
) -> None:
    changed = json.dumps(
        [
            found["Resource"]
            for name, found in statements(template)
            if name == "SendPayouts"
            and {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
            & {*listed(found["Action"])}
        ]
    )
    tables = {table for table in of_type(template, "AWS::DynamoDB::Table") if table in changed}
    assert tables == {"CircleTable", "LedgerTable", "OutboxTable", "PayoutsTable"}


def test_a_function_is_told_what_it_needs_and_nothing_else(template: dict[str, Any]) -> None:
    told = {name: set(variables(template, name)) for name in FUNCTIONS}
    assert told == {name: TOLD_TO_ALL | TOLD[name] for name in FUNCTIONS}


def test_every_setting_that_is_read_reaches_a_function(template: dict[str, Any]) -> None:
    """And no other name does."""
    told = {name for function in FUNCTIONS for name in variables(template, function)}
    read = {*settings.REQUIRED, *settings.OPTIONAL, *settings.SECRETS}
    assert told | {"AWS_REGION"} == read  # Lambda sets it
    assert {*settings.REQUIRED} == TOLD_TO_ALL | {"AWS_REGION"}


def test_no_value_is_written_down_in_the_environment(template: dict[str, Any]) -> None:
    """Parameters, resources, and for a secret where it is kept: never what it is."""
    for function in FUNCTIONS:
        for name, value in variables(template, function).items():
            if name in settings.SECRETS:
                assert value["Fn::Sub"].startswith("ssm:/${TablePrefix}/"), (function, name)
            else:
                assert set(value) == {"Ref"}, (function, name)


def test_a_role_may_read_the_secrets_its_function_is_told_of_and_no_others(
    template: dict[str, Any],
) -> None:
    for function in FUNCTIONS:
        told = {
            value["Fn::Sub"].removeprefix("ssm:")
            for name, value in variables(template, function).items()
            if name in settings.SECRETS
        }
        may = {
            arn["Fn::Sub"].split(":parameter", 1)[1]
            for name, statement in statements(template)
            if name == function and "ssm:GetParameter" in listed(statement["Action"])
            for arn in listed(statement["Resource"])
        }
        assert may == told, function


def test_no_secret_is_a_parameter_of_the_stack(template: dict[str, Any]) -> None:
    assert not [name for name in template["Parameters"] if "Key" in name or "Secret" in name]
    assert not [one for one in template["Parameters"].values() if one.get("NoEcho")]


def test_a_job_that_fails_is_tried_once_more_and_then_told_of(template: dict[str, Any]) -> None:
    for name in JOBS:
        told = functions(template)[name]["EventInvokeConfig"]
        assert told["MaximumRetryAttempts"] == 1, name
        queue = {"Fn::GetAtt": ["JobFailures", "Arn"]}
        assert told["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": queue}
        may = [one for function, one in statements(template) if function == name]
        assert any(one["Resource"] == queue and one["Action"] == "sqs:SendMessage" for one in may)


def test_the_queues_of_failures_are_encrypted_and_keep_for_a_fortnight(
    template: dict[str, Any],
) -> None:
    queues = of_type(template, "AWS::SQS::Queue")
    assert set(queues) == {"OutboxStreamFailures", "JobFailures"}
    for queue in queues.values():
        assert queue["SqsManagedSseEnabled"]
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_what_becomes_of_a_mail_is_told_to_one_topic_that_only_ses_may_speak_on(
    template: dict[str, Any],
) -> None:
    sets = of_type(template, "AWS::SES::ConfigurationSet")
    heard = of_type(template, "AWS::SES::ConfigurationSetEventDestination").values()
    assert {one["ConfigurationSetName"]["Ref"] for one in heard} == set(sets)
    for one in heard:
        told = one["EventDestination"]
        assert told["Enabled"]
        assert {"bounce", "complaint"} <= set(told["MatchingEventTypes"])
        assert told["SnsDestination"] == {"TopicARN": {"Ref": "MailEvents"}}
    for configured in sets.values():
        assert configured["SuppressionOptions"]["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]
        assert configured["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    (policy,) = of_type(template, "AWS::SNS::TopicPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_the_sender_is_verified_in_ses_and_outlives_the_stack(template: dict[str, Any]) -> None:
    assert of_type(template, "AWS::SES::EmailIdentity") == {
        "MailIdentityResource": {"EmailIdentity": {"Ref": "MailIdentity"}}
    }
    assert template["Resources"]["MailIdentityResource"]["DeletionPolicy"] == "Retain"


def test_the_access_log_holds_nothing_of_a_person(template: dict[str, Any]) -> None:
    """`resourcePath` is the pattern of a route; `path` would hold the token of a personal link."""
    setting = of_type(template, "AWS::Serverless::Api")["RestAPI"]["AccessLogSetting"]
    assert setting["DestinationArn"] == {"Fn::GetAtt": ["AccessLog", "Arn"]}
    written = set(re.findall(r"\$context\.([A-Za-z.]+)", setting["Format"]))
    assert written == {
        *("requestTime", "requestId", "httpMethod", "resourcePath", "status", "responseLength"),
        *("responseLatency", "integrationLatency", "error.responseType"),
    }
    assert len(json.loads(setting["Format"])) == len(written)


def test_a_domain_of_ones_own_is_a_choice(template: dict[str, Any]) -> None:
    for name in ("Domain", "DomainMapping"):
        assert template["Resources"][name]["Condition"] == "HasDomain"
    (domain,) = of_type(template, "AWS::ApiGateway::DomainName").values()
    assert domain["SecurityPolicy"] == "TLS_1_2"
    assert template["Parameters"]["DomainName"]["Default"] == ""


def test_rows_that_expire_are_tidied_away(template: dict[str, Any]) -> None:
    """And only the outbox has a stream."""
    tables = of_type(template, "AWS::DynamoDB::Table")
    expiring = {name for name, table in tables.items() if "TimeToLiveSpecification" in table}
    assert expiring == {"AccessTable", "EventsTable", "OutboxTable"}
    assert {name for name, one in tables.items() if "StreamSpecification" in one} == {"OutboxTable"}


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
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == (EXPORTS, 7)
    assert not ERASED.startswith(EXPORTS), "the list of erasures does not end"


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

"""What each function's role is refused here, so that what it may do elsewhere proves its policy."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.deployment import FUNCTIONS, Deployment
from tests.deployed.conftest import SECRETS
from tests.deployed.street import PREFIX

pytestmark = pytest.mark.deployed

ENTRY = {"book": {"S": "group/none"}, "entry_id": {"S": "payment#none"}}
ACT = {"subject": {"S": "nobody"}, "at_id": {"S": "never"}}
SESSION = {"hash": {"S": "none"}, "purpose": {"S": "session"}}
PERSON = {"person_id": {"S": "nobody"}}
PAYMENT = {"obligation_id": {"S": "none"}, "item": {"S": "payment#none"}}
PAID = {"leader_id": {"S": "nobody"}, "item": {"S": "payout#none"}}

# Function, what it tries, on which table, with which key.
REFUSED = (
    ("APIHandler", "delete_item", "ledger", ENTRY),
    ("APIHandler", "delete_item", "audit", ACT),
    ("APIHandler", "delete_item", "payments", PAYMENT),
    ("APIHandler", "delete_item", "payouts", PAID),
    ("APIHandler", "scan", "people", None),
    ("APIHandler", "scan", "ledger", None),
    ("Tick", "scan", "people", None),
    ("Tick", "get_item", "access", SESSION),
    ("Tick", "delete_item", "ledger", ENTRY),
    ("SendMails", "put_item", "payments", PAYMENT),
    ("SendMails", "put_item", "ledger", ENTRY),
    ("SendMails", "put_item", "access", SESSION),
    ("SendMails", "put_item", "payouts", PAID),
    ("SendMails", "get_item", "people", PERSON),
    ("HearMails", "get_item", "access", SESSION),
    ("HearMails", "get_item", "payments", PAYMENT),
    ("HearMails", "put_item", "people", PERSON),
    ("HearMails", "put_item", "ledger", ENTRY),
    ("HearMails", "delete_item", "audit", ACT),
    ("SendRefunds", "get_item", "access", SESSION),
    ("SendRefunds", "put_item", "people", PERSON),
    ("SendRefunds", "get_item", "payouts", PAID),
    ("SendRefunds", "put_item", "payouts", PAID),
    ("SendRefunds", "delete_item", "ledger", ENTRY),
    ("SendPayouts", "get_item", "access", SESSION),
    ("SendPayouts", "put_item", "people", PERSON),
    ("SendPayouts", "put_item", "payments", PAYMENT),
    ("SendPayouts", "delete_item", "payouts", PAID),
    ("SendPayouts", "delete_item", "ledger", ENTRY),
    ("SendPayouts", "scan", "payouts", None),
    ("Nightly", "delete_item", "ledger", ENTRY),
    ("Nightly", "delete_item", "audit", ACT),
    ("Nightly", "delete_item", "payments", PAYMENT),
    ("Nightly", "scan", "people", None),
)


def code_of(client: Any, act: str, **asked: Any) -> str:
    """The error's code; empty when it was allowed."""
    try:
        getattr(client, act)(**asked)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize(("function", "act", "table", "key"), REFUSED)
def test_a_function_is_refused_what_is_not_its_work(
    deployment: Deployment, function: str, act: str, table: str, key: dict[str, Any] | None
) -> None:
    client = deployment.acting_as(function, "dynamodb")
    named = {"put_item": "Item", "scan": ""}.get(act, "Key")
    asked = {"TableName": f"{PREFIX}-{table}", **({named: key} if named else {})}
    assert code_of(client, act, **asked) == "AccessDeniedException"


def test_a_transaction_is_judged_by_each_of_its_parts(deployment: Deployment) -> None:
    client = deployment.acting_as("Tick", "dynamodb")
    gone = {"Delete": {"TableName": f"{PREFIX}-ledger", "Key": ENTRY}}
    code = code_of(client, "transact_write_items", TransactItems=[gone])
    assert code == "AccessDeniedException"


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name != "SendMails"])
def test_only_one_function_can_send_mail(deployment: Deployment, function: str) -> None:
    said = {"Data": "Hello"}
    code = code_of(
        deployment.acting_as(function, "sesv2"),
        "send_email",
        FromEmailAddress="hello@marmalade-circle.example",
        Destination={"ToAddresses": ["pip.buttonwood@example.org"]},
        Content={"Simple": {"Subject": said, "Body": {"Text": said}}},
    )
    assert code.startswith("AccessDenied")


@pytest.mark.parametrize("function", ["Tick", "SendMails", "SendRefunds", "SendPayouts"])
def test_exports_are_out_of_reach_of_the_other_functions(
    deployment: Deployment, function: str
) -> None:
    bucket = deployment.physical("ExportBucket")
    client = deployment.acting_as(function, "s3")
    for key in ("exports/x", "erased/x"):
        assert code_of(client, "put_object", Bucket=bucket, Key=key, Body=b"") == "AccessDenied"


@pytest.mark.parametrize(
    ("function", "key"), [("APIHandler", "erased/x"), ("Nightly", "exports/x")]
)
def test_exports_and_the_list_of_erasures_are_written_by_different_functions(
    deployment: Deployment, function: str, key: str
) -> None:
    client, bucket = deployment.acting_as(function, "s3"), deployment.physical("ExportBucket")
    assert code_of(client, "put_object", Bucket=bucket, Key=key, Body=b"") == "AccessDenied"
    assert code_of(client, "delete_object", Bucket=bucket, Key="erased/x") == "AccessDenied"


# Function, and the secrets it may read.
READS: dict[str, set[str]] = {
    "APIHandler": {
        *("link-keys", "stripe-web-key"),
        *("stripe-webhook-secrets", "stripe-connect-secrets"),
    },
    "Tick": {"stripe-jobs-key"},
    "Nightly": {"stripe-jobs-key"},
    "SendMails": {"link-keys"},
    "HearMails": set(),
    "SendRefunds": {"stripe-refunds-key"},
    "SendPayouts": {"stripe-payouts-key"},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reads_its_own_secrets_and_no_others(
    deployment: Deployment, function: str
) -> None:
    client = deployment.acting_as(function, "ssm")
    read = {
        name
        for name in SECRETS
        if not code_of(client, "get_parameter", Name=f"/{PREFIX}/{name}", WithDecryption=True)
    }
    assert read == READS[function]

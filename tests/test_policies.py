"""What each function may do, read from its policy file: one file for each, nothing shared.

What does not live here: the same policies inside the built template (test_template.py), and the
emulator's verdict on them (deployed/test_rights.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.handlers import jobs
from chalicelib.store.rows import KEPT
from local.infra import load_infra

CHALICE = Path(__file__).resolve().parent.parent / ".chalice"
POLICIES = {path.stem.removeprefix("policy-"): path for path in CHALICE.glob("policy-*.json")}
# What a name of a resource may end in: things that are made while the function runs.
OPEN_ENDS = (
    ":log-group:/aws/lambda/",  # the streams of its own log group
    ".Arn}/index/*",
    ".Arn}/stream/*",
    "${ExportBucket.Arn}/exports/*",
    "${ExportBucket.Arn}/erased/*",
)
# Keys of Stripe that can move money away from us, and the only function that may read each.
MOVES_MONEY = {"stripe-refunds-key": {"send-refunds"}, "stripe-payouts-key": {"send-payouts"}}
SENDS_MAIL = {"send-mails"}
FILES = {"ExportBucket": {"web", "nightly"}}


def statements(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(POLICIES[name].read_text("utf-8"))["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(name: str) -> set[str]:
    return {action for one in statements(name) for action in listed(one["Action"])}


def named(name: str) -> str:
    """Every resource a policy names, as one text."""
    return json.dumps([one["Resource"] for one in statements(name)])


def test_every_function_has_a_policy_of_its_own() -> None:
    config = json.loads((CHALICE / "config.json").read_text("utf-8"))
    configured = config["stages"]["live"]["lambda_functions"]
    files = [one["iam_policy_file"] for one in configured.values()]
    assert sorted(files) == sorted(path.name for path in POLICIES.values())
    ours = {"api_handler", *(name for name in dir(jobs) if name in configured)}
    assert set(configured) == ours
    assert config["autogen_policy"] is False, "Chalice's own would allow every resource"


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_a_policy_allows_named_acts_on_named_things(name: str) -> None:
    seen = set()
    for statement in statements(name):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & set(statement)
        assert not [action for action in listed(statement["Action"]) if "*" in action], statement
        assert statement["Sid"] not in seen
        seen.add(statement["Sid"])
        for resource in listed(statement["Resource"]):
            [text] = resource.values() if "Fn::Sub" in resource else [""]
            assert "*" not in text or any(end in text for end in OPEN_ENDS), resource


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_a_policy_names_only_what_infra_declares(name: str) -> None:
    declared = load_infra()
    known = {*declared["Resources"], *declared["Parameters"]}
    used = set(re.findall(r"\$\{([A-Za-z]+)[.}]", named(name)))
    used |= {name for name, _ in re.findall(r'"Fn::GetAtt": \["(\w+)", "(\w+)"\]', named(name))}
    assert used <= known, used - known


@pytest.mark.parametrize("key", sorted(MOVES_MONEY))
def test_a_key_that_sends_money_away_is_read_by_one_job(key: str) -> None:
    """Above all never by the web function, which strangers talk to."""
    holders = {name for name in POLICIES if f"/{key}" in named(name)}
    assert holders <= MOVES_MONEY[key]


def test_no_function_reads_two_keys_of_stripe() -> None:
    for name in POLICIES:
        keys = set(re.findall(r"/(stripe-[a-z]+-key)", named(name)))
        assert len(keys) <= 1, name


def test_no_function_may_read_secrets_it_cannot_name() -> None:
    for name in POLICIES:
        assert {one for one in actions(name) if one.startswith(("ssm:", "kms:", "secrets"))} <= {
            "ssm:GetParameter"
        }, name


def test_only_the_mail_job_may_send_mail() -> None:
    senders = {name for name in POLICIES if any(one.startswith("ses:") for one in actions(name))}
    assert senders == SENDS_MAIL


def test_the_mail_job_can_look_whether_every_mail_still_holds() -> None:
    sources = (CHALICE.parent / "chalicelib").rglob("*.py")
    kinds = {
        kind
        for path in sources
        for kind in re.findall(r"Standing\(\s*kind=\"(\w+)\"", path.read_text("utf-8"))
    }
    assert len(kinds) >= len(("Offer", "Payment", "Payout"))
    tables = {how.table.__name__ for kind, how in KEPT.items() if kind.__name__ in kinds}
    reads = [one for one in statements("send-mails") if "dynamodb:GetItem" in one["Action"]]
    seen = json.dumps(reads)
    assert [one for one in sorted(tables) if f'["{one}Table", "Arn"]' not in seen] == []


def test_only_functions_that_export_reach_the_files() -> None:
    for resource, allowed in FILES.items():
        assert {name for name in POLICIES if resource in named(name)} <= allowed


def test_only_the_night_writes_the_list_of_erasures_and_it_reads_no_file() -> None:
    writers = {name for name in POLICIES if "ExportBucket.Arn}/erased/" in named(name)}
    assert writers == {"nightly"}
    assert {one for one in actions("nightly") if one.startswith("s3:")} == {"s3:PutObject"}
    assert "ExportBucket.Arn}/exports/" not in named("nightly")


def test_no_function_can_change_its_own_rights_or_tables() -> None:
    for name in POLICIES:
        kinds = {action.split(":")[0] for action in actions(name)}
        assert kinds <= {"logs", "dynamodb", "ssm", "ses", "sqs", "s3", "cloudwatch", "sns"}, name
        rows = {one.split(":")[1] for one in actions(name) if one.startswith("dynamodb:")}
        assert not {one for one in rows if one.startswith(("Create", "UpdateTable", "Restore"))}
        assert "DeleteTable" not in rows


def test_the_books_and_the_audit_are_only_ever_added_to() -> None:
    for name in POLICIES:
        for statement in statements(name):
            changes = {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} & {
                *listed(statement["Action"])
            }
            kept = json.dumps(statement["Resource"])
            assert not (changes and ("LedgerTable" in kept or "AuditTable" in kept)), (name, kept)

"""Secrets go from the keyboard to SSM, hidden, and only when they look like what they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.infra import load_infra
from local.tools.deploy import rights, secrets
from tests.deploying.world import SECRETS, STAGE, Keyboard

KIND = {kind.name: kind for kind in secrets.KINDS}
POLICIES = (Path(__file__).resolve().parent.parent.parent / ".chalice").glob("policy-*.json")


@pytest.fixture
def ssm(_aws: None) -> Iterator[Any]:
    client = boto3.client("ssm", "eu-west-2")
    yield client
    kept = [secrets.path(STAGE, kind) for kind in secrets.KINDS]
    client.delete_parameters(Names=kept)


def test_all_secrets_are_asked_for_and_kept_encrypted(ssm: Any) -> None:
    keyboard = Keyboard([value for name, value in SECRETS.items() if name != "link-keys"])
    keyboard.answers.insert(3, "")  # no key for payouts
    secrets.ask_for_all(ssm, STAGE, keyboard.ask, keyboard.say)
    for name, value in SECRETS.items():
        kept = secrets.read(ssm, STAGE, KIND[name])
        assert kept == value or name == "link-keys"
        told = ssm.get_parameter(Name=f"/balint-trial/{name}")["Parameter"]
        assert told["Type"] == "SecureString"
        assert value not in keyboard.text, "what is typed is not shown again"
    made = secrets.read(ssm, STAGE, KIND["link-keys"]) or ""
    assert not KIND["link-keys"].fault(made, "test")
    assert secrets.read(ssm, STAGE, KIND["stripe-payouts-key"]) is None


def test_what_is_there_is_left_alone_unless_it_is_named(ssm: Any) -> None:
    for name, value in SECRETS.items():
        secrets.keep(ssm, STAGE, KIND[name], value)
    keyboard = Keyboard(["", "rk_test_another0123", ""])
    secrets.ask_for_all(
        ssm, STAGE, keyboard.ask, keyboard.say, frozenset({"stripe-web-key", "link-keys"})
    )
    assert secrets.read(ssm, STAGE, KIND["stripe-web-key"]) == SECRETS["stripe-web-key"]
    assert "stripe-jobs-key: there already" in keyboard.text
    assert "link-keys: rolled by a step" in keyboard.text


def test_a_wrong_answer_is_asked_again_and_says_why(ssm: Any) -> None:
    keyboard = Keyboard(["rk_live_0123456789abc", "sk_test_0123456789abc", "rk_test_0123456789abc"])
    secrets.ask_for_all(ssm, STAGE, keyboard.ask, keyboard.say)
    assert "key of Stripe's live mode, and this deployment is for test" in keyboard.text
    assert "does not look like one" in keyboard.text, "a secret key may do everything"
    assert secrets.read(ssm, STAGE, KIND["stripe-web-key"]) == "rk_test_0123456789abc"


FAULTY = (
    ("stripe-webhook-secrets", "whsec_one0123456,whsec_two0123456", True),
    ("stripe-webhook-secrets", "whsec_one0123456\nwhsec_two0123456\n", True),
    ("stripe-webhook-secrets", "we_0123456789", False),
    ("stripe-web-key", "", False),
    ("link-keys", "k1:short", False),
    ("link-keys", "0123456789abcdef0123456789abcdef", False),
)


@pytest.mark.parametrize(("name", "value", "well"), FAULTY)
def test_a_secret_has_the_form_of_one(name: str, value: str, well: bool) -> None:
    assert (KIND[name].fault(value, "test") == "") is well


def test_keys_of_links_are_rolled_in_two_steps() -> None:
    """A key signs only after every process has had ten minutes to come to know it."""
    before = secrets.fresh_link_key()
    known = secrets.rolled_link_keys(before)
    assert known.split(",")[0] == before
    signs = secrets.rolled_link_keys(known)
    assert signs.split(",") == [known.split(",")[1], before]
    assert signs.startswith("k2:")


def test_the_secrets_are_those_that_functions_are_told_of() -> None:
    told = {
        value["Fn::Sub"].rsplit("/", 1)[1]
        for resource in load_infra()["Resources"].values()
        for value in resource.get("Properties", {})
        .get("Environment", {})
        .get("Variables", {})
        .values()
        if "Fn::Sub" in value
    }
    needed = {kind.name for kind in secrets.KINDS if kind.needed}
    assert needed <= told <= {kind.name for kind in secrets.KINDS}


def test_every_key_of_stripe_has_its_rights_written_down() -> None:
    keys = {kind.name for kind in secrets.KINDS if kind.name.endswith("-key")}
    assert keys == set(rights.RIGHTS)
    read = {
        name
        for path in POLICIES
        for name in re.findall(r"/(stripe-[a-z]+-key)", path.read_text("utf-8"))
    }
    assert read <= keys


def test_live_and_test_are_never_mixed() -> None:
    live = replace(STAGE, stripe_mode="live")
    fault = KIND["stripe-web-key"].fault(SECRETS["stripe-web-key"], live.stripe_mode)
    assert "Stripe's test mode" in fault

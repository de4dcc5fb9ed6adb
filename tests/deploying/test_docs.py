"""docs/deploying.md says what the code does: rights, events, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.tools.deploy import rights, secrets, stage

PROJECT = Path(__file__).resolve().parent.parent.parent
DOC = (PROJECT / "docs" / "deploying.md").read_text("utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("key", rights.RIGHTS)
def test_the_rights_of_each_key_are_written_down(key: str) -> None:
    allowed = "; ".join(f"{what}: {level}" for what, level in rights.RIGHTS[key].items())
    assert f"| `{key}` | {allowed} |" in DOC


@pytest.mark.parametrize("path", rights.ENDPOINTS)
def test_the_events_of_each_endpoint_are_written_down(path: str) -> None:
    assert f"`{path}`" in DOC
    assert [event for event in rights.ENDPOINTS[path] if f"`{event}`" not in DOC] == []
    assert STRIPE_VERSION in DOC


def test_every_command_it_names_is_one() -> None:
    named = set(re.findall(r"`?make ([a-z]+)", DOC)) - {"a", "everything"}
    known = set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))
    assert {"check", "secrets", "deploy", "rollback", "destroy"} <= named
    assert {name for name in named if f"`make {name}" in DOC} <= known


def test_what_it_rolls_is_a_secret() -> None:
    rolled = set(re.findall(r"ROLL=([a-z-]+)", DOC))
    assert rolled <= {kind.name for kind in secrets.KINDS}


def test_every_link_leads_to_a_page_that_is_there() -> None:
    for target in re.findall(r"\]\(([a-z-]+\.md)\)", DOC):
        assert (PROJECT / "docs" / target).exists(), target
    assert (stage.STAGES / "example.toml").exists()

"""A stage is read from its file, or everything that is wrong with it is said at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from local.infra import load_infra
from local.tools.deploy import stage
from tests.deploying.world import STAGE

EXAMPLE = stage.STAGES / "example.toml"
FILLED = """
region = "eu-west-2"
prefix = "balint-trial"
mail_identity = "circle.org"
mail_sender = "hello@circle.org"
alarm_mail = "technical@circle.org"
stripe_mode = "test"
"""

FAULTS = (
    ('region = "London"', "region is not one"),
    ('stripe_mode = "real"', "stripe_mode is not one"),
    ('mail_sender = "hello@elsewhere.org"', "mail_sender is not an address of mail_identity"),
    (
        'alarm_mail = "technical@marmalade-circle.example"',
        "it still holds the names of the example",
    ),
    ('domain = "groups.circle.org"', "domain and certificate go together"),
    ('colour = "green"', "nothing is called colour"),
)


def written(folder: Path, text: str) -> Path:
    (folder / "trial.toml").write_text(text, "utf-8")
    return folder


def test_a_stage_is_what_its_file_says(tmp_path: Path) -> None:
    assert stage.read("trial", written(tmp_path, FILLED)) == STAGE


@pytest.mark.parametrize(("line", "complaint"), FAULTS)
def test_a_fault_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    name = line.split(" ")[0]
    kept = [one for one in FILLED.splitlines() if not one.startswith(f"{name} ")]
    with pytest.raises(stage.StageFaulty, match=complaint):
        stage.read("trial", written(tmp_path, "\n".join([*kept, line])))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(stage.StageFaulty) as caught:
        stage.read("trial", written(tmp_path, 'region = "x"\nprefix = "X"\n'))
    assert len(str(caught.value).splitlines()) >= 6


def test_a_file_that_is_no_toml_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(stage.StageFaulty, match="cannot be read"):
        stage.read("trial", written(tmp_path, "region = eu-west-2"))


@pytest.mark.parametrize("name", ["", "Prod", "../prod", "example", "nobody-made-this"])
def test_a_stage_without_a_file_is_told_how_to_make_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(stage.StageFaulty, match=r"STAGE=|copy stages/example\.toml"):
        stage.read(name, tmp_path)


def test_the_example_names_everything_and_cannot_be_deployed_by_mistake(tmp_path: Path) -> None:
    told = tomllib.loads(EXAMPLE.read_text("utf-8"))
    assert {*told, "domain", "certificate"} == set(stage.PATTERNS) - {"name"}
    with pytest.raises(stage.StageFaulty, match="names of the example"):
        stage.read("trial", written(tmp_path, EXAMPLE.read_text("utf-8")))


def test_the_template_gets_every_parameter_it_has_no_default_for() -> None:
    declared = load_infra()["Parameters"]
    given = STAGE.parameters("https://groups.circle.org")
    assert set(given) <= set(declared)
    assert {name for name, one in declared.items() if "Default" not in one} <= set(given)

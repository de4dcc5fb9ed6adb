"""The whole of `make deploy`, `make rollback` and `make destroy` at the emulator, with a small
template instead of ours, which goes the same way in tests/deployed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib import wiring
from local.dynamodb_local import free_port
from local.emulator import Emulator
from local.tools.deploy import __main__ as commands
from local.tools.deploy import releases, secrets, stack
from tests.deploying.world import SECRETS, STAGE, Keyboard, Session, StripeDesk, a_desk
from tests.shop import Shop
from tests.stories import a_recruiting_term

TEMPLATE_PARAMETERS = (*STAGE.parameters(""),)
TOLD = {"Tags": [{"Key": "address", "Value": {"Ref": "BaseUrl"}}]}  # as functions are told it


def package(folder: Path, desk: StripeDesk, name: str = "first") -> Path:
    """A package as packaging leaves it, with a queue instead of everything, and our address."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "deployment.zip", "w") as packed:
        packed.writestr("app.py", name)
    template = {
        "Parameters": {one: {"Type": "String", "Default": ""} for one in TEMPLATE_PARAMETERS},
        "Resources": {f"{name.title()}Queue": {"Type": "AWS::SQS::Queue", "Properties": TOLD}},
        "Outputs": {"EndpointURL": {"Value": f"{desk.url}/"}},
    }
    (folder / "sam.json").write_text(json.dumps(template), "utf-8")
    return folder


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with Emulator(free_port()) as running:
        yield running


@pytest.fixture
def desk() -> Iterator[StripeDesk]:
    with a_desk() as open_desk:
        open_desk.let_in_all()
        open_desk.endpoint(open_desk.url)
        yield open_desk


@pytest.fixture
def account(desk: StripeDesk, aws: Emulator) -> Iterator[commands.Account]:
    """An account with its secrets in place."""
    made = commands.Account(Session(aws), desk.url, every_seconds=0.05)
    ssm = made.client("ssm")
    for kind in secrets.KINDS:
        if kind.name in SECRETS:
            secrets.keep(ssm, STAGE, kind, SECRETS[kind.name])
    yield made
    stack.remove(made.clients, STAGE)
    s3, bucket = made.client("s3"), made.bucket()
    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=found["Key"])
    ssm.delete_parameters(Names=[secrets.path(STAGE, kind) for kind in secrets.KINDS])


def person(keyboard: Keyboard) -> commands.Person:
    return commands.Person(keyboard.say, keyboard.ask, keyboard.ask)


def test_the_first_deployment_asks_twice_and_says_where_to_begin(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    """Nobody knows the gateway's address before there is one, so there are two changes."""
    keyboard = Keyboard(["yes", "yes"])
    commands.deploy(STAGE, account, person(keyboard), package(tmp_path, desk))
    assert "FirstQueue (SQS::Queue)" in keyboard.text
    assert f"{desk.url}/set-up/" in keyboard.said[-1]
    assert "k1" in keyboard.said[-1]
    assert SECRETS["link-keys"].removeprefix("k1:") not in keyboard.text
    [release] = releases.every(account.client("s3"), account.bucket(), STAGE)
    assert release.parameters["BaseUrl"] == desk.url


def test_a_domain_is_told_to_people_once_it_leads_here_and_from_then_on(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    """The record cannot be set before the first deployment has said where to."""
    certificate = "arn:aws:acm:eu-west-2:000000000000:certificate/1"
    ours = replace(STAGE, domain="groups.circle.org", certificate=certificate)
    leads_here: list[str] = []
    account = replace(account, answers=leads_here.__contains__)
    keyboard = Keyboard(["yes"] * 2)
    commands.deploy(ours, account, person(keyboard), package(tmp_path, desk))
    told = stack.told_before(account.clients, ours)
    assert (told["BaseUrl"], told["DomainName"]) == (desk.url, "groups.circle.org")
    assert f"{desk.url}/set-up/" in keyboard.text
    assert "deploy again: people are then told https://groups.circle.org" in keyboard.said[-1]
    leads_here.append("https://groups.circle.org")
    outputs = {"EndpointURL": desk.url}
    assert commands._address(ours, account, outputs) == "https://groups.circle.org"
    clients = account.clients
    parameters = ours.parameters("https://groups.circle.org")
    url = stack.upload(clients, account.bucket(), tmp_path).template_url
    stack.execute(clients, ours, stack.propose(clients, ours, url, parameters, "domain"))
    leads_here.clear()  # DNS has a bad minute
    assert commands._address(ours, account, outputs) == "https://groups.circle.org"


def test_without_a_yes_nothing_is_done(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    keyboard = Keyboard(["no"])
    with pytest.raises(commands.Stopped, match="nothing was changed"):
        commands.deploy(STAGE, account, person(keyboard), package(tmp_path, desk))
    assert stack.outputs(account.clients, STAGE) is None


def test_what_is_not_ready_stops_it_before_anything(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    account.client("ssm").delete_parameter(Name="/balint-trial/stripe-web-key")
    keyboard = Keyboard()
    with pytest.raises(commands.Stopped, match="Mend what is marked"):
        commands.deploy(STAGE, account, person(keyboard), package(tmp_path, desk))
    assert "MEND secret stripe-web-key" in keyboard.text
    assert "make secrets STAGE=trial" in keyboard.text
    assert keyboard.asked == []


def test_the_secret_of_an_endpoint_is_asked_for_once_there_is_an_address(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    account.client("ssm").delete_parameter(Name="/balint-trial/stripe-webhook-secrets")
    keyboard = Keyboard(["yes", "yes"])
    commands.deploy(STAGE, account, person(keyboard), package(tmp_path, desk))
    assert "note secret stripe-webhook-secrets" in keyboard.text
    with pytest.raises(commands.Stopped, match="Mend what is marked"):
        commands.deploy(STAGE, account, person(keyboard), package(tmp_path, desk))
    assert "MEND secret stripe-webhook-secrets" in keyboard.text


def test_a_site_that_does_not_answer_is_told_with_the_way_back(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    desk.healthy = False
    with pytest.raises(commands.Stopped, match="make rollback STAGE=trial"):
        commands.deploy(STAGE, account, person(Keyboard(["yes", "yes"])), package(tmp_path, desk))


def test_once_the_circle_is_set_up_no_link_is_shown(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    desk.set_up = True
    keyboard = Keyboard(["yes", "yes"])
    commands.deploy(STAGE, account, person(keyboard), package(tmp_path, desk))
    assert "/set-up/" not in keyboard.text


def test_the_release_before_is_deployed_again(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    keyboard = Keyboard(["yes"] * 4)
    commands.deploy(STAGE, account, person(keyboard), package(tmp_path / "1", desk, "first"))
    commands.deploy(STAGE, account, person(keyboard), package(tmp_path / "2", desk, "second"))
    commands.rollback(STAGE, account, person(keyboard))
    cloud = account.client("cloudformation")
    [queue] = cloud.describe_stack_resources(StackName=STAGE.stack)["StackResources"]
    assert queue["LogicalResourceId"] == "FirstQueue"
    assert len(releases.every(account.client("s3"), account.bucket(), STAGE)) == 3


def test_without_an_earlier_release_there_is_no_way_back(
    account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    commands.deploy(STAGE, account, person(Keyboard(["yes"] * 2)), package(tmp_path, desk))
    with pytest.raises(commands.Stopped, match="no earlier release"):
        commands.rollback(STAGE, account, person(Keyboard(["yes"])))


@pytest.mark.parametrize(
    ("change", "danger"),
    [
        ({"Action": "Modify", "Replacement": "True"}, True),
        ({"Action": "Modify", "Replacement": "Conditional"}, True),
        ({"Action": "Remove"}, True),
        ({"Action": "Modify", "Replacement": "False"}, False),
        ({"Action": "Add"}, False),
    ],
)
def test_a_change_that_would_lose_data_is_known(change: dict[str, str], danger: bool) -> None:
    table = {"LogicalResourceId": "LedgerTable", "ResourceType": "AWS::DynamoDB::Table"}
    assert stack._is_danger({**table, **change}) is danger
    assert not stack._is_danger({**table, **change, "ResourceType": "AWS::Lambda::Function"})


def test_a_stage_with_money_owed_is_not_taken_away(
    shop: Shop, account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    """The tables of the tests are those of a stage with the prefix `test`."""
    commands.deploy(STAGE, account, person(Keyboard(["yes"] * 2)), package(tmp_path, desk))
    shop.pay(shop.offer(a_recruiting_term(shop.world)))
    shop.hear_all()
    ours = type(STAGE)(**{**vars(STAGE), "prefix": "test"})
    keyboard = Keyboard([STAGE.name])
    with pytest.raises(commands.Stopped, match="while anything is owed"):
        commands.destroy(ours, account, person(keyboard))
    assert "216.00 GBP on deferred/" in keyboard.text
    assert keyboard.asked == []
    wiring.install(shop.world.outside)


def test_a_settled_stage_goes_when_its_name_is_typed(
    shop: Shop, account: commands.Account, desk: StripeDesk, tmp_path: Path
) -> None:
    commands.deploy(STAGE, account, person(Keyboard(["yes"] * 2)), package(tmp_path, desk))
    ours = type(STAGE)(**{**vars(STAGE), "prefix": "test"})
    with pytest.raises(commands.Stopped, match="nothing was changed"):
        commands.destroy(ours, account, person(Keyboard(["yes"])))
    a_recruiting_term(shop.world)
    commands.destroy(ours, account, person(Keyboard(["trial"])))
    assert stack.outputs(account.clients, STAGE) is None
    with pytest.raises(commands.Stopped, match="There is no stack"):
        commands.destroy(ours, account, person(Keyboard()))


def test_a_command_line_that_is_wrong_says_so_and_does_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert commands.main(["check", "Nowhere"]) == 1
    assert "is no name for a deployment" in capsys.readouterr().out
    values: dict[str, Any] = {"code": 0}
    with pytest.raises(SystemExit) as ended:
        commands.main(["explode", "trial"])
    assert ended.value.code != values["code"]

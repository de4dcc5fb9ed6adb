"""Where secrets come from: SSM, as moto plays it, or the value itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.gateways.secrets import (
    KEPT_SECONDS,
    REFUSED_SECONDS,
    KeptSecret,
    LinkKeys,
    Secrets,
    SecretsMissing,
)
from chalicelib.settings import read
from chalicelib.wiring import Wired
from tests.world import ENVIRONMENT

TOLD = {"LINK_KEYS": "ssm:/test/link-keys", "STRIPE_KEY": "ssm:/test/stripe-web"}


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class CountedSession:
    """A botocore session whose one client counts what it is asked, and can be told to fail."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing = False

    def __call__(self) -> CountedSession:
        return self

    def create_client(self, service: str, **options: Any) -> CountedSession:
        self._ssm = boto3.client(service, region_name=options["region_name"])
        return self

    @property
    def exceptions(self) -> Any:
        return self._ssm.exceptions

    def get_parameter(self, **asked: Any) -> Any:
        self.asked.append(asked["Name"])
        if self.failing:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParameter")
        return self._ssm.get_parameter(**asked)


@pytest.fixture
def ssm(_aws: None) -> Iterator[Any]:
    """A parameter store with the two secrets of TOLD."""
    client = boto3.client("ssm", region_name="eu-west-2")
    keep(client, "/test/link-keys", "k1:older")
    keep(client, "/test/stripe-web", "rk_test_web\n")
    yield client
    client.delete_parameters(Names=["/test/link-keys", "/test/stripe-web"])


def keep(client: Any, name: str, value: str) -> None:
    client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


@pytest.fixture
def session() -> CountedSession:
    return CountedSession()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def secrets(ssm: Any, session: CountedSession, watch: Watch) -> Secrets:
    return Secrets(TOLD, "eu-west-2", session, watch)  # type: ignore[arg-type]


def test_nothing_is_read_before_a_secret_is_used(secrets: Secrets, session: CountedSession) -> None:
    assert session.asked == []
    secrets.text("STRIPE_KEY")
    assert session.asked == ["/test/stripe-web"], "and no other then"


def test_the_outside_is_built_without_reading_a_secret() -> None:
    """Wiring runs at the first request of a process, importing the app runs at build time."""
    wired = Wired(read({**ENVIRONMENT, **TOLD}))
    assert wired.secrets._client is None
    assert "rk_test" not in repr(wired.settings)


def test_a_secret_loses_the_line_end_it_was_pasted_with(secrets: Secrets) -> None:
    assert secrets.text("STRIPE_KEY") == "rk_test_web"


def test_a_secret_is_kept_for_five_minutes(
    secrets: Secrets, session: CountedSession, watch: Watch, ssm: Any
) -> None:
    secrets.text("STRIPE_KEY")
    keep(ssm, "/test/stripe-web", "rk_test_new")
    watch.seconds += KEPT_SECONDS - 1
    assert secrets.text("STRIPE_KEY") == "rk_test_web"
    assert len(session.asked) == 1
    watch.seconds += 1
    assert secrets.text("STRIPE_KEY") == "rk_test_new"


def test_a_refusal_makes_them_be_read_again_but_not_all_the_time(
    secrets: Secrets, session: CountedSession, watch: Watch, ssm: Any
) -> None:
    assert secrets.text("STRIPE_KEY") == "rk_test_web"
    keep(ssm, "/test/stripe-web", "rk_test_new")
    assert secrets.again()
    assert secrets.text("STRIPE_KEY") == "rk_test_new"
    assert not secrets.again(), "that was a moment ago"
    secrets.text("STRIPE_KEY")
    assert len(session.asked) == 2
    watch.seconds += REFUSED_SECONDS
    assert secrets.again()


def test_what_was_known_goes_on_being_used_while_ssm_does_not_answer(
    secrets: Secrets, session: CountedSession, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    secrets.text("STRIPE_KEY")
    session.failing = True
    watch.seconds += KEPT_SECONDS
    with caplog.at_level(logging.WARNING, "balint.secrets"):
        assert secrets.text("STRIPE_KEY") == "rk_test_web"
    assert "secret_not_read_again" in caplog.text
    assert "rk_test_web" not in caplog.text


def test_without_an_answer_ever_nothing_is_pretended(
    secrets: Secrets, session: CountedSession
) -> None:
    session.failing = True
    with pytest.raises(ClientError):
        secrets.text("STRIPE_KEY")
    assert not secrets.again()


def test_a_secret_that_is_not_there_is_named_and_spoils_no_other(
    secrets: Secrets, ssm: Any
) -> None:
    ssm.delete_parameter(Name="/test/stripe-web")
    with pytest.raises(SecretsMissing, match="/test/stripe-web"):
        secrets.text("STRIPE_KEY")
    assert secrets.text("LINK_KEYS") == "k1:older"
    with pytest.raises(SecretsMissing, match="STRIPE_WEBHOOK_SECRETS"):
        secrets.text("STRIPE_WEBHOOK_SECRETS")
    assert secrets.several("STRIPE_WEBHOOK_SECRETS") == (), "and nobody's signature holds"


def test_a_value_that_is_no_name_is_the_secret_itself() -> None:
    plain = Secrets({"STRIPE_KEY": " sk_test_here\n"}, "eu-west-2")
    assert plain.text("STRIPE_KEY") == "sk_test_here"
    assert not plain.again()


def test_a_list_is_separated_by_commas_or_line_ends() -> None:
    plain = Secrets({"STRIPE_WEBHOOK_SECRETS": "whsec_a,whsec_b\nwhsec_c\n"}, "eu-west-2")
    assert plain.several("STRIPE_WEBHOOK_SECRETS") == ("whsec_a", "whsec_b", "whsec_c")


def test_the_first_link_key_signs_and_all_of_them_verify() -> None:
    keys = LinkKeys(Secrets({"LINK_KEYS": "k2:new,k1:older"}, "eu-west-2"), "LINK_KEYS")
    assert list(keys.items()) == [("k2", "new"), ("k1", "older")]
    assert len(keys) == 2
    assert "k3" not in keys


def test_a_link_signed_with_a_key_of_a_moment_ago_is_understood(secrets: Secrets, ssm: Any) -> None:
    keys = LinkKeys(secrets, "LINK_KEYS")
    assert list(keys) == ["k1"]
    keep(ssm, "/test/link-keys", "k2:new,k1:older")
    assert keys["k2"] == "new"
    assert "k3" not in keys


def test_one_secret_follows_what_is_kept(secrets: Secrets, ssm: Any) -> None:
    key = KeptSecret(secrets, "STRIPE_KEY")
    assert key.text() == "rk_test_web"
    keep(ssm, "/test/stripe-web", "rk_test_new")
    assert key.again()
    assert key.text() == "rk_test_new"

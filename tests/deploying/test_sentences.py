"""Whatever AWS or the network says to a tool, a person reads one sentence that says what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from botocore import exceptions as refused
from pynamodb.exceptions import GetError

from chalicelib.errors import StoreBusy
from local.tools import aws
from local.tools.deploy import stage
from tests.tiers import PROJECT

SIGN_IN, ONLINE = "aws sso login", "Is this computer online"


def answered(code: str, message: str = "as it said") -> refused.ClientError:
    return refused.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTable")


SAID = (
    (refused.NoCredentialsError(), SIGN_IN),
    (refused.PartialCredentialsError(provider="env", cred_var="x"), SIGN_IN),
    (refused.ProfileNotFound(profile="balint"), SIGN_IN),
    (refused.UnauthorizedSSOTokenError(), SIGN_IN),
    (refused.TokenRetrievalError(provider="sso", error_msg="Token has expired"), SIGN_IN),
    (answered("ExpiredToken"), "your sign-in has ended"),
    (answered("ExpiredTokenException"), SIGN_IN),
    (answered("UnrecognizedClientException"), SIGN_IN),
    (answered("InvalidClientTokenId"), SIGN_IN),
    (answered("AccessDeniedException"), "you may not do this here (DescribeTable)"),
    (answered("LimitExceeded", "Too many"), "AWS said no to DescribeTable: Too many"),
    (refused.NoRegionError(), "STAGE=..."),
    (refused.InvalidRegionError(region_name="nowhere!"), "set AWS_REGION"),
    (
        refused.EndpointConnectionError(endpoint_url="https://ssm.eu-west-2.amazonaws.com/"),
        "ssm.eu-west-2.amazonaws.com did not answer",
    ),
    (refused.ConnectTimeoutError(endpoint_url="https://x.org"), ONLINE),
    (refused.ReadTimeoutError(endpoint_url="https://x.org"), ONLINE),
    (refused.ConfigParseError(path="~/.aws/config"), "~/.aws/config"),
)


@pytest.mark.parametrize(("error", "words"), SAID, ids=lambda one: type(one).__name__)
def test_every_error_of_aws_becomes_one_sentence_with_its_cure(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def act() -> int:
        raise error

    assert aws.in_one_sentence(act) == 1
    told = capsys.readouterr().out
    assert words in told
    assert "Traceback" not in told
    assert told.count("\n") == 1


def test_the_stores_own_errors_say_what_is_behind_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Pages of tools that read the books come through the store."""

    def busy() -> int:
        away = refused.EndpointConnectionError(endpoint_url="https://dynamodb.example")
        raise StoreBusy from GetError(cause=away)

    def refused_by_aws() -> int:
        raise GetError(cause=answered("AccessDeniedException"))

    assert (aws.in_one_sentence(busy), aws.in_one_sentence(refused_by_aws)) == (1, 1)
    told = capsys.readouterr().out
    assert "dynamodb.example did not answer" in told
    assert "you may not do this here" in told


def test_another_host_that_does_not_answer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    def act() -> int:
        asked = requests.Request("GET", "https://api.stripe.com/v1/charges").prepare()
        raise requests.ConnectionError("a long story", request=asked)

    assert aws.in_one_sentence(act) == 1
    assert capsys.readouterr().out.startswith("api.stripe.com did not answer.")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, EOFError])
def test_who_interrupts_it_is_told_how_far_it_came(
    interruption: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    def act() -> int:
        raise interruption

    assert aws.in_one_sentence(act) == aws.STOPPED
    assert "was not done" in capsys.readouterr().out


def test_a_bug_of_a_tool_is_not_hidden() -> None:
    def act() -> int:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        aws.in_one_sentence(act)


# Which tables


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    """A folder with the stage `trial`."""
    example = (stage.STAGES / "example.toml").read_text("utf-8")
    written = example.replace("marmalade-circle.example", "circle.org")
    (tmp_path / "trial.toml").write_text(written.replace("balint-prod", "balint-trial"), "utf-8")
    return tmp_path


def test_a_stage_says_which_tables_and_where(stages: Path) -> None:
    assert aws.tables_of("trial", "", stages) == aws.Tables("balint-trial", "eu-west-2")
    assert aws.tables_of("trial", "balint-back", stages) == aws.Tables("balint-back", "eu-west-2")
    assert aws.tables_of("", "balint-old", stages) == aws.Tables("balint-old", None)
    with pytest.raises(aws.NothingNamed):
        aws.tables_of("", "", stages)
    with pytest.raises(stage.StageFaulty):
        aws.tables_of("nowhere", "", stages)


# Every tool, as it is started


EVERY_TOOL = """
import contextlib, io, json, sys
from pathlib import Path
from local.tools import export_all, import_all
from local.tools.deploy import __main__ as deploy
stages, copy = Path(sys.argv[1]), sys.argv[2]
tools = {
    **{name: (deploy.main, [name, "trial"]) for name in
       ("check", "secrets", "deploy", "rollback", "failures", "destroy")},
    "export": (export_all.main, ["--stage", "trial"]),
    "export without a stage": (export_all.main, ["--tables", "balint-trial"]),
    "import": (import_all.main, ["--stage", "trial", copy]),
}
said = {}
for name, (main, arguments) in tools.items():
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = main(arguments, stages)
    said[name] = [status, out.getvalue()]
json.dump(said, sys.stdout)
"""
BARE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAINVENTED", "AWS_SECRET_ACCESS_KEY": "invented"}


class Expired(BaseHTTPRequestHandler):
    """AWS, to somebody whose sign-in has ended: each service says so in its own language."""

    def do_POST(self) -> None:
        kind = self.headers.get("content-type", "")
        if "json" in kind:
            body = json.dumps({"__type": "ExpiredTokenException", "message": "expired"})
        else:
            told = "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>"
            body = f"<ErrorResponse>{told}</ErrorResponse>"
        self.send_response(400)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_HEAD = do_POST

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def expired() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Expired)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def started(stages: Path, told: dict[str, str]) -> dict[str, tuple[int, str]]:
    """What every tool says in such an environment."""
    copy = stages / "copy"
    copy.mkdir()
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", EVERY_TOOL, str(stages), str(copy)],
        cwd=PROJECT,
        env={**inherited, **BARE, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: (status, text) for name, (status, text) in json.loads(done.stdout).items()}


def assert_each(said: dict[str, tuple[int, str]], words: str) -> None:
    for name, (status, text) in said.items():
        assert status == 1, (name, text)
        if name != "import":  # it looks at the copy first
            assert words in text, (name, text)
        assert "Traceback" not in text, (name, text)


def test_without_credentials_every_tool_says_how_to_sign_in(stages: Path) -> None:
    assert_each(started(stages, {"AWS_DEFAULT_REGION": "eu-west-2"}), SIGN_IN)


def test_with_expired_credentials_every_tool_says_so(stages: Path, expired: str) -> None:
    told = {**KEYS, "AWS_ENDPOINT_URL": expired, "AWS_DEFAULT_REGION": "eu-west-2"}
    assert_each(started(stages, told), "has ended")


def test_without_a_network_every_tool_says_so(stages: Path) -> None:
    """Nor with a region of one's own: a stage has one, tables alone have none."""
    said = started(stages, {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert "set AWS_REGION" in said.pop("export without a stage")[1]
    assert_each(said, ONLINE)

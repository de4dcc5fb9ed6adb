"""The first hour of a deployment, over HTTP, with every function confined to its own role."""

from __future__ import annotations

import re

import pytest

from local.demo.people import ADA
from local.deployment import Deployment
from tests.deployed.street import DeployedStage, RemoteBrowser

pytestmark = pytest.mark.deployed


def test_the_deployment_is_healthy(browser: RemoteBrowser) -> None:
    answer = browser.get("/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")


def test_the_first_administrator_signs_in_by_the_mail_that_the_stream_sent(
    stage: DeployedStage,
) -> None:
    desk = stage.signed_in(ADA)
    assert desk.get("/admin/settings").status == 200
    assert "Marmalade Circle" in desk.text


def test_anyone_sees_the_home_page(stage: DeployedStage, browser: RemoteBrowser) -> None:
    answer = browser.get("/")
    assert answer.status == 200
    assert "Marmalade Circle" in browser.text
    assert answer.header("content-security-policy")


def test_a_stranger_is_sent_to_sign_in(stage: DeployedStage, browser: RemoteBrowser) -> None:
    browser.get("/admin/settings")
    assert "sign-in" in browser.path


def test_the_style_sheet_arrives_with_its_type(
    stage: DeployedStage, browser: RemoteBrowser
) -> None:
    browser.get("/")
    sheet = re.search(r'href="([^"]+\.css[^"]*)"', browser.answer.text)
    assert sheet
    answer = browser.get(sheet[1])
    assert (answer.status, answer.header("content-type")) == (200, "text/css; charset=utf-8")


@pytest.mark.parametrize("job", ["Tick", "SendMails", "SendRefunds", "SendPayouts", "Nightly"])
def test_every_job_runs_with_the_rights_of_its_role(
    stage: DeployedStage, deployment: Deployment, job: str
) -> None:
    deployment.invoke(job)

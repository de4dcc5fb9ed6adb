"""The first hour of a deployment, over HTTP, with every function confined to its own role."""

from __future__ import annotations

import re

import pytest

from chalicelib.rules import links
from local.deployment import Deployment
from tests.deployed.street import LINK_KEY, RemoteBrowser

pytestmark = pytest.mark.deployed

ADMINISTRATOR = "tess.marmalade@example.org"
CIRCLE = {
    "name": "Marmalade Circle",
    "email": "hello@marmalade-circle.example",
    "seller_name": "Marmalade Circle",
    "seller_address": "1 Preserve Lane, Fictonbury ZZ99 9ZZ",
    "seller_statement": "Fictional charity 000000. No VAT is charged.",
    "preset": "solo",
    "administrator_name": "Tess Marmalade",
    "administrator_email": ADMINISTRATOR,
}


@pytest.fixture(scope="session")
def administrator(deployment: Deployment) -> RemoteBrowser:
    """The first administrator, signed in by the link in her mail."""
    browser = RemoteBrowser(deployment.base_url)
    browser.get(links.link_path({"k1": LINK_KEY}, "set-up", "circle", 1))
    browser.submit(CIRCLE)
    assert browser.answer.status == 200, browser.text
    mail = deployment.aws.await_mail(ADMINISTRATOR)
    link = next(path for path in browser.links_in(mail["BodyText"]) if "/sign-in/" in path)
    browser.get(link)
    browser.submit(action="/sign-in/")
    return browser


def test_the_deployment_is_healthy(browser: RemoteBrowser) -> None:
    answer = browser.get("/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")


def test_the_first_administrator_signs_in_by_the_mail_that_the_stream_sent(
    administrator: RemoteBrowser,
) -> None:
    answer = administrator.get("/admin/settings")
    assert answer.status == 200
    assert "Marmalade Circle" in administrator.text


def test_anyone_sees_the_home_page(administrator: RemoteBrowser, browser: RemoteBrowser) -> None:
    answer = browser.get("/")
    assert answer.status == 200
    assert "Marmalade Circle" in browser.text
    assert answer.header("content-security-policy")


def test_a_stranger_is_sent_to_sign_in(
    administrator: RemoteBrowser, browser: RemoteBrowser
) -> None:
    browser.get("/admin/settings")
    assert "sign-in" in browser.path


def test_the_style_sheet_arrives_with_its_type(
    administrator: RemoteBrowser, browser: RemoteBrowser
) -> None:
    browser.get("/")
    sheet = re.search(r'href="([^"]+\.css[^"]*)"', browser.answer.text)
    assert sheet
    answer = browser.get(sheet[1])
    assert (answer.status, answer.header("content-type")) == (200, "text/css; charset=utf-8")


@pytest.mark.parametrize("job", ["Tick", "SendMails", "SendRefunds", "Nightly"])
def test_every_job_runs_with_the_rights_of_its_role(
    administrator: RemoteBrowser, deployment: Deployment, job: str
) -> None:
    deployment.invoke(job)

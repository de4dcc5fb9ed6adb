"""One deployment for all stories here: the built package in ministack with IAM enforced, and the
stand-in for Stripe beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.rules import links
from local.demo import groups
from local.demo.people import ADA, CIRCLE
from local.deployment import Deployment, deploy
from local.dynamodb_local import free_port
from local.emulator import Emulator
from local.fake_stripe import WEBHOOK_SECRET, FakeStripe
from tests.deployed.street import LINK_KEY, PREFIX, DeployedStage, RemoteBrowser
from tests.tiers import RUNTIME_PYTHON, built_package

SELLING_KEY, REFUND_KEY = "rk_test_rehearsal_sells", "rk_test_rehearsal_refunds"


@pytest.fixture(scope="session")
def stripe() -> Iterator[FakeStripe]:
    """Stripe's stand-in, listening, with two restricted keys: one sells and reads, one refunds.
    Events go out once the deployment tells it where."""
    fake = FakeStripe(lambda: datetime.now(UTC), secret=WEBHOOK_SECRET)
    fake.start()
    fake.restrict(SELLING_KEY, "POST /v1/refunds")
    fake.restrict(REFUND_KEY, "/v1/checkout/sessions", "/v1/balance")
    yield fake
    fake.stop()


@pytest.fixture(scope="session")
def deployment(stripe: FakeStripe) -> Iterator[Deployment]:
    """The template as packaging builds it, deployed. The emulator's log is build/rehearsal.log;
    what a function wrote is `deployment.log("SendMails")`."""
    package = built_package(host=True)
    log = package.parent / "rehearsal.log"
    stripe_url = stripe.world.base_url
    parameters = {
        "Stage": "rehearsal",
        "TablePrefix": PREFIX,
        "DeletionProtection": "false",
        "MailIdentity": "marmalade-circle.example",
        "MailSender": "hello@marmalade-circle.example",
        "AlarmMail": "host@marmalade-circle.example",
        "LinkKeys": f"k1:{LINK_KEY}",
        "StripeSecretKey": SELLING_KEY,
        "StripeRefundKey": REFUND_KEY,
        "StripeWebhookSecrets": WEBHOOK_SECRET,
        "StripeApiBase": stripe_url,
        "CheckoutOrigin": stripe_url,
    }
    python = str(RUNTIME_PYTHON)
    with Emulator(free_port(), enforce_iam=True, python=python, log=log) as aws:
        running = deploy(aws, package, parameters)
        stripe.deliveries.webhook = f"{running.base_url}/webhooks/stripe"
        stripe.deliver_in_background()
        yield running


@pytest.fixture
def browser(deployment: Deployment) -> RemoteBrowser:
    """A fresh browser on the deployment's street."""
    return RemoteBrowser(deployment.base_url)


@pytest.fixture(scope="session")
def stage(deployment: Deployment, stripe: FakeStripe) -> DeployedStage:
    """The circle is founded, and its first administrator signed in by the link in her mail."""
    stage = DeployedStage(deployment, stripe)
    browser = stage.browser()
    stage.fill(browser, links.link_path({"k1": LINK_KEY}, "set-up", "circle", 1), CIRCLE)
    stage.enter(browser, ADA)
    return stage


@pytest.fixture(scope="session")
def term(stage: DeployedStage) -> str:
    """The page of a term that takes applications."""
    groups.enter_group(stage, groups.LANTERN)
    groups.plan_term(stage, "lantern", groups.LANTERN_SPRING)
    return stage.places[groups.LANTERN_SPRING.name]

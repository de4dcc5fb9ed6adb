"""One deployment for all stories here: the built package in ministack with IAM enforced, and the
stand-in for Stripe beside it. Time that passes in one story passes in all: each has a group, a term
and people of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.rules import links
from local.demo.people import ADA, CIRCLE
from local.deployment import Deployment, deploy
from local.dynamodb_local import free_port
from local.emulator import REGION, Emulator
from local.fake_stripe import CONNECT_WEBHOOK_SECRET, WEBHOOK_SECRET, FakeStripe
from local.tools.deploy.stage import Stage
from tests.deployed.street import LINK_KEY, PREFIX, DeployedStage, RemoteBrowser
from tests.tiers import RUNTIME_PYTHON, built_package

SELLING_KEY, JOBS_KEY = "rk_test_rehearsal_sells", "rk_test_rehearsal_reads"
REFUND_KEY, PAYOUT_KEY = "rk_test_rehearsal_refunds", "rk_test_rehearsal_pays"
SECRETS = {
    "link-keys": f"k1:{LINK_KEY}",
    "stripe-web-key": SELLING_KEY,
    "stripe-jobs-key": JOBS_KEY,
    "stripe-refunds-key": f"{REFUND_KEY}\n",
    "stripe-payouts-key": PAYOUT_KEY,
    "stripe-webhook-secrets": f"whsec_of_last_year,{WEBHOOK_SECRET}\n",
    "stripe-connect-secrets": f"whsec_of_last_year,{CONNECT_WEBHOOK_SECRET}\n",
}


@pytest.fixture(scope="session")
def stripe() -> Iterator[FakeStripe]:
    """Stripe's stand-in, listening, with restricted keys: two sell and read, one refunds, one pays
    leaders. Events go out once the deployment tells it where."""
    fake = FakeStripe(lambda: datetime.now(UTC))
    fake.start()
    fake.restrict(SELLING_KEY, "POST /v1/refunds", "POST /v1/transfers")
    fake.restrict(JOBS_KEY, "POST /v1/refunds", "POST /v1/transfers")
    fake.restrict(REFUND_KEY, "/v1/checkout/sessions", "/v1/balance", "/v1/transfers")
    fake.restrict(PAYOUT_KEY, "/v1/checkout/sessions", "POST /v1/refunds")
    yield fake
    fake.stop()


@pytest.fixture(scope="session")
def deployment(stripe: FakeStripe) -> Iterator[Deployment]:
    """The template as packaging builds it, deployed. The emulator's log is build/rehearsal.log;
    what a function wrote is `deployment.log("SendMails")`."""
    package = built_package(host=True)
    log = package.parent / "rehearsal.log"
    stripe_url = stripe.world.base_url
    stage = Stage(
        name="rehearsal",
        region=REGION,
        prefix=PREFIX,
        mail_identity="marmalade-circle.example",
        mail_sender="hello@marmalade-circle.example",
        alarm_mail="host@marmalade-circle.example",
        stripe_mode="test",
    )
    more = {
        "DeletionProtection": "false",
        "StripeApiBase": stripe_url,
        "CheckoutOrigin": stripe_url,
        "ConnectOrigin": stripe_url,
    }
    python = str(RUNTIME_PYTHON)
    with Emulator(free_port(), enforce_iam=True, python=python, log=log) as aws:
        running = deploy(aws, package, stage, SECRETS, more)
        stripe.deliveries.webhook = f"{running.base_url}/webhooks/stripe"
        stripe.deliveries.connect_webhook = f"{running.base_url}/webhooks/stripe/connect"
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

"""One deployment for all stories here: the built package in ministack with IAM enforced, and the
stand-in for Stripe beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.deployment import Deployment, deploy
from local.dynamodb_local import free_port
from local.emulator import Emulator
from local.fake_stripe.fake import WEBHOOK_SECRET, FakeStripe
from tests.deployed.street import LINK_KEY, RemoteBrowser
from tests.tiers import RUNTIME_PYTHON, built_package


@pytest.fixture(scope="session")
def stripe() -> Iterator[FakeStripe]:
    """Stripe's stand-in, listening; events go out once the deployment tells it where."""
    fake = FakeStripe(lambda: datetime.now(UTC), secret=WEBHOOK_SECRET)
    fake.start()
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
        "TablePrefix": "rehearsal",
        "DeletionProtection": "false",
        "MailIdentity": "marmalade-circle.example",
        "MailSender": "hello@marmalade-circle.example",
        "LinkKeys": f"k1:{LINK_KEY}",
        "StripeSecretKey": "sk_test_rehearsal",
        "StripeRefundKey": "sk_test_rehearsal_refunds",
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

"""What SES tells of a mail reaches the product: by the topic, its subscription, and the function
with the rights of its own role. The emulator's SES tells nothing: the topic is spoken on here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.rules.mail import name_in_path
from local import ses_events
from local.demo.people import ADA
from local.deployment import Deployment
from local.ses_events import SentMail
from tests.deployed.street import PREFIX, DeployedStage

pytestmark = pytest.mark.deployed

TILDA = "tilda.treasure@example.org"


def publish(deployment: Deployment, message: str) -> None:
    """Say this on the topic, as SES does."""
    topic = deployment.physical("MailEvents")
    deployment.aws.client("sns").publish(TopicArn=topic, Message=message)


def mails_to(deployment: Deployment, email: str) -> list[dict[str, Any]]:
    """The outbox's rows for somebody, as they lie there."""
    found = deployment.aws.client("dynamodb").scan(
        TableName=f"{PREFIX}-outbox",
        FilterExpression="#to = :to",
        ExpressionAttributeNames={"#to": "to"},
        ExpressionAttributeValues={":to": {"S": email}},
    )
    return list(found["Items"])


def test_only_the_function_that_hears_listens(deployment: Deployment) -> None:
    topic = deployment.physical("MailEvents")
    listening = deployment.aws.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    (one,) = listening["Subscriptions"]
    assert one["Protocol"] == "lambda"
    assert one["Endpoint"].rsplit(":", 1)[-1] == deployment.physical("HearMails")


def test_a_bounce_that_ses_tells_is_seen_at_the_desk(
    stage: DeployedStage, deployment: Deployment
) -> None:
    ada = stage.signed_in(ADA, fresh=True)
    given = {
        "full_name": "Tilda Treasure",
        "email": TILDA,
        "role": "treasurer",
        "reason": "Agreed with the circle.",
    }
    stage.fill(ada, "/admin/settings/people", given)
    deployment.aws.await_mail(TILDA)
    stage.until(lambda: [row["state"]["S"] for row in mails_to(deployment, TILDA)] == ["sent"])
    (row,) = mails_to(deployment, TILDA)
    tag = name_in_path(row["message_key"]["S"])
    now = datetime.now(UTC)
    mail = SentMail(row["message_id"]["S"], TILDA, tag, now)
    publish(deployment, ses_events.GREETING)
    for event in (ses_events.bounced(mail, now), ses_events.delivered(mail, now)):
        publish(deployment, json.dumps(event))

    def is_shown() -> bool:
        ada.get("/admin/addresses")
        return TILDA in ada.text

    stage.until(is_shown)
    assert "Mail comes back" in ada.text
    ada.get("/admin")
    assert f"({TILDA})" in ada.text
    (row,) = mails_to(deployment, TILDA)
    assert row["delivery"]["S"] == "bounced"

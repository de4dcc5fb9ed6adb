"""What SES tells of a mail, in SES's own JSON, and how SNS brings it to a function.

The shapes are those of "Contents of event data that Amazon SES publishes to Amazon SNS". What does
not live here: who sends them (mailbox.py on a laptop, the tests), who reads them
(chalicelib/rules/mail_news.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GREETING = "Successfully validated SNS topic for Amazon SES event publishing."


@dataclass(frozen=True)
class SentMail:
    """A mail as SES knows it: its id there, to whom, the tag that names it with us."""

    message_id: str
    to: str
    tag: str
    at: datetime
    subject: str = ""


def delivered(mail: SentMail, at: datetime) -> dict[str, Any]:
    """The receiving server took it."""
    delivery = {
        "timestamp": _stamp(at),
        "processingTimeMillis": 546,
        "recipients": [mail.to],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a8-70.smtp-out.amazonses.com",
    }
    return _event("Delivery", mail, {"delivery": delivery})


def bounced(
    mail: SentMail, at: datetime, kind: str = "Permanent", sub_kind: str = "General"
) -> dict[str, Any]:
    """It came back: `kind` is Permanent, Transient or Undetermined."""
    recipient = {
        "emailAddress": mail.to,
        "action": "failed",
        "status": "5.1.1" if kind == "Permanent" else "4.2.2",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown"
        if kind == "Permanent"
        else "smtp; 452 4.2.2 mailbox full",
    }
    bounce = {
        "feedbackId": f"feedback-{mail.message_id}",
        "bounceType": kind,
        "bounceSubType": sub_kind,
        "bouncedRecipients": [recipient],
        "timestamp": _stamp(at),
        "reportingMTA": "dsn; mta.example.com",
    }
    return _event("Bounce", mail, {"bounce": bounce})


def complained(mail: SentMail, at: datetime, feedback: str = "abuse") -> dict[str, Any]:
    """Its reader marked it as unwanted."""
    complaint = {
        "feedbackId": f"feedback-{mail.message_id}",
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": mail.to}],
        "timestamp": _stamp(at),
        "complaintFeedbackType": feedback,
    }
    return _event("Complaint", mail, {"complaint": complaint})


def rejected(mail: SentMail) -> dict[str, Any]:
    """SES itself did not let it out."""
    return _event("Reject", mail, {"reject": {"reason": "Bad content"}})


def brought(*messages: Mapping[str, Any] | str) -> dict[str, Any]:
    """The event by which SNS calls a Lambda function, one record for each message."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in messages]
    return {"Records": [_record(number, text) for number, text in enumerate(texts, 1)]}


def _record(number: int, text: str) -> dict[str, Any]:
    topic = "arn:aws:sns:eu-west-2:123456789012:balint-mail-events"
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{topic}:11111111-2222-3333-4444-555555555555",
        "Sns": {
            "Type": "Notification",
            "MessageId": f"sns-{number}",
            "TopicArn": topic,
            "Subject": "Amazon SES Email Event Notification",
            "Message": text,
            "Timestamp": "2026-11-21T18:00:00.000Z",
            "MessageAttributes": {},
        },
    }


def _event(kind: str, mail: SentMail, more: Mapping[str, Any]) -> dict[str, Any]:
    about = {
        "timestamp": _stamp(mail.at),
        "source": "hello@marmalade-circle.example",
        "sendingAccountId": "123456789012",
        "messageId": mail.message_id,
        "destination": [mail.to],
        "headersTruncated": False,
        "headers": [{"name": "To", "value": mail.to}],
        "commonHeaders": {"to": [mail.to], "subject": mail.subject},
        "tags": {"ses:configuration-set": ["balint-mails"], "mail": [mail.tag]},
    }
    return {"eventType": kind, "mail": about, **more}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

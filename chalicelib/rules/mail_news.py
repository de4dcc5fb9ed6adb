"""What SES tells of a mail, read from its JSON (event publishing): delivered, come back, refused.

Events come at least once, in any order, and also before we know the mail's number at SES; whose
they are, the tag `mail` says. What does not live here: what becomes of the mail (sending.py) and
of the address (people/addresses.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from chalicelib.rules.mail import key_in_path

DELIVERED = "delivered"
NOT_NOW = "not_now"  # a transient or undetermined bounce: the address may be right
REJECTED = "rejected"  # SES itself did not let it out, for what it holds
BOUNCED = "bounced"
COMPLAINED = "complained"
WITHHELD = "withheld"  # not of SES: we did not send it, for the address bounces

# Which news of one mail outlives which: what comes later in this order is never hidden by what
# comes before, whenever it arrives.
ORDER = ("", DELIVERED, NOT_NOW, REJECTED, BOUNCED, COMPLAINED)
REASON_LENGTH_MAX = 200


class MailNewsUnreadable(ValueError):
    """An event of a kind that we listen to, whose parts are not where they belong."""


@dataclass(frozen=True, kw_only=True)
class MailNews:
    """What became of one mail at one moment. `mail_key` is None for a mail that is not of our
    outbox; `reason` is the mail service's own word."""

    what: str
    at: datetime
    message_id: str
    sent_at: datetime
    subject: str = ""
    mail_key: str | None = None
    addresses: tuple[str, ...] = ()
    reason: str = ""


def news_of(text: str) -> MailNews | None:
    """What an event says; None for what is none of the kinds we listen to.

    Raises MailNewsUnreadable for one of those kinds whose parts are not where they belong.
    """
    told = _told(text)
    reader = READERS.get(str(told.get("eventType", "")))
    if reader is None:
        return None
    try:
        return reader(told)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise MailNewsUnreadable(type(error).__name__) from error


def _told(text: str) -> Mapping[str, Any]:
    """The event; nothing for what is no JSON object: SES greets a new topic in plain words."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bounce(told: Mapping[str, Any]) -> MailNews:
    bounce = told["bounce"]
    what = BOUNCED if bounce["bounceType"] == "Permanent" else NOT_NOW
    recipients = bounce["bouncedRecipients"]
    said = [str(bounce.get("bounceSubType", "")), str(recipients[0].get("diagnosticCode", ""))]
    reason = ": ".join(part for part in said if part)
    return _news(told, what, bounce["timestamp"], _addresses(recipients), reason)


def _complaint(told: Mapping[str, Any]) -> MailNews | None:
    complaint = told["complaint"]
    if complaint.get("complaintFeedbackType") == "not-spam":
        return None  # somebody took it out of the unwanted mail
    reason = complaint.get("complaintFeedbackType") or complaint.get("complaintSubType") or ""
    addresses = _addresses(complaint["complainedRecipients"])
    return _news(told, COMPLAINED, complaint["timestamp"], addresses, str(reason))


def _delivery(told: Mapping[str, Any]) -> MailNews:
    delivery = told["delivery"]
    addresses = tuple(_address(one) for one in delivery["recipients"])
    return _news(told, DELIVERED, delivery["timestamp"], addresses, "")


def _reject(told: Mapping[str, Any]) -> MailNews:
    about = told["mail"]
    addresses = tuple(_address(one) for one in about["destination"])
    return _news(told, REJECTED, about["timestamp"], addresses, str(told["reject"]["reason"]))


READERS = {
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Delivery": _delivery,
    "Reject": _reject,
}


def _news(
    told: Mapping[str, Any], what: str, at: str, addresses: tuple[str, ...], reason: str
) -> MailNews:
    about = told["mail"]
    tags = (about.get("tags") or {}).get("mail") or [""]
    return MailNews(
        what=what,
        at=_instant(at),
        message_id=str(about["messageId"]),
        sent_at=_instant(about["timestamp"]),
        subject=str((about.get("commonHeaders") or {}).get("subject", "")),
        mail_key=key_in_path(str(tags[0])) or None,
        addresses=addresses,
        reason=reason[:REASON_LENGTH_MAX],
    )


def _addresses(recipients: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(_address(one["emailAddress"]) for one in recipients)


def _address(text: str) -> str:
    """The plain address: a bounce may bring the name along."""
    found = parseaddr(text)[1]
    if "@" not in found:
        raise ValueError("no address")
    return found


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("instants are aware")
    return at

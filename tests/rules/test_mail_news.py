"""What SES's events say, read without trust: what they mean, and what is none of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.rules.mail import name_in_path
from chalicelib.rules.mail_kinds import KINDS
from chalicelib.rules.mail_news import MailNewsUnreadable, news_of
from local import ses_events
from local.ses_events import SentMail
from tests.mail_samples import template_names

SENT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
AT = datetime(2026, 11, 21, 18, 0, 3, 250000, tzinfo=UTC)
KEY = "offer#offer-1"
MAIL = SentMail("ses-1", "pip.buttonwood@example.org", name_in_path(KEY), SENT, "A place for you")


@pytest.mark.parametrize(
    ("event", "what", "reason"),
    [
        (ses_events.delivered(MAIL, AT), "delivered", ""),
        (ses_events.bounced(MAIL, AT), "bounced", "General: smtp; 550 5.1.1 user unknown"),
        (
            ses_events.bounced(MAIL, AT, sub_kind="OnAccountSuppressionList"),
            "bounced",
            "OnAccountSuppressionList: smtp; 550 5.1.1 user unknown",
        ),
        (
            ses_events.bounced(MAIL, AT, "Transient", "MailboxFull"),
            "not_now",
            "MailboxFull: smtp; 452 4.2.2 mailbox full",
        ),
        (
            ses_events.bounced(MAIL, AT, "Undetermined", "Undetermined"),
            "not_now",
            "Undetermined: smtp; 452 4.2.2 mailbox full",
        ),
        (ses_events.complained(MAIL, AT), "complained", "abuse"),
        (ses_events.rejected(MAIL), "rejected", "Bad content"),
    ],
)
def test_an_event_says_what_became_of_which_mail(
    event: dict[str, Any], what: str, reason: str
) -> None:
    news = news_of(json.dumps(event))
    assert news is not None
    assert (news.what, news.reason) == (what, reason)
    assert (news.mail_key, news.message_id, news.subject) == (KEY, "ses-1", "A place for you")
    assert news.addresses == (MAIL.to,)
    assert news.sent_at == SENT
    assert news.at == (SENT if what == "rejected" else AT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ses_events.GREETING,
        "null",
        "[]",
        "{}",
        '{"eventType": "Open", "mail": {}}',
        '{"eventType": "Send"}',
        '{"eventType": ["Bounce"]}',
        '{"notificationType": "Bounce"}',  # the older format, which we never asked for
        json.dumps(ses_events.complained(MAIL, AT, "not-spam")),
    ],
)
def test_what_we_do_not_listen_to_is_nothing(text: str) -> None:
    assert news_of(text) is None


def without(event: dict[str, Any], *path: str) -> dict[str, Any]:
    """The event without one of its parts."""
    whole = json.loads(json.dumps(event))
    inside = whole
    for name in path[:-1]:
        inside = inside[name]
    del inside[path[-1]]
    return dict(whole)


BOUNCE = ses_events.bounced(MAIL, AT)


@pytest.mark.parametrize(
    "event",
    [
        without(BOUNCE, "bounce"),
        without(BOUNCE, "mail"),
        without(BOUNCE, "mail", "messageId"),
        without(BOUNCE, "bounce", "timestamp"),
        without(BOUNCE, "bounce", "bouncedRecipients"),
        BOUNCE | {"bounce": None},
        BOUNCE | {"bounce": BOUNCE["bounce"] | {"bouncedRecipients": []}},
        BOUNCE | {"bounce": BOUNCE["bounce"] | {"bouncedRecipients": [{"emailAddress": "pip"}]}},
        BOUNCE | {"bounce": BOUNCE["bounce"] | {"timestamp": "yesterday"}},
        BOUNCE | {"bounce": BOUNCE["bounce"] | {"timestamp": "2026-11-21T18:00:00"}},
        BOUNCE | {"mail": "mail"},
        {"eventType": "Complaint", "mail": BOUNCE["mail"], "complaint": []},
        {"eventType": "Delivery", "mail": BOUNCE["mail"], "delivery": {"recipients": None}},
        {"eventType": "Reject", "mail": BOUNCE["mail"]},
    ],
)
def test_a_bounce_that_cannot_be_read_is_never_passed_over(event: dict[str, Any]) -> None:
    with pytest.raises(MailNewsUnreadable):
        news_of(json.dumps(event))


@pytest.mark.parametrize("tags", [None, {}, {"mail": []}, {"mail": ["%%"]}, {"mail": [""]}])
def test_a_mail_that_is_not_of_our_outbox_has_no_key(tags: Any) -> None:
    news = news_of(json.dumps(BOUNCE | {"mail": BOUNCE["mail"] | {"tags": tags}}))
    assert news is not None
    assert news.mail_key is None


def test_an_address_may_come_with_its_name() -> None:
    named = [{"emailAddress": "Pip Buttonwood <Pip.Buttonwood@example.org>"}]
    event = BOUNCE | {"bounce": BOUNCE["bounce"] | {"bouncedRecipients": named}}
    news = news_of(json.dumps(event))
    assert news is not None
    assert news.addresses == ("Pip.Buttonwood@example.org",)


def test_every_mail_has_a_kind() -> None:
    assert sorted(KINDS) == template_names(), "say in rules/mail_kinds.py what it is to its reader"
    assert set(KINDS.values()) == {"critical", "needed", "news"}

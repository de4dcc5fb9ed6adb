"""Every check says what is wrong and how to mend it, and nothing is changed by asking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import NoCredentialsError

from local.tools.deploy import checks, rights, stripe_checks
from local.tools.deploy.checks import Check
from tests.deploying.world import SECRETS, STAGE, Ses, StripeDesk, a_desk

ADDRESS = "https://groups.circle.org"
HELD = {name: key for name, key in SECRETS.items() if name in rights.RIGHTS}


def dns(**records: list[str]) -> checks.Lookup:
    """A DNS that knows the DMARC record, and what it is told."""
    return lambda name, kind: records.get(kind, [])


def unwell(found: Any) -> dict[str, str]:
    return {one.what: one.mend for one in found if not one.well}


class Nobody:
    """STS, to somebody without credentials."""

    def get_caller_identity(self) -> dict[str, str]:
        raise NoCredentialsError


def test_who_is_not_signed_in_is_told_how() -> None:
    told = checks.who_we_are(Nobody())
    assert not told.well
    assert "aws sso login" in told.mend


def test_a_mail_set_up_that_is_whole_passes() -> None:
    found = list(checks.mail(Ses(), STAGE, dns(TXT=["v=DMARC1; p=none"])))
    assert unwell(found) == {}
    assert len(found) == 4


def test_each_thing_that_mail_lacks_is_named_with_its_cure() -> None:
    ses = Ses(production=False, verified=False)
    told = unwell(checks.mail(ses, STAGE, dns(TXT=["v=spf1 -all"])))
    assert "Request production access" in told["SES out of its sandbox"]
    record = "token1._domainkey.circle.org CNAME token1.dkim.amazonses.com"
    assert record in told["DKIM of circle.org"]
    assert '_dmarc.circle.org TXT "v=DMARC1;' in told["DMARC of circle.org"]


def test_a_domain_that_ses_does_not_know_yet_keeps_nobody_back() -> None:
    [told] = [one for one in checks.mail(Ses(known=False), STAGE, dns()) if "DKIM" in one.what]
    assert not told.well
    assert told.warns


def test_a_dns_that_does_not_answer_is_said_and_keeps_nobody_back() -> None:
    def silent(name: str, kind: str) -> list[str]:
        raise requests.ConnectTimeout

    [told] = [one for one in checks.mail(Ses(), STAGE, silent) if "DMARC" in one.what]
    assert (told.well, told.warns) == (False, True)


class Topic:
    """SNS, with what somebody answered to its mail."""

    class exceptions:
        class NotFoundException(Exception):
            pass

    def __init__(self, answered: str | None) -> None:
        self.answered = answered
        self.asked: list[str] = []

    def get_paginator(self, _: str) -> Topic:
        return self

    def paginate(self, TopicArn: str) -> list[dict[str, Any]]:
        self.asked.append(TopicArn)
        if self.answered is None:
            raise self.exceptions.NotFoundException
        one = {"Endpoint": STAGE.alarm_mail, "SubscriptionArn": self.answered}
        return [{"Subscriptions": [one, {**one, "Endpoint": "another@circle.org"}]}]


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        ("arn:aws:sns:eu-west-2:1:balint-trial-alarms:2", ""),
        ("PendingConfirmation", "Confirm subscription"),
        ("Deleted", "Confirm subscription"),
        (None, "next deployment"),
    ],
)
def test_alarms_that_nobody_hears_are_found(answered: str | None, words: str) -> None:
    topic = Topic(answered)
    caller = {"Account": "000000000000", "Arn": "arn:aws:iam::000000000000:user/ada"}
    told = checks.alarm_mail(topic, STAGE, caller)
    assert topic.asked == ["arn:aws:sns:eu-west-2:000000000000:balint-trial-alarms"]
    assert (told.well, words in told.mend) == (not words, True)
    assert told.warns  # a release that mends something is not kept back by it


def test_only_what_is_neither_well_nor_a_note_stands_in_the_way() -> None:
    bad, note, good = Check("a", False), Check("b", False, warns=True), Check("c", True)
    assert checks.stand_in_the_way([bad, note, good]) == [bad]


@pytest.fixture
def desk() -> Iterator[StripeDesk]:
    with a_desk() as open_desk:
        open_desk.let_in_all()
        open_desk.endpoint(ADDRESS)
        yield open_desk


def test_keys_and_endpoint_as_they_should_be_pass(desk: StripeDesk) -> None:
    found = [
        *stripe_checks.keys(HELD, desk.url),
        *stripe_checks.endpoints(HELD["stripe-jobs-key"], ADDRESS, False, False, desk.url),
    ]
    assert unwell(found) == {}


def test_a_key_that_could_refund_and_should_not_is_found(desk: StripeDesk) -> None:
    desk.keys[HELD["stripe-web-key"]]["Charges and Refunds"] = "write"
    told = unwell(stripe_checks.keys(HELD, desk.url))
    assert list(told) == ["stripe-web-key cannot use /v1/refunds"]
    assert '"Charges and Refunds"' in told["stripe-web-key cannot use /v1/refunds"]


def test_a_key_that_could_pay_out_and_should_not_is_found(desk: StripeDesk) -> None:
    desk.keys[HELD["stripe-refunds-key"]]["Transfers (Connect)"] = "write"
    assert list(unwell(stripe_checks.keys(HELD, desk.url))) == [
        "stripe-refunds-key cannot use /v1/transfers"
    ]


def test_a_key_that_stripe_does_not_know_is_found(desk: StripeDesk) -> None:
    del desk.keys[HELD["stripe-jobs-key"]]
    assert "Stripe knows stripe-jobs-key" in unwell(stripe_checks.keys(HELD, desk.url))


WRONG = (
    ({"status": "disabled"}, "it is disabled"),
    ({"api_version": "2020-01-01"}, "its API version has to be"),
    ({"enabled_events": ["checkout.session.completed"]}, "refund.failed"),
    ({"url": "https://elsewhere.org/webhooks/stripe"}, "make it"),
    ({"livemode": True}, "make it"),
)


@pytest.mark.parametrize(("changed", "complaint"), WRONG)
def test_an_endpoint_that_would_not_do_is_found(
    desk: StripeDesk, changed: dict[str, Any], complaint: str
) -> None:
    desk.endpoints.clear()
    desk.endpoint(ADDRESS, **changed)
    [told] = stripe_checks.endpoints(HELD["stripe-jobs-key"], ADDRESS, False, False, desk.url)
    assert not told.well
    assert complaint in told.mend


def test_two_endpoints_would_send_everything_twice(desk: StripeDesk) -> None:
    desk.endpoint(ADDRESS)
    [told] = stripe_checks.endpoints(HELD["stripe-jobs-key"], ADDRESS, False, False, desk.url)
    assert "remove one" in told.mend


def test_an_endpoint_that_sends_everything_sends_enough(desk: StripeDesk) -> None:
    desk.endpoints.clear()
    desk.endpoint(ADDRESS, enabled_events=["*"])
    [told] = stripe_checks.endpoints(HELD["stripe-jobs-key"], ADDRESS, False, False, desk.url)
    assert told.well


def test_endpoints_that_may_not_be_listed_are_said_so(desk: StripeDesk) -> None:
    del desk.keys[HELD["stripe-jobs-key"]]["Webhook Endpoints"]
    [told] = stripe_checks.endpoints(HELD["stripe-jobs-key"], ADDRESS, False, False, desk.url)
    assert "Webhook Endpoints: Read" in told.mend


def test_the_endpoint_asks_for_every_event_that_a_flow_hears() -> None:
    """One list: what the door hears is what the endpoint has to send."""
    asked = set(rights.ENDPOINTS["/webhooks/stripe"])
    disputes = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
    assert asked >= {f"charge.dispute.{what}" for what in disputes}
    assert asked >= {"radar.early_fraud_warning.created", "checkout.session.completed"}
    assert asked >= {"refund.created", "refund.updated", "refund.failed"}


def test_only_one_key_each_may_move_money_away() -> None:
    for resource, owner in rights.MOVES_MONEY.items():
        writers = {
            name for name, allowed in rights.RIGHTS.items() if allowed.get(resource) == "write"
        }
        assert writers == {owner}

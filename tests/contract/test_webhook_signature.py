"""Our check of webhook signatures, held against the SDK's."""

from __future__ import annotations

import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import stripe
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.errors import NotSigned
from chalicelib.gateways.webhook_signature import verify
from local.fake_stripe import sign

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
SECRET = "whsec_invented"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "livemode": False,
    "created": int(NOW.timestamp()),
    "data": {"object": {"id": "cs_1", "object": "checkout.session"}},
}
BODY = json.dumps(EVENT).encode()


def test_a_signed_event_is_read() -> None:
    event = verify(BODY, sign(BODY, SECRET, NOW), [SECRET], NOW)
    assert (event.id, event.type, event.livemode) == ("evt_1", EVENT["type"], False)
    assert (event.account, event.created_at) == (None, NOW)
    assert event.object["id"] == "cs_1"


def test_a_connected_accounts_event_names_it() -> None:
    body = json.dumps({**EVENT, "account": "acct_1"}).encode()
    assert verify(body, sign(body, SECRET, NOW), [SECRET], NOW).account == "acct_1"


def test_while_a_secret_is_rolled_either_one_opens() -> None:
    header = sign(BODY, "whsec_old", NOW) + "," + sign(BODY, "whsec_new", NOW).split(",")[1]
    for secrets in (["whsec_old"], ["whsec_new"], ["whsec_new", "whsec_old"]):
        assert verify(BODY, header, secrets, NOW)
    assert verify(BODY, sign(BODY, "whsec_old", NOW), ["whsec_new", "whsec_old"], NOW)


def test_a_secret_with_a_newline_from_a_file_still_opens() -> None:
    assert verify(BODY, sign(BODY, SECRET, NOW), [f" {SECRET}\n"], NOW)


@pytest.mark.parametrize("secrets", [[], [""], [" \n"], [SECRET, ""]])
def test_a_missing_secret_closes_the_door(secrets: list[str]) -> None:
    for key in (SECRET, ""):
        with pytest.raises(NotSigned):
            verify(BODY, sign(BODY, key, NOW), secrets, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, -86400, 86400])
def test_a_timestamp_too_old_or_too_far_ahead_is_refused(seconds: int) -> None:
    header = sign(BODY, SECRET, NOW + timedelta(seconds=seconds))
    with pytest.raises(NotSigned):
        verify(BODY, header, [SECRET], NOW)
    assert verify(BODY, header, [SECRET], NOW, tolerance_seconds=90_000)


@pytest.mark.parametrize(
    "header",
    [None, "", "t", "v1", "t=1", "t=,v1=", "t=x,v1=y", "t=٣,v1=ÿ", "t=" + "9" * 5000, "=,=,="],
)
def test_a_header_that_cannot_be_read_is_refused(header: str | None) -> None:
    with pytest.raises(NotSigned):
        verify(BODY, header, [SECRET], NOW)


def _changed(**fields: Any) -> bytes:
    return json.dumps({**EVENT, **fields}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"no json",
        b"[]",
        b'"event"',
        b"{}",
        b"[" * 100_000,
        _changed(object="v2.core.event"),
        _changed(id=None),
        _changed(livemode="false"),
        _changed(created="now"),
        _changed(created=True),
        _changed(created=10**30),
        _changed(account=7),
        _changed(data=None),
        _changed(data={"object": []}),
        json.dumps({"detail": EVENT}).encode(),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(NotSigned):
        verify(body, sign(body, SECRET, NOW), [SECRET], NOW)


def test_the_body_is_checked_as_it_came() -> None:
    header = sign(BODY, SECRET, NOW)
    with pytest.raises(NotSigned):
        verify(json.dumps(EVENT, indent=1).encode(), header, [SECRET], NOW)


def _digest(body: bytes, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), b"%d." % timestamp + body, sha256).hexdigest()


SECRETS = st.sampled_from(["whsec_a", "whsec_b", ""])


@st.composite
def _headers(draw: st.DrawFn) -> tuple[str, int]:
    """Headers that are right, nearly right, and nothing of the kind; and their age in seconds."""
    age = draw(st.sampled_from([0, 10, 200, 290, 310, 5000, -10]))
    timestamp = int(time.time()) - age
    right = st.builds(lambda secret: f"v1={_digest(BODY, secret, timestamp)}", SECRETS)
    old_scheme = st.builds(lambda secret: f"v0={_digest(BODY, secret, timestamp)}", SECRETS)
    other_time = st.just(f"v1={_digest(BODY, 'whsec_a', timestamp + 1)}")
    noise = st.sampled_from(["", "v1", "v1=", "t", "=", "v1=zz=", "x=1"])
    parts = draw(st.lists(st.one_of(right, old_scheme, other_time, noise), max_size=4))
    stamps = draw(st.lists(st.just(f"t={timestamp}"), max_size=2))
    return ",".join(draw(st.permutations(parts + stamps))), age


@given(_headers(), SECRETS)
@example((f"v1={_digest(BODY, 'whsec_a', int(time.time()))},v1,t={int(time.time())}", 0), "whsec_a")
def test_our_verdict_is_the_sdks(header: tuple[str, int], secret: str) -> None:
    assert _ours(header[0], secret) == _theirs(header[0], secret)


def _ours(header: str, secret: str) -> bool:
    try:
        verify(BODY, header, [secret], datetime.now(UTC))
    except NotSigned:
        return False
    return True


def _theirs(header: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(BODY, header, secret, 300)
    except stripe.SignatureVerificationError:
        return False
    return True


@given(st.binary(), st.text(), st.lists(st.text(), max_size=3))
def test_nothing_anybody_sends_is_an_error_of_ours(
    body: bytes, header: str, secrets: list[str]
) -> None:
    with pytest.raises(NotSigned):
        verify(body, header, secrets, NOW)


def test_the_stand_in_signs_as_the_sdk_does() -> None:
    timestamp = int(NOW.timestamp())
    theirs = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET, timestamp)
    assert sign(BODY, SECRET, NOW) == theirs

"""Since when a mail waits: its tries put it off, and it is no less late for that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.rules import sending
from chalicelib.rules.mail import Mail

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
MAIL = Mail(
    message_key="receipt#1",
    template="receipt",
    to="pip.buttonwood@example.org",
    facts={},
    queued_at=NOW,
    due_at=NOW,
)


@pytest.mark.parametrize("tries", range(sending.TRIES_MAX + 1))
def test_a_mail_waits_since_its_first_try_however_often_it_was_put_off(tries: int) -> None:
    """Each try is made as soon as it may be."""
    mail, at = MAIL, NOW
    for number in range(tries):
        claimed = sending.claim(mail, f"lease-{number}", at).values
        mail = replace(mail, attempts=number + 1, due_at=claimed["due_at"])
        at = claimed["due_at"]
    assert sending.waits_since(mail) == NOW


def test_a_mail_for_later_waits_from_then_on_and_one_that_left_no_more() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert sending.waits_since(replace(MAIL, due_at=tomorrow)) == tomorrow
    assert sending.waits_since(replace(MAIL, due_at=None, attempts=2)) is None

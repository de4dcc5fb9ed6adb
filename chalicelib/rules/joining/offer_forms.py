"""The forms around an offer: making it, accepting and paying it, withdrawing it, refunding."""

from __future__ import annotations

from chalicelib.rules.forms import Field, Form
from chalicelib.rules.parsers import choice, text, tick

STANDS = ("7", "3", "14")  # days an offer stands; three working days for the waitlist (D17)

MAKE_OFFER = Form("make_offer", (Field("stands", choice(*STANDS)),))

ACCEPT_AND_PAY = Form(
    "pay",
    (
        Field("agree", tick()),
        Field("policy", tick()),
        Field("start_at_once", tick(), required=False),
    ),
)

WITH_REASON = Form("with_reason", (Field("reason", text(200)),))

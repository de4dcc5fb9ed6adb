"""The forms about the circle itself: its set-up, its settings, its roles and documents."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.rules import day_parsers, parsers
from chalicelib.rules.forms import Field, Form
from chalicelib.rules.money.amounts import SYMBOLS
from chalicelib.rules.people.circle import PAYOUTS_EVERY, PRESETS
from chalicelib.rules.people.people import DESK_ROLES

DOCUMENT_LENGTH_MAX = 15_000
REFUND_LIMIT_MAX = 1_000_000  # minor units: what one person may give back alone at the very most

_CIRCLE = (
    Field("name", parsers.text(100)),
    Field("email", parsers.email(), words="circle_email"),
)
_SELLER = (
    Field("seller_name", parsers.text(120)),
    Field("seller_address", parsers.multiline(300)),
    Field("seller_statement", replace(parsers.multiline(300), empty=""), required=False),
)
_PLACE = (
    Field("zone", day_parsers.zone(), words="circle_zone"),
    Field("preset", parsers.choice(*PRESETS)),
)

SET_UP_FORM = Form(
    "set_up",
    (
        *_CIRCLE,
        *_SELLER,
        Field("currency", parsers.choice(*SYMBOLS)),
        *_PLACE,
        Field("administrator_name", parsers.text(120)),
        Field("administrator_email", parsers.email()),
    ),
)


def settings_form(currency: str) -> Form:
    """The circle's settings, but for its currency: that is chosen once, before anything has a
    price (D8). Debits from a bank account are those of the UK (D7)."""
    debit = (Field("bank_debit", parsers.tick(), required=False),) if currency == "GBP" else ()
    return Form(
        "settings",
        (
            *_CIRCLE,
            *_SELLER,
            *_PLACE,
            *debit,
            Field("instalments", parsers.tick(), required=False),
            Field("refund_limit_minor", parsers.pounds(0, REFUND_LIMIT_MAX, currency)),
            Field("clawbacks", parsers.tick(), required=False),
            Field("connect", parsers.tick(), required=False),
            Field("payouts_every", parsers.choice(*PAYOUTS_EVERY)),
        ),
    )


SWITCH_FORM = Form("switch", (Field("reason", parsers.text(300)),))

DOCUMENT_FORM = Form("document", (Field("text", parsers.multiline(DOCUMENT_LENGTH_MAX)),))

GIVE_ROLE_FORM = Form(
    "give_role",
    (
        Field("full_name", parsers.text(120), words="officer_name"),
        Field("email", parsers.email(), words="officer_email"),
        Field("role", parsers.choice(*DESK_ROLES)),
        Field("reason", parsers.text(300)),
    ),
)

TAKE_ROLE_FORM = Form("take_role", (Field("reason", parsers.text(300)),))

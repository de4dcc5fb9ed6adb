"""The forms about the circle itself: its set-up, its settings, its roles and documents."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.rules import day_parsers, parsers
from chalicelib.rules.forms import Field, Form
from chalicelib.rules.money.amounts import SYMBOLS
from chalicelib.rules.people.circle import PRESETS
from chalicelib.rules.people.people import DESK_ROLES

DOCUMENT_LENGTH_MAX = 15_000

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

# The currency is not here: it is chosen once, before anything has a price (D8).
SETTINGS_FORM = Form(
    "settings",
    (*_CIRCLE, *_SELLER, *_PLACE, Field("instalments", parsers.tick(), required=False)),
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

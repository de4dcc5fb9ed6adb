"""The form about a seat whose payment was lost in a dispute."""

from __future__ import annotations

from chalicelib.rules.forms import Field, Form
from chalicelib.rules.parsers import choice, text

SEAT_AFTER_DISPUTE = Form(
    "dispute_seat", (Field("seat", choice("keep", "end")), Field("seat_reason", text(200)))
)

"""The forms of the bursary fund: a gift, a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.money.amounts import STRIPE_MINIMUM_MINOR

AMOUNT_MAX_MINOR = 10_000_000


def gift_form(currency: str) -> Form:
    """A gift that came in by bank, and where its paper is. No donor has to be named."""
    amount = p.pounds(1, AMOUNT_MAX_MINOR, currency)
    return Form("gift", (Field("gift_minor", amount), Field("reference", p.text(120))))


def code_form(currency: str, free_minor: int) -> Form:
    """A code, and a note for the fund's own papers."""
    lowest = STRIPE_MINIMUM_MINOR.get(currency, 50)
    amount = p.pounds(lowest, AMOUNT_MAX_MINOR, currency)

    def covered(values: Mapping[str, Any]) -> dict[str, str]:
        return {"code_minor": "more_than_free"} if values["code_minor"] > free_minor else {}

    return Form(
        "bursary_code",
        (Field("code_minor", amount), Field("note", p.text(120), required=False)),
        (Check(("code_minor",), covered),),
    )

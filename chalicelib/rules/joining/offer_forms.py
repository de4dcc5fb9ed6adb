"""The forms around an offer: making it, accepting and paying it, withdrawing it, refunding."""

from __future__ import annotations

from chalicelib.rules.forms import Field, Form
from chalicelib.rules.parsers import choice, text, tick
from chalicelib.rules.prices.prices import STANDARD
from chalicelib.rules.running.groups import Term

STANDS = ("7", "3", "14")  # days an offer stands; three working days for the waitlist (D17)


def offer_form(term: Term) -> Form:
    """How long an offer of a term stands, at which of its prices, and with which bursary code."""
    several = len(term.tariff.categories) > 1
    return Form(
        "make_offer",
        (
            Field("stands", choice(*STANDS)),
            Field("category", choice(*term.tariff.categories), required=several),
            Field("bursary_code", text(40), required=False),
        ),
    )


def category_of(chosen: str | None) -> str:
    """The category of an answered form: the standard one where no other is asked for."""
    return chosen or STANDARD


ACCEPT_AND_PAY = Form(
    "pay",
    (
        Field("agree", tick()),
        Field("policy", tick()),
        Field("start_at_once", tick(), required=False),
    ),
)

WITH_REASON = Form("with_reason", (Field("reason", text(200)),))

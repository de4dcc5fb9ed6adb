"""The forms around money that came by hand: recording it, matching it, sending it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.rules import day_parsers as d
from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Check, Field, Form

METHODS = ("bank", "cash")
AMOUNT_MAX = 10_000_000  # minor units

RECORD = Form(
    "record_money",
    (
        Field("amount_minor", p.pounds(1, AMOUNT_MAX)),
        Field("method", p.choice(*METHODS)),
        Field("date", d.day()),
        Field("payer", p.text(120)),
        Field("reference", p.text(140), required=False),
        Field("another", p.tick(), required=False),
    ),
)
MATCH = Form(
    "match_money",
    (
        Field("debt", p.choice()),
        Field("part_minor", p.pounds(1, AMOUNT_MAX), required=False),
    ),
)
SEND_BACK = Form(
    "send_back",
    (
        Field("amount_minor", p.pounds(1, AMOUNT_MAX)),
        Field("date", d.day()),
        Field("reference", p.text(140), required=False),
        Field("reason", p.text(200)),
    ),
)
CONFIRM = Form("confirm_money", (Field("short", p.tick(), required=False),))


def record_form(currency: str, today: date) -> Form:
    """Money that came, not after today."""
    form = RECORD.offering(amount_minor=p.pounds(1, AMOUNT_MAX, currency))
    return replace(form, checks=(_not_after(today),))


def match_form(debts: Sequence[str], left_minor: int, currency: str) -> Form:
    """One of the debts on the page, and no more than is left."""
    return MATCH.offering(debt=p.choice(*debts), part_minor=p.pounds(1, left_minor, currency))


def send_back_form(left_minor: int, currency: str, today: date) -> Form:
    """No more than is left, and not after today."""
    form = SEND_BACK.offering(amount_minor=p.pounds(1, left_minor, currency))
    return replace(form, checks=(_not_after(today),))


def _not_after(today: date) -> Check:
    def rule(values: Mapping[str, Any]) -> Mapping[str, str]:
        return {"date": "future"} if values["date"] > today else {}

    return Check(("date",), rule)

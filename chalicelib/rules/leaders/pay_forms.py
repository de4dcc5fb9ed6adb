"""The treasurer's forms around leaders' pay: what was paid, agreements, what is set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.rules import day_parsers as d
from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Check, Field, Form

PAID = Form(
    "payouts_paid",
    (
        Field("paid", p.several()),
        Field("paid_on", d.day()),
        Field("reference", replace(p.text(140), empty=""), required=False),
    ),
)
TERMS = Form(
    "pay_terms",
    (
        Field("connected", p.tick(), required=False),
        Field("agreement_ref", replace(p.text(140), empty=""), required=False),
    ),
)
ADVANCE = Form("advance_pay", (Field("leader", p.choice()), Field("reason", p.text(200))))
SET_ASIDE = Form("set_aside", (Field("session", p.choice()), Field("reason", p.text(200))))


def paid_form(leader_ids: Sequence[str], today: date) -> Form:
    """Which of the payments on the list the bank has made, on which day."""
    form = PAID.offering(paid=p.several(*leader_ids))
    return replace(form, checks=(_not_after(today),))


def _not_after(today: date) -> Check:
    def rule(values: Mapping[str, Any]) -> Mapping[str, str]:
        return {"paid_on": "future"} if values["paid_on"] > today else {}

    return Check(("paid_on",), rule)


def advance_form(leader_ids: Sequence[str]) -> Form:
    """Which of the leaders for whom the fund is short."""
    return ADVANCE.offering(leader=p.choice(*leader_ids))


def set_aside_form(session_ids: Sequence[str]) -> Form:
    """Which of the sessions that are open."""
    return SET_ASIDE.offering(session=p.choice(*session_ids))

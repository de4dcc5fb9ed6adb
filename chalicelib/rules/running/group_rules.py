"""The form of a group's rules: when people join, whether there is a talk first, who sells the
places (D11, D13, R51)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Check, Field, Form


def _named_seller(values: Mapping[str, Any]) -> dict[str, str]:
    lacking = [one for one in ("seller_name", "seller_address") if not values[one]]
    return dict.fromkeys(lacking, "missing") if values["seller"] == "leader" else {}


GROUP_RULES = Form(
    "group_rules",
    (
        Field("joining", p.choice("closed", "slow_open")),
        Field("interview_required", p.yes_no()),
        Field("seller", p.choice("circle", "leader")),
        Field("seller_name", p.text(120), required=False, words="leader_seller_name"),
        Field("seller_address", p.multiline(300), required=False, words="leader_seller_address"),
        Field(
            "seller_statement", p.multiline(300), required=False, words="leader_seller_statement"
        ),
    ),
    (Check(("seller", "seller_name", "seller_address"), _named_seller),),
)

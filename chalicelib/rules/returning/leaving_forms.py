"""The form of leaving a term."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.parsers import choice, text
from chalicelib.rules.returning.leaving import UNUSED, WAYS


def _says_why(values: Mapping[str, Any]) -> Mapping[str, str]:
    """What is given beyond the policy needs a reason."""
    return {"reason": "missing"} if values["way"] in UNUSED and not values["reason"] else {}


LEAVE = Form(
    "leave",
    (Field("way", choice(*WAYS)), Field("reason", text(200), required=False)),
    (Check(("way", "reason"), _says_why),),
)

"""The form on the page of a debt."""

from __future__ import annotations

from chalicelib.rules.forms import Field, Form
from chalicelib.rules.parsers import choice

PAY_DEBT = Form("pay_debt", (Field("what", choice("asked", "all")),))

"""The forms of signing in."""

from __future__ import annotations

from chalicelib.rules import parsers
from chalicelib.rules.forms import Field, Form

# Where to go afterwards travels along as `next`; it is no answer and never an error.
SIGN_IN_FORM = Form("sign_in", (Field("email", parsers.email()),))

CODE_FORM = Form("sign_in_code", (Field("code", parsers.digits(6)),))

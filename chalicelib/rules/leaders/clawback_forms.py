"""The treasurer's forms about what a leader owes back."""

from __future__ import annotations

from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Field, Form

WRITE_OFF = Form("clawback", (Field("reason", p.text(300)),))

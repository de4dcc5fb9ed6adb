"""The forms of giving back a part, and of a refund that was paid from the bank."""

from __future__ import annotations

from chalicelib.rules.day_parsers import day
from chalicelib.rules.forms import Field, Form
from chalicelib.rules.parsers import pounds, text

GIVE_PART = Form("give_part", (Field("amount", pounds(1)), Field("reason", text(200))))
PAID_BY_HAND = Form("paid_by_hand", (Field("paid_on", day()), Field("reference", text(60))))

"""The desk's forms of erasing."""

from __future__ import annotations

from chalicelib.rules.forms import Field, Form
from chalicelib.rules.parsers import email, text

FIND = Form("find_person", (Field("email", email()),))
ERASE = Form("erase", (Field("typed", text(120)),))


def same_name(typed: str, full_name: str) -> bool:
    """Whether it is the name, however it was spaced and spelled in capitals."""
    return " ".join(typed.split()).casefold() == " ".join(full_name.split()).casefold()

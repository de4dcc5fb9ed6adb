"""The circle's settings, as pages show them."""

from __future__ import annotations

from chalicelib.gateways.outside import Outside
from chalicelib.rules.circle import CircleSettings
from chalicelib.store import reads


def seen(outside: Outside) -> CircleSettings | None:  # noqa: ARG001 - every flow takes outside
    """The circle's settings; None before set-up."""
    return reads.get(CircleSettings, "settings", "circle")

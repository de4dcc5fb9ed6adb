"""How the stand-in says no: one exception that carries Stripe's error object."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An HTTP status with Stripe's error type, code, message and parameter."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: str,
    ) -> None:
        super().__init__(message)
        self.status = status
        facts = {"type": kind, "message": message, "code": code, "param": param, **more}
        self.body: dict[str, Any] = {"error": {k: v for k, v in facts.items() if v is not None}}


def not_played(what: str) -> Refused:
    """Stripe knows it, the stand-in does not: better loud than silently ignored."""
    return Refused(f"The stand-in does not play {what}.", code="not_played_by_the_stand_in")

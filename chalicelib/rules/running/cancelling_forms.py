"""What the desk is asked before a session or a term is cancelled.

What does not live here: what is written then (cancelling.py), the sentences (templates/words/).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.rules.day_parsers import day, local_time
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.parsers import choice, multiline, text, tick
from chalicelib.rules.running.cancelling import Cancelling
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.recurrence import instant

REMEDIES = ("extra_date", "credit", "refund")
FAR_AWAY = timedelta(days=730)


def session_form(found: Cancelling, session: Session, now: datetime) -> Form:
    """Why, and for a session of the term what becomes of its fees. Only an extra date keeps the
    price of an open offer true; otherwise the offers have to be withdrawn first."""
    why = (
        Field("reason", text(200), words="cancel_reason"),
        Field("message", multiline(1000), required=False),
    )
    if session.kind != "regular":
        return Form("cancel_session", why)
    offers = found.offers_on(session.session_id)

    def possible(values: Mapping[str, Any]) -> dict[str, str]:
        return {"remedy": "open_offers"} if offers and values["remedy"] != "extra_date" else {}

    return Form(
        "cancel_session",
        (
            Field("remedy", choice(*REMEDIES)),
            Field("date", day(), required=False, words="extra_day"),
            Field("time", local_time(), required=False, words="extra_time"),
            *why,
        ),
        (
            Check(("remedy",), possible),
            Check(("remedy", "date", "time"), lambda values: _dated(found.whole, values, now)),
        ),
    )


def _dated(whole: WholeTerm, values: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """An extra date is one, and still to come."""
    if values["remedy"] != "extra_date":
        return {}
    missing = {name: "missing" for name in ("date", "time") if values[name] is None}
    if missing:
        return missing
    at = instant(values["date"], values["time"], whole.term.zone)
    if not now < at < now + FAR_AWAY:
        return {"date": "not_to_come"}
    taken = any(one.starts_at == at and one.state == "planned" for one in whole.sessions)
    return {"date": "taken"} if taken else {}


def term_form(found: Cancelling) -> Form:
    """Why, and that it is meant. Open offers have to be withdrawn first."""

    def possible(values: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG001 - as every check
        return {"sure": "open_offers"} if found.whole.term.held else {}

    return Form(
        "cancel_term",
        (
            Field("reason", text(200), words="cancel_reason"),
            Field("message", multiline(1000), required=False),
            Field("sure", tick()),
        ),
        (Check(("sure",), possible),),
    )

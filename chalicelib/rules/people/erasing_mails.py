"""The mails of an erasure: what has gone, what has to end first, what stays and until when (M8).

What does not live here: when they are queued (erasing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Create
from chalicelib.rules.mail import mail
from chalicelib.rules.people.erasure import TEMPLATE, Erasure, Hold, Stays


def letter(
    erasure: Erasure,
    which: str,
    holds: Sequence[Hold],
    stays: Sequence[Stays],
    gone: Sequence[str],
    now: datetime,
) -> Create | None:
    """The mail when it has begun (`begun`) and when it is done (`done`): the address stands in the
    mail alone by then. None where nobody is written to."""
    if erasure.again or not erasure.email:
        return None
    facts: Mapping[str, Any] = {
        "full_name": erasure.full_name,
        "zone": erasure.zone,
        "finished": which == "done",
        "gone": list(gone),
        "holds": [{"code": one.code, "until": _day(one.until)} for one in _first(holds)],
        "stays": [{"code": one.code, "until": _day(one.until)} for one in stays],
    }
    return mail(TEMPLATE, f"{erasure.erasure_id}.{which}", erasure.email, now, facts)


def _first(holds: Sequence[Hold]) -> list[Hold]:
    """One of each kind, the one that ends last."""
    found: dict[str, Hold] = {}
    for one in holds:
        known = found.get(one.code)
        if known is None or (known.until and (one.until is None or one.until > known.until)):
            found[one.code] = one
    return list(found.values())


def _day(at: datetime | None) -> str:
    return at.isoformat() if at else ""

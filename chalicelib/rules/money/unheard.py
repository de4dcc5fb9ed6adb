"""Events of Stripe's that could not be taken in after their first minute: known by name until one
of their deliveries is.

Stripe delivers such an event again for three days, and by a button of its dashboard after that. No
money hangs on it: the jobs ask Stripe themselves. It says that something of ours is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.rules.changes import Change, Create, Remove, Update
from chalicelib.rules.money.stripe_objects import Event

# An event that is as fresh as this was not delivered before, or only just.
FIRST_DELIVERY = timedelta(minutes=1)
# After that Stripe does not know it any more either.
KEPT = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Unheard:
    """An event that ended in an error of ours: when it happened at Stripe, the last try, the type
    of its error."""

    event_id: str
    event_type: str
    created_at: datetime
    failed_at: datetime
    tries: int = 1
    error: str = ""


def failed(before: Unheard | None, event: Event, error: str, now: datetime) -> Change:
    """One more try of it was in vain."""
    if before is not None:
        values = {"failed_at": now, "error": error}
        return Change.of(Update(before, values, add={"tries": 1}))
    row = Unheard(
        event_id=event.id,
        event_type=event.type,
        created_at=event.created_at,
        failed_at=now,
        error=error,
    )
    return Change.of(Create(row))


def may_have_failed(event: Event, now: datetime) -> bool:
    """Whether an event that comes now may have been written down before, or is to be."""
    return now - event.created_at >= FIRST_DELIVERY


def struck_out(row: Unheard) -> Change:
    """It was taken in after all."""
    return Change.of(Remove(row))


def forgotten(rows: Sequence[Unheard], now: datetime) -> list[Change]:
    """Those that nobody can deliver any more, each by itself."""
    return [struck_out(row) for row in rows if now - row.created_at > KEPT]

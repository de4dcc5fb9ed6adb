"""Today's queue: what needs a person, the next due at the top (O: nothing lost, nobody
surprised)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.gateways.outside import Outside
from chalicelib.rules.joining.offers import Offer
from chalicelib.store import reads, tables
from chalicelib.store.tasks import open_tasks

SOON = timedelta(hours=24)
FAR = timedelta(days=3650)
OFFERS_MAX = 500
WAITING = ("application_received", "application_screening", "application_interview")


def show_today(outside: Outside) -> dict[str, Any]:
    """Open tasks, and the counts an administrator looks at first."""
    now = outside.clock.now()
    tasks = open_tasks()
    held = reads.due(tables.Applications, "offer", now + FAR, OFFERS_MAX)
    offers = [row for row in held if isinstance(row, Offer) and row.state == "open"]
    return {
        "tasks": tasks,
        "waiting": sum(task.code in WAITING for task in tasks),
        "offers_open": len(offers),
        "ending_soon": sum(one.hold_until <= now + SOON for one in offers),
    }

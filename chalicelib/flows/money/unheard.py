"""Events of Stripe's that could not be taken in are written down, and struck out once they are.

What does not live here: taking an event in (payments.py and others), which rows are a sign that
something is not well (rules/health.py).
"""

from __future__ import annotations

from chalicelib.gateways.outside import Outside
from chalicelib.rules.money import unheard
from chalicelib.rules.money.stripe_objects import Event
from chalicelib.rules.money.unheard import Unheard
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit


def failed(outside: Outside, event: Event, error: Exception) -> None:
    """A delivery ended in an error; only its type is kept. Nothing is written of a fresh event: it
    comes again, as one that came before its payment does. Raises StoreBusy when that is why."""
    if not unheard.may_have_failed(event, outside.clock.now()):
        return
    commit(unheard.failed(_known(event), event, type(error).__name__, outside.clock.now()))


def heard(outside: Outside, event: Event) -> None:
    """It was taken in. A fresh event is not looked for: it cannot be known."""
    if not unheard.may_have_failed(event, outside.clock.now()):
        return
    known = _known(event)
    if known is not None:
        commit(unheard.struck_out(known))


def forget(outside: Outside) -> dict[str, int]:
    """Let go of events that nobody can deliver any more; how many."""
    gone = unheard.forgotten(waiting(), outside.clock.now())
    for change in gone:
        commit(change)
    return {"forgotten": len(gone)} if gone else {}


def waiting() -> list[Unheard]:
    """All of them: none, on almost every day."""
    return [row for row in reads.under(tables.Circle, "unheard") if isinstance(row, Unheard)]


def _known(event: Event) -> Unheard | None:
    return reads.get(Unheard, "unheard", event.id)

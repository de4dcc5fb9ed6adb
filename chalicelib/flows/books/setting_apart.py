"""Money at Stripe whose debt was lost when an older copy was brought back: a treasurer sets it
apart, so that the books know of it (docs/restoring.md).

What does not live here: finding what is missing, and saying what money on suspense was
(reconciling.py).
"""

from __future__ import annotations

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.books import reconciling as rules
from chalicelib.rules.books.reconciling import Movement
from chalicelib.rules.changes import Caller
from chalicelib.rules.people.circle import Task
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import by_stripe_id


def lost(outside: Outside, movement_id: str) -> Movement:
    """A missing movement that no night has mended and whose payment we do not know. NotFound."""
    row = reads.get(Movement, "movement", movement_id)
    if row is None or not rules.may_be_lost(row, outside.clock.now()):
        raise NotFound
    if row.source_id and by_stripe_id(row.source_id) is not None:
        raise NotFound
    return row


def set_apart(outside: Outside, caller: Caller, movement_id: str, reason: str) -> None:
    """A treasurer says that the debt of a missing movement is lost. Raises NotFound."""
    now, row = outside.clock.now(), lost(outside, movement_id)
    task = reads.get(Task, "task#open", rules.task_id(movement_id))
    if task is None:
        raise NotFound
    act = audit(
        "books",
        "books.movement_set_apart",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        movement_id=movement_id,
    )
    commit(rules.set_apart(row, task, now) + act, caller, now)

"""What a person does about refunds that went another way: paid from the bank (M7), or made at
Stripe by somebody (what of the place, what of the money beyond).
"""

from __future__ import annotations

from datetime import date

from chalicelib.errors import NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.money.payments import Refund
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning import outside_refunds, refunds_by_hand
from chalicelib.rules.returning.refund_forms import PAID_BY_HAND
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.money import payments


def show(outside: Outside, obligation_id: str, refund_id: str) -> Refund | None:  # noqa: ARG001
    """A refund that the treasurer is to pay; None when it is not (any more). Raises NotFound."""
    refund = _refund(obligation_id, refund_id)
    return refund if refunds_by_hand.waits_for_a_transfer(refund) else None


def pay(
    outside: Outside,
    caller: Caller,
    obligation_id: str,
    refund_id: str,
    reference: str,
    paid_on: date,
) -> None:
    """The treasurer has made the transfer. Raises NotFound, InvalidForm, StateChanged."""
    refund, now = _refund(obligation_id, refund_id), outside.clock.now()
    if not refund.requested_at.date() <= paid_on <= now.date():
        raise PAID_BY_HAND.invalid({}, {"paid_on": "cannot_be"})
    change = refunds_by_hand.paid(refund, reference, paid_on, now)
    _commit(outside, caller, refund, "refund.paid_by_hand", change, reference=reference)


def place_stays(outside: Outside, caller: Caller, obligation_id: str, refund_id: str) -> None:
    """Somebody refunded at Stripe, and the place stays all the same. Raises NotFound,
    StateChanged when nobody asks (any more)."""
    refund = _refund(obligation_id, refund_id)
    if reads.get(Task, "task#open", outside_refunds.place_task_id(refund_id)) is None:
        raise StateChanged
    change = outside_refunds.place_stays(refund)
    _commit(outside, caller, refund, "refund.place_stays", change)


def give_away(outside: Outside, caller: Caller, obligation_id: str, refund_id: str) -> None:
    """What went out beyond what was left is borne by the group. Raises NotFound, StateChanged."""
    refund, now = _refund(obligation_id, refund_id), outside.clock.now()
    change = outside_refunds.given_away(refund, now)
    _commit(outside, caller, refund, "refund.given_away", change)


def _refund(obligation_id: str, refund_id: str) -> Refund:
    refund = payments.refund(obligation_id, refund_id)
    if refund is None:
        raise NotFound
    return refund


def _commit(
    outside: Outside, caller: Caller, refund: Refund, action: str, change: Change, **facts: str
) -> None:
    now = outside.clock.now()
    act = audit(
        refund.application_id,
        action,
        caller.actor,
        now,
        outside.ids.new("act"),
        person_id=refund.person_id,
        refund_id=refund.refund_id,
        amount_minor=refund.amount_minor,
        **facts,
    )
    commit(change + act, caller, now)

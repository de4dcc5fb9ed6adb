"""Refunds that the treasurer pays from the bank: those that came back, and those of money that
did not come through Stripe (M7). No bank details are kept anywhere.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chalicelib.errors import StateChanged
from chalicelib.rules import states
from chalicelib.rules.changes import Change, Is, Update
from chalicelib.rules.money.payments import Refund
from chalicelib.rules.returning.refund_entries import bank_refund_entry, paid_by_hand_entry
from chalicelib.rules.returning.refund_mails import paid_by_hand_mail
from chalicelib.rules.returning.refunds import task_gone


def waits_for_a_transfer(refund: Refund) -> bool:
    """Whether it is the treasurer's turn: it came back, or was never Stripe's."""
    return refund.state == "failed" or (refund.state == "requested" and refund.method == "bank")


def paid(refund: Refund, reference: str, paid_on: date, now: datetime) -> Change:
    """The transfer was made: the debt to the payer ends, the group owes it to the circle's bank,
    the task is done, the payer is told. StateChanged for a refund that does not wait for it."""
    if not waits_for_a_transfer(refund):
        raise StateChanged
    values: dict[str, Any] = {
        "state": states.move("refund", refund.state, "paid_manually"),
        "paid_reference": reference,
        "paid_on": paid_on,
        "check_at": None,
    }
    done = replace(refund, **values)
    return Change.of(
        Update(refund, values, when=(Is("state", refund.state),)),
        paid_by_hand_entry(done, now),
        bank_refund_entry(done, now),
        task_gone(refund),
        paid_by_hand_mail(done, now),
    )

"""Money that came to the bank or as cash: recorded first, matched after, by two people (T3).

While nobody knows what it is for it stands on `suspense` in the circle's book. What does not live
here: the payment it becomes (matching.py), which debt it may be for (suggesting.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.errors import AlreadyCounted, SecondPersonNeeded, StateChanged
from chalicelib.rules import states
from chalicelib.rules.audit import audit
from chalicelib.rules.books.ledger import CIRCLE_BOOK, entry
from chalicelib.rules.books.retention import kept_until
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.people.circle import Task

LOOK_AFTER = timedelta(days=3)  # then money that is not matched becomes somebody's task
LOOK_AGAIN = timedelta(days=30)
TASK_DAYS = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class BankReceipt:
    """Money that has come in by hand. Until it is matched it stands on `suspense` in the circle's
    book. Minor units; `left_minor` is what is not matched or returned yet.

    A proposal says what shall become of some of it; `proposal_id` names what it will be when a
    second person has looked: a payment, or a transfer back where `proposed_for` is empty."""

    receipt_id: str
    state: str = "unmatched"  # unmatched | proposed | matched | returned
    method: str = "bank"  # bank | cash
    amount_minor: int
    left_minor: int
    currency: str
    received_on: date
    payer: str
    reference: str
    recorded_by: str
    recorded_at: datetime
    meant_for: str = ""  # obligation_id, if whoever recorded it knew
    proposal_id: str = ""
    proposed_for: str = ""  # obligation_id
    proposed_instead: str = ""  # payment_id of the payer whose money goes back for it (M6)
    proposed_minor: int = 0
    proposed_by: str = ""
    proposed_at: datetime | None = None
    back_on: date | None = None  # when the transfer back left the bank
    back_reference: str = ""
    back_reason: str = ""
    look_at: datetime | None = None  # on the list of suspense while anything is left
    retain_until: datetime | None = None  # then nobody's words are kept of it

    @property
    def goes_back(self) -> bool:
        """Whether what is proposed is to send it back."""
        return self.state == "proposed" and not self.proposed_for


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What shall become of money in suspense, before anybody else has looked."""

    proposal_id: str
    actor: str
    now: datetime
    amount_minor: int
    obligation_id: str = ""
    instead: str = ""
    back_on: date | None = None
    back_reference: str = ""
    back_reason: str = ""


def receipt_id(told: Mapping[str, Any], number: int = 1) -> str:
    """The name of money as the bank shows it: day, amount and reference, or the payer where there
    is no reference. The same again has the same name, unless it is the second of its kind."""
    words = " ".join((told["reference"] or told["payer"]).split()).casefold()
    facts = f"{told['date'].isoformat()}|{told['amount_minor']}|{words}"
    return f"receipt-{hashlib.sha256(facts.encode()).hexdigest()[:20]}-{number}"


def recorded(receipt: BankReceipt) -> Change:
    """Money came in: booked at once, to `suspense`. AlreadyCounted when it was recorded before."""
    row = Create(receipt, refusal=AlreadyCounted)
    moves = {receipt.method: receipt.amount_minor, "suspense": -receipt.amount_minor}
    booked = entry(
        CIRCLE_BOOK,
        f"bank_receipt#{receipt.receipt_id}",
        receipt.recorded_at,
        receipt.currency,
        moves,
        receipt_id=receipt.receipt_id,
    )
    return Change.of(row, booked)


def proposed(receipt: BankReceipt, proposal: Proposal) -> Update:
    """Somebody says what it is for; nothing is booked until somebody else has looked.
    Raises MoveNotDeclared while another proposal stands."""
    return Update(
        receipt,
        {
            "state": states.move("bank_receipt", receipt.state, "proposed"),
            "proposal_id": proposal.proposal_id,
            "proposed_for": proposal.obligation_id,
            "proposed_instead": proposal.instead,
            "proposed_minor": proposal.amount_minor,
            "proposed_by": proposal.actor,
            "proposed_at": proposal.now,
            "back_on": proposal.back_on,
            "back_reference": proposal.back_reference,
            "back_reason": proposal.back_reason,
        },
        when=(Is("state", receipt.state), Is("left_minor", receipt.left_minor)),
    )


def taken_back(receipt: BankReceipt) -> Update:
    """The proposal is withdrawn: the money waits as before."""
    values = {"state": states.move("bank_receipt", receipt.state, "unmatched"), **NO_PROPOSAL}
    return Update(receipt, values, when=_as_proposed(receipt))


NO_PROPOSAL: Mapping[str, Any] = {
    "proposal_id": "",
    "proposed_for": "",
    "proposed_instead": "",
    "proposed_minor": 0,
    "proposed_by": "",
    "proposed_at": None,
    "back_on": None,
    "back_reference": "",
    "back_reason": "",
}


def second_look(receipt: BankReceipt, proposal_id: str, actor: str, preset: str) -> None:
    """That this person may confirm what stands here. Only where one person runs the circle does
    the proposer confirm alone (O). Raises StateChanged when another proposal stands by now, and
    SecondPersonNeeded."""
    if receipt.state != "proposed" or receipt.proposal_id != proposal_id:
        raise StateChanged
    if receipt.proposed_by == actor and preset != "solo":
        raise SecondPersonNeeded


def used(receipt: BankReceipt, becomes: str, now: datetime) -> Change:
    """What was proposed is done: so much less is left. With the last penny the money is `becomes`
    (matched or returned), off the list, and its task is done; from then on its time to be kept
    runs. Once, as it was proposed."""
    left = receipt.left_minor - receipt.proposed_minor
    if left < 0:
        raise StateChanged
    values = {
        "state": states.move("bank_receipt", receipt.state, "unmatched" if left else becomes),
        "left_minor": left,
        "look_at": receipt.look_at if left else None,
        "retain_until": None if left else kept_until(now),
        **NO_PROPOSAL,
    }
    task = Remove(Ref(Task, {"task_id": _task_id(receipt)}))
    return Change.of(Update(receipt, values, when=_as_proposed(receipt)), None if left else task)


def sent_back(receipt: BankReceipt, now: datetime) -> Change:
    """Money that is not ours, or too much, has left by transfer or over the counter."""
    amount = receipt.proposed_minor
    booked = entry(
        CIRCLE_BOOK,
        f"returned#{receipt.proposal_id}",
        now,
        receipt.currency,
        {"suspense": amount, receipt.method: -amount},
        receipt_id=receipt.receipt_id,
        reference=receipt.back_reference,
    )
    return Change.of(used(receipt, "returned", now), booked)


def forgotten(receipt: BankReceipt, now: datetime, audit_id: str) -> Change:
    """Who paid it and what was typed about it goes; amount, days and what became of it stay with
    the books. Its name stays too: the entries and the payment know it by that."""
    words = dict.fromkeys(("payer", "reference", "back_reference", "back_reason"), "")
    return Change.of(
        Update(
            receipt,
            {**words, "retain_until": None},
            when=(Is("retain_until", receipt.retain_until), Is("left_minor", 0)),
        ),
        audit(receipt.receipt_id, "suspense.forgotten", "clock", now, audit_id),
    )


def look_again(receipt: BankReceipt, now: datetime) -> Update:
    """It stays on the list, and is looked at again much later."""
    unchanged = (Is("look_at", receipt.look_at), Is("left_minor", receipt.left_minor))
    return Update(receipt, {"look_at": now + LOOK_AGAIN}, when=unchanged)


def task_of(receipt: BankReceipt, now: datetime) -> Create:
    """What a person must do about money that nobody has placed; once."""
    amount = str(Money(receipt.left_minor, receipt.currency))
    task = Task(
        task_id=_task_id(receipt),
        code="suspense",
        facts={"amount": amount, "payer": receipt.payer},
        path=f"/admin/suspense/{receipt.receipt_id}",
        owner="treasurer",
        opened_at=now,
        due_at=now + TASK_DAYS,
    )
    return Create(task, refusal=AlreadyCounted)


def _task_id(receipt: BankReceipt) -> str:
    return f"suspense#{receipt.receipt_id}"


def _as_proposed(receipt: BankReceipt) -> tuple[Is, ...]:
    """That what somebody looked at still stands."""
    return (
        Is("state", "proposed"),
        Is("proposal_id", receipt.proposal_id),
        Is("left_minor", receipt.left_minor),
    )

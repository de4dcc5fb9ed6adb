"""Money or a claim given up: how an amount leaves a debt, and what it writes.

A release is the decision with its cause and reason; what it takes comes out of the shares of the
debt, falls first on what is not paid yet, then goes back to the payer (or becomes a credit). What
does not live here: how much a policy gives (policy.py), what may go back of a payment
(reserving.py), waiting for a second person (proposals.py), sending refunds (refunds.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.errors import RefundNotPossible
from chalicelib.rules import states
from chalicelib.rules.books import ledger
from chalicelib.rules.books.shares import Taken
from chalicelib.rules.changes import Change, Create, Is, Ref, Update, Write
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.leaders import recalls
from chalicelib.rules.leaders.recalls import lost_by
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release
from chalicelib.rules.prices.credits import credit_of
from chalicelib.rules.returning.refunds import bank_task, refund_of
from chalicelib.rules.returning.reserving import not_possible, over, reserved
from chalicelib.rules.running.groups import Term


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A debt with all that a release of it looks at, as it was read."""

    obligation: Obligation
    payments: Sequence[Payment]
    enrolment: Enrolment | None  # the seat it pays for, while it is in it
    term: Term
    held: frozenset[str]  # sessions of the term that were held
    disputes: Sequence[Dispute] = ()  # about its payments, open and ended
    clawbacks: bool = False  # whether leaders owe back their part of what goes back (L6)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A release about to be written: its names, and what it does beside moving money."""

    release_id: str
    cause: str
    actor: str
    now: datetime
    reason: str = ""
    why: str = ""  # what of a rule gave it, in a word
    ends_seat: str = ""  # cancelled | left
    session_id: str = ""
    as_credit: bool = False  # what the member paid is kept for a later term, and not sent back
    proposal: Release | None = None  # the row that waited for a second person, now decided


@dataclass(frozen=True)
class Parts:
    """Whom a taken amount belongs to. Minor units."""

    bursary: int  # the fund
    unbilled: int  # nobody: it was not paid yet and is not asked for
    credit: int  # the payer, as a credit
    refund: int  # the payer, as money


def split(obligation: Obligation, amount_minor: int) -> Parts:
    """The fund gets back its own part, rounded down. Of the payer's, first what was not paid is
    let go, then what was paid comes back, at last what a credit had settled is a credit again."""
    whole, own = sum(obligation.shares.values()), obligation.bursary_minor
    bursary = amount_minor * own // whole if whole and own else 0
    unbilled = min(amount_minor - bursary, max(0, obligation.outstanding_minor))
    back = amount_minor - bursary - unbilled
    cash = min(back, obligation.paid_minor - obligation.refunded_minor)
    return Parts(bursary, unbilled, back - cash, cash)


Share = tuple[Payment, int]  # so much of a payment


def _shared_out(
    owed: Owed, parts: Parts, decision: Decision
) -> tuple[Parts, list[Share], list[Share]]:
    """What goes back of which payment, and what of which is kept as a credit. A credit is the
    member's, so only what she has paid herself becomes one: what somebody else has paid for her
    goes back to them as money (N12)."""
    shares = over(owed, parts.refund)
    if not decision.as_credit:
        return parts, shares, []
    sent = [(payment, part) for payment, part in shares if payment.on_behalf]
    kept = [(payment, part) for payment, part in shares if not payment.on_behalf]
    minor = sum(part for _, part in kept)
    return replace(parts, refund=parts.refund - minor, credit=parts.credit + minor), sent, kept


def release(owed: Owed, taken: Taken, decision: Decision) -> tuple[Release, Change]:
    """Take an amount off a debt with a seat: rows, refunds, one balanced entry, and the seat if
    it ends with it.

    Conditional on the debt and on the sessions of the term as they were read, so that two people
    cannot give the same back twice and no register earns it meanwhile. Raises RefundNotPossible,
    DisputeOpen.
    """
    obligation = owed.obligation
    if not obligation.billed_at or not (taken.amount_minor or decision.ends_seat):
        raise not_possible(obligation, sum(obligation.shares.values()))
    parts, sent, kept = _shared_out(owed, split(obligation, taken.amount_minor), decision)
    row = release_row(obligation, taken, decision, parts)
    back = _refunds(owed, decision, sent)
    return row, Change.of(
        less_owed(obligation, taken, row),
        *(Create(one) for one in back),
        *(bank_task(one, decision.now) for one in back if one.method == "bank"),
        *_reserves(owed.payments, back),
        *_kept_as_credit(kept),
        _written(row, decision.proposal),
        Create(credit_of(obligation, row)) if row.credit_minor else None,
        ledger.release_entry(obligation, taken, row) if taken.amount_minor else None,
        ledger.bursary_back_entry(obligation, row) if row.bursary_minor else None,
        moved_shares(owed, decision),
        recalled(owed, taken, row) if owed.clawbacks else None,
        _seat_ended(owed.enrolment, decision.ends_seat)
        if decision.ends_seat and owed.enrolment
        else None,
    )


def recalled(owed: Owed, taken: Taken, row: Release) -> Create | None:
    """What goes back out of sessions that were held asks for a part of their leaders' pay."""
    back = row.refund_minor + row.credit_minor + row.bursary_minor
    lost = lost_by(owed.obligation.shares, taken, owed.held, back)
    at = row.decided_at or row.asked_at
    return recalls.recalled(owed.obligation, lost, "refund", row.release_id, at)


def _written(row: Release, proposal: Release | None) -> Write:
    """A new row, or the one that waited for this decision: asked and decided by two people."""
    if proposal is None:
        return Create(row)
    values = {
        "state": states.move("release", proposal.state, "done"),
        "amount_minor": row.amount_minor,
        "unbilled_minor": row.unbilled_minor,
        "refund_minor": row.refund_minor,
        "credit_minor": row.credit_minor,
        "bursary_minor": row.bursary_minor,
        "ends_seat": row.ends_seat,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
    }
    return Update(proposal, values, when=(Is("state", "proposed"),))


def _cash(obligation: Obligation) -> int:
    return obligation.paid_minor - obligation.refunded_minor


def release_row(obligation: Obligation, taken: Taken, decision: Decision, parts: Parts) -> Release:
    """The row of a release that is decided by who asks for it."""
    return Release(
        obligation_id=obligation.obligation_id,
        release_id=decision.release_id,
        cause=decision.cause,
        amount_minor=taken.amount_minor,
        unbilled_minor=parts.unbilled,
        refund_minor=parts.refund,
        credit_minor=parts.credit,
        bursary_minor=parts.bursary,
        currency=obligation.currency,
        why=decision.why,
        reason=decision.reason,
        ends_seat=decision.ends_seat,
        session_id=decision.session_id,
        book=obligation.book,
        term_id=obligation.term_id,
        person_id=obligation.person_id,
        asked_by=decision.actor,
        asked_at=decision.now,
        decided_by=decision.actor,
        decided_at=decision.now,
    )


def _refunds(owed: Owed, decision: Decision, shares: Sequence[Share]) -> list[Refund]:
    """The refunds that bring these back, the newest payment first."""
    found: list[Refund] = []
    for payment, part in shares:
        name = f"{decision.release_id}-{len(found) + 1}"
        refund = refund_of(payment, name, part, decision.actor, decision.now, owed.disputes)
        found.append(
            replace(
                refund,
                release_id=decision.release_id,
                cause=decision.cause,
                reason=decision.reason,
                ends_seat=decision.ends_seat if owed.enrolment else "left",
            )
        )
    return found


def _kept_as_credit(shares: Sequence[Share]) -> list[Update]:
    """What becomes a credit can no longer go back with its payment."""
    return [
        Update(
            payment,
            add={"credited_minor": part},
            when=(
                Is("refunded_minor", payment.refunded_minor),
                Is("credited_minor", payment.credited_minor),
            ),
            refusal=RefundNotPossible,
        )
        for payment, part in shares
    ]


def _reserves(payments: Sequence[Payment], refunds: Sequence[Refund]) -> list[Update]:
    """What goes back is reserved on the payment it came with: never more than was paid."""
    by_id = {one.payment_id: one for one in payments}
    return [reserved(by_id[one.payment_id], one.amount_minor) for one in refunds]


def less_owed(obligation: Obligation, taken: Taken, row: Release) -> Update:
    """The debt after a release. A proposal stays open, unless it is the one that is decided."""
    values: dict[str, Any] = {"shares": taken.left}
    unchanged = as_read(obligation)
    if obligation.open_release == row.release_id:
        values["open_release"] = None
        unchanged = (*unchanged, Is("open_release", row.release_id))
    still_due = obligation.outstanding_minor - row.unbilled_minor
    if row.ends_seat:
        values["ended_at"] = row.decided_at
    if row.ends_seat and not sum(taken.left.values()):
        values["state"] = states.move("obligation", obligation.state, "void")
    elif obligation.state == "due" and not still_due:
        values["state"] = "paid"
    cash = row.refund_minor + min(row.credit_minor, _cash(obligation) - row.refund_minor)
    credit_again = row.refund_minor + row.credit_minor - cash
    added = {
        "released_minor": row.unbilled_minor + row.refund_minor + row.credit_minor,
        "refunded_minor": cash,
        "credit_minor": -credit_again,
        "bursary_minor": -row.bursary_minor,
    }
    return Update(
        obligation,
        values,
        add={name: amount for name, amount in added.items() if amount},
        when=unchanged,
        refusal=RefundNotPossible,
    )


def as_read(obligation: Obligation) -> tuple[Is, ...]:
    """That nobody has paid, given back or ended anything of the debt since it was read."""
    names = ("state", "paid_minor", "released_minor", "refunded_minor", "ended_at")
    return tuple(Is(name, getattr(obligation, name)) for name in names)


def moved_shares(owed: Owed, decision: Decision) -> Update:
    """The term's seats, and the mark by which a register sees that shares have moved."""
    seats = {"occupied": -1, "taken": -1} if decision.ends_seat and owed.enrolment else {}
    return Update(
        owed.term,
        add={"shares_moved": 1, **seats},
        when=(Is("shares_moved", owed.term.shares_moved),),
    )


def _seat_ended(enrolment: Enrolment, state: str) -> Change:
    application = Ref(Application, {"application_id": enrolment.application_id})
    return Change.of(
        Update(
            enrolment,
            {"state": states.move("enrolment", enrolment.state, state)},
            when=(Is("state", enrolment.state),),
        ),
        Update(application, {"offer_id": None}),
    )

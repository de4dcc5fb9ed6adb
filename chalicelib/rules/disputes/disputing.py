"""What news of a dispute means: entries, the debt, the seat (T6, N8).

Pure, and decided from the dispute as Stripe shows it now, never from the event that told of it:
whatever the order and number of events, the same rows stand at the end. Each balance transaction
is booked once, under its own name. What does not live here: the row (disputes.py), what people
are asked to do (dispute_tasks.py), fetching and writing (flows/disputes/disputes.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.errors import NotFound, StateChanged
from chalicelib.rules import states
from chalicelib.rules.books import ledger
from chalicelib.rules.books.shares import Taken, take
from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.disputes import dispute_tasks
from chalicelib.rules.disputes.disputes import OPEN, Dispute
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.leaders import recalls
from chalicelib.rules.leaders.recalls import lost_by
from chalicelib.rules.money.payments import Payment, Refund
from chalicelib.rules.money.stripe_objects import BalanceMovement, DisputeObject
from chalicelib.rules.returning.refunds import task_gone
from chalicelib.rules.returning.releases import Decision, Owed, as_read, release
from chalicelib.rules.returning.reserving import refundable


@dataclass(frozen=True, kw_only=True)
class Case:
    """A dispute as Stripe shows it, and everything of ours that it touches, as it was read."""

    told: DisputeObject
    owed: Owed
    payment: Payment
    refunds: Sequence[Refund]
    now: datetime

    @property
    def before(self) -> Dispute | None:
        """What we knew of it."""
        every = (one for one in self.owed.disputes if one.dispute_id == self.told.id)
        return next(every, None)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Whom lost money belonged to, in minor units: refunds that had not left (the payer has the
    money now), the debt, and nobody: it had gone back already."""

    covered: tuple[Refund, ...]
    debt_minor: int
    beyond_minor: int


def heard(case: Case) -> Change:
    """All that the news changes; nothing when it is known already. Raises StateChanged through
    its conditions when somebody was quicker."""
    before, row = case.before, _row(case)
    loss = _loss(case, row) if row.is_lost and not row.booked_lost else None
    if loss:
        row = replace(
            row,
            booked_lost=True,
            lost_minor=loss.debt_minor,
            written_off_minor=loss.beyond_minor,
        )
    if before == row:
        return Change.of()
    given_back = before is not None and before.booked_lost and row.movements != before.movements
    if given_back:
        row = replace(row, decision="")
    return Change.of(
        _written(before, row),
        *(_entry(case, row, one) for one in _unbooked(case)),
        _lost(case, row, loss) if loss else None,
        _came_back(case, row) if before and before.booked_lost else None,
        _seat(case.owed, before, row),
        dispute_tasks.follow(case.payment, before, row, given_back, case.now),
    )


def _row(case: Case) -> Dispute:
    """The row as the news has it; what only we know stays."""
    told, payment = case.told, case.payment
    before = case.before or Dispute(
        obligation_id=payment.obligation_id,
        dispute_id=told.id,
        payment_id=payment.payment_id,
        state=told.status,
        reason=told.reason,
        amount_minor=told.amount_minor,
        currency=told.currency,
        book=payment.book,
        term_id=payment.term_id,
        person_id=payment.person_id,
        full_name=payment.full_name,
        opened_at=told.created_at,
    )
    return replace(
        before,
        state=told.status,
        reason=told.reason,
        amount_minor=told.amount_minor,
        withdrawn_minor=-sum(one.amount_minor for one in told.movements),
        fee_minor=sum(one.fee_minor for one in told.movements),
        movements=tuple(sorted(one.id for one in told.movements)),
        refundable=told.is_charge_refundable,
        due_by=told.due_by,
        ended_at=None if told.status in OPEN else before.ended_at or case.now,
    )


def _written(before: Dispute | None, row: Dispute) -> Create | Update:
    if before is None:
        return Create(row, refusal=StateChanged)
    changed = {
        name: value
        for name, value in vars(row).items()
        if name != "version" and getattr(before, name) != value
    }
    return Update(before, changed, add={"version": 1}, when=(Is("version", before.version),))


# The books


def _unbooked(case: Case) -> list[BalanceMovement]:
    known = case.before.movements if case.before else ()
    return [one for one in case.told.movements if one.id not in known]


def _entry(case: Case, row: Dispute, movement: BalanceMovement) -> Create:
    """Money that a dispute took out of Stripe's balance, or that came back: with its fee. What
    comes back after it was booked as lost is a gain that a person has to place."""
    kind = "withdrawn" if movement.net_minor < 0 else "reinstated"
    account = "write_off" if case.before and case.before.booked_lost else "disputed"
    moves = {
        "stripe": movement.net_minor,
        account: -movement.amount_minor,
        "processor_fees": movement.fee_minor,
    }
    return _booked(row, f"dispute_{kind}#{movement.id}", moves, movement.currency, case.now)


def _booked(
    row: Dispute, name: str, moves: Mapping[str, int], currency: str, now: datetime
) -> Create:
    return ledger.entry(
        row.book,
        name,
        now,
        currency,
        {account: amount for account, amount in moves.items() if amount},
        obligation_id=row.obligation_id,
        payment_id=row.payment_id,
        dispute_id=row.dispute_id,
        term_id=row.term_id,
    )


def _loss(case: Case, row: Dispute) -> Loss:
    """Lost money ends first the refunds that had not left, then takes from the debt what was
    left of the payment; the rest had gone back to the payer before."""
    left = row.withdrawn_minor
    covered = []
    for refund in case.refunds:
        unsent = refund.state == "failed" or (refund.state == "requested" and not refund.attempts)
        its_own = refund.payment_id == case.payment.payment_id
        if its_own and unsent and 0 < refund.amount_minor <= left:
            covered.append(refund)
            left -= refund.amount_minor
    obligation = case.owed.obligation
    held = min(refundable(case.payment), sum(obligation.shares.values()))
    debt = min(left, held) if obligation.billed_at else 0
    return Loss(covered=tuple(covered), debt_minor=debt, beyond_minor=left - debt)


def _lost(case: Case, row: Dispute, loss: Loss) -> Change:
    """The bank gave the payer back what was paid: it leaves the debt as a refund would, and the
    bill is less by as much, so that nobody is asked for it again."""
    owed, obligation = case.owed, case.owed.obligation
    taken = take(obligation.shares, loss.debt_minor, owed.held)
    moves = {
        "disputed": -row.withdrawn_minor,
        ledger.deferred(obligation.term_id): taken.from_deferred,
        "fees": taken.from_fees,
        "refunds_pending": sum(one.amount_minor for one in loss.covered),
        "write_off": loss.beyond_minor,
    }
    return Change.of(
        _booked(row, f"dispute_lost#{row.dispute_id}", moves, row.currency, case.now),
        _less_owed(case, taken) if loss.debt_minor else None,
        *(_covered(one, row) for one in loss.covered),
        _recalled(case, row, taken) if owed.clawbacks else None,
    )


def _recalled(case: Case, row: Dispute, taken: Taken) -> Create | None:
    """What is lost of sessions that were held asks for a part of their leaders' pay (L6)."""
    obligation, held = case.owed.obligation, case.owed.held
    lost = lost_by(obligation.shares, taken, held, taken.amount_minor)
    return recalls.recalled(obligation, lost, "dispute", row.dispute_id, case.now)


def _came_back(case: Case, row: Dispute) -> Create | None:
    """Once all of what was booked as lost is back, leaders owe nothing for it any more."""
    before = case.before
    if before is None or before.withdrawn_minor <= 0 or row.withdrawn_minor > 0:
        return None
    name = f"back-{before.version}"
    return recalls.came_back(case.owed.obligation, row.dispute_id, name, case.now)


def _less_owed(case: Case, taken: Taken) -> Change:
    obligation, payment, term = case.owed.obligation, case.payment, case.owed.term
    amount = taken.amount_minor
    return Change.of(
        Update(
            obligation,
            {"shares": taken.left},
            add={"released_minor": amount, "refunded_minor": amount},
            when=as_read(obligation),
        ),
        Update(
            payment,
            add={"refunded_minor": amount},
            when=(
                Is("refunded_minor", payment.refunded_minor),
                Is("credited_minor", payment.credited_minor),
            ),
        ),
        Update(term, add={"shares_moved": 1}, when=(Is("shares_moved", term.shares_moved),)),
    )


def _covered(refund: Refund, row: Dispute) -> Change:
    """A refund that had not left: the bank has paid the payer instead, and nobody does again."""
    values = {
        "state": states.move("refund", refund.state, "paid_manually"),
        "paid_reference": row.dispute_id,
        "check_at": None,
    }
    unchanged = (Is("state", refund.state), Is("attempts", refund.attempts))
    return Change.of(Update(refund, values, when=unchanged), task_gone(refund))


# The seat


def _seat(owed: Owed, before: Dispute | None, row: Dispute) -> Update | None:
    """Paused while the money is gone, never taken; and back when it is won (N8)."""
    seat = owed.enrolment
    paid_for_it = any(
        one.payment_id == row.payment_id and one.outcome in ("seat", "part")
        for one in owed.payments
    )
    if seat is None or not paid_for_it:
        return None
    was_frozen = before is not None and before.freezes_seat
    if row.freezes_seat and not was_frozen and seat.state == "active":
        return _moved(seat, "suspended")
    others = (one for one in owed.disputes if one.dispute_id != row.dispute_id)
    still = any(one.freezes_seat for one in others)
    if was_frozen and not row.freezes_seat and seat.state == "suspended" and not still:
        return _moved(seat, "active")
    return None


def _moved(seat: Enrolment, state: str) -> Update:
    new = states.move("enrolment", seat.state, state)
    return Update(seat, {"state": new}, when=(Is("state", seat.state),))


def decided(owed: Owed, dispute_id: str, keep: bool, decision: Decision) -> Change:
    """A person says what becomes of a seat whose payment was lost: it goes on, or it ends and is
    free. Nothing is given back. Raises NotFound, StateChanged when nothing waits for a word."""
    dispute = next((one for one in owed.disputes if one.dispute_id == dispute_id), None)
    if dispute is None:
        raise NotFound
    if not dispute.waits_for_decision:
        raise StateChanged
    row = replace(dispute, decision="keep" if keep else "end")
    ends = not keep and owed.enrolment is not None
    nothing = Taken(owed.obligation.shares, 0, 0)
    return Change.of(
        _written(dispute, row),
        _seat(owed, dispute, row) if keep else None,
        release(owed, nothing, replace(decision, ends_seat="cancelled"))[1] if ends else None,
        dispute_tasks.decided(dispute, decision.now),
    )

"""What money by hand is for: proposed by one person, and confirmed by another.

What does not live here: recording it, its pages and the nightly look (suspense.py), refunds paid
by hand (refunds_by_hand.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import (
    DebtNotOpen,
    MatchTooMuch,
    NotFound,
    StateChanged,
    SwitchedOff,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.banking import bank
from chalicelib.rules.banking import matching as rules
from chalicelib.rules.banking.bank import BankReceipt, Proposal
from chalicelib.rules.banking.matching import Hand
from chalicelib.rules.banking.suspense_forms import CONFIRM
from chalicelib.rules.changes import Caller, Change, Create
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.news import Debt
from chalicelib.rules.money.payments import Payment
from chalicelib.store import reads
from chalicelib.store.banking import receipts
from chalicelib.store.commit import commit
from chalicelib.store.joining import offers
from chalicelib.store.money.payments import WholeDebt, whole_debt, with_sessions
from chalicelib.store.people.circle import the_circle

TRIES_MAX = 4


def propose(
    outside: Outside, caller: Caller, receipt_id: str, obligation_id: str, amount_minor: int | None
) -> None:
    """Somebody says which debt the money is for; without an amount as much as fits. What is paid
    already can be paid by this money instead (M6). Raises NotFound, MatchTooMuch, and
    MoveNotDeclared while another proposal stands."""
    receipt, debt = _receipt(receipt_id), receipts.one_debt(obligation_id)
    if debt is None:
        raise NotFound
    most = min(receipt.left_minor, debt.most_minor)
    amount = most if amount_minor is None else amount_minor
    if amount > most:
        raise MatchTooMuch(most=str(Money(most, receipt.currency)))
    proposal = Proposal(
        proposal_id=outside.ids.new("pay"),
        actor=caller.actor,
        now=outside.clock.now(),
        amount_minor=amount,
        obligation_id=obligation_id,
        instead=debt.instead.payment_id if debt.instead else "",
    )
    _propose(outside, caller, receipt, proposal)


def propose_back(
    outside: Outside, caller: Caller, receipt_id: str, told: Mapping[str, Any]
) -> None:
    """Money that is not ours, or too much, was sent back: which transfer, when and why. Raises
    NotFound, MatchTooMuch, MoveNotDeclared."""
    receipt = _receipt(receipt_id)
    if told["amount_minor"] > receipt.left_minor:
        raise MatchTooMuch(most=str(Money(receipt.left_minor, receipt.currency)))
    proposal = Proposal(
        proposal_id=outside.ids.new("back"),
        actor=caller.actor,
        now=outside.clock.now(),
        amount_minor=told["amount_minor"],
        back_on=told["date"],
        back_reference=told["reference"] or "",
        back_reason=told["reason"],
    )
    _propose(outside, caller, receipt, proposal)


def _propose(outside: Outside, caller: Caller, receipt: BankReceipt, proposal: Proposal) -> None:
    act = _act(
        outside,
        caller,
        receipt,
        "suspense.proposed" if proposal.obligation_id else "suspense.back_proposed",
        proposal.back_reason,
        amount_minor=proposal.amount_minor,
        obligation_id=proposal.obligation_id,
    )
    commit(Change.of(bank.proposed(receipt, proposal), act), caller, proposal.now)


def take_back(outside: Outside, caller: Caller, receipt_id: str, proposal_id: str) -> None:
    """The proposal is withdrawn, by whoever of the desk sees that it is wrong. Raises NotFound,
    and StateChanged when it does not stand any more."""
    receipt = _receipt(receipt_id)
    if receipt.proposal_id != proposal_id or receipt.state != "proposed":
        raise StateChanged
    act = _act(outside, caller, receipt, "suspense.taken_back")
    commit(Change.of(bank.taken_back(receipt), act), caller, outside.clock.now())


def seat_at_stake(
    outside: Outside, actor: str, receipt_id: str, proposal_id: str, short: bool
) -> tuple[str, str] | None:
    """Before confirming: the application and the offer whose seat would be taken; None where no
    open offer is in it. Nobody may pay on it by card any more, so its sessions are to be closed
    first. Raises what confirming would raise."""
    hand = _look(outside, actor, receipt_id, proposal_id)
    if hand.receipt.goes_back:
        return None
    _, debt = _debt(hand)
    if not rules.takes_seat(debt.obligation):
        return None
    rules.may_become(hand.receipt, debt)
    _whole_or_said(hand, debt, short)
    return debt.offer.application_id, debt.offer.offer_id


def confirm(
    outside: Outside, caller: Caller, receipt_id: str, proposal_id: str, short: bool
) -> None:
    """The second look: what was proposed becomes true, in one commit. `short` says that a seat is
    taken although less has come than it costs (T3).

    Raises NotFound, SecondPersonNeeded, DebtNotOpen, DisputeOpen, SwitchedOff, InvalidForm for a
    short transfer nobody has spoken for, StateChanged when it was confirmed or changed meanwhile.
    """
    for _ in range(TRIES_MAX):
        hand = _look(outside, caller.actor, receipt_id, proposal_id)
        try:
            commit(_decide(outside, hand, short), caller, hand.now)
        except StateChanged:
            continue  # a payment, a release or a register came between: look again
        except DebtNotOpen:
            _look(outside, caller.actor, receipt_id, proposal_id)  # by this very proposal?
            raise
        return
    raise StateChanged


def _look(outside: Outside, actor: str, receipt_id: str, proposal_id: str) -> Hand:
    receipt = _receipt(receipt_id)
    bank.second_look(receipt, proposal_id, actor, the_circle().preset)
    return Hand(receipt=receipt, actor=actor, now=outside.clock.now())


def _decide(outside: Outside, hand: Hand, short: bool) -> Change:
    receipt = hand.receipt
    if receipt.goes_back:
        act = _done(outside, hand, "suspense.returned", receipt.back_reason)
        return bank.sent_back(receipt, hand.now) + act
    found, debt = _debt(hand)
    if receipt.proposed_instead:
        change, word = _instead(outside, hand, found, debt), "payment.instead"
    else:
        change, word = rules.matched(hand, debt), "payment.by_hand"
        _whole_or_said(hand, debt, short)
    return Change.of(
        change,
        _done(outside, hand, "suspense.matched", obligation_id=debt.obligation.obligation_id),
        _paid(outside, hand, debt.payment, word),
    )


def _instead(outside: Outside, hand: Hand, found: WholeDebt, debt: Debt) -> Change:
    if not the_circle().refunds:
        raise SwitchedOff(switch="refunds")
    receipt = hand.receipt
    old = rules.may_be_replaced(
        found.payment(receipt.proposed_instead), found.disputes, receipt.proposed_minor
    )
    return rules.instead(hand, debt, old, outside.ids.new("refund"), found.disputes)


def _whole_or_said(hand: Hand, debt: Debt, short: bool) -> None:
    """A seat for less than it costs, only if the person who confirms says so (T3)."""
    if rules.falls_short(hand.receipt, debt.offer, debt.obligation) and not short:
        raise CONFIRM.invalid({}, {"short": "tick"})


def _debt(hand: Hand) -> tuple[WholeDebt, Debt]:
    """The debt a proposal is about, with the payment it becomes."""
    found = whole_debt(hand.receipt.proposed_for)
    owner = offers.with_offers(found.obligation.application_id) if found else None
    offer = owner.offer(found.obligation.offer_id) if owner and found else None
    if found is None or owner is None or offer is None:
        raise NotFound
    obligation = found.obligation
    person_id = obligation.person_id or owner.application.person_id
    debt = Debt(
        obligation=obligation,
        payment=rules.payment_of(hand, obligation, offer, person_id),
        offer=offer,
        application=owner.application,
        before=reads.get(Enrolment, offer.term_id, person_id) if person_id else None,
        instalments=found.instalments,
    )
    return found, with_sessions(debt, hand.now)


def _receipt(receipt_id: str) -> BankReceipt:
    found = receipts.receipt(receipt_id)
    if found is None:
        raise NotFound
    return found


def _done(outside: Outside, hand: Hand, action: str, reason: str = "", **facts: Any) -> Create:
    """What the second look made of a proposal, in the history of the money."""
    facts = {"amount_minor": hand.receipt.proposed_minor, **facts}
    caller = Caller(actor=hand.actor)
    return _act(outside, caller, hand.receipt, action, reason, **facts)


def _paid(outside: Outside, hand: Hand, payment: Payment, action: str) -> Create:
    """The same in the history of the application."""
    return audit(
        payment.application_id,
        action,
        hand.actor,
        hand.now,
        outside.ids.new("act"),
        person_id=payment.person_id,
        payment_id=payment.payment_id,
        receipt_id=hand.receipt.receipt_id,
    )


def _act(
    outside: Outside,
    caller: Caller,
    receipt: BankReceipt,
    action: str,
    reason: str = "",
    **facts: Any,
) -> Create:
    name, now = outside.ids.new("act"), outside.clock.now()
    return audit(receipt.receipt_id, action, caller.actor, now, name, reason, **facts)

"""A person says what became of money at Stripe that bears our mark and that we cannot place: it was
given back there, it belongs to a debt, or something else. What the books had set apart follows.

What does not live here: what such money is (rules/books/unknown_money.py), settling the payment
that it becomes (flows/money/payments.py; the door calls it next).
"""

from __future__ import annotations

from typing import Any

from chalicelib.errors import InvalidForm, NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.banking.suggesting import Candidate
from chalicelib.rules.books import reconciling
from chalicelib.rules.books import unknown_money as rules
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry
from chalicelib.rules.books.reconciling import Movement
from chalicelib.rules.changes import Caller, Change, Create, Is, Remove
from chalicelib.rules.money.stripe_objects import ChargeObject, Checkout, RefundObject
from chalicelib.rules.people.circle import Task
from chalicelib.store import reads
from chalicelib.store.banking import receipts
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import of_debt
from chalicelib.store.tasks import open_tasks


def show(outside: Outside, checkout_id: str) -> dict[str, Any]:  # noqa: ARG001 - as every flow
    """The money that a person is asked about, and the debts it may be for. NotFound when nobody
    asks (any more)."""
    task = _task(checkout_id)
    return {"task": task, "debts": debts_for(task)}


def debts_for(task: Task) -> list[Candidate]:
    """The debts of running terms to which the money can be put."""
    if task.code != "unknown_payment":
        return []
    amount = int(task.facts["amount_minor"])
    return [one for one in receipts.debts_of_running_terms() if rules.fits(one, amount)]


def close(outside: Outside, caller: Caller, checkout_id: str, fate: str, reason: str) -> None:
    """It was given back at Stripe, which has to show it, or was something else. What of it is set
    apart in the books or missing there is said to be that, too. Raises NotFound, InvalidForm,
    StateChanged."""
    now, task = outside.clock.now(), _task(checkout_id)
    change = Change.of()
    if fate == "given_back":
        checkout, charge, refunds = _at_stripe(outside, checkout_id)
        if not rules.all_given_back(checkout, refunds):
            raise _invalid({"fate": "not_given_back"})
        sources = {charge.id, *(one.id for one in refunds)}
        change = _not_ours(outside, sources)
    act = _act(outside, caller, checkout_id, f"books.money_{fate}", reason)
    gone = Remove(task, when=_as_read(task))
    commit(Change.of(change, gone, act), caller, now)


def put_to(
    outside: Outside, caller: Caller, checkout_id: str, debt_id: str, reason: str
) -> Checkout:
    """It belongs to a debt: a payment of that debt waits for it from now on, and what was set
    apart of it in the books is taken back. Returns what Stripe says, to be settled next.

    Raises NotFound, InvalidForm, StateChanged.
    """
    now, task, debt = outside.clock.now(), _task(checkout_id), receipts.one_debt(debt_id)
    if debt is None or task.code != "unknown_payment":
        raise NotFound
    checkout, charge, refunds = _at_stripe(outside, checkout_id)
    if refunds:
        raise _invalid({"fate": "given_back"})
    person_id = debt.obligation.person_id or of_debt(debt_id).application.person_id
    if person_id is None:
        raise _invalid({"debt": "unproven"})
    act = _act(outside, caller, checkout_id, "books.money_debt", reason, obligation_id=debt_id)
    change = Change.of(
        rules.put_to(debt, checkout, outside.ids.new("pay"), person_id, now),
        _ours_again(outside, charge),
        Remove(task, when=_as_read(task)),
        act,
    )
    commit(change, caller, now)
    return checkout


def _at_stripe(
    outside: Outside, checkout_id: str
) -> tuple[Checkout, ChargeObject, list[RefundObject]]:
    """The session, its charge and what went back of it. InvalidForm when nothing was paid."""
    checkout = outside.stripe.checkout(checkout_id)
    intent_id = checkout.payment_intent_id if checkout.payment_status == "paid" else None
    intent = outside.stripe.payment_intent(intent_id) if intent_id else None
    if intent is None or intent.charge_id is None:
        raise _invalid({"fate": "not_paid"})
    refunds = outside.stripe.refunds_of(intent.id)
    gone = [one for one in refunds if one.status not in rules.NOT_THERE]
    return checkout, outside.stripe.charge(intent.charge_id), gone


def _not_ours(outside: Outside, sources: set[str]) -> Change:
    """What moved for these charges and refunds is kept for others, as far as the books have been
    told of it: what is missing there is set apart first."""
    now, change = outside.clock.now(), Change.of()
    for task in open_tasks():
        if not task.code.startswith("movement_") or task.facts["source_id"] not in sources:
            continue
        movement_id = task.facts["movement_id"]
        row = reads.get(Movement, "movement", movement_id)
        apart = reads.get(Entry, CIRCLE_BOOK, f"unknown#{movement_id}")
        if row is not None and apart is None:
            change += Change.of(made := reconciling.apart(row, now), Remove(row))
            apart = made.row
        if apart is not None:
            change += reconciling.cleared(apart, movement_id, task, now)
    return change


def _ours_again(outside: Outside, charge: ChargeObject) -> Change:
    """Nothing of it is missing or set apart any more: the debt books it."""
    now, movement_id = outside.clock.now(), charge.movement_id
    if movement_id is None:
        return Change.of()
    row = reads.get(Movement, "movement", movement_id)
    task = reads.get(Task, "task#open", reconciling.task_id(movement_id))
    apart = reads.get(Entry, CIRCLE_BOOK, f"unknown#{movement_id}")
    said = reads.get(Entry, CIRCLE_BOOK, f"{reconciling.CLEARED}#{movement_id}")
    return Change.of(
        Remove(row) if row else None,
        Remove(task, when=_as_read(task)) if task else None,
        reconciling.taken_back(apart, said is not None, movement_id, now) if apart else None,
    )


def _task(checkout_id: str) -> Task:
    for code in rules.CODES:
        task = reads.get(Task, "task#open", f"{code}#{checkout_id}")
        if task is not None:
            return task
    raise NotFound


def _as_read(task: Task) -> tuple[Is, ...]:
    return (Is("code", task.code),)


def _invalid(errors: dict[str, str]) -> InvalidForm:
    return rules.FORM.invalid({}, errors)


def _act(
    outside: Outside, caller: Caller, checkout_id: str, action: str, reason: str, **facts: str
) -> Create:
    name, now = outside.ids.new("act"), outside.clock.now()
    return audit("books", action, caller.actor, now, name, reason, checkout_id=checkout_id, **facts)

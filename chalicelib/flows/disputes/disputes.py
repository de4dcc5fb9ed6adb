"""Disputes and warnings of fraud: news from Stripe, however it came, and a person's word about a
seat whose payment was lost.

Each event is a hint: the dispute is fetched by its id and decided from as it is now
(rules/disputes/disputing.py), so that order and number of events do not matter.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from chalicelib.errors import (
    AlreadyCounted,
    NotFound,
    RefundNotPossible,
    StateChanged,
    StripeRefused,
    Trouble,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Create, Remove
from chalicelib.rules.disputes import dispute_tasks, disputing
from chalicelib.rules.disputes.disputes import OPEN
from chalicelib.rules.disputes.disputing import Case
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.money.news import marker
from chalicelib.rules.money.payments import Payment, StripeLookup
from chalicelib.rules.money.stripe_objects import (
    DisputeObject,
    Event,
    FraudWarningObject,
    dispute_from,
    fraud_warning_from,
)
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning.releases import Decision
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import by_stripe_id, owed, whole_debt

log = logging.getLogger("balint.disputes")

WARNED = "radar.early_fraud_warning.created"
HEARD = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    WARNED,
)
TRIES_MAX = 6
LOOKED_BACK = timedelta(days=180)  # a dispute can stay open for months
WARNINGS_BACK = timedelta(days=60)  # less than a marker lives: none is asked about twice
NO_RIGHT = "permission_error"


def hear(outside: Outside, event: Event) -> str:
    """News of a dispute or a warning; returns what became of it, in a word, for the log."""
    if event.livemode != outside.places.livemode or event.account is not None:
        return "not_ours"
    if event.type == WARNED:
        return take_in_warning(outside, fraud_warning_from(event.object))
    return take_in(outside, dispute_from(event.object))


def take_in(outside: Outside, hint: DisputeObject) -> str:
    """Bring our rows in line with a dispute as it is now, once, whatever was heard before.

    `hint` names it and its payment. It is fetched after our rows were read and written on
    condition that they are the same, so that an older word never follows a newer one.
    Returns its state, nothing or not_ours. Raises Trouble while the payment itself has not been
    heard of: Stripe tells it again.
    """
    lookup = _lookup(outside, hint.payment_intent_id, hint.charge_id)
    if lookup is None:
        return "not_ours"
    for _ in range(TRIES_MAX):
        case = _case(outside, hint.id, lookup)
        change = disputing.heard(case)
        if not change.writes:
            return "nothing"
        try:
            commit(change + _act(outside, case))
        except (AlreadyCounted, RefundNotPossible, StateChanged):
            continue
        return case.told.status
    raise Trouble("a dispute did not come to rest")


def _act(outside: Outside, case: Case) -> Change:
    word = "changed" if case.before else "opened"
    if case.told.status not in OPEN:
        word = "ended"
    act = audit(
        case.payment.application_id,
        f"dispute.{word}",
        "stripe",
        case.now,
        outside.ids.new("act"),
        person_id=case.payment.person_id,
        dispute_id=case.told.id,
        state=case.told.status,
        amount_minor=case.told.amount_minor,
    )
    return Change.of(act)


def _case(outside: Outside, dispute_id: str, lookup: StripeLookup) -> Case:
    """Everything a dispute touches, and then the dispute itself. The debt is read by `owed`,
    which marks the sessions."""
    found, debt = owed(lookup.owner_id), whole_debt(lookup.owner_id)
    payment = next((one for one in found.payments if one.payment_id == lookup.payment_id), None)
    if payment is None or debt is None:
        raise NotFound
    return Case(
        told=outside.stripe.dispute(dispute_id),
        owed=found,
        payment=payment,
        refunds=debt.refunds,
        now=outside.clock.now(),
    )


def _lookup(outside: Outside, intent_id: str | None, charge_id: str | None) -> StripeLookup | None:
    """Whose payment it is; None for another use of the account. A charge is written down only
    with its fee, a payment intent with the payment."""
    for stripe_id in (intent_id, charge_id):
        found = by_stripe_id(stripe_id) if stripe_id else None
        if found:
            return found
    ids = outside.stripe.payment_intent(intent_id).metadata if intent_id else {}
    if ids.get("app") == TAG and ids.get("deployment") == outside.places.deployment:
        raise Trouble("a dispute came before its payment")
    return None


def take_in_warning(outside: Outside, warning: FraudWarningObject) -> str:
    """The card's bank believes that a payment was fraud: a person may still give it back. Each
    warning counts once, however it was heard of."""
    lookup = _lookup(outside, warning.payment_intent_id, warning.charge_id)
    debt = whole_debt(lookup.owner_id) if lookup else None
    payment = debt.payment(lookup.payment_id) if debt and lookup else None
    if debt is None or payment is None:
        return "not_ours"
    now = outside.clock.now()
    task = dispute_tasks.warned_of_fraud(payment, debt.disputes, now)
    try:
        commit(Change.of(marker(f"{warning.id}#warned", now), task))
    except AlreadyCounted:
        return "nothing"
    return "warned" if task else "nothing_left"


def look_again(outside: Outside) -> dict[str, int]:
    """Nightly: every dispute of the last months is fetched again, so that an event that never
    came is made up for; counts by outcome."""
    counts: Counter[str] = Counter()
    for told in outside.stripe.disputes_since(outside.clock.now() - LOOKED_BACK):
        try:
            counts[take_in(outside, told)] += 1
        except Trouble as trouble:
            log.warning("dispute_waits dispute=%s code=%s", told.id, trouble.code)
            counts["waits"] += 1
    return dict(counts)


def look_for_warnings(outside: Outside) -> dict[str, int]:
    """Nightly: every warning of fraud of the last weeks, so that an event that never came is made
    up for; counts by outcome. A key that may not ask for them is said once, as a task."""
    now, counts = outside.clock.now(), Counter[str]()
    try:
        for told in outside.stripe.fraud_warnings_since(now - WARNINGS_BACK):
            try:
                counts[take_in_warning(outside, told)] += 1
            except Trouble as trouble:
                log.warning("warning_waits warning=%s code=%s", told.id, trouble.code)
                counts["waits"] += 1
    except StripeRefused as refused:
        if refused.args[0] != NO_RIGHT:
            raise
        return {_say_right(missing=True, now=now): 1}
    _say_right(missing=False, now=now)
    return dict(counts)


def _say_right(missing: bool, now: datetime) -> str:
    """The task about the right that a key lacks: there while it does."""
    task = dispute_tasks.right_missing(now)
    known = reads.get(Task, "task#open", task.task_id)
    if missing and known is None:
        log.warning("stripe_right_missing right=early_fraud_warnings")
        commit(Change.of(Create(task)))
    if known is not None and not missing:
        commit(Change.of(Remove(known)))
    return "right_missing" if missing else ""


# What a person does


def decide_seat(
    outside: Outside,
    caller: Caller,
    obligation_id: str,
    dispute_id: str,
    keep: bool,
    reason: str,
) -> None:
    """What becomes of a seat whose payment was lost: it goes on, or it ends and is free.

    Raises NotFound, StateChanged.
    """
    now, found = outside.clock.now(), owed(obligation_id)
    decision = Decision(
        release_id=outside.ids.new("release"),
        cause="administrator",
        actor=caller.actor,
        now=now,
        reason=reason,
    )
    act = audit(
        found.obligation.application_id,
        "dispute.seat_kept" if keep else "dispute.seat_ended",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        person_id=found.obligation.person_id,
        dispute_id=dispute_id,
    )
    commit(disputing.decided(found, dispute_id, keep, decision) + act, caller, now)


def close_warning(outside: Outside, caller: Caller, obligation_id: str, payment_id: str) -> None:
    """A person has looked at a warning of fraud. NotFound when none is open."""
    task, payment = _open_warning(obligation_id, payment_id)
    now = outside.clock.now()
    act = audit(
        payment.application_id,
        "dispute.warning_closed",
        caller.actor,
        now,
        outside.ids.new("act"),
        person_id=payment.person_id,
        payment_id=payment_id,
    )
    commit(Change.of(Remove(task), act), caller, now)


def _open_warning(obligation_id: str, payment_id: str) -> tuple[Task, Payment]:
    payment = reads.get(Payment, obligation_id, f"payment#{payment_id}")
    task = reads.get(Task, "task#open", f"fraud_warning#{payment_id}")
    if payment is None or task is None:
        raise NotFound
    return task, payment

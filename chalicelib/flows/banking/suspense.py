"""Money by hand comes in and waits: recording it, its pages, the nightly look at what has waited
too long.

Recording books it at once, so that it is never forgotten. What does not live here: what it is for
(matching.py).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import AlreadyCounted, NotFound, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.banking import bank
from chalicelib.rules.banking.bank import BankReceipt, look_again, task_of
from chalicelib.rules.banking.matching import falls_short
from chalicelib.rules.banking.suggesting import Candidate, suggested
from chalicelib.rules.changes import Caller, Change
from chalicelib.store.banking import receipts
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import whole_debt
from chalicelib.store.people import people
from chalicelib.store.people.circle import the_circle

log = logging.getLogger("balint.suspense")
IN_ONE_GO = 100
ALIKE_MAX = 50  # transfers of one day with the same amount and words


def name_of(outside: Outside, told: Mapping[str, Any]) -> str:  # noqa: ARG001 - as every flow
    """The id of money that is about to be recorded. AlreadyCounted when the same was recorded
    before and nobody has said that this is another one."""
    for number in range(1, ALIKE_MAX + 1):
        name = bank.receipt_id(told, number)
        if receipts.receipt(name) is None:
            return name
        if not told["another"]:
            break
    raise AlreadyCounted


def record(
    outside: Outside,
    caller: Caller,
    receipt_id: str,
    told: Mapping[str, Any],
    meant_for: str = "",
) -> None:
    """Money has come to the bank or as cash. Raises NotFound for a debt that is not there, and
    AlreadyCounted when somebody has recorded the same meanwhile."""
    now = outside.clock.now()
    if meant_for and whole_debt(meant_for) is None:
        raise NotFound
    receipt = BankReceipt(
        receipt_id=receipt_id,
        method=told["method"],
        amount_minor=told["amount_minor"],
        left_minor=told["amount_minor"],
        currency=the_circle().currency,
        received_on=told["date"],
        payer=told["payer"],
        reference=told["reference"] or "",
        recorded_by=caller.actor,
        recorded_at=now,
        meant_for=meant_for,
        look_at=now + bank.LOOK_AFTER,
    )
    act = audit(
        receipt_id,
        "suspense.recorded",
        caller.actor,
        now,
        outside.ids.new("act"),
        amount_minor=receipt.amount_minor,
        method=receipt.method,
    )
    commit(bank.recorded(receipt) + act, caller, now)


def today(outside: Outside) -> date:
    """The day it is where the circle is."""
    return outside.clock.now().astimezone(ZoneInfo(the_circle().zone)).date()


def show_all(outside: Outside, debt_id: str = "") -> dict[str, Any]:
    """Money that waits, the oldest first; `debt_id` is the debt somebody has come from, in a page
    for which new money would be recorded. NotFound when there is no such debt."""
    return {
        "receipts": receipts.waiting(outside.clock.now()),
        "today": today(outside),
        "debt": _debt(debt_id) if debt_id else None,
        "debt_id": debt_id,
    }


def show_one(outside: Outside, receipt_id: str, debt_id: str = "") -> dict[str, Any]:
    """One receipt: what was proposed and by whom, which debts it may be for, what was done."""
    receipt = receipts.receipt(receipt_id)
    if receipt is None:
        raise NotFound
    acts = receipts.acts(receipt_id)
    named = people.several({one for act in acts if (one := act.actor).startswith("person-")})
    target = receipts.one_debt(receipt.proposed_for) if receipt.proposed_for else None
    return {
        "receipt": receipt,
        "today": today(outside),
        "acts": acts,
        "names": {key: person.full_name for key, person in named.items()},
        "debts": debts_for(receipt, debt_id),
        "debt_id": debt_id,
        "target": target,
        "missing_minor": _missing(receipt, target),
        "alone": the_circle().preset == "solo",
    }


def debts_for(receipt: BankReceipt, debt_id: str = "") -> list[Candidate]:
    """The debts that stand on the page of a receipt to choose from, the likeliest first."""
    if receipt.state != "unmatched":
        return []
    known = {one.obligation.obligation_id: one for one in receipts.debts_of_running_terms()}
    for name in (receipt.meant_for, debt_id):
        one = receipts.one_debt(name) if name else None
        if one is not None:
            known[name] = one
    return suggested(receipt, list(known.values()), debt_id)


def to_place(outside: Outside, receipt_id: str) -> BankReceipt:  # noqa: ARG001 - as every flow
    """A receipt about which something can be proposed. NotFound, StateChanged."""
    receipt = receipts.receipt(receipt_id)
    if receipt is None:
        raise NotFound
    if receipt.state != "unmatched":
        raise StateChanged
    return receipt


def _missing(receipt: BankReceipt, target: Candidate | None) -> int:
    return falls_short(receipt, target.offer, target.obligation) if target else 0


def _debt(debt_id: str) -> dict[str, Any]:
    found = whole_debt(debt_id)
    offer = receipts.offer_of(found.obligation) if found else None
    if found is None or offer is None:
        raise NotFound
    return {"obligation": found.obligation, "offer": offer}


def look(outside: Outside) -> dict[str, int]:
    """The night's look: money that waited three days becomes a task, once; counts."""
    now = outside.clock.now()
    counts = {"tasks": 0}
    for receipt in receipts.due(now, IN_ONE_GO):
        later = look_again(receipt, now)
        try:
            commit(Change.of(task_of(receipt, now), later))
            counts["tasks"] += 1
        except AlreadyCounted:
            _put_off(receipt, Change.of(later))
        except StateChanged:
            log.info("moved_on receipt=%s", receipt.receipt_id)
    return counts


def _put_off(receipt: BankReceipt, later: Change) -> None:
    """Its task is open already: it is looked at again later."""
    try:
        commit(later)
    except StateChanged:
        log.info("moved_on receipt=%s", receipt.receipt_id)

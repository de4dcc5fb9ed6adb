"""The bursary fund at the desk: gifts recorded, codes made and withdrawn, what is left (D1).

What does not live here: using a code (flows/joining/offers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.prices import bursaries as rules
from chalicelib.rules.prices.bursaries import BursaryCode, FundStanding
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.people.circle import the_circle
from chalicelib.store.prices import means


@dataclass(frozen=True, kw_only=True)
class FundPage:
    """The fund as the treasurer sees it: newest codes and gifts first."""

    standing: FundStanding
    codes: tuple[BursaryCode, ...]
    gifts: tuple[Entry, ...]
    currency: str
    zone: str


def show(outside: Outside) -> FundPage:  # noqa: ARG001 - as every flow
    """What the fund holds and has promised, every code and every gift."""
    circle, standing = the_circle(), means.fund()
    gifts = reads.under(tables.Ledger, CIRCLE_BOOK, "gift#")
    return FundPage(
        standing=standing,
        codes=tuple(sorted(standing.codes, key=lambda one: one.made_at, reverse=True)),
        gifts=tuple(sorted(gifts, key=lambda one: one.posted_at, reverse=True)),
        currency=circle.currency,
        zone=circle.zone,
    )


def record_gift(outside: Outside, caller: Caller, values: Mapping[str, Any]) -> None:
    """A gift for bursaries has come in by bank."""
    now, gift_id = outside.clock.now(), outside.ids.new("gift")
    amount, reference = values["gift_minor"], values["reference"]
    entry = rules.gift_entry(gift_id, amount, the_circle().currency, reference, now)
    note = audit(
        "bursaries",
        "bursary.gift_recorded",
        caller.actor,
        now,
        outside.ids.new("act"),
        gift_id=gift_id,
        amount_minor=amount,
    )
    commit(Change.of(entry, note), caller, now)


def make_code(outside: Outside, caller: Caller, values: Mapping[str, Any]) -> None:
    """A new code out of what is not promised yet. Raises FundTooSmall, StateChanged."""
    now = outside.clock.now()
    code = BursaryCode(
        code=rules.code_from(outside.ids.new("bursary")),
        amount_minor=values["code_minor"],
        currency=the_circle().currency,
        note=values["note"] or "",
        made_by=caller.actor,
        made_at=now,
    )
    note = _noted(outside, caller, "bursary.code_made", code)
    commit(rules.promise(means.fund(), code) + note, caller, now)


def withdraw_code(outside: Outside, caller: Caller, name: str) -> None:
    """A code that nobody has used ends. Raises NotFound, BursaryNotOpen."""
    code = means.code(name)
    if code is None:
        raise NotFound
    note = _noted(outside, caller, "bursary.code_withdrawn", code)
    commit(Change.of(rules.withdrawn(code), note), caller, outside.clock.now())


def _noted(outside: Outside, caller: Caller, action: str, code: BursaryCode) -> Change:
    return Change.of(
        audit(
            "bursaries",
            action,
            caller.actor,
            outside.clock.now(),
            outside.ids.new("act"),
            code=code.code,
            amount_minor=code.amount_minor,
        )
    )

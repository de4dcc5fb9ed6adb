"""What a register writes about its leaders' pay: rows, and one entry for what has changed (D4).

What does not live here: the fees of the members (books/earning.py), the register itself
(running/closing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import Line
from chalicelib.rules.changes import Change, Create, Is, Update, Write
from chalicelib.rules.leaders.accruals import Accrual, Earned, Terms, earned_by, shares_of, terms_of
from chalicelib.rules.running.groups import Session, WholeTerm


def leader_account(leader_id: str) -> str:
    """What a book owes a leader: a liability."""
    return f"leader/{leader_id}"


def clawback_account(leader_id: str) -> str:
    """What a leader owes a book: a claim."""
    return f"clawback/{leader_id}"


def accrued(
    whole: WholeTerm,
    session: Session,
    state: str,
    led_by: Iterable[str],
    kept: Mapping[str, Accrual],
    now: datetime,
) -> Change:
    """A register that comes out as `state`, led by `led_by`: each leader's row in line with it,
    and one entry `accrued#SESSION#REVISION` of what that changes. `kept` are the rows the session
    has, by leader: their rates hold on. Conditional on each row as read."""
    led = tuple(led_by) if state == "held" else ()
    by_terms = terms_of(whole, session) | {name: _frozen(row) for name, row in kept.items()}
    terms = [by_terms[name] for name in led if name in by_terms]
    found = earned_by(session.minutes, terms, shares_of(whole, session))
    rows = {one.terms.leader_id: one for one in found}
    writes: list[Write] = []
    changes: dict[str, int] = {}
    for name in sorted({*rows, *kept}):
        before, new = kept.get(name), rows.get(name)
        writes += _row(whole, session, before, new, len(led), now)
        amount = new.amount_minor if new else 0
        changes[name] = amount - (before.amount_minor if before else 0)
    return Change.of(*writes, _entry(whole, session, changes, now))


def _frozen(row: Accrual) -> Terms:
    return Terms(
        leader_id=row.leader_id,
        pay=row.pay,
        rate_minor=row.rate_minor,
        extra_minutes=row.extra_minutes,
    )


def _row(
    whole: WholeTerm,
    session: Session,
    before: Accrual | None,
    new: Earned | None,
    together: int,
    now: datetime,
) -> list[Write]:
    """The row of one leader made, or brought in line."""
    if before is None:
        return [Create(_made(whole, session, new, together, now))] if new else []
    values: dict[str, Any] = {
        "led": new is not None,
        "together": together,
        "share_bp": new.share_bp if new else 0,
        "amount_minor": new.amount_minor if new else 0,
        "revision": session.revision + 1,
    }
    if values["amount_minor"] != before.amount_minor:
        values["accrued_at"] = now
    as_read = ("amount_minor", "revision", "clawed_minor")
    unchanged = tuple(Is(name, getattr(before, name)) for name in as_read)
    return [Update(before, values, when=unchanged)]


def _made(whole: WholeTerm, session: Session, new: Earned, together: int, now: datetime) -> Accrual:
    return Accrual(
        leader_id=new.terms.leader_id,
        session_id=session.session_id,
        group_id=session.group_id,
        term_id=session.term_id,
        number=session.number,
        session_at=session.starts_at,
        minutes=session.minutes,
        extra_minutes=new.terms.extra_minutes,
        together=together,
        pay=new.terms.pay,
        rate_minor=new.terms.rate_minor,
        share_bp=new.share_bp,
        amount_minor=new.amount_minor,
        currency=whole.term.currency,
        accrued_at=now,
        revision=session.revision + 1,
    )


def _entry(
    whole: WholeTerm, session: Session, changes: Mapping[str, int], now: datetime
) -> Create | None:
    """What leaders are owed more, or less, since the last register; none for no change."""
    owed = [
        Line(account=leader_account(name), amount_minor=-amount)
        for name, amount in changes.items()
        if amount
    ]
    if not owed:
        return None
    cost = Line(account="leader_fees", amount_minor=sum(changes.values()))
    return ledger.entry_of_lines(
        ledger.group_book(whole.group.group_id),
        f"accrued#{session.session_id}#{session.revision + 1}",
        now,
        whole.term.currency,
        (cost, *owed),
        {"session_id": session.session_id, "term_id": whole.term.term_id},
    )

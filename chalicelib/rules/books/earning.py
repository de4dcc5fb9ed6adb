"""What a register earns: fees move from deferred to income with the session they pay for (N7).

One entry for a session, with a line for each debt that has a share on it: also of people who left
and were not given that share back. What does not live here: the register (running/register.py),
the shares themselves (shares.py), a seat taken after the session (ledger.seat_entry).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import Line, deferred
from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.running.groups import Session, WholeTerm


def earned(
    whole: WholeTerm, session: Session, state: str, debts: Iterable[Obligation], now: datetime
) -> Change:
    """The money side of a session that comes into a state: `held` earns its shares, leaving it
    takes the earning back and leaves the shares on the debts. Nothing while the state stays.

    `debts` are all of the term. Conditional on the term's mark and state as read before them, so
    that no share moves meanwhile; whoever moves shares depends on the same mark.
    """
    if state == session.state:
        return Change()
    term = whole.term
    as_read = (Is("shares_moved", term.shares_moved), Is("state", term.state))
    marked = Update(term, add={"shares_moved": 1}, when=as_read)
    return Change.of(marked, _entry(whole, session, state, debts, now))


def _entry(
    whole: WholeTerm, session: Session, state: str, debts: Iterable[Obligation], now: datetime
) -> Create | None:
    """`held#SESSION#REVISION`, or `unheld#..` which takes back what lies on the session now;
    none for a session that was not held and is not, and none without any share."""
    if "held" not in (state, session.state):
        return None
    kind, sign = ("held", 1) if state == "held" else ("unheld", -1)
    shares = {
        one.obligation_id: one.shares.get(session.session_id, 0)
        for one in debts
        if one.billed_at is not None
    }
    if not any(shares.values()):
        return None
    account = deferred(whole.term.term_id)
    lines = [
        Line(account=account, amount_minor=sign * amount, obligation_id=name)
        for name, amount in sorted(shares.items())
        if amount
    ]
    income = Line(account="fees", amount_minor=-sign * sum(shares.values()))
    return ledger.entry_of_lines(
        ledger.group_book(whole.group.group_id),
        f"{kind}#{session.session_id}#{session.revision + 1}",
        now,
        whole.term.currency,
        (*lines, income),
        {"session_id": session.session_id, "term_id": whole.term.term_id},
    )

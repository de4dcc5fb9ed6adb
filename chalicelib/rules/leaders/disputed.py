"""What of leaders' pay rests on money that a payer's bank has taken and nobody has decided about
(N8): it is held until the dispute has ended.

What does not live here: finding the disputes (store/leaders/disputes.py), what is owed back once
one is lost (clawing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.leaders.accruals import Accrual

ByDebt = Mapping[str, int]  # obligation_id -> its share of a session, in minor units


def matching(amount_minor: int, part: int, whole: int) -> int:
    """The part of a fee that rests on `part` of the `whole` that a session brought; half a penny
    goes up, and it is never more than the fee."""
    if amount_minor <= 0 or part <= 0 or whole <= 0:
        return 0
    return min(amount_minor, (2 * amount_minor * part + whole) // (2 * whole))


def takes_hold(dispute: Dispute) -> bool:
    """Whether the bank has the money and it is not booked as lost yet."""
    return dispute.withdrawn_minor > 0 and not dispute.booked_lost


def held_by_disputes(
    accruals: Iterable[Accrual], shares: Mapping[str, ByDebt], disputes: Iterable[Dispute]
) -> dict[tuple[str, str], int]:
    """How much of each accrual is held, by leader and session; nothing for those that no dispute
    touches. `shares` are those of all debts, session by session."""
    disputed = {one.obligation_id for one in disputes if takes_hold(one)}
    found: dict[tuple[str, str], int] = {}
    for one in accruals:
        by_debt = shares.get(one.session_id, {})
        part = sum(amount for debt, amount in by_debt.items() if debt in disputed)
        amount = matching(one.amount_minor, part, sum(by_debt.values()))
        if amount:
            found[one.leader_id, one.session_id] = amount
    return found

"""Reading everything that says what leaders can be paid: their rows, their groups' funds, runs.

What does not live here: what it comes to (rules/leaders/preparing.py), reading one leader (pay.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.rules.books.ledger import group_book
from chalicelib.rules.leaders.accounts import PayoutAccount, PayProfile
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.payouts import Payout, PayRun
from chalicelib.rules.leaders.preparing import Payee, cover
from chalicelib.store import reads, tables
from chalicelib.store.books import ledger
from chalicelib.store.leaders import disputes, pay
from chalicelib.store.people import people


def payee(leader_id: str, name: str = "") -> Payee:
    """One leader, in one query. Everything is read, for the rows come back with their key."""
    rows = reads.under(tables.Payouts, leader_id)
    profile = next((row for row in rows if isinstance(row, PayProfile)), None)
    return Payee(
        leader_id=leader_id,
        name=name or leader_id,
        items=tuple(row for row in rows if isinstance(row, Accrual | Clawback | Returned)),
        profile=profile or PayProfile(leader_id=leader_id),
        account=next((row for row in rows if isinstance(row, PayoutAccount)), None),
    )


def payees(now: datetime) -> list[Payee]:
    """Every leader of whom anything is open, by name."""
    ids = pay.with_open(now)
    found = people.several(set(ids))
    every = [payee(one, found[one].full_name if one in found else "") for one in ids]
    return sorted(every, key=lambda one: (one.name.casefold(), one.leader_id))


def covers(every: Iterable[Payee], currency: str) -> dict[str, int]:
    """What the fund of each of their groups covers, after what is approved and not paid yet."""
    groups = {item.group_id for one in every for item in one.items if item.open_minor}
    coming = [one for run in pay.runs() if run.state == "approved" for one in of_run(run)]
    return {
        group_id: cover(ledger.of_book(group_book(group_id)), group_id, currency, coming)
        for group_id in sorted(groups)
    }


def of_run(run: PayRun) -> list[Payout]:
    """The payouts of a run as they are now, by name of the leader."""
    keys: list[tuple[str, ...]] = [(name, f"payout#{run.period}") for name in run.payouts]
    found = reads.many(Payout, keys)
    return sorted(found, key=lambda one: (one.name.casefold(), one.leader_id))


def run(period: str) -> PayRun | None:
    """One run by its name."""
    return reads.get(PayRun, "run", f"run#{period}")


def payout(leader_id: str, period: str) -> Payout | None:
    """One payout."""
    return reads.get(Payout, leader_id, f"payout#{period}")


def disputed(every: Iterable[Payee]) -> dict[tuple[str, str], int]:
    """What open disputes hold back of what is open, by leader and session."""
    items = [item for one in every for item in one.items]
    return disputes.held(
        item for item in items if isinstance(item, Accrual) and item.open_minor > 0
    )

"""What a leader is told when pay has left (R67): the sums, by group and rate, and no member.

Both ways of paying use it, in the transaction of their fact. What does not live here: the
statement it leads to (statements.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.rules.changes import Create
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.payouts import Item, Payout, of_this_time
from chalicelib.rules.mail import Standing, mail
from chalicelib.rules.people.people import Person


@dataclass(frozen=True)
class SumLine:
    """Sessions of one group that were paid alike: so many, so many minutes, at a rate for an
    hour, and the share in basis points where the leaders share (0: the own rate)."""

    group_title: str
    sessions: int
    minutes: int
    rate_minor: int
    share_bp: int
    amount_minor: int


def sums_of(
    payout: Payout, items: Sequence[Item], titles: Mapping[str, str]
) -> tuple[SumLine, ...]:
    """The sessions of a payout, summed up; what is paid again after it came back is not in it."""
    accruals = {one.session_id: one for one in items if isinstance(one, Accrual)}
    found: dict[tuple[str, int, int], SumLine] = {}
    for line in payout.lines:
        one = accruals.get(line.ref)
        if one is None or line.what != "accrual" or line.amount_minor < 0:
            continue
        title = titles.get(one.group_id, "")
        key = (title, one.rate_minor, one.share_bp)
        before = found.get(key, SumLine(title, 0, 0, one.rate_minor, one.share_bp, 0))
        found[key] = SumLine(
            title,
            before.sessions + 1,
            before.minutes + one.minutes + one.extra_minutes,
            one.rate_minor,
            one.share_bp,
            before.amount_minor + line.amount_minor,
        )
    return tuple(found[key] for key in sorted(found))


def paid_mail(
    payout: Payout,
    leader: Person,
    items: Sequence[Item],
    titles: Mapping[str, str],
    expected_on: date,
    now: datetime,
) -> Create:
    """Pay has left: for which sessions, what was taken off, how it comes, by when. `payout` is as
    it is once it has left."""
    sums = sums_of(payout, items, titles)
    deductions = sum(min(0, line.amount_minor) for line in payout.lines)
    facts: dict[str, Any] = {
        "full_name": leader.full_name,
        "zone": leader.zone,
        "period": payout.period,
        "sums": [vars(one) for one in sums],
        "again_minor": payout.amount_minor - deductions - sum(one.amount_minor for one in sums),
        "deductions_minor": deductions,
        "amount_minor": payout.amount_minor,
        "currency": payout.currency,
        "route": payout.route,
        "reference": payout.paid_reference,
        "expected_on": expected_on.isoformat(),
        "statement": f"/leader/pay/{payout.period}",
    }
    ids = {"leader_id": payout.leader_id, "period": payout.period}
    left = Standing(kind="Payout", ids=ids, name="state", values=("sent", "paid_manually"))
    return mail(
        "leader_paid",
        of_this_time(payout),
        leader.email,
        now,
        facts,
        stands=(left,),
        person_id=leader.person_id,
    )

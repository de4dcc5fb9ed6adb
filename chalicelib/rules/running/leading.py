"""Who leads a term or one session of it, how each is paid, and how they share (R26, R67, L3, L9).

Everything about pay is dated: what holds for a session is what held when it began. What does not
live here: what a session earned its leaders (leaders/accruals.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

PAYS = ("fee", "waived", "paid_by_employer", "principal")
WHOLE_BP = 10_000


@dataclass(frozen=True, kw_only=True)
class PaidAs:
    """How a leader was paid for sessions that began before `until`."""

    until: datetime
    pay: str
    rate_minor: int


@dataclass(frozen=True, kw_only=True)
class Leadership:
    """A leader of a term: who, how accredited, how paid (R26, R28). The rate is in minor units
    for an hour."""

    group_id: str
    term_id: str
    leader_id: str  # person_id
    name: str
    accreditation: str = "none"  # accredited | in_training | none
    body: str = ""
    biography: str = ""
    pay: str = "fee"  # fee | waived | paid_by_employer | principal
    rate_minor: int = 0
    earlier: tuple[PaidAs, ...] = ()  # the oldest first

    def paid_at(self, at: datetime) -> tuple[str, int]:
        """How and at which rate a session that begins at `at` is paid."""
        for one in self.earlier:
            if at < one.until:
                return one.pay, one.rate_minor
        return self.pay, self.rate_minor

    def paid_from(self, pay: str, rate_minor: int, now: datetime) -> tuple[PaidAs, ...]:
        """`earlier` once it is paid otherwise from `now` on: what began before keeps what held
        then (L9)."""
        if (pay, rate_minor) == (self.pay, self.rate_minor):
            return self.earlier
        return (*self.earlier, PaidAs(until=now, pay=self.pay, rate_minor=self.rate_minor))


@dataclass(frozen=True, kw_only=True)
class Substitute:
    """Somebody who leads one session in place of a leader, or led it before leaving (L3, L4)."""

    group_id: str
    term_id: str
    session_id: str
    leader_id: str  # person_id
    name: str
    pay: str = "fee"
    rate_minor: int = 0
    left: bool = False  # led it and left the term since: named in its register, and sees nothing
    made_by: str
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Split:
    """How leaders of a term share what their fees come to together, in basis points that sum to
    10,000. It holds for sessions that begin after the last of them has confirmed it (L9)."""

    group_id: str
    term_id: str
    split_id: str
    shares: Mapping[str, int]  # leader_id -> basis points
    proposed_by: str
    proposed_at: datetime
    confirmed: Mapping[str, datetime] = field(default_factory=dict)  # leader_id -> when
    withdrawn_at: datetime | None = None
    revision: int = 0  # grows with each change

    @property
    def holds_from(self) -> datetime | None:
        """Since when it holds; None while somebody has not confirmed it, or it was withdrawn."""
        if self.withdrawn_at is not None or set(self.confirmed) < set(self.shares):
            return None
        return max(self.confirmed.values())


def split_at(splits: Sequence[Split], at: datetime) -> Mapping[str, int]:
    """The shares that hold for a session that begins at `at`; empty where each leader is paid
    the own rate."""
    known = [(one.holds_from, one) for one in splits if one.holds_from is not None]
    holding = [(since, one.split_id, one) for since, one in known if since <= at]
    return max(holding, key=lambda each: each[:2])[2].shares if holding else {}

"""What a term costs and brings in: break-even, prices to compare (R63, R68-R70, D14, N4).

Estimates for planning, in minor units. What does not live here: money that moved (ledger.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.rules.running.groups import WholeTerm
from chalicelib.rules.running.leading import Leadership

# Stripe's published UK price for a domestic card: 1.5 % and 20p. The real fee of each payment
# comes from its balance transaction and is booked then.
PROCESSOR_FEE_BP = 150
PROCESSOR_FEE_FIXED_MINOR = 20


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A term's costs, and what its price makes of them. `members` counts paying members."""

    price_minor: int
    fee_minor: int  # the processor's, of one payment
    leaders_minor: int
    other_minor: int
    minutes: int  # of all sessions together
    sessions: int
    min_members: int
    capacity: int

    @property
    def costs_minor(self) -> int:
        """What the term costs whoever comes."""
        return self.leaders_minor + self.other_minor

    @property
    def net_minor(self) -> int:
        """What one member's price leaves after the processor."""
        return self.price_minor - self.fee_minor

    @property
    def break_even(self) -> int | None:
        """The fewest members whose prices cover the costs; None where no number does."""
        if not self.costs_minor:
            return 0
        return _up(self.costs_minor, self.net_minor) if self.net_minor > 0 else None

    @property
    def per_session_minor(self) -> int:
        """The price of one session, rounded to the penny (R69)."""
        return round(self.price_minor / self.sessions) if self.sessions else 0

    @property
    def per_90_minutes_minor(self) -> int:
        """The price of 90 minutes, rounded to the penny (R69)."""
        return round(self.price_minor * 90 / self.minutes) if self.minutes else 0

    def result_minor(self, members: int) -> int:
        """What is left, or missing, with so many members."""
        return members * self.net_minor - self.costs_minor

    def price_for(self, members: int) -> int:
        """The lowest price at which so many members cover the costs, the processor's fee
        included; 0 when there is nothing to cover (R70)."""
        if members <= 0 or not self.costs_minor:
            return 0
        net = _up(self.costs_minor, members)
        price = _up((net + PROCESSOR_FEE_FIXED_MINOR) * 10_000, 10_000 - PROCESSOR_FEE_BP)
        while price - processor_fee(price) < net:
            price += 1
        return price

    @property
    def short(self) -> bool:
        """Whether a price is asked that does not cover the costs at the minimum number."""
        return bool(self.price_minor) and self.result_minor(self.min_members) < 0


def budget_of(whole: WholeTerm) -> Budget:
    """The budget of a term as it stands. Where there are several prices, a member brings in their
    mean: who will pay which is not known yet (D14)."""
    minutes = sum(session.minutes for session in whole.sessions)
    term, price_minor = whole.term, whole.term.tariff.average_minor
    paid = minutes + term.leaders_extra_minutes * len(whole.sessions)
    return Budget(
        price_minor=price_minor,
        fee_minor=processor_fee(price_minor),
        leaders_minor=sum(leader_cost(leader, paid) for leader in whole.leaders),
        other_minor=term.other_costs_minor,
        minutes=minutes,
        sessions=len(whole.sessions),
        min_members=term.min_members,
        capacity=term.capacity,
    )


def leader_cost(leader: Leadership, minutes: int) -> int:
    """What a leader's fee comes to for so many minutes, rounded up; nothing unless paid by fee
    (R67)."""
    return _up(leader.rate_minor * minutes, 60) if leader.pay == "fee" else 0


def processor_fee(amount_minor: int) -> int:
    """What the processor keeps of a card payment, rounded up; nothing of nothing."""
    if amount_minor <= 0:
        return 0
    return _up(amount_minor * PROCESSOR_FEE_BP, 10_000) + PROCESSOR_FEE_FIXED_MINOR


def _up(amount: int, divisor: int) -> int:
    return -(-amount // divisor)

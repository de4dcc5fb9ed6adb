"""What a session earned each of its leaders (D4, R67, L3, L9): the rows, and the arithmetic.

Minor units of the term's currency. What does not live here: what closing a register writes of it
(accruing.py), what is paid when (preparing.py), what is taken back (clawbacks.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.rules.money.amounts import share
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.leading import split_at

HOLD = timedelta(days=7)  # after the register was closed (D4)


@dataclass(frozen=True, kw_only=True)
class Accrual:
    """What one leader earned by one session; nothing where no fee is paid, and kept even so, for
    it is the leader's log (N11). Rate and minutes stay as they were when the register was closed.

    `settled_minor` is what approved payouts have taken up of it: what is open is the rest, which
    is below nothing when a register was corrected after it was paid.
    """

    leader_id: str
    session_id: str
    group_id: str
    term_id: str
    number: int  # of the session
    session_at: datetime
    minutes: int  # as planned
    extra_minutes: int = 0  # paid beside them, for planning and debrief (R31)
    led: bool = True  # False once the register says otherwise
    together: int = 1  # how many led it
    pay: str  # fee | waived | paid_by_employer | principal
    rate_minor: int  # for an hour
    share_bp: int = 0  # of what the fees came to together; 0: the own rate
    amount_minor: int
    settled_minor: int = 0
    clawed_minor: int = 0  # the sum of all clawbacks that were made of it, ended or not
    currency: str
    accrued_at: datetime
    revision: int  # of the register
    set_aside: str = ""  # why the treasurer holds it back

    @property
    def open_minor(self) -> int:
        """What no approved payout has taken up yet."""
        return self.amount_minor - self.settled_minor

    @property
    def payable_at(self) -> datetime:
        """When the hold ends."""
        return self.accrued_at + HOLD


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How one leader is paid for one session: frozen when its register is first closed."""

    leader_id: str
    pay: str
    rate_minor: int
    extra_minutes: int = 0


@dataclass(frozen=True, kw_only=True)
class Earned:
    """What it comes to for one leader."""

    terms: Terms
    share_bp: int
    amount_minor: int


def fee_of(rate_minor: int, minutes: int) -> int:
    """What so many minutes come to at a rate for an hour; half a penny goes up."""
    return (2 * rate_minor * minutes + 60) // 120


def earned_by(minutes: int, led: Sequence[Terms], shares: Mapping[str, int]) -> tuple[Earned, ...]:
    """What each of those who led a session of `minutes` earned.

    Each is paid the own rate, unless a split holds: then what the fees of those in it come to
    together is shared by its basis points among those of them who led. Who is not paid by fee
    earns nothing and takes no share.
    """
    own = {one.leader_id: _own_fee(minutes, one) for one in led}
    sharing = [one for one in led if one.pay == "fee" and shares.get(one.leader_id)]
    if sharing:
        pool = sum(own[one.leader_id] for one in sharing)
        parts = share(pool, [shares[one.leader_id] for one in sharing])
        own |= {one.leader_id: part for one, part in zip(sharing, parts, strict=True)}
    return tuple(
        Earned(
            terms=one,
            share_bp=shares.get(one.leader_id, 0) if one in sharing else 0,
            amount_minor=own[one.leader_id],
        )
        for one in led
    )


def _own_fee(minutes: int, terms: Terms) -> int:
    if terms.pay != "fee":
        return 0
    return fee_of(terms.rate_minor, minutes + terms.extra_minutes)


def terms_of(whole: WholeTerm, session: Session) -> dict[str, Terms]:
    """How everybody who may have led a session is paid for it: as its substitute, else as a
    leader of the term was when it began."""
    extra = whole.term.leaders_extra_minutes
    found = {}
    for one in whole.leaders:
        pay, rate_minor = one.paid_at(session.starts_at)
        found[one.leader_id] = Terms(
            leader_id=one.leader_id, pay=pay, rate_minor=rate_minor, extra_minutes=extra
        )
    for sub in whole.substitutes:
        if sub.session_id == session.session_id:
            found[sub.leader_id] = Terms(
                leader_id=sub.leader_id,
                pay=sub.pay,
                rate_minor=sub.rate_minor,
                extra_minutes=extra,
            )
    return found


def shares_of(whole: WholeTerm, session: Session) -> Mapping[str, int]:
    """The split that holds for a session; empty for none."""
    return split_at(whole.splits, session.starts_at)

"""The refund policy: what a leaver gets back by rule, of how much, and why (D2, D5).

Its numbers are frozen on the debt when the offer opens, so that a later policy changes nothing
for who has bought. Pure arithmetic over days in the group's zone. What does not live here: who
leaves, and what is written then (leaving.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta

WHOLE_BP = 10_000


@dataclass(frozen=True, kw_only=True)
class RefundPolicy:
    """The numbers of D2 and D5. `keep_bp` in hundredths of a per cent, money in minor units."""

    days_full: int = 28  # until so many days before the first session, all of it
    keep_max_minor: int = 2500  # what is kept after that is the lower of this
    keep_bp: int = 1000  # and of this part of the fee
    cooling_off_days: int = 14  # D2, for everyone

    @classmethod
    def of(cls, kept: Mapping[str, int]) -> RefundPolicy:
        """The policy as a debt keeps it; a number it does not have is today's."""
        names = {one.name for one in fields(cls)}
        return cls(**{name: int(value) for name, value in kept.items() if name in names})

    def frozen(self) -> dict[str, int]:
        """Its numbers as a debt keeps them."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Leaver:
    """What the policy looks at. Days are those of the group's zone; amounts in minor units and
    of the whole fee: what was paid, what was not yet, and the part of the bursary fund."""

    whole_minor: int
    unused_minor: int  # of it: on sessions that had not been held when they told us
    billed_on: date  # the day the seat was confirmed
    first_on: date  # the day of the term's first session
    told_on: date  # the day they told us
    begun: bool  # whether the first session had begun when they told us
    start_at_once: bool  # the tick of D2


@dataclass(frozen=True)
class ByRule:
    """What a rule gives: how much, under which cause of a release, and why in a word."""

    amount_minor: int
    cause: str  # cooling_off | policy
    why: str  # a word of [options.policy_why]
    only_unused: bool = False  # it is the shares of the sessions not held, one by one


def by_policy(policy: RefundPolicy, leaver: Leaver) -> ByRule:
    """What a leaver gets back. D2 comes first and always wins; never more than the whole fee,
    and never more for who says it later."""
    if leaver.told_on <= leaver.billed_on + timedelta(days=policy.cooling_off_days):
        return _cooling_off(leaver)
    if leaver.begun:
        return ByRule(0, "policy", "begun")
    if leaver.told_on + timedelta(days=policy.days_full) <= leaver.first_on:
        return ByRule(leaver.whole_minor, "policy", "early")
    share = leaver.whole_minor * policy.keep_bp // WHOLE_BP
    return ByRule(leaver.whole_minor - min(share, policy.keep_max_minor), "policy", "before_start")


def _cooling_off(leaver: Leaver) -> ByRule:
    """The whole fee; only who asked to begin at once pays for what was held in that time."""
    if leaver.start_at_once and leaver.unused_minor < leaver.whole_minor:
        return ByRule(leaver.unused_minor, "cooling_off", "cooling_off_used", only_unused=True)
    return ByRule(leaver.whole_minor, "cooling_off", "cooling_off")

"""How a fee is spread over the sessions it pays for, and how it is taken back from them.

The shares of a debt are kept on its row, session by session, in minor units: what is on a session
that was held is earned, what is on any other is deferred. Whoever gives money back takes it from
the shares, so that the books follow from the rows. Pure arithmetic: no row, no entry.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.rules.money.amounts import share

Shares = Mapping[str, int]  # session_id -> minor units, in the order of the sessions


def spread(amount_minor: int, session_ids: Sequence[str]) -> dict[str, int]:
    """Equal shares, remainder pennies on the last session (M3). Without sessions: nothing."""
    if not session_ids:
        return {}
    parts = share(amount_minor, [1] * len(session_ids))
    return dict(zip(session_ids, parts, strict=True))


def pro_rata(amount_minor: int, every: Sequence[str], left: Sequence[str]) -> int:
    """The part of a full fee that falls on the sessions still to come (O4)."""
    parts = spread(amount_minor, every)
    return sum(parts.get(one, 0) for one in left)


def earned(shares: Shares, held: Collection[str]) -> int:
    """What lies on sessions that were held."""
    return sum(amount for one, amount in shares.items() if one in held)


def unearned(shares: Shares, held: Collection[str]) -> int:
    """What lies on all others: owed in sessions, or to be given back."""
    return sum(amount for one, amount in shares.items() if one not in held)


@dataclass(frozen=True)
class Taken:
    """An amount taken out of shares: what is left of them, and where it came from."""

    left: Shares
    from_deferred: int
    from_fees: int

    @property
    def amount_minor(self) -> int:
        """All that was taken."""
        return self.from_deferred + self.from_fees


def take(shares: Shares, amount_minor: int, held: Collection[str]) -> Taken:
    """Take an amount out: the last session still to come first, and only when nothing is left on
    those, from the sessions that were held, the last first. ValueError for more than there is."""
    to_come = [one for one in shares if one not in held]
    over = [one for one in shares if one in held]
    left, wanted = dict(shares), amount_minor
    for one in (*reversed(to_come), *reversed(over)):
        part = min(wanted, left[one])
        left[one] -= part
        wanted -= part
    if wanted or amount_minor < 0:
        raise ValueError(f"{amount_minor} cannot be taken out of {sum(shares.values())}")
    from_deferred = sum(shares[one] - left[one] for one in to_come)
    return Taken(left, from_deferred, amount_minor - from_deferred)


def take_sessions(shares: Shares, session_ids: Collection[str], held: Collection[str]) -> Taken:
    """Take out the whole shares of some sessions, such as one that is cancelled."""
    left = {one: 0 if one in session_ids else amount for one, amount in shares.items()}
    gone = {one: amount for one, amount in shares.items() if one in session_ids}
    return Taken(left, unearned(gone, held), earned(gone, held))


def move(shares: Shares, old: str, new: str) -> dict[str, int]:
    """The share of a session moved to the one that replaces it (N9)."""
    return {new if one == old else one: amount for one, amount in shares.items()}

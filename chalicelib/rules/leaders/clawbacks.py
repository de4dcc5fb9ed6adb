"""What leaders owe back (L6): the rows.

What does not live here: what makes and ends them (clawing.py), which money going back asks for
them (recalls.py), when it is taken off a payout (preparing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Clawback:
    """A part of a fee that a leader owes back, because money it was paid from went back to its
    payer. Minor units. It ends by being set off against fees (`settled`), by coming back from the
    leader's account at Stripe (`reversed`), by the treasurer's writing it off, or because it is
    not owed after all (`lifted`): the money came back, or its session was not held.

    What is open is below nothing when it was lifted after it had been paid: the leader is owed
    that much again, as a line of the next payout.
    """

    leader_id: str
    clawback_id: str
    group_id: str
    term_id: str
    session_id: str = ""
    number: int = 0  # of the session
    session_at: datetime | None = None
    cause: str  # refund | dispute
    cause_id: str  # the release or dispute
    obligation_id: str = ""
    lost_minor: int = 0  # what the session lost, of `of_minor` that all its places brought
    of_minor: int = 0
    amount_minor: int
    settled_minor: int = 0
    reversed_minor: int = 0
    written_off_minor: int = 0
    lifted_minor: int = 0
    came_back: bool = False  # lifted because the money came back
    reason: str = ""  # of the writing off
    take_back_at: datetime | None = None  # asked to come back from the account at Stripe
    take_back_refused: str = ""  # Stripe's code, when it could not
    currency: str
    made_at: datetime

    @property
    def left_minor(self) -> int:
        """What no approved payout has set off, and nothing else has ended."""
        ended = self.settled_minor + self.reversed_minor + self.written_off_minor
        return self.amount_minor - ended - self.lifted_minor

    @property
    def waits_for_stripe(self) -> bool:
        """Whether it was asked back from the leader's account: nothing else is done about it
        until Stripe has answered."""
        return self.take_back_at is not None

    @property
    def open_minor(self) -> int:
        """What a payout may take up of it: nothing while Stripe is asked for it."""
        return 0 if self.waits_for_stripe else self.left_minor


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A part of a transfer that came back from the leader's account without a clawback: it is
    owed to the leader again. One row for each group it was for."""

    leader_id: str
    returned_id: str  # the reversal and the group
    payout_id: str
    group_id: str
    amount_minor: int
    settled_minor: int = 0
    currency: str
    returned_at: datetime

    @property
    def open_minor(self) -> int:
        """What no approved payout has taken up again."""
        return self.amount_minor - self.settled_minor

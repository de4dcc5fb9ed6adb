"""Credits: what a person has paid and keeps for a later term of the same group (M3, N9).

What does not live here: when a release becomes a credit (releases.py), how an offer uses one
(prices).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.rules.money.payments import Obligation, Release


@dataclass(frozen=True, kw_only=True)
class Credit:
    """A credit out of one release. Minor units; `left_minor` is what no later debt has used."""

    credit_id: str  # the release it came from
    person_id: str
    book: str
    group_id: str
    term_id: str
    obligation_id_from: str
    session_id: str = ""
    amount_minor: int
    left_minor: int
    currency: str
    made_at: datetime


def credit_of(obligation: Obligation, release: Release) -> Credit:
    """What a release keeps for its payer, as a row. ValueError for a debt of nobody."""
    if release.person_id is None:
        raise ValueError(f"{release.release_id} keeps a credit for nobody")
    return Credit(
        credit_id=release.release_id,
        person_id=release.person_id,
        book=release.book,
        group_id=obligation.group_id,
        term_id=release.term_id,
        obligation_id_from=release.obligation_id,
        session_id=release.session_id,
        amount_minor=release.credit_minor,
        left_minor=release.credit_minor,
        currency=release.currency,
        made_at=release.decided_at or release.asked_at,
    )


def on_the_books(kept: Iterable[Credit], obligations: Iterable[Obligation]) -> Counter[str]:
    """What each book owes as credits, in minor units: what is left of them, and what a debt has
    set aside that has no seat yet. With its seat entry a debt has used them."""
    sums: Counter[str] = Counter()
    for credit in kept:
        sums[credit.book] += credit.left_minor
    for one in obligations:
        if one.billed_at is None and one.state == "due":
            sums[one.book] += one.credit_minor
    return sums

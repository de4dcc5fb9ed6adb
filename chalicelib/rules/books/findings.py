"""One finding of a proof, and the two looks that every proof takes.

What does not live here: the proofs (books.py, leaders/proof.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import Entry


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that does not agree: the proof's name, where, and by how many minor units or
    rows."""

    proof: str
    where: str
    expected: int
    found: int

    @property
    def difference(self) -> int:
        """How far apart: 0 is nowhere."""
        return self.found - self.expected


def same(proof: str, where: str, expected: int, found: int) -> list[Finding]:
    """No finding where both agree, else the one that says by how much."""
    if expected == found:
        return []
    return [Finding(proof=proof, where=where, expected=expected, found=found)]


def on_account(entries: Iterable[Entry], account: str, currency: str = "") -> int:
    """The balance of an account over all books, debit positive."""
    return sum(
        amount
        for (_, name, of), amount in ledger.balances(entries).items()
        if name == account and currency in ("", of)
    )

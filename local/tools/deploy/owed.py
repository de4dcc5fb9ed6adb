"""Whether a deployment may be taken away: not while its books say that anything is still owed to
anybody, whichever way.

What does not live here: the books themselves (chalicelib/rules/books), deleting (stack.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib import settings, wiring
from chalicelib.flows.books import books
from chalicelib.rules.books import ledger
from chalicelib.rules.books.ledger import Entry
from local.tools.deploy.stage import Stage

# The first part of an account's name -> what money on it means.
OWED = {
    "receivable": "members still owe it for their seats",
    "deferred": "paid for sessions that were not held",
    "refunds_pending": "promised back and not arrived",
    "surplus": "came twice or too late and is not sent back",
    "credits": "members keep it for a later term",
    "disputed": "taken by a bank while a dispute is open",
    "suspense": "came from somebody and is not matched",
    "bursaries": "given for bursaries and not used",
    "leader": "leaders earned it and were not paid",
    "clawback": "leaders were paid too much and owe it back",
}


def still(entries: Iterable[Entry]) -> list[str]:
    """Every account that is not settled, as a sentence; empty when nothing is owed."""
    return [
        f"{abs(amount) / 100:.2f} {currency} on {account} of {book}: {OWED[root]}"
        for (book, account, currency), amount in sorted(ledger.balances(entries).items())
        if amount and (root := account.partition("/")[0]) in OWED
    ]


def in_books_of(stage: Stage) -> list[str]:
    """The same for a deployment, read from its tables with the caller's own rights."""
    told = {
        "STAGE": stage.name,
        "BASE_URL": stage.address or "https://nowhere.invalid",
        "TABLE_PREFIX": stage.prefix,
        "AWS_REGION": stage.region,
    }
    wiring.Wired(settings.read(told))  # points the store at the stage's tables
    return still(books.gather().entries)

"""Who pays a price beside the payer: the bursary fund by a code, credits of earlier terms.

They are taken in the transaction that opens an offer and given back in the one that ends it
unpaid. What does not live here: how a code or a credit comes to be (bursaries.py, releases.py),
their entries (ledger.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.rules import states
from chalicelib.rules.changes import Change, Is, Ref, Update
from chalicelib.rules.money.amounts import STRIPE_MINIMUM_MINOR
from chalicelib.rules.prices.bursaries import BursaryCode, spent, used
from chalicelib.rules.prices.credits import Credit


@dataclass(frozen=True, kw_only=True)
class Means:
    """What can pay a part of a price, as it was read."""

    code: BursaryCode | None = None
    credits: Sequence[Credit] = ()  # of the payer in the book of the group, oldest first


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A price and who pays which part of it. Minor units; `credits` by their ids."""

    price_minor: int
    bursary_minor: int = 0
    credits: Mapping[str, int] = field(default_factory=dict)

    @property
    def amount_minor(self) -> int:
        """What the payer owes, in money or with a credit."""
        return self.price_minor - self.bursary_minor

    @property
    def credit_minor(self) -> int:
        """What credits pay of it."""
        return sum(self.credits.values())

    @property
    def to_pay_minor(self) -> int:
        """What is left to be paid in money."""
        return self.amount_minor - self.credit_minor


def parts_of(price_minor: int, currency: str, means: Means) -> Parts:
    """A price split over code and credits, in this order."""
    bursary = helped(price_minor, means.code.amount_minor, currency) if means.code else 0
    owed = price_minor - bursary
    wanted = helped(owed, sum(one.left_minor for one in means.credits), currency)
    found: dict[str, int] = {}
    for one in means.credits:
        part = min(wanted, one.left_minor)
        wanted -= part
        if part:
            found[one.credit_id] = part
    return Parts(price_minor=price_minor, bursary_minor=bursary, credits=found)


def helped(amount_minor: int, help_minor: int, currency: str) -> int:
    """How much of an amount a help pays. What is left is nothing, or enough for a card: where
    less would be left, the help pays so much less."""
    part = min(amount_minor, help_minor)
    lowest = STRIPE_MINIMUM_MINOR.get(currency, 50)
    if 0 < amount_minor - part < lowest:
        return max(0, amount_minor - lowest)
    return part


def taken(parts: Parts, means: Means, obligation_id: str) -> Change:
    """The code is used and the credits are less, if both are as they were read.
    BursaryNotOpen or StateChanged otherwise."""
    return Change.of(
        used(means.code, obligation_id) if means.code and parts.bursary_minor else None,
        *(_less(one, parts.credits.get(one.credit_id, 0)) for one in means.credits),
    )


def _less(credit: Credit, amount_minor: int) -> Update | None:
    if not amount_minor:
        return None
    as_read = (Is("left_minor", credit.left_minor),)
    return Update(credit, add={"left_minor": -amount_minor}, when=as_read)


def given_back(code: str, parts: Parts, obligation_id: str) -> Change:
    """An offer ended unpaid: its code can be used again, its credits are whole."""
    return Change.of(
        _free(code, obligation_id) if code else None,
        *(
            Update(Ref(Credit, {"credit_id": name}), add={"left_minor": amount})
            for name, amount in parts.credits.items()
        ),
    )


def _free(code: str, obligation_id: str) -> Update:
    return Update(
        Ref(BursaryCode, {"code": code}),
        {"state": states.move("bursary_code", "used", "open"), "used_for": None},
        when=(Is("state", "used"), Is("used_for", obligation_id)),
    )


def exchanged(
    old: Parts, old_code: str, new: Parts, means: Means, debts: tuple[str, str]
) -> Change:
    """One offer takes the place of another: what the old one used comes back and the new one
    takes what it needs, each row written once. `debts` are the ids of the old and the new debt;
    `means` as they stand with the old offer's parts in them again."""
    was, becomes = debts
    same = means.code is not None and means.code.code == old_code
    kept = Update(
        Ref(BursaryCode, {"code": old_code}),
        {"used_for": becomes},
        when=(Is("state", "used"), Is("used_for", was)),
    )
    again = old_code and not (same and new.bursary_minor)
    return Change.of(
        _free(old_code, was) if again else None,
        kept if same and new.bursary_minor else None,
        used(means.code, becomes) if means.code and new.bursary_minor and not same else None,
        *_credits_moved(old, new, means),
    )


def _credits_moved(old: Parts, new: Parts, means: Means) -> list[Update]:
    """Each credit as it stands after both; conditional on what was read of it, which is what is
    left of it without the old offer's part."""
    moved = []
    for one in means.credits:
        back, away = old.credits.get(one.credit_id, 0), new.credits.get(one.credit_id, 0)
        if back != away:
            as_read = (Is("left_minor", one.left_minor - back),)
            moved.append(Update(one, add={"left_minor": back - away}, when=as_read))
    return moved


def taken_late(code: str, parts: Parts, obligation_id: str, means: Means) -> Change | None:
    """Money came after the offer had ended (A6): its code and credits once more, the code spent
    at once. None when somebody else has used them meanwhile."""
    found = {one.credit_id: one for one in means.credits}
    short = any(
        name not in found or found[name].left_minor < amount
        for name, amount in parts.credits.items()
    )
    if short or (code and (means.code is None or means.code.state != "open")):
        return None
    return Change.of(
        spent(code, obligation_id, "open") if code else None,
        *(_less(found[name], amount) for name, amount in parts.credits.items()),
    )

"""Which debts money in suspense may be for: what agrees, and how surely. Suggestions only: a
person chooses, another one looks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.banking.matching import asked_for, replaceable, takes_seat
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.payments import Obligation, Payment
from chalicelib.rules.returning.reserving import refundable

REFERENCE_LENGTH = 8
PAYERS_REFERENCE_MIN = 5
NAME_LENGTH_MIN = 3  # shorter parts of a name are in too many other words
NO_NAMES = {
    *("mrs", "miss", "prof", "rev", "sir"),
    *("the", "and", "for", "ltd", "inc", "llp", "nhs", "trust", "health", "hospital"),
}
WEIGHTS = {"reference": 4, "name": 2, "amount": 1}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A debt that money may be for, and what speaks for it: reference, name, amount."""

    obligation: Obligation
    offer: Offer
    owed_minor: int
    instead: Payment | None = None  # already paid: the payment whose place the money can take
    why: tuple[str, ...] = ()

    @property
    def most_minor(self) -> int:
        """What can be matched with it at most."""
        return refundable(self.instead) if self.instead else self.owed_minor

    @property
    def takes_seat(self) -> bool:
        """Whether a seat is taken by it."""
        return takes_seat(self.obligation)


def reference_of(obligation_id: str) -> str:
    """What a payer is asked to write, so that the money finds its debt: eight signs of its id."""
    return re.sub(r"[^a-z0-9]", "", obligation_id.lower())[-REFERENCE_LENGTH:].upper()


def candidate(
    obligation: Obligation,
    offer: Offer,
    payments: Sequence[Payment],
    disputes: Sequence[Dispute] = (),
) -> Candidate | None:
    """A debt as money can be matched with it; None when nothing is owed there and nothing of
    what was paid could go back instead."""
    owed = asked_for(obligation)
    if takes_seat(obligation) and offer.state != "open":
        owed = 0
    old = None if owed or takes_seat(obligation) else replaceable(payments, disputes)
    if not owed and old is None:
        return None
    return Candidate(obligation=obligation, offer=offer, owed_minor=owed, instead=old)


def suggested(
    receipt: BankReceipt, debts: Sequence[Candidate], meant_for: str = ""
) -> list[Candidate]:
    """The debts of a page, the likeliest first. One that is paid already stands there only if its
    reference or name is in the money's words, or if somebody came from it (`meant_for`)."""
    told = [_weighed(receipt, one) for one in debts if one.obligation.currency == receipt.currency]
    meant = {meant_for, receipt.meant_for}
    kept = [
        one
        for one in told
        if one.instead is None
        or one.obligation.obligation_id in meant
        or {"reference", "name"} & set(one.why)
    ]
    return sorted(
        kept,
        key=lambda one: (
            one.obligation.obligation_id not in meant,
            -sum(WEIGHTS[why] for why in one.why),
            one.offer.full_name.casefold(),
            one.obligation.obligation_id,
        ),
    )


def _weighed(receipt: BankReceipt, debt: Candidate) -> Candidate:
    words = _plain(f"{receipt.payer} {receipt.reference}")
    joined = re.sub(r"[^a-z0-9]", "", words)
    found: Mapping[str, bool] = {
        "reference": any(one in joined for one in _references(debt.obligation)),
        "name": bool(_names(debt) & set(re.findall(r"\w+", words))),
        "amount": debt.most_minor == receipt.left_minor,
    }
    why = tuple(name for name, there in found.items() if there)
    return replace(debt, why=why)


def _references(obligation: Obligation) -> list[str]:
    """What of the money's words names this debt: our reference, and the payer's own (N12), unless
    that is too short to tell anything."""
    own = re.sub(r"[^a-z0-9]", "", _plain(obligation.payer_reference))
    found = [reference_of(obligation.obligation_id).lower()]
    return [*found, own] if len(own) >= PAYERS_REFERENCE_MIN else found


def _names(debt: Candidate) -> set[str]:
    """The parts of a name that tell people apart: the last one, and longer ones before it. Of the
    member, and of whom she has named as who pays (N12)."""
    parts = re.findall(r"\w+", _plain(f"{debt.offer.full_name} {debt.obligation.payer_name}"))
    return {one for one in parts if len(one) >= NAME_LENGTH_MIN} - NO_NAMES


def _plain(text: str) -> str:
    """Without case and accents, as banks write names."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))

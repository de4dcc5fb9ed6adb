"""What a place costs: categories of payers, early prices, the part of who joins late (R86, O4).

Pure arithmetic on minor units; days are days of the group's zone. What does not live here: who
pays a part of a price beside the payer (means.py), what an offer freezes (offer_terms.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.rules.books.shares import pro_rata
from chalicelib.rules.money.amounts import sellable

STANDARD = "standard"
CATEGORIES = (STANDARD, "trainee", "retired", "solidarity")


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one category pays for the whole term. With a last day `until` or a number of
    `places` it is the early price of its category; with both it ends with whichever comes first.
    """

    category: str
    amount_minor: int
    until: date | None = None
    places: int | None = None

    @property
    def early(self) -> bool:
        """Whether it holds only for a time or for the first places."""
        return self.until is not None or self.places is not None

    def holds(self, day: date, sold: int) -> bool:
        """Whether it still holds on a day, after so many places were sold at it."""
        in_time = self.until is None or day <= self.until
        return in_time and (self.places is None or sold < self.places)


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What a category costs now, and the early price it comes from, if it does."""

    category: str
    amount_minor: int
    usual_minor: int
    early: Price | None = None


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """The prices of a term: the standard one, and what stands beside it."""

    standard_minor: int
    prices: tuple[Price, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories it offers, the standard one first."""
        own = {one.category for one in self.prices if not one.early}
        return tuple(one for one in CATEGORIES if one == STANDARD or one in own)

    def usual_minor(self, category: str) -> int:
        """The price of a category without any early one. KeyError for one it does not offer."""
        if category == STANDARD:
            return self.standard_minor
        own = {one.category: one.amount_minor for one in self.prices if not one.early}
        return own[category]

    def early(self, category: str) -> Price | None:
        """The early price of a category."""
        found = (one for one in self.prices if one.early and one.category == category)
        return next(found, None)

    def on(self, category: str, day: date, sold: int = 0) -> Quote:
        """The price of a category on a day, when so many places were sold at its early price."""
        usual, early = self.usual_minor(category), self.early(category)
        now = early if early and early.holds(day, sold) and early.amount_minor < usual else None
        return Quote(
            category=category,
            amount_minor=now.amount_minor if now else usual,
            usual_minor=usual,
            early=now,
        )

    @property
    def average_minor(self) -> int:
        """The mean of the usual prices, rounded down: what a place brings in by the mix (D14)."""
        usual = [self.usual_minor(one) for one in self.categories]
        return sum(usual) // len(usual)


def keeps_promises(old: Tariff, new: Tariff) -> bool:
    """Whether nothing that people were told has changed: every old price stands, and a category
    that was there has no other early price than before (R70)."""
    same = all(
        new.usual_minor(one) == old.usual_minor(one) and new.early(one) == old.early(one)
        for one in new.categories
        if one in old.categories
    )
    return same and set(old.categories) <= set(new.categories)


def for_the_rest(
    amount_minor: int, every: Sequence[str], left: Sequence[str], currency: str
) -> int:
    """The part of a price that falls on the sessions still to come (O4). A part too small for a
    card payment is not asked for: collecting it would cost more than it brings."""
    part = pro_rata(amount_minor, every, left)
    return part if sellable(part, currency) else 0


def without(quote: Quote, number: int, called_off: Collection[int], currency: str) -> Quote:
    """The same price without some of `number` sessions, by their place from 0: to the penny what
    an offer asks for the others (O4)."""
    every = [str(place) for place in range(number)]
    left = [one for place, one in enumerate(every) if place not in called_off]
    return replace(
        quote,
        amount_minor=for_the_rest(quote.amount_minor, every, left, currency),
        usual_minor=for_the_rest(quote.usual_minor, every, left, currency),
    )

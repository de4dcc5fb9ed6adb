"""Money: integer minor units of one currency, and the one way to share remainders.

What does not live here: prices (offers), entries (ledger).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "AUD": "A$", "NZD": "NZ$"}

# Stripe's published minimum charge per currency, in minor units; a price in between is refused
# when it is set, not when somebody pays (D12).
STRIPE_MINIMUM_MINOR = {"GBP": 30, "EUR": 50, "USD": 50, "AUD": 50, "NZD": 50}


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units (pence) of one currency. Adding two currencies is a bug."""

    amount_minor: int
    currency: str = "GBP"

    def __post_init__(self) -> None:
        if isinstance(self.amount_minor, bool) or not isinstance(self.amount_minor, int):
            raise TypeError(f"money is whole minor units, not {self.amount_minor!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def __str__(self) -> str:
        sign = "-" if self.amount_minor < 0 else ""
        pounds, pence = divmod(abs(self.amount_minor), 100)
        return f"{sign}{SYMBOLS.get(self.currency, self.currency + ' ')}{pounds:,}.{pence:02d}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
        return other.amount_minor


def share(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split minor units by whole weights; the remainder pennies go to the last part (M3).

    The parts always sum to `amount_minor`. Raises ValueError without a positive weight.
    """
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be whole, not negative, and not all zero")
    parts = [amount_minor * weight // total for weight in weights[:-1]]
    return [*parts, amount_minor - sum(parts)]


def sellable(amount_minor: int, currency: str) -> bool:
    """Whether a price is nothing at all or at least what Stripe can charge."""
    return amount_minor == 0 or amount_minor >= STRIPE_MINIMUM_MINOR.get(currency, 50)


def in_parts_of(amount_minor: int, wanted: int, currency: str) -> list[int]:
    """A price in `wanted` equal parts, or in as many as can each be charged (D12)."""
    for number in range(wanted, 1, -1):
        parts = share(amount_minor, [1] * number)
        if all(one > 0 and sellable(one, currency) for one in parts):
            return parts
    return [amount_minor]

"""What somebody who presses Pay wants: the place of an offer, or a part of a debt.

What does not live here: whether it can be (checkout.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A press of Pay: which offer, with which ticks."""

    application_id: str
    offer_id: str
    token: str
    start_at_once: bool
    address: str = ""  # the caller's network address, counted against card testing
    payer_link: int = 0  # the generation of the payer's link, where not the member pays (N12)
    bank_debit: bool = False

    @property
    def page(self) -> str:
        """The pages that the token is of."""
        return "/payer" if self.payer_link else "/offers"


@dataclass(frozen=True, kw_only=True)
class DebtWish:
    """A press of Pay on the page of a debt: by the member of a taken place, or by its payer."""

    obligation_id: str
    token: str
    all_of_it: bool  # or only what is asked for now
    address: str = ""
    payer_link: int = 0
    bank_debit: bool = False

    @property
    def page(self) -> str:
        """The pages that the token is of."""
        return "/payer" if self.payer_link else "/pay"

"""Whose words go: how a row is known as theirs, and how a name is taken out of a text.

What does not live here: what becomes of the row (erased_rows.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.people.addresses import Address
from chalicelib.rules.people.people import email_hash, email_key

OWNERS = ("person_id", "leader_id", "application_id", "booking_id", "owner_id", "obligation_id")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whose words go, and what stands in place of the name. `debts` are the ids of what they
    owed, `papers` of the offers, payments and refunds that mails speak of, `found` of what they
    applied for or booked; `kept` those of `found` that led to an offer, which belongs to the
    books."""

    person_id: str
    found: frozenset[str]
    kept: frozenset[str]
    debts: frozenset[str]
    papers: frozenset[str] = frozenset()
    full_names: frozenset[str]
    email: str  # as `email_key` writes it; empty once it is forgotten
    named: str
    since: datetime | None = None  # when it was decided

    def is_later(self, row: Any) -> bool:
        """Whether they applied for this, or booked it, after it was decided."""
        begun = getattr(row, "booked_at" if isinstance(row, TasterBooking) else "created_at", None)
        mine = isinstance(row, Application | TasterBooking)
        return mine and self.since is not None and begun is not None and begun > self.since

    def owns(self, row: Any) -> bool:
        """Whether a row is about this person."""
        told = {name: getattr(row, name, None) for name in OWNERS}
        if isinstance(row, BankReceipt):
            return True  # read because a payment of theirs names it
        if self.person_id and self.person_id in (told["person_id"], told["leader_id"]):
            return True
        if told["application_id"] in self.found or told["booking_id"] in self.found:
            return True
        if told["owner_id"] and told["owner_id"] in {self.person_id, *self.found}:
            return True
        if isinstance(row, Unique):
            return bool(self.email) and row.name.endswith(f"#{email_hash(self.email)}")
        if isinstance(row, Address):
            return bool(self.email) and self.email in map(email_key, (row.email, row.replaced_by))
        if isinstance(row, Application | TasterBooking | Offer):
            return bool(self.email) and email_key(row.email) == self.email
        return told["obligation_id"] in self.debts

    def pays(self, row: Any) -> bool:
        """Whether this person is only the payer in a row about somebody else."""
        if not self.email or not isinstance(row, Obligation | Payment | Refund):
            return False
        address = row.payer_email if isinstance(row, Obligation) else row.email
        return email_key(address) == self.email

    def is_told_of(self, mail: Mail) -> bool:
        """Whether a mail, to whomever, is about something of theirs: its key names it."""
        return any(one in mail.message_key for one in self.found | self.debts | self.papers)

    @cached_property
    def _words(self) -> re.Pattern[str] | None:
        every = [word for word in (*self.full_names, self.email) if len(word) > 2]
        if not every:
            return None
        spelled = "|".join(re.escape(one) for one in sorted(every, key=len, reverse=True))
        return re.compile(rf"(?<!\w)(?:{spelled})(?!\w)", re.IGNORECASE)

    def without(self, value: Any) -> Any:
        """Plain data with this person's name and address taken out of every text in it."""
        if isinstance(value, str):
            return self._words.sub(self.named, value) if self._words else value
        if isinstance(value, Mapping):
            return {key: self.without(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.without(part) for part in value)
        return value

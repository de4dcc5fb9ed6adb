"""The desk's two people and their acts with money that came by hand, for the tests of flows,
races and journeys."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.flows.banking import matching, suspense
from chalicelib.flows.joining import applications
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.books.ledger import Entry, balances
from chalicelib.rules.changes import Caller
from chalicelib.rules.links import personal_link
from chalicelib.store import reads, tables
from chalicelib.store.banking import receipts
from tests.shop import Offered, Shop
from tests.world import World

TILDA, ADA = Caller(actor="person-tilda"), Caller(actor="person-ada")
TOLD: dict[str, Any] = {
    "amount_minor": 21600,
    "method": "bank",
    "date": date(2026, 11, 20),
    "payer": "P BUTTONWOOD",
    "reference": "LANTERN",
    "another": False,
}


def proven(shop: Shop, offered: Offered) -> Offered:
    """The applicant has opened a mailed link and confirmed the address."""
    keys = shop.world.outside.places.link_keys
    token = personal_link(keys, "application", offered.application_id, 1)
    applications.prove_address(shop.world.outside, Caller(actor="applicant"), token)
    return offered


def came(world: World, meant_for: str = "", **changed: Any) -> str:
    """Money that Tilda has recorded: its id."""
    told = {**TOLD, **changed}
    receipt_id = suspense.name_of(world.outside, told)
    suspense.record(world.outside, TILDA, receipt_id, told, meant_for)
    return receipt_id


def proposed(world: World, receipt_id: str, obligation_id: str, amount: int | None = None) -> str:
    """What Tilda has proposed: the proposal's id."""
    matching.propose(world.outside, TILDA, receipt_id, obligation_id, amount)
    return row(receipt_id).proposal_id


def confirmed(world: World, receipt_id: str, by: Caller = ADA, short: bool = False) -> None:
    """The second look at what is proposed now."""
    matching.confirm(world.outside, by, receipt_id, row(receipt_id).proposal_id, short)


def sent_back(world: World, receipt_id: str, amount: int) -> None:
    """Tilda wrote down a transfer back, Ada confirmed it."""
    told = {"amount_minor": amount, "date": date(2026, 11, 21)}
    told |= {"reference": "RETURN 1", "reason": "more than was asked for"}
    matching.propose_back(world.outside, TILDA, receipt_id, told)
    confirmed(world, receipt_id)


def row(receipt_id: str) -> BankReceipt:
    """The receipt as it is now."""
    found = receipts.receipt(receipt_id)
    assert found is not None
    return found


def book(name: str) -> dict[str, int]:
    """The balances of a book by account; nothing is left out that is not nothing."""
    entries = [one for one in reads.everything(tables.Ledger) if isinstance(one, Entry)]
    return {account: sum_ for (of, account, _), sum_ in balances(entries).items() if of == name}

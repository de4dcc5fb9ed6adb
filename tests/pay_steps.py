"""Leaders who have earned something: a term that was paid for and held, bank details, runs.

What does not live here: what is proven of them (tests/flows/test_pay_runs.py and others).
"""

from __future__ import annotations

from typing import Any

from chalicelib.flows.leaders import bank_list, profiles, run_pages, runs
from chalicelib.handlers import jobs
from chalicelib.rules.books import ledger
from chalicelib.rules.changes import Caller, Change, Remove
from chalicelib.rules.leaders.payouts import Payout, PayRun
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders import gathering, pay
from tests.people import a_person
from tests.shop import Shop
from tests.stories import LEADERS, a_recruiting_term
from tests.world import World

TILDA, ADA = Caller(actor="person-tilda"), Caller(actor="person-ada")
LONDON_BANK = {
    "account_name": "Dr I. Inkwéll",
    "country": "GB",
    "sort_code": "012345",
    "account_number": "00123456",
    "iban": "",
    "bic": "",
}
BERLIN_BANK = {
    "account_name": "Barnaby Teacup",
    "country": "DE",
    "sort_code": "",
    "account_number": "",
    "iban": "DE89370400440532013000",
    "bic": "",
}


def leader(world: World, first: str) -> Person:
    """Imelda or Barnaby."""
    email = next(email for name, email in LEADERS.items() if first in name)
    return a_person(world, email)


def gives_details(world: World, first: str, **changed: str) -> Person:
    """A leader enters bank details."""
    me = leader(world, first)
    caller = Caller(actor=me.person_id)
    profiles.enter(world.outside, caller, me, {**LONDON_BANK, **changed})
    return me


def paid_for(shop: Shop, members: int = 2, price_minor: int = 21600) -> WholeTerm:
    """A term that so many members have paid for; its leaders have given bank details."""
    whole = a_recruiting_term(shop.world, price_minor=price_minor)
    for number in range(members):
        shop.pay(shop.offer(whole, f"Member {number}"))
    shop.settle_down()
    gives_details(shop.world, "Imelda")
    gives_details(shop.world, "Barnaby", account_number="87654321", account_name="=Barnaby")
    return whole


def earned(shop: Shop, members: int = 2, sessions: int = 1) -> WholeTerm:
    """The same, £216 each, and so many sessions were held by both leaders (£97.50 each) more than
    seven days ago."""
    whole = paid_for(shop, members)
    for number in range(1, sessions + 1):
        shop.hold(whole, number)
    shop.world.clock.move(days=7)
    return whole


def forgets_details(world: World, first: str) -> None:
    """As if a leader had never given bank details."""
    commit(Change.of(Remove(pay.profile(leader(world, first).person_id))))


def prepared(world: World, by: Caller = TILDA) -> str:
    """A run that was just prepared."""
    period = runs.next_period(world.outside)
    runs.prepare(world.outside, by, period)
    return period


def approved(world: World, period: str, by: Caller = ADA) -> None:
    """The second person has looked at it; the tick has not run yet."""
    seen = run_pages.show_run(world.outside, a_person(world), period).seen
    runs.approve(world.outside, by, period, seen)


def paid(world: World, period: str, **changed: Any) -> None:
    """The bank has paid everybody on the list."""
    shown = bank_list.show(world.outside, period)
    values = {"paid": shown.payable, "paid_on": shown.today, "reference": "", **changed}
    bank_list.confirm(world.outside, TILDA, period, values)
    runs.finish(world.outside, period)


def tick() -> None:
    """The clock's function runs once."""
    jobs.tick({}, None)


def run(period: str) -> PayRun:
    """A run as it is now."""
    found = gathering.run(period)
    assert found is not None
    return found


def payouts() -> dict[str, Payout]:
    """Every payout, by the leader's last name and the run."""
    rows = [one for one in reads.everything(tables.Payouts) if isinstance(one, Payout)]
    return {f"{one.name.split()[-1]} {one.period}": one for one in rows}


def states() -> dict[str, tuple[str, int]]:
    """How every payout stands, and how much it is."""
    return {key: (one.state, one.amount_minor) for key, one in sorted(payouts().items())}


def owed() -> int:
    """What the books owe to leaders altogether."""
    found = ledger.balances(reads.everything(tables.Ledger))
    return -sum(n for (_, name, _), n in found.items() if name.startswith("leader/"))

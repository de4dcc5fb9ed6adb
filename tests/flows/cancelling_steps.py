"""What the tests about cancelling share: a term with paid places, the desk's answers, looks at
what became of it.

What does not live here: the tests themselves (test_cancelling.py, test_bulk.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from chalicelib.flows.joining import tasters
from chalicelib.flows.running import cancelling
from chalicelib.handlers import jobs
from chalicelib.rules.books import ledger
from chalicelib.rules.books.shares import take
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.payments import Obligation, Refund
from chalicelib.rules.people.circle import Task
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.returning.releases import Decision, release
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import owed
from chalicelib.store.running import groups
from tests.shop import ADMIN, Offered, Shop

NAMES = ("Pip Buttonwood", "Saffron Umbrella", "Otis Wheelbarrow")
PRICE = 21601  # over six sessions: five of 36.00 and the last of 36.01
EXTRA = {"remedy": "extra_date", "date": date(2027, 4, 8), "time": time(19)}


@dataclass
class Group:
    """A term with members who have paid."""

    shop: Shop
    whole: WholeTerm
    seats: list[Offered]

    @property
    def ids(self) -> tuple[str, str]:
        return self.whole.group.group_id, self.whole.term.term_id

    def now(self) -> WholeTerm:
        """The term as it is."""
        found = groups.whole_term(*self.ids)
        assert found is not None
        return found

    def session(self, number: int) -> Session:
        """One of the sessions, by its number, as it is."""
        return next(one for one in self.now().sessions if one.number == number)

    def debt(self, at: int) -> Obligation:
        return self.shop.debt(self.seats[at]).obligation

    def refunds(self) -> list[Refund]:
        """Every refund of the group, by debt."""
        return [one for seat in self.seats for one in self.shop.debt(seat).refunds]

    def cancel(self, number: int, remedy: str = "refund", **more: Any) -> None:
        """The desk cancels a session."""
        values = {"remedy": remedy, "reason": "the leader is ill", "message": "", **more}
        session = self.session(number)
        cancelling.cancel_session(
            self.shop.world.outside, ADMIN, *self.ids, session.session_id, values
        )

    def cancel_term(self) -> None:
        values = {"reason": "too few people", "message": "Until autumn.", "sure": True}
        cancelling.cancel_term(self.shop.world.outside, ADMIN, *self.ids, values)

    def hold(self, number: int) -> None:
        """A session is held, and earns what lies on it."""
        session = self.session(number)
        debts = [self.debt(at) for at in range(len(self.seats))]
        sum_minor = sum(one.shares.get(session.session_id, 0) for one in debts)
        moves = {ledger.deferred(session.term_id): sum_minor, "fees": -sum_minor}
        name = f"held#{session.session_id}"
        now = self.shop.world.now
        earned = ledger.entry(debts[0].book, name, now, debts[0].currency, moves)
        commit(Change.of(Update(session, {"state": "held"}), earned))

    def give_back_by_hand(self, at: int) -> None:
        """An administrator gives a member everything back; the place ends."""
        found = owed(self.debt(at).obligation_id)
        shares = found.obligation.shares
        decision = Decision(
            release_id=f"release-by-hand-{at}",
            cause="administrator",
            actor=ADMIN.actor,
            now=self.shop.world.now,
            ends_seat="cancelled",
        )
        taken = take(shares, sum(shares.values()), found.held)
        commit(release(found, taken, decision)[1])

    def tick(self) -> None:
        """The clock's job runs once."""
        jobs.tick({}, None)

    def bulk(self) -> Bulk:
        """The only work."""
        (found,) = bulks()
        return found


def a_group(shop: Shop, whole: WholeTerm, names: tuple[str, ...] = NAMES) -> Group:
    """Everybody has paid, and everything has settled."""
    seats = [shop.offer(whole, name) for name in names]
    for seat in seats:
        shop.pay(seat)
    shop.settle_down()
    return Group(shop, whole, seats)


def book(group: Group, session: Session, name: str) -> None:
    """Somebody books a guest place."""
    values: dict[str, Any] = {
        "full_name": name,
        "email": f"{name.lower()}@example.org",
        "profession": "Vet",
        "profession_other": "",
        "zone": "Europe/London",
        "session_id": session.session_id,
    }
    tasters.book(group.shop.world.outside, ADMIN, "thursday-lantern", values, "192.0.2.1")


def bulks() -> list[Bulk]:
    found: list[Bulk] = reads.under(tables.Circle, "bulk")
    return found


def credits_kept() -> list[Credit]:
    found = [row for row in reads.everything(tables.Payments) if isinstance(row, Credit)]
    return sorted(found, key=lambda one: one.obligation_id_from)


def tasks() -> list[str]:
    rows: list[Task] = reads.under(tables.Circle, "task#open")
    return sorted(task.code for task in rows)


def told(shop: Shop, template: str) -> list[Mail]:
    """The mails of one kind, by address."""
    return sorted(shop.mails(template), key=lambda one: one.to)

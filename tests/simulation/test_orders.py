"""Everything that Stripe has to tell of one payment, in every order, ends in the same rows and the
same books.

All of it has happened at Stripe before we hear of any. Every order is walked, step by step, and
ways that lead to the same rows with the same events to come are walked on once: a few hundred
deliveries stand for thousands of orders. What we send back (503, it came before its payment) comes
again at any later time, as Stripe does it; at the end all come once more.
What does not live here: single news of disputes and refunds (tests/flows).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.flows.books import books
from chalicelib.handlers.books.reconciling import reconcile
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.disputes.disputes import Dispute
from local.fake_stripe import FakeStripe
from tests.shop import Shop
from tests.simulation import seen
from tests.stories import a_recruiting_term
from tests.world import World

PRICE, PART = 21600, 6000
STATES_MAX = 2000
UNHEARD = ("charge.succeeded", "charge.refunded", "payment_intent.", "charge.updated")
DISPUTE = "charge.dispute."
CREATED, WITHDRAWN = f"{DISPUTE}created", f"{DISPUTE}funds_withdrawn"
REINSTATED, UPDATED = f"{DISPUTE}funds_reinstated", f"{DISPUTE}updated"


@dataclass
class Walk:
    """All orders of some events."""

    shop: Shop
    been: set[tuple[str, frozenset[str]]] = field(default_factory=set)
    ends: dict[str, Any] = field(default_factory=dict)  # each different end, with its rows

    def on(self, rows: Any, left: frozenset[str]) -> None:
        """From these rows, with these events to come."""
        seen.thawed(rows)
        here = (_known(), left)
        if here in self.been:
            return
        self.been.add(here)
        assert len(self.been) <= STATES_MAX, "something grows with every delivery"
        if not left:
            self.ends[here[0]] = rows
        for event_id in sorted(left):
            seen.thawed(rows)
            heard = self.shop.fake.deliver(event_id) == [200]
            self.on(seen.frozen(), left - {event_id} if heard else left)


def _known() -> str:
    """All rows in words, but who heard of it how often."""
    told = seen.look().rows.items()
    rows = {key: row for key, row in told if not isinstance(row, AuditRow)}
    return "\n".join(
        repr(replace(row, version=0) if isinstance(row, Dispute) else row)
        for _, row in sorted(rows.items())
    )


def _difference(one: str, other: str) -> str:
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), n=0, lineterm="")
    return "\n".join(lines)


# What happened to the payment


def won(fake: FakeStripe, intent: str) -> None:
    """Disputed, the money taken, given back, won."""
    fake.win(fake.dispute(intent)["id"])


def warned_and_lost(fake: FakeStripe, intent: str) -> None:
    """Warned of, disputed, answered, lost."""
    fake.warn_of_fraud(intent)
    dispute_id = fake.dispute(intent)["id"]
    fake.answer_dispute(dispute_id)
    fake.lose(dispute_id)


def lost(fake: FakeStripe, intent: str) -> None:
    """A part was refunded in the Dashboard, the rest is lost."""
    fake.dashboard_refund(intent, PART)
    fake.lose(fake.dispute(intent, amount=PRICE - PART)["id"])


def lost_and_won(fake: FakeStripe, intent: str) -> None:
    """The bank thinks better of it."""
    dispute_id = fake.dispute(intent)["id"]
    fake.lose(dispute_id)
    fake.win(dispute_id, fee_back=False)


def won_and_refunded(fake: FakeStripe, intent: str) -> None:
    """A part was on its way back when the rest was disputed and won."""
    fake.next_refund("pending")
    refund_id = fake.dashboard_refund(intent, PART)["id"]
    dispute_id = fake.dispute(intent, amount=PRICE - PART)["id"]
    fake.settle_refund(refund_id)
    fake.win(dispute_id)


def inquired(fake: FakeStripe, intent: str) -> None:
    """Refunded in part while it was an inquiry, which became a dispute over the rest."""
    dispute_id = fake.dispute(intent, inquiry=True, amount=PRICE - PART)["id"]
    fake.dashboard_refund(intent, PART)
    fake.escalate(dispute_id)
    fake.lose(dispute_id)


def refunded_and_back(fake: FakeStripe, intent: str) -> None:
    """Refunded in two parts; the second comes back from a closed card."""
    fake.dashboard_refund(intent, PART)
    fake.fail_refund(fake.dashboard_refund(intent, PART)["id"])


def refunded_whole(fake: FakeStripe, intent: str) -> None:
    """Warned of, and given back at once."""
    fake.warn_of_fraud(intent)
    fake.dashboard_refund(intent)


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    """A Stripe of its own, proven by each test itself."""
    shop = Shop(world)
    yield shop
    shop.close()


# What happens, and which news of a dispute are left out, so that no more than five come.
HISTORIES: dict[Callable[[FakeStripe, str], None], tuple[str, ...]] = {
    won: (),
    warned_and_lost: (UPDATED,),
    lost: (),
    lost_and_won: (CREATED,),
    won_and_refunded: (CREATED, WITHDRAWN),
    inquired: (WITHDRAWN, CREATED),
    refunded_and_back: (),
    refunded_whole: (),
}


@pytest.mark.parametrize("happens", HISTORIES)
def test_every_order_of_what_stripe_tells_ends_in_the_same_rows_and_books(
    shop: Shop, happens: Callable[[FakeStripe, str], None]
) -> None:
    offered = shop.offer(a_recruiting_term(shop.world))
    shop.pay(offered)
    happens(shop.fake, str(shop.fake.objects("payment_intent")[0]["id"]))
    unheard = (*UNHEARD, *HISTORIES[happens])
    told = [one for one in shop.fake.outgoing if not one["type"].startswith(unheard)]
    assert 3 <= len(told) <= 5
    walk, start = Walk(shop), seen.frozen()
    walk.on(start, frozenset(one["id"] for one in told))
    assert len(walk.ends) == 1, _difference(*list(walk.ends)[:2])
    ((end, rows),) = walk.ends.items()
    seen.thawed(rows)
    assert set(shop.fake.deliver_all()) == {200}
    assert _known() == end
    shop.world.clock.move(hours=2)
    assert reconcile(shop.world.outside)["unexplained_minor"] == 0
    assert books.prove(shop.world.outside) == []

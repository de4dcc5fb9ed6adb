"""A running story of which every table is copied after each step, and put back as a restore
would: each table as it was at an instant of its own, while Stripe has gone on."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.backends import get_backend

from chalicelib.flows.books import books
from chalicelib.flows.returning import giving_back
from chalicelib.handlers import jobs
from chalicelib.rules.books.findings import Finding
from chalicelib.store import tables
from chalicelib.store.tasks import open_tasks
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import World

STEPS = ("offered", "opened", "paid", "held", "given_back", "refunded", "another")
ROUNDS_MAX = 3  # two nights that change something, one that does not
LOOKS = ("check_at", "due_at", "looked_at", "look_at")  # when somebody looks again: no news


@dataclass
class Told:
    """The story: Stripe as it is now, and every table as it was after each step."""

    shop: Shop
    first: Offered
    second: Offered  # who pays last
    ended_at: datetime
    copies: dict[str, dict[str, Any]] = field(default_factory=dict)

    def keep(self, step: str) -> None:
        """A copy of every table, as point-in-time recovery has one of every second."""
        self.copies[step] = {name: copy.deepcopy(_items(name)) for name in tables.TABLES}
        self.ended_at = self.shop.world.now

    def restore(self, step: str, others: Mapping[str, str] | None = None) -> None:
        """Every table as it was after a step; `others` are tables that come from another one."""
        self.shop.world.clock.at = self.ended_at
        for name in tables.TABLES:
            items = _items(name)
            items.clear()
            items.update(copy.deepcopy(self.copies[(others or {}).get(name, step)][name]))

    def comes_to_rest(self) -> list[Finding]:
        """The jobs run as they do after a restore, until a night changes nothing more; what the
        proof of the books finds then."""
        for _ in range(ROUNDS_MAX):
            before = _standing()
            jobs.nightly({}, None)
            self.shop.settle_down()
            if _standing() == before:
                return books.prove(self.shop.world.outside)
            self.shop.world.clock.move(days=1)
        raise AssertionError("the jobs do not come to rest")


@contextmanager
def a_story(world: World) -> Iterator[Told]:
    """An offer, paid, a session held, a part of it given back, somebody else pays. Its books are
    not proven at the end: that is what the drill is about."""
    shop = Shop(world)
    try:
        whole = a_recruiting_term(world)
        first = shop.offer(whole, "Pip Buttonwood")
        told = Told(shop, first, first, world.now)
        jobs.send_mails({}, None)
        told.keep("offered")
        session_id = shop.begin(told.first)
        told.keep("opened")
        shop.fake.pay(session_id)
        shop.settle_down()
        told.keep("paid")
        shop.hold(whole, 1)
        shop.settle_down()
        told.keep("held")
        wish = giving_back.Wish(reason="agreed by phone", amount_minor=3600)
        debt_id = shop.offer_row(told.first).obligation_id
        giving_back.request(world.outside, ADMIN, debt_id, wish)
        told.keep("given_back")
        shop.settle_down()
        told.keep("refunded")
        told.second = shop.offer(whole, "Saffron Umbrella")
        shop.pay(told.second)
        shop.settle_down()
        told.keep("another")
        yield told
    finally:
        shop.close()


def _items(name: str) -> Any:
    return get_backend("dynamodb")["123456789012"]["eu-west-2"].tables[f"test-{name}"].items


def _standing() -> dict[str, list[str]]:
    """All rows that say how things stand: jobs write down their own runs each time."""
    return {name: _plain(name) for name in set(tables.TABLES) - {"audit", "access"}}


def _plain(name: str) -> list[str]:
    rows = []
    for under in _items(name).values():
        for item in under.values() if isinstance(under, dict) else [under]:
            told = item.to_json()["Attributes"]
            if told.get("row_kind") != {"S": "JobRun"}:
                rows.append(repr(sorted((n, v) for n, v in told.items() if n not in LOOKS)))
    return sorted(rows)


def tasks() -> list[str]:
    """The codes of what needs a person, each once."""
    return sorted({task.code for task in open_tasks()})


def named() -> set[tuple[str, str]]:
    """The findings of the proof that are tasks with a name."""
    found = [task.facts for task in open_tasks() if task.code == "books_do_not_agree"]
    return {(facts["proof"], facts["where"]) for facts in found}

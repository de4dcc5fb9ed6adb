"""Two at the same money, or two transfers at the same seat, at one moment: on AWS's own DynamoDB
Local, with real threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.errors import Refusal, StoreBusy
from chalicelib.flows.banking import matching, suspense
from chalicelib.rules.books.ledger import CIRCLE_BOOK
from chalicelib.rules.changes import Caller
from tests.money_by_hand import TILDA, TOLD, book, came, proposed, proven, row
from tests.shop import Shop, a_shop
from tests.stories import a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    """Its books are proven at the end."""
    with a_shop(local_world) as open_shop:
        yield open_shop


def at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """`done`, or how each act was refused; all begun together, trouble tried again."""

    def run(act: Callable[[], Any]) -> str:
        for _ in range(20):
            try:
                act()
            except Refusal as refusal:
                return refusal.code
            except StoreBusy:
                continue
            return "done"
        return "busy"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def confirm(shop: Shop, receipt_id: str, who: str, proposal_id: str) -> Callable[[], None]:
    outside = shop.world.outside
    caller = Caller(actor=f"person-{who}")
    return lambda: matching.confirm(outside, caller, receipt_id, proposal_id, short=False)


def test_a_proposal_that_eight_confirm_at_once_is_confirmed_once(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    offered = proven(shop, shop.offer(whole))
    receipt_id = came(shop.world, amount_minor=50000)
    name = proposed(shop.world, receipt_id, shop.debt(offered).obligation.obligation_id)
    told = at_once([confirm(shop, receipt_id, f"{n}", name) for n in range(8)])
    assert sorted(told) == ["StateChanged"] * 7 + ["done"]
    assert (len(shop.debt(offered).payments), len(shop.roster(whole))) == (1, 1)
    assert (row(receipt_id).left_minor, row(receipt_id).state) == (28400, "unmatched")


def test_of_two_transfers_for_one_open_offer_one_takes_the_seat(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    offered = proven(shop, shop.offer(whole))
    debt_id = shop.debt(offered).obligation.obligation_id
    both = [came(shop.world, reference=words) for words in ("MEMBER", "EMPLOYER")]
    names = [proposed(shop.world, one, debt_id) for one in both]
    told = at_once([confirm(shop, one, "ada", name) for one, name in zip(both, names, strict=True)])
    assert sorted(told) == ["DebtNotOpen", "done"]
    assert (shop.term(whole).taken, shop.term(whole).held) == (1, 0)
    assert len(shop.roster(whole)) == len(shop.debt(offered).payments) == 1
    assert sorted(row(one).left_minor for one in both) == [0, 21600]
    assert book(CIRCLE_BOOK)["suspense"] == -21600


def test_two_transfers_for_the_rest_of_a_debt_are_both_counted_up_to_it(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    offered = proven(shop, shop.offer(whole))
    debt_id = shop.debt(offered).obligation.obligation_id
    first = came(shop.world, amount_minor=1600)
    name = proposed(shop.world, first, debt_id)
    matching.confirm(shop.world.outside, Caller(actor="person-ada"), first, name, short=True)
    parts = [came(shop.world, amount_minor=10000, reference=words) for words in "AB"]
    names = [proposed(shop.world, one, debt_id) for one in parts]
    told = at_once(
        [confirm(shop, one, "ada", name) for one, name in zip(parts, names, strict=True)]
    )
    assert told == ["done", "done"]
    debt = shop.debt(offered).obligation
    assert (debt.state, debt.outstanding_minor, debt.paid_minor) == ("paid", 0, 21600)


def test_the_same_transfer_written_down_by_six_at_once_is_there_once(shop: Shop) -> None:
    a_recruiting_term(shop.world)
    outside = shop.world.outside
    name = suspense.name_of(outside, TOLD)
    told = at_once([lambda: suspense.record(outside, TILDA, name, TOLD)] * 6)
    assert sorted(told) == ["AlreadyCounted"] * 5 + ["done"]
    assert book(CIRCLE_BOOK) == {"bank": 21600, "suspense": -21600}

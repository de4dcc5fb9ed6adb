"""What leaders earn when registers are closed and corrected, with the books proven after each."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.flows.running import leaders
from chalicelib.rules.books import ledger
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.leaders import pay
from tests.flows.test_registers import IMELDA, seated
from tests.shop import ADMIN, Shop
from tests.stories import LEADER, a_recruiting_term
from tests.world import World


@pytest.fixture
def whole(shop: Shop) -> WholeTerm:
    """Two leaders at £65 an hour, six evenings of ninety minutes."""
    return a_recruiting_term(shop.world)


def earned(whole: WholeTerm, number: int = 1) -> dict[str, tuple[int, bool]]:
    """What a session earned each leader, and whether it was led, by the leader's first name."""
    session = whole.sessions[number - 1]
    return {
        one.name.split()[-1]: (row.amount_minor, row.led)
        for one in whole.leaders
        if (row := reads.get(Accrual, one.leader_id, f"accrual#{session.session_id}"))
    }


def owed(leader_id: str) -> int:
    """What the books owe a leader."""
    found = ledger.balances(reads.everything(tables.Ledger))
    return -sum(n for (_, name, _), n in found.items() if name == f"leader/{leader_id}")


def relisted(world: World, whole: WholeTerm, **changed: Any) -> None:
    term, values = whole.term, {**LEADER, "name": "Dr Imelda Inkwell", "email": IMELDA, **changed}
    leaders.save_leader(world.outside, ADMIN, term.group_id, term.term_id, values)


def test_closing_a_register_earns_each_who_led_the_own_fee(shop: Shop, whole: WholeTerm) -> None:
    seated(shop, whole, "Pip")
    shop.hold(whole, 1)
    assert earned(whole) == {"Inkwell": (9750, True), "Teacup": (9750, True)}
    assert [owed(one.leader_id) for one in whole.leaders] == [9750, 9750]
    shop.prove(with_stripe=False)


def test_a_correction_takes_back_what_an_absent_leader_did_not_earn(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip")
    shop.hold(whole, 1)
    imelda = next(one.leader_id for one in whole.leaders if "Imelda" in one.name)
    shop.hold(whole, 1, led_by=(imelda,))
    assert earned(whole) == {"Inkwell": (9750, True), "Teacup": (0, False)}
    shop.hold(whole, 1, outcome="cancelled", led_by=())
    assert earned(whole) == {"Inkwell": (0, False), "Teacup": (0, False)}
    assert [owed(one.leader_id) for one in whole.leaders] == [0, 0]
    shop.prove(with_stripe=False)


def test_a_rate_changed_after_a_session_began_holds_for_the_next_one(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip")
    shop.world.clock.at = whole.sessions[0].ends_at
    relisted(shop.world, whole, rate_minor=7000)
    shop.hold(whole, 1)
    shop.hold(whole, 2)
    assert earned(whole, 1)["Inkwell"] == (9750, True)
    assert earned(whole, 2)["Inkwell"] == (10500, True)
    relisted(shop.world, whole, rate_minor=9900)
    imelda = next(one.leader_id for one in whole.leaders if "Imelda" in one.name)
    shop.hold(whole, 2, led_by=(imelda,))
    assert earned(whole, 2)["Inkwell"] == (10500, True)
    shop.prove(with_stripe=False)


@pytest.mark.parametrize("paid", ["waived", "paid_by_employer", "principal"])
def test_who_is_not_paid_a_fee_is_in_the_log_all_the_same(
    shop: Shop, whole: WholeTerm, paid: str
) -> None:
    relisted(shop.world, whole, pay=paid)
    shop.hold(whole, 1)
    assert earned(whole)["Inkwell"] == (0, True)
    shop.prove(with_stripe=False)


def test_what_is_open_is_found_and_read_again(shop: Shop, whole: WholeTerm) -> None:
    relisted(shop.world, whole, pay="waived")
    shop.hold(whole, 1)
    (barnaby,) = [one.leader_id for one in whole.leaders if "Barnaby" in one.name]
    assert pay.with_open(shop.world.now) == [barnaby]
    (item,) = pay.items(barnaby)
    assert item.open_minor == 9750

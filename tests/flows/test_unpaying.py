"""A payout that was written down as paid from the bank and was not: the books follow, the leader is
told, and it can be paid again; the books are proven at the end of each story."""

from __future__ import annotations

import pytest

from chalicelib.errors import NotFound, NothingToPay, SecondPersonNeeded, StateChanged
from chalicelib.flows.leaders import unpaying
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry, balances
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.leaders.preparing import cover
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders import pay
from chalicelib.store.tasks import open_tasks
from tests.mail_samples import sample
from tests.pay_steps import ADA, TILDA, approved, earned, owed, paid, payouts, prepared, run, tick
from tests.shop import Shop

IMELDA = "imelda.inkwell@example.org"
INKWELL, TEACUP = "Inkwell 2027-01", "Teacup 2027-01"


def all_paid(shop: Shop) -> str:
    """Both leaders stand as paid from the bank."""
    earned(shop)
    period = prepared(shop.world)
    approved(shop.world, period)
    tick()
    paid(shop.world, period, reference="BANK 7")
    return period


def limit(minor: int) -> None:
    """Above this a second person is needed."""
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"refund_limit_minor": minor})))


def bank() -> int:
    found = balances(reads.everything(tables.Ledger))
    return found.get((CIRCLE_BOOK, "bank", "GBP"), 0)


def take_back(shop: Shop, name: str = INKWELL) -> str:
    one, outside = payouts()[name], shop.world.outside
    return unpaying.take_back(outside, TILDA, one.period, one.leader_id, "the bank refused it")


def asked() -> set[str]:
    return {task.code for task in open_tasks()} & {"payout_to_undo", "payout_to_pay"}


def test_what_was_not_paid_is_owed_again_and_can_be_paid_again(shop: Shop) -> None:
    period = all_paid(shop)
    assert (run(period).state, owed(), bank()) == ("done", 0, -19500)
    assert take_back(shop) == "undone"
    one = payouts()[INKWELL]
    assert (one.state, one.paid_on, one.paid_reference, one.undone) == ("approved", None, "", 1)
    assert (run(period).state, owed(), bank()) == ("approved", 9750, -9750)
    assert payouts()[TEACUP].state == "paid_manually"
    shop.prove()
    with pytest.raises(NotFound):
        take_back(shop)
    shop.settle_down()
    letter = shop.world.postbox.last(IMELDA, "have not been paid yet")
    assert "Reference that does not hold: BANK 7" in letter.text
    (queued,) = shop.mails("leader_unpaid")
    assert set(queued.facts) == set(sample("leader_unpaid")[0])

    paid(shop.world, period, reference="BANK 8")
    assert (run(period).state, owed(), bank()) == ("done", 0, -19500)
    names = {
        one.entry_id.split("#")[0] + one.entry_id[-2:]
        for one in reads.everything(tables.Ledger)
        if isinstance(one, Entry) and payouts()[INKWELL].payout_id in one.entry_id
    }
    assert {"leader_unpaid-1", "leader_paid-2"} < names
    shop.settle_down()
    assert "BANK 8" in shop.world.postbox.last(IMELDA, "for leading").text
    assert take_back(shop) == "undone", "a mistake can be made twice"
    assert (payouts()[INKWELL].undone, owed()) == (2, 9750)


def test_it_counts_as_promised_until_it_is_paid(shop: Shop) -> None:
    """Another run does not give the same money away."""
    all_paid(shop)
    take_back(shop)
    with pytest.raises(NothingToPay):
        prepared(shop.world)
    (group_id,) = {line.group_id for line in payouts()[INKWELL].lines}
    promised = [payouts()[INKWELL]]
    entries = list(reads.everything(tables.Ledger))
    free = cover(entries, group_id, "GBP", promised)
    assert cover(entries, group_id, "GBP", []) == free + 9750
    assert [one.state for one in pay.runs()] == ["approved"]
    tick()
    assert asked() == set()
    shop.world.clock.move(days=4)
    tick()
    assert asked() == {"payout_to_pay"}, "the treasurer is reminded as before"


def test_above_the_limit_a_second_person_agrees(shop: Shop) -> None:
    period = all_paid(shop)
    limit(5000)
    assert take_back(shop) == "asked"
    one, outside = payouts()[INKWELL], shop.world.outside
    ids = (one.period, one.leader_id)
    assert (one.state, owed(), asked()) == ("paid_manually", 0, {"payout_to_undo"})
    with pytest.raises(SecondPersonNeeded):
        unpaying.agree(outside, TILDA, *ids)
    with pytest.raises(StateChanged):
        take_back(shop)
    unpaying.agree(outside, ADA, *ids)
    assert (payouts()[INKWELL].state, owed(), asked()) == ("approved", 9750, set())
    assert run(period).state == "approved"


def test_a_second_person_may_find_that_it_was_paid(shop: Shop) -> None:
    all_paid(shop)
    limit(5000)
    take_back(shop)
    one, outside = payouts()[INKWELL], shop.world.outside
    unpaying.leave(outside, ADA, one.period, one.leader_id)
    assert (payouts()[INKWELL].state, payouts()[INKWELL].undo_asked_by) == ("paid_manually", "")
    assert asked() == set()
    with pytest.raises(StateChanged):
        unpaying.leave(outside, ADA, one.period, one.leader_id)
    with pytest.raises(StateChanged):
        unpaying.agree(outside, ADA, one.period, one.leader_id)
    assert shop.mails("leader_unpaid") == []

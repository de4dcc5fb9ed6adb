"""What leaders owe back when money goes back out of sessions that were held (L6), and what of
their pay disputes hold (N8). The books are proven at the end of every story."""

from __future__ import annotations

import pytest

from chalicelib.errors import Conflict, NotFound, StateChanged
from chalicelib.flows.leaders import clawbacks
from chalicelib.flows.returning import giving_back
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.rules.books import ledger
from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.leaders import clawing
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.clawing import Fee
from chalicelib.rules.leaders.payouts import Payout, bank_entries, line_of
from chalicelib.rules.leaders.recalls import Recall
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders import clawbacks as store
from chalicelib.store.leaders import disputes, pay
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term


class Story:
    """Two paid seats, £216 each over six evenings, two leaders at £97.50 an evening; the first
    evening was held."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.world = shop, shop.world
        self.whole: WholeTerm = a_recruiting_term(shop.world)
        self.pip, self.odalys = (shop.offer(self.whole, name) for name in ("Pip", "Odalys"))
        for offered in (self.pip, self.odalys):
            shop.pay(offered)
        shop.settle_down()
        self.imelda, self.barnaby = sorted(
            (one.leader_id for one in self.whole.leaders),
            key=lambda name: "Imelda" not in self.name(name),
        )
        shop.hold(self.whole, 1)

    def name(self, leader_id: str) -> str:
        return next(one.name for one in self.whole.leaders if one.leader_id == leader_id)

    def gives_back(self, offered: Offered, amount_minor: int) -> None:
        """By decision of the administrator, and sent."""
        debt = self.shop.debt(offered).obligation
        wish = Wish(reason="agreed by phone", amount_minor=amount_minor)
        giving_back.request(self.world.outside, ADMIN, debt.obligation_id, wish)
        self.shop.settle_down()

    def disputed(self, offered: Offered) -> str:
        found = self.shop.fake.dispute(str(self.shop.payment(offered).intent_id))
        self.shop.hear_all()
        return str(found["id"])

    def loses(self, offered: Offered) -> str:
        """The payer goes to the bank and wins."""
        dispute_id = self.disputed(offered)
        self.shop.fake.lose(dispute_id)
        self.shop.settle_down()
        return dispute_id

    def clawback(self, leader_id: str) -> Clawback:
        (found,) = store.of_leader(leader_id)
        return found

    def fee(self, leader_id: str, number: int = 1) -> Accrual:
        session = self.whole.sessions[number - 1]
        found = reads.get(Accrual, leader_id, f"accrual#{session.session_id}")
        assert found is not None
        return found

    def pays_by_bank(self, leader_id: str, period: str) -> int:
        """A payout of everything that is open, paid by hand."""
        lines = tuple(line_of(one) for one in pay.items(leader_id) if one.open_minor)
        amount = sum(line.amount_minor for line in lines)
        payout = Payout(
            leader_id=leader_id,
            payout_id=f"payout-{period}",
            period=period,
            name=self.name(leader_id),
            route="bank",
            state="paid_manually",
            lines=lines,
            amount_minor=amount,
            currency="GBP",
            prepared_at=self.world.now,
        )
        settled = [
            Update(one, {"settled_minor": one.settled_minor + one.open_minor})
            for one in pay.items(leader_id)
            if one.open_minor
        ]
        commit(Change.of(Create(payout), *settled, *bank_entries(payout, self.world.now)))
        return amount


@pytest.fixture
def story(shop: Shop) -> Story:
    return Story(shop)


def account(root: str) -> int:
    """An account over all books."""
    found = ledger.balances(reads.everything(tables.Ledger))
    return sum(n for (_, name, _), n in found.items() if name.partition("/")[0] == root)


def switched(on: bool) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"clawbacks": on})))


def test_a_lost_dispute_takes_the_matching_part_of_each_leaders_fee(story: Story) -> None:
    story.loses(story.pip)
    row = story.clawback(story.imelda)
    assert (row.cause, row.lost_minor, row.of_minor) == ("dispute", 3600, 7200)
    assert (row.amount_minor, row.open_minor) == (4875, 4875)
    assert account("clawback") == 2 * 4875
    assert account("leader_fees") == 2 * 4875
    letter = story.world.postbox.last("imelda.inkwell@example.org", "are taken back")
    assert "£48.75" in letter.text
    assert "Pip" not in letter.text


def test_what_goes_back_of_sessions_still_to_come_costs_no_leader_anything(story: Story) -> None:
    story.gives_back(story.pip, 18000)
    assert store.of_leader(story.imelda) == []
    assert [row for row in reads.everything(tables.Payouts) if isinstance(row, Recall)] == []


def test_a_refund_that_reaches_held_sessions_takes_that_part(story: Story) -> None:
    story.gives_back(story.pip, 19800)
    row = story.clawback(story.barnaby)
    assert (row.cause, row.lost_minor, row.of_minor, row.amount_minor) == (
        "refund",
        1800,
        7200,
        2438,
    )


def test_everything_given_back_takes_the_whole_fee_and_never_more(story: Story) -> None:
    story.gives_back(story.pip, 21600)
    story.loses(story.odalys)
    parts = [one.amount_minor for one in store.of_leader(story.imelda)]
    assert parts == [4875, 4875]
    assert sum(one.open_minor for one in pay.items(story.imelda) if isinstance(one, Clawback)) == (
        story.fee(story.imelda).amount_minor
    )


def test_where_the_circle_bears_it_nothing_is_owed_back(story: Story) -> None:
    switched(on=False)
    story.loses(story.pip)
    story.gives_back(story.odalys, 21600)
    assert store.of_leader(story.imelda) == []


def test_a_replay_of_the_tick_takes_nothing_twice(story: Story) -> None:
    dispute_id = story.loses(story.pip)
    recall = store.recall(dispute_id)
    assert recall is not None
    assert recall.next_at is None
    commit(Change.of(Update(recall, {"next_at": story.world.now})))
    story.shop.work()
    assert len(store.of_leader(story.imelda)) == 1
    assert account("clawback") == 2 * 4875


def test_a_paid_fee_is_set_off_against_the_next_one(story: Story) -> None:
    assert story.pays_by_bank(story.imelda, "2027-01") == 9750
    story.loses(story.pip)
    story.shop.hold(story.whole, 2)
    assert story.pays_by_bank(story.imelda, "2027-02") == 9750 - 4875
    assert story.clawback(story.imelda).open_minor == 0
    assert account("leader") + account("clawback") == -2 * 9750 + 4875  # Barnaby's


def test_a_session_that_was_not_held_after_all_takes_nothing_twice(story: Story) -> None:
    story.pays_by_bank(story.imelda, "2027-01")
    story.loses(story.pip)
    story.shop.hold(story.whole, 1, outcome="cancelled", led_by=())
    items = pay.items(story.imelda)
    assert (
        sum(-one.open_minor if isinstance(one, Clawback) else one.open_minor for one in items)
        == -9750
    )
    story.shop.prove(with_stripe=False)
    story.shop.hold(story.whole, 1)
    assert story.clawback(story.imelda).open_minor == 4875
    assert story.fee(story.imelda).open_minor == 0


def test_a_correction_after_setting_off_pays_the_leader_what_was_too_much(story: Story) -> None:
    story.pays_by_bank(story.imelda, "2027-01")
    story.loses(story.pip)
    story.shop.hold(story.whole, 2)
    story.pays_by_bank(story.imelda, "2027-02")
    story.shop.hold(story.whole, 1, outcome="cancelled", led_by=())
    assert story.clawback(story.imelda).open_minor == -4875
    story.shop.hold(story.whole, 3)
    assert story.pays_by_bank(story.imelda, "2027-03") == 9750 - 9750 + 4875


def test_money_that_came_back_lifts_it_and_what_was_set_off_is_owed_again(story: Story) -> None:
    story.pays_by_bank(story.imelda, "2027-01")
    dispute_id = story.loses(story.pip)
    story.shop.hold(story.whole, 2)
    story.pays_by_bank(story.imelda, "2027-02")
    story.shop.fake.win(dispute_id)
    story.shop.settle_down()
    row = story.clawback(story.imelda)
    assert (row.lifted_minor, row.open_minor, row.came_back) == (4875, -4875, True)
    assert story.clawback(story.barnaby).open_minor == 0
    assert account("leader_fees") == 4 * 9750
    assert story.pays_by_bank(story.imelda, "2027-03") == 4875
    letter = story.world.postbox.last("imelda.inkwell@example.org", "need not be paid back")
    assert "£48.75" in letter.text


def test_the_treasurer_lets_it_go_once(story: Story) -> None:
    story.loses(story.pip)
    row, outside = story.clawback(story.imelda), story.world.outside
    clawbacks.write_off(outside, ADMIN, story.imelda, row.clawback_id, "not her fault")
    with pytest.raises(Conflict):
        clawbacks.write_off(outside, ADMIN, story.imelda, row.clawback_id, "not her fault")
    with pytest.raises(NotFound):
        clawbacks.write_off(outside, ADMIN, story.imelda, "clawback-none", "not her fault")
    assert (story.clawback(story.imelda).open_minor, account("write_off")) == (0, 4875)
    story.shop.hold(story.whole, 1, outcome="cancelled", led_by=())
    assert story.clawback(story.imelda).lifted_minor == 0, "she pays back the fee and no more"


def test_it_is_asked_back_only_from_an_account_that_money_went_to(story: Story) -> None:
    story.pays_by_bank(story.imelda, "2027-01")
    story.loses(story.pip)
    row, outside = story.clawback(story.imelda), story.world.outside
    with pytest.raises(Conflict):
        clawbacks.take_back(outside, ADMIN, story.imelda, row.clawback_id)
    assert not clawbacks.show(outside, story.imelda, row.clawback_id).may_take_back


def test_what_stripe_refuses_is_set_off_instead(story: Story) -> None:
    story.loses(story.pip)
    row = story.clawback(story.imelda)
    commit(Change.of(Update(row, {"take_back_at": story.world.now})))
    asked = story.clawback(story.imelda)
    assert (asked.open_minor, asked.left_minor) == (0, 4875)
    assert [one.clawback_id for one in reads.due(tables.Payouts, "take_back", story.world.now)] == [
        row.clawback_id
    ]
    commit(clawing.reversal_refused(asked, "balance_insufficient"))
    again = story.clawback(story.imelda)
    assert (again.open_minor, again.take_back_refused) == (4875, "balance_insufficient")


def test_an_open_dispute_holds_the_matching_part_until_it_has_ended(story: Story) -> None:
    fees = [story.fee(story.imelda), story.fee(story.barnaby)]
    assert disputes.held(fees) == {}
    dispute_id = story.disputed(story.pip)
    session_id = story.whole.sessions[0].session_id
    assert disputes.held(fees) == {
        (story.imelda, session_id): 4875,
        (story.barnaby, session_id): 4875,
    }
    story.shop.fake.win(dispute_id)
    story.shop.hear_all()
    assert disputes.held(fees) == {}


def test_who_reads_before_a_register_is_corrected_takes_nothing_afterwards(story: Story) -> None:
    """The tick and a correction at once: one of them looks again."""
    session_id = story.whole.sessions[0].session_id
    recall = Recall(
        recall_id="release-1",
        cause="refund",
        cause_id="release-1",
        group_id=story.whole.group.group_id,
        term_id=story.whole.term.term_id,
        obligation_id="debt-1",
        lost={session_id: 3600},
        currency="GBP",
        asked_at=story.world.now,
    )
    read = [Fee(accrual=story.fee(story.imelda))]
    change = clawing.clawed(recall, session_id, read, 7200, story.world.now)
    story.shop.hold(story.whole, 1, outcome="cancelled", led_by=())
    with pytest.raises(StateChanged):
        commit(change)
    assert store.of_leader(story.imelda) == []

"""Disputes and warnings of fraud in the shop: any order of events, each penny in its place.

At the end of every story the books are proven against Stripe's balance.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import DisputeOpen, NotFound, RefundNotPossible, StateChanged
from chalicelib.flows.books import books
from chalicelib.flows.disputes import disputes
from chalicelib.flows.returning import giving_back, refunds_by_hand
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.handlers import jobs
from chalicelib.rules.books.ledger import balances
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.people.circle import Task
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from local.fake_stripe import FakeStripe
from tests.handlers.the_house import clear_tables, moto_tables
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import World


class Story:
    """A paid seat whose payer goes to the bank."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.fake = shop, shop.fake
        self.whole: WholeTerm = a_recruiting_term(shop.world)
        self.offered: Offered = shop.offer(self.whole)

    def pays(self) -> None:
        """Without a word to us yet."""
        self.shop.pay(self.offered)

    def sits(self) -> None:
        """Paid, heard, and the fee known."""
        self.pays()
        self.shop.settle_down()

    @property
    def intent(self) -> str:
        return str(self.fake.objects("payment_intent")[0]["id"])

    @property
    def dispute(self) -> Dispute:
        (found,) = self.shop.debt(self.offered).disputes
        return found

    @property
    def seat(self) -> str:
        (found,) = self.shop.roster(self.whole)
        return found.state

    def disputed(self, **how: Any) -> str:
        """The payer disputes it; we have heard of it."""
        dispute_id = str(self.fake.dispute(self.intent, **how)["id"])
        self.shop.hear_all()
        return dispute_id

    def tasks(self) -> set[str]:
        found = reads.under(tables.Circle, "task#open")
        return {one.code for one in found if isinstance(one, Task)} - {"offer_to_make"}

    def accounts(self) -> dict[str, int]:
        """All books together."""
        sums: dict[str, int] = {}
        for (_, name, _), amount in balances(reads.everything(tables.Ledger)).items():
            sums[name.partition("/")[0]] = sums.get(name.partition("/")[0], 0) + amount
        return sums


@pytest.fixture
def story(shop: Shop) -> Story:
    return Story(shop)


def test_a_dispute_books_money_and_fee_pauses_the_seat_and_asks_for_evidence(story: Story) -> None:
    story.sits()
    story.disputed(reason="product_not_received")
    row = story.dispute
    assert (row.state, row.reason) == ("needs_response", "product_not_received")
    assert (row.withdrawn_minor, row.fee_minor, row.refundable) == (21600, 2000, False)
    assert story.seat == "suspended"
    assert story.tasks() == {"dispute"}
    assert (story.accounts()["disputed"], story.accounts()["processor_fees"]) == (21600, 2344)
    story.shop.prove()


def test_a_won_dispute_brings_money_fee_and_seat_back(story: Story) -> None:
    story.sits()
    dispute_id = story.disputed()
    story.fake.answer_dispute(dispute_id)
    story.shop.hear_all()
    assert story.tasks() == set()
    story.fake.win(dispute_id)
    story.shop.hear_all()
    assert (story.dispute.state, story.dispute.withdrawn_minor, story.seat) == ("won", 0, "active")
    assert story.accounts().get("disputed", 0) == 0
    assert story.accounts()["processor_fees"] == 344


def test_a_fee_that_stripe_keeps_after_a_win_stays_a_cost(story: Story) -> None:
    story.sits()
    story.fake.win(story.disputed(), fee_back=False)
    story.shop.hear_all()
    assert story.accounts()["processor_fees"] == 2344


def test_an_inquiry_takes_nothing_and_pauses_nothing_until_it_is_a_dispute(story: Story) -> None:
    story.sits()
    dispute_id = story.disputed(reason="general", inquiry=True)
    assert (story.seat, story.tasks()) == ("active", {"inquiry"})
    assert "disputed" not in story.accounts()
    story.fake.escalate(dispute_id)
    story.shop.hear_all()
    assert (story.seat, story.tasks()) == ("suspended", {"dispute"})
    assert story.accounts()["disputed"] == 21600


def test_an_inquiry_that_ends_leaves_no_trace_but_its_row(story: Story) -> None:
    story.sits()
    story.fake.close_inquiry(story.disputed(inquiry=True))
    story.shop.hear_all()
    assert (story.dispute.state, story.seat, story.tasks()) == ("warning_closed", "active", set())


def test_a_lost_dispute_leaves_the_debt_and_a_person_decides_about_the_seat(story: Story) -> None:
    story.sits()
    dispute_id = story.disputed()
    story.fake.lose(dispute_id)
    story.shop.hear_all()
    debt = story.shop.debt(story.offered)
    assert (story.dispute.booked_lost, story.dispute.lost_minor) == (True, 21600)
    assert (debt.obligation.released_minor, debt.obligation.refunded_minor) == (21600, 21600)
    assert (debt.obligation.outstanding_minor, sum(debt.obligation.shares.values())) == (0, 0)
    assert (story.seat, story.tasks()) == ("suspended", {"dispute_lost"})
    assert story.accounts() == {"processor_fees": 2344, "stripe": -2344}
    story.shop.prove()

    _decide(story, dispute_id, keep=False)
    assert (story.seat, story.tasks()) == ("cancelled", set())
    assert story.shop.term(story.whole).taken == 0
    with pytest.raises(StateChanged):
        _decide(story, dispute_id, keep=True)


def _decide(story: Story, dispute_id: str, keep: bool) -> None:
    obligation_id = story.shop.offer_row(story.offered).obligation_id
    disputes.decide_seat(
        story.shop.world.outside, ADMIN, obligation_id, dispute_id, keep, "talked with her"
    )


def test_a_seat_may_go_on_after_a_loss(story: Story) -> None:
    story.sits()
    dispute_id = story.disputed()
    story.fake.lose(dispute_id)
    story.shop.hear_all()
    _decide(story, dispute_id, keep=True)
    assert (story.seat, story.tasks()) == ("active", set())
    with pytest.raises(NotFound):
        _decide(story, "dp_other", keep=True)


def test_money_that_comes_back_after_a_loss_is_a_gain_and_a_task(story: Story) -> None:
    story.sits()
    dispute_id = story.disputed()
    story.fake.lose(dispute_id)
    story.shop.hear_all()
    _decide(story, dispute_id, keep=True)
    story.fake.win(dispute_id)
    story.shop.hear_all()
    assert story.tasks() == {"dispute_reversed"}
    assert story.accounts()["write_off"] == -21600
    _decide(story, dispute_id, keep=True)
    assert story.tasks() == set()


def test_a_part_that_is_lost_leaves_the_rest_to_be_given_back(story: Story) -> None:
    story.sits()
    story.fake.lose(story.disputed(amount=6000))
    story.shop.hear_all()
    debt = story.shop.debt(story.offered).obligation
    assert (debt.refunded_minor, debt.outstanding_minor) == (6000, 0)
    assert -story.accounts()["deferred"] == 15600


def test_what_a_lost_dispute_left_goes_back_from_the_bank_once_it_is_decided(story: Story) -> None:
    story.sits()
    dispute_id, outside = story.disputed(amount=6000), story.shop.world.outside
    obligation_id = story.shop.offer_row(story.offered).obligation_id
    wish = Wish(reason="she leaves us", amount_minor=10000)
    with pytest.raises(DisputeOpen):
        giving_back.request(outside, ADMIN, obligation_id, wish)
    story.fake.lose(dispute_id)
    story.shop.hear_all()
    _decide(story, dispute_id, keep=True)
    giving_back.request(outside, ADMIN, obligation_id, wish)
    story.shop.settle_down()
    (refund,) = story.shop.refunds(story.offered)
    assert (refund.method, refund.state, refund.amount_minor) == ("bank", "requested", 10000)
    assert story.fake.objects("refund") == [], "Stripe is not asked for what it would not send"
    assert story.tasks() == {"refund_by_bank"}

    giving_back.request(outside, ADMIN, obligation_id, Wish(reason="and the rest"))
    with pytest.raises(RefundNotPossible):
        giving_back.request(outside, ADMIN, obligation_id, wish)
    today = story.shop.world.now.date()
    for number, one in enumerate(story.shop.refunds(story.offered)):
        ids = (obligation_id, one.refund_id)
        refunds_by_hand.pay(outside, ADMIN, *ids, f"LANTERN {number}", today)
    assert story.tasks() == set()
    sums = story.accounts()
    assert (sums["bank"], sums["stripe"], sums["processor_fees"]) == (-15600, 13256, 2344)
    assert not {"deferred", "receivable"} & {name for name, amount in sums.items() if amount}


def test_a_second_dispute_takes_the_place_of_the_transfer_that_was_not_made(story: Story) -> None:
    story.sits()
    first = story.disputed(amount=6000)
    story.fake.lose(first)
    story.shop.hear_all()
    _decide(story, first, keep=True)
    outside, obligation_id = story.shop.world.outside, story.dispute.obligation_id
    giving_back.request(outside, ADMIN, obligation_id, Wish(reason="all of it"))
    assert story.tasks() == {"refund_by_bank"}
    story.fake.lose(story.disputed(amount=15600))
    story.shop.hear_all()
    (refund,) = story.shop.refunds(story.offered)
    assert refund.state == "paid_manually"
    assert "bank" not in story.accounts(), "the bank has given it back, so nobody else does"


def test_what_the_dashboard_gave_back_during_an_inquiry_is_written_off_when_it_is_lost(
    story: Story,
) -> None:
    """The payer asks the bank, gets a part back from us, and wins the whole all the same."""
    story.sits()
    dispute_id = story.disputed(inquiry=True)
    story.fake.dashboard_refund(story.intent, 6000)
    story.shop.settle_down()
    story.fake.escalate(dispute_id)
    story.fake.lose(dispute_id)
    story.shop.hear_all()
    assert (story.dispute.lost_minor, story.dispute.written_off_minor) == (15600, 6000)
    assert story.accounts()["write_off"] == 6000
    assert "deferred" not in story.accounts()


# Warnings whose event never came


def test_a_warning_of_fraud_that_nobody_told_us_of_is_found_at_night(story: Story) -> None:
    story.sits()
    story.fake.warn_of_fraud(story.intent)
    for event in story.fake.events:
        story.fake.drop(event["id"])
    outside = story.shop.world.outside
    assert disputes.look_for_warnings(outside) == {"warned": 1}
    assert story.tasks() == {"fraud_warning"}
    payment = story.shop.payment(story.offered)
    disputes.close_warning(outside, ADMIN, payment.obligation_id, payment.payment_id)
    assert disputes.look_for_warnings(outside) == {"nothing": 1}, "looked at once is enough"
    assert story.tasks() == set()


def test_a_key_that_may_not_ask_for_warnings_is_said_once_and_the_night_goes_on(
    story: Story,
) -> None:
    story.sits()
    outside = story.shop.world.outside
    story.fake.restrict("sk_test_invented", "/v1/radar")
    for _ in range(2):
        assert disputes.look_for_warnings(outside) == {"right_missing": 1}
    assert story.tasks() == {"stripe_right"}
    jobs.nightly({}, None)
    story.fake.restrict("sk_test_invented")
    assert disputes.look_for_warnings(outside) == {}
    assert story.tasks() == set()


# Any order


def win(fake: FakeStripe, dispute_id: str) -> None:
    fake.win(dispute_id)


def lose(fake: FakeStripe, dispute_id: str) -> None:
    fake.lose(dispute_id)


CREATED, CLOSED = "charge.dispute.created", "charge.dispute.closed"
PAID = "checkout.session.completed"


@pytest.mark.parametrize(
    ("end", "types"),
    [
        (win, (PAID, "charge.dispute.funds_reinstated", CLOSED)),
        (lose, (PAID, CREATED, disputes.WARNED, CLOSED)),
    ],
)
def test_every_order_of_the_events_ends_in_the_same_rows(
    shop: Shop, end: Callable[[FakeStripe, str], None], types: tuple[str, ...]
) -> None:
    """Payment, warning and dispute are all over before we hear of any; each order, each event
    twice. An event that comes too early is told again, as Stripe does."""
    story = Story(shop)
    story.pays()
    story.fake.warn_of_fraud(story.intent)
    dispute_id = str(story.fake.dispute(story.intent)["id"])
    end(story.fake, dispute_id)
    told = [one for one in shop.fake.outgoing if one["type"] in types]
    assert len(told) == len(types)
    begin = _rows()
    ends = []
    for order in itertools.permutations(told):
        _put_back(begin)
        early = [one for one in order if shop.fake.deliver(one["id"], times=2)[-1] != 200]
        for event in early:  # those that came before the payment are told again
            shop.fake.deliver(event["id"])
        ends.append(_known(story))
        assert books.prove(shop.world.outside, with_stripe=False) == []
    assert all(one == ends[0] for one in ends)
    assert ends[0][0].booked_lost is (end is lose)


@pytest.mark.parametrize("end", [win, lose])
def test_events_heard_one_by_one_end_in_the_same_rows_as_all_at_once(
    shop: Shop, end: Callable[[FakeStripe, str], None]
) -> None:
    story = Story(shop)
    story.sits()
    before = _rows()
    dispute_id = story.disputed(inquiry=True)
    for step in (story.fake.escalate, story.fake.answer_dispute):
        step(dispute_id)
        shop.hear_all()
    end(story.fake, dispute_id)
    shop.hear_all()
    slowly = _known(story)
    _put_back(before)
    for event in shop.fake.events:
        if event["type"] == "charge.dispute.closed":
            shop.fake.deliver(event["id"])
    assert _known(story) == slowly


def _known(story: Story) -> tuple[Any, ...]:
    """What stands in our rows at the end; how often we heard of it is no matter."""
    debt = story.shop.debt(story.offered)
    payments = [replace(one, check_at=None) for one in debt.payments]
    return (
        replace(story.dispute, version=0),
        debt.obligation,
        payments,
        story.seat,
        story.tasks(),
        story.accounts(),
    )


def _rows() -> dict[str, Any]:
    return {name: copy.deepcopy(table.items) for name, table in moto_tables().items()}


def _put_back(rows: dict[str, Any]) -> None:
    clear_tables()
    for name, table in moto_tables().items():
        table.items.update(copy.deepcopy(rows[name]))


def test_a_dispute_of_a_payment_we_have_not_heard_of_is_told_again(story: Story) -> None:
    story.pays()
    story.fake.dispute(story.intent)
    created = next(one for one in story.fake.outgoing if one["type"] == "charge.dispute.created")
    assert story.fake.deliver(created["id"]) == [503]
    story.shop.hear_all()
    assert story.fake.deliver(created["id"]) == [200]
    assert story.seat == "suspended"


def test_a_dispute_that_nobody_told_us_of_is_found_at_night(story: Story) -> None:
    story.sits()
    for kind in ("charge.dispute.created", "charge.dispute.funds_withdrawn"):
        story.fake.never_generate(kind)
    story.fake.dispute(story.intent)
    story.shop.hear_all()
    assert disputes.look_again(story.shop.world.outside) == {"needs_response": 1}
    assert disputes.look_again(story.shop.world.outside) == {"nothing": 1}
    assert story.seat == "suspended"
    assert "disputes" in jobs.NIGHTLY


def test_a_dispute_of_another_use_of_the_account_is_not_ours(world: World) -> None:
    """A shop that is not proven: the money is the reconciler's."""
    shop = Shop(world)
    charge = shop.fake.foreign_charge(5000)
    shop.fake.warn_of_fraud(charge["payment_intent"])
    shop.fake.dispute(charge["payment_intent"])
    assert set(shop.fake.deliver_all()) == {200}
    assert not list(reads.everything(tables.Payments))
    assert not list(reads.everything(tables.Ledger))
    shop.close()


# Beside the seat


def test_a_disputed_surplus_pauses_nothing_and_is_paid_back_by_the_bank(story: Story) -> None:
    """Paid twice in two tabs; before the surplus goes back, the payer's bank takes it."""
    shop = story.shop
    sessions = [shop.begin(story.offered)]
    shop.world.clock.move(minutes=59)
    sessions.append(shop.begin(story.offered))
    for session_id in sessions:
        story.fake.pay(session_id)
    shop.hear_all()
    payments = shop.debt(story.offered).payments
    (surplus,) = (one for one in payments if one.outcome == "surplus")
    dispute_id = str(story.fake.dispute(str(surplus.intent_id))["id"])
    story.shop.hear_all()
    assert story.seat == "active"
    story.fake.lose(dispute_id)
    story.shop.hear_all()
    (refund,) = story.shop.refunds(story.offered)
    assert (refund.state, refund.paid_reference) == ("paid_manually", dispute_id)
    assert story.tasks() == {"dispute_lost"}
    assert "write_off" not in story.accounts()


def test_a_warning_of_fraud_is_a_task_that_a_person_closes_once(story: Story) -> None:
    story.sits()
    warning = story.fake.warn_of_fraud(story.intent)
    story.shop.hear_all()
    assert story.tasks() == {"fraud_warning"}
    payment = story.shop.payment(story.offered)
    close = (story.shop.world.outside, ADMIN, payment.obligation_id, payment.payment_id)
    disputes.close_warning(*close)
    assert story.tasks() == set()
    told = next(one for one in story.fake.events if one["data"]["object"]["id"] == warning["id"])
    assert story.fake.deliver(told["id"]) == [200]
    assert story.tasks() == set()
    with pytest.raises(NotFound):
        disputes.close_warning(*close)


def test_a_warning_rests_once_the_payment_is_disputed(story: Story) -> None:
    story.sits()
    story.fake.warn_of_fraud(story.intent)
    story.shop.hear_all()
    story.disputed()
    assert story.tasks() == {"dispute"}

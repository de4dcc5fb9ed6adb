"""The job that sends, run several times at one moment, beside Stripe's events and beside the
treasurer: on AWS's own DynamoDB Local, with real threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.flows.leaders import account_news, reversals, transfers
from chalicelib.handlers.leaders import transfer_news
from chalicelib.rules.leaders.stripe_accounts import transfer_from
from tests.connect_steps import PERIOD, payout, to_be_sent
from tests.flows.test_suspense_races import at_once
from tests.pay_steps import ADA, leader, owed, paid
from tests.shop import Shop, a_shop
from tests.world import World

pytestmark = pytest.mark.dynamodb_local


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    """Its books are proven at the end."""
    with a_shop(local_world) as open_shop:
        open_shop.fake.hold_account_payouts()
        yield open_shop


def test_eight_jobs_at_once_make_one_transfer(shop: Shop) -> None:
    to_be_sent(shop)
    outside, one = shop.world.outside, payout()
    account_news.look(outside, one.leader_id)
    at_once([lambda: transfers.send(outside, one)] * 8)
    shop.world.clock.move(minutes=20)
    at_once([lambda: transfers.send(outside, payout())] * 4)
    assert len(shop.fake.objects("transfer")) == 1
    assert (payout().state, owed(), len(shop.mails("leader_paid"))) == ("sent", 9750, 1)


def test_job_and_events_at_once_book_a_transfer_once(shop: Shop) -> None:
    to_be_sent(shop)
    outside, one = shop.world.outside, payout()
    account_news.look(outside, one.leader_id)
    shop.fake.lose_next_reply("POST /v1/transfers")
    transfers.send(outside, one)
    (made,) = shop.fake.objects("transfer")
    told = transfer_from(made)
    shop.world.clock.move(minutes=20)
    news = [lambda: transfer_news.look_at(outside, told)] * 4
    jobs = [lambda: transfers.send(outside, payout())] * 4
    at_once([*news, *jobs])
    assert (payout().state, owed(), len(shop.mails("leader_paid"))) == ("sent", 9750, 1)
    shop.fake.dashboard_reversal(made["id"], 1000)
    back = transfer_from(shop.fake.objects("transfer")[0])
    at_once([lambda: reversals.take_in(outside, back)] * 6)
    assert (payout().reversed_minor, owed()) == (1000, 9750 + 1000)


def test_sent_and_paid_by_bank_at_once_it_is_one_of_the_two(shop: Shop) -> None:
    to_be_sent(shop)
    outside, one = shop.world.outside, payout()
    imelda = leader(shop.world, "Imelda").person_id
    account_news.look(outside, one.leader_id)
    at_once(
        [
            lambda: transfers.by_bank(outside, ADA, imelda, PERIOD),
            lambda: transfers.send(outside, one),
        ]
    )
    shop.hear_all()
    made = len(shop.fake.objects("transfer"))
    assert (payout().route, made) in (("bank", 0), ("stripe", 1))
    paid(shop.world, PERIOD)
    assert owed() == 0

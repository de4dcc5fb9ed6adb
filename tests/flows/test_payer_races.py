"""Who pays changes in the moment in which somebody pays, on AWS's own DynamoDB Local."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.flows.money import payers
from tests.flows.test_sign_in_races import at_once
from tests.payers import ACCOUNTS, MEMBER, begin_as_payer, member_of, named_payer
from tests.shop import Offered, Shop, a_shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local
ROSALIND = "rosalind.pear@example.org"


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    with a_shop(local_world) as shop:
        yield shop


@pytest.fixture
def offered(shop: Shop) -> Offered:
    """A place for which the trust is asked to pay."""
    a_circle(shop.world)
    given = shop.offer(a_recruiting_term(shop.world))
    named_payer(shop, given)
    return given


def done(_: object) -> str:
    return "done"


def test_two_payers_named_at_once_are_one(shop: Shop, offered: Offered) -> None:
    acts = [
        lambda name=name: done(named_payer(shop, offered, name, ROSALIND))
        for name in ("Rosalind Pear", "Dr Rosalind Pear")
    ]
    words = at_once(acts)
    owed = shop.debt(offered).obligation
    assert owed.payer_links == 1 + words.count("done")
    assert owed.payer_email == ROSALIND
    assert len(shop.mails("payer_asked")) == owed.payer_links == owed.payer_mails


def test_paying_and_naming_another_at_once_leave_one_payer_and_one_session(
    shop: Shop, offered: Offered
) -> None:
    at_once(
        [
            lambda: begin_as_payer(shop, offered),
            lambda: done(named_payer(shop, offered, "Rosalind Pear", ROSALIND)),
        ]
    )
    debt = shop.debt(offered)
    live = [one for one in debt.payments if one.state == "pending"]
    asked = debt.obligation.payer
    assert asked is not None
    assert [one.email for one in live] in ([], [asked.email])


def test_paying_oneself_and_the_payer_at_once_leave_one_session(
    shop: Shop, offered: Offered
) -> None:
    at_once(
        [
            lambda: begin_as_payer(shop, offered),
            lambda: done(payers.pay_herself(shop.world.outside, MEMBER, member_of(offered))),
        ]
    )
    debt = shop.debt(offered)
    live = [one.email for one in debt.payments if one.state == "pending"]
    assert live in ([], [ACCOUNTS] if debt.obligation.payer else [])

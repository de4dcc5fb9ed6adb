"""Two at one code, at one fund, at one early price, at the same moment, on AWS's own DynamoDB
Local with real threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.flows.joining import offers
from chalicelib.flows.prices import bursaries
from chalicelib.store.prices import means
from tests.flows.test_offers_prices import NOTHING, a_code, anew, offer_at, priced
from tests.flows.test_sign_in_races import at_once
from tests.shop import ADMIN, Shop, a_shop
from tests.stories import a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local
REFUSED = {"BursaryNotOpen", "StateChanged", "StoreBusy", "OfferNotOpen", "Conflict"}


@pytest.fixture
def local_shop(local_world: World) -> Iterator[Shop]:
    with a_shop(local_world) as open_shop:
        yield open_shop


def test_two_offers_with_one_code_at_once_are_one(local_shop: Shop) -> None:
    whole = a_recruiting_term(local_shop.world)
    code = a_code(local_shop.world)
    applications = [local_shop.application(whole, f"Pip Buttonwood {n}") for n in range(6)]
    found = at_once([lambda one=one: offer_at(local_shop, one, code) for one in applications])
    made = [one for one in found if not isinstance(one, str)]
    assert len(made) == 1
    assert {one for one in found if isinstance(one, str)} <= REFUSED
    assert local_shop.term(whole).occupied == 1


def test_the_fund_is_promised_once_however_many_promise_it(local_shop: Shop) -> None:
    world = local_shop.world
    a_recruiting_term(world)
    gift = {"gift_minor": 10000, "reference": "Letter"}
    bursaries.record_gift(world.outside, ADMIN, gift)
    values = {"code_minor": 10000, "note": None}
    at_once([lambda: bursaries.make_code(world.outside, ADMIN, values)] * 5)
    assert [one.state for one in means.codes()] == ["open"]
    assert means.fund().free_minor == 0


def test_the_last_place_at_the_early_price_is_sold_at_it_once(local_shop: Shop) -> None:
    early = {**NOTHING, "standard_early": 19000, "standard_places": 2}
    whole = priced(local_shop.world, early)
    applications = [local_shop.application(whole, f"Pip Buttonwood {n}") for n in range(5)]
    found = at_once([lambda one=one: offer_at(local_shop, one) for one in applications])
    made = [one for one in found if not isinstance(one, str)]
    sold = [local_shop.offer_row(one).price_minor for one in made]
    assert sold.count(19000) == min(2, len(made)) == local_shop.term(whole).early_standard
    assert set(sold) <= {19000, 21600}


def test_an_offer_is_made_anew_once_and_not_while_it_is_let_go(local_shop: Shop) -> None:
    world = local_shop.world
    whole = a_recruiting_term(world)
    code = a_code(world)
    first = offer_at(local_shop, local_shop.application(whole, "Pip Buttonwood"))
    acts = [lambda: anew(local_shop, first, code)] * 3
    acts.append(lambda: offers.decline(world.outside, ADMIN, first.which))
    found = at_once(acts)
    assert sum(1 for one in found if one is None or not isinstance(one, str)) <= 1
    term = local_shop.term(whole)
    row = means.code(code)
    assert row is not None
    assert (term.occupied, row.state) in ((1, "used"), (0, "open"))
    application, _ = offers.load(first.which)
    assert (application.offer_id is None) is (term.occupied == 0)

"""What a paid place and a quiet month cost, counted; docs/costs.md says the same."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

import pytest

from chalicelib.handlers import jobs
from local.demo.people import ADA
from local.tools import costs
from local.tools.costs import Counted, Journey
from tests.bench.counting import CountedGateway, Tally, counted, counting, kept_bytes
from tests.journeys.neighbours import Administrator, Applicant
from tests.journeys.street import Careful, Street
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term

NEAR = 0.1  # how far counts may drift before the page has to be written anew


class CountedStreet(Street):
    """A street whose every request is counted."""

    def __init__(self, shop: Shop, tally: Tally) -> None:
        super().__init__(shop)
        self.tally = tally

    def browser(self) -> Careful:
        found = super().browser()
        found.gateway = CountedGateway(found.gateway, self.tally)  # type: ignore[assignment]
        return found


def joins(shop: Shop) -> tuple[Counted, Counted]:
    """From the application to the paid seat, and a look at one's place afterwards."""
    a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    tally = Tally()
    street = CountedStreet(shop, tally)
    ada, pip = Administrator(street), Applicant(street)
    ada.comes_in()  # the desk signs in once a day, whoever applies
    tally.requests, mails, kept = 0, len(shop.world.postbox.letters), kept_bytes()
    with counting(tally):
        pip.applies()
        ada.finds_the_application(pip.name)
        ada.invites_to_a_talk()
        ada.writes_down_the_talk()
        ada.accepts()
        ada.makes_the_offer()
        pip.opens_the_offer()
        pip.comes_back(pip.accepts().pays())
        tally.requests += len(shop.fake.deliver_all())
        jobs.send_mails({}, None)
    joined = counted(shop.world, tally, mails, kept)
    looked = Tally()
    with counting(looked):
        pip.browser.get("/")
    return joined, Counted(reads=looked.reads, writes=looked.writes, requests=1)


def quiet(job: str) -> Counted:
    """A job with nothing to do."""
    tally = Tally(runs=1)
    with counting(tally):
        getattr(jobs, job)({}, None)
    return Counted(reads=tally.reads, writes=tally.writes, runs=1)


@pytest.fixture
def journey(shop: Shop) -> Journey:
    joined, visit = joins(shop)
    shop.settle_down()
    return Journey(joined, visit, {job: quiet(job) for job in costs.EVERY_MINUTES})


def test_what_is_counted_is_what_the_page_says(journey: Journey) -> None:
    costs.COUNTED.parent.mkdir(exist_ok=True)
    costs.COUNTED.write_text(json.dumps(asdict(journey)), "utf-8")
    assert costs.read() == journey
    join = journey.join
    assert join.mails >= 5
    assert join.requests > 20
    # Measured when this was written: $0.0011, of which the mails are more than half.
    assert join.dollars() <= 0.0016
    assert costs.month(journey, 1_000, costs.number_of_alarms()) <= 1.50
    assert costs.month(journey, 10, costs.number_of_alarms()) <= 1.00


def test_the_page_is_not_older_than_the_counts(journey: Journey) -> None:
    """`make costs` writes it anew."""
    said = costs.PAGE.read_text("utf-8")
    now = costs.page(journey, costs.number_of_alarms())
    for ours, theirs in zip(amounts(now), amounts(said), strict=True):
        assert abs(ours - theirs) <= NEAR * max(ours, theirs, 0.01), "run `make costs`"


def amounts(page: str) -> list[float]:
    """Every amount in dollars of the table."""
    return [
        float(cell.strip(" $").replace(",", ""))
        for line in page.splitlines()
        if line.startswith("| 1")
        for cell in line.split("|")[2:4]
    ]


def test_every_price_says_where_and_when_it_was_read() -> None:
    for name, price in costs.PRICES.items():
        assert price.dollars > 0, name
        assert price.source, name
        assert re.fullmatch(r"20\d\d-\d\d", price.read), name


def test_costs_grow_with_members_and_not_faster() -> None:
    one = Counted(reads=10, writes=100, requests=30, runs=6, mails=6, kept_bytes=20_000)
    journey = Journey(one, Counted(requests=1), {"tick": Counted(reads=8, runs=1)})
    idle = costs.idle_month(journey, 12)
    thousand = costs.month(journey, 1_000, 12) - idle
    assert costs.month(journey, 10_000, 12) - idle == pytest.approx(10 * thousand)
    assert costs.idle_month(journey, 12) - costs.idle_month(journey, 10) == pytest.approx(0.2)

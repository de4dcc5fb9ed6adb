"""What a paid place and a quiet month cost, counted; docs/costs.md says the same."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

import pytest

from chalicelib.handlers import jobs
from local.tools import costs, costs_page
from local.tools.costs import Counted, Journey
from tests.bench.a_join import joined
from tests.bench.counting import Tally, counting
from tests.shop import Shop

NEAR = 0.1  # how far counts may drift before the page has to be written anew


def quiet(job: str) -> Counted:
    """A job with nothing to do."""
    tally = Tally(step=job)
    with counting(tally), tally.running(job):
        getattr(jobs, job)({}, None)
    return tally.counted({job})


@pytest.fixture
def journey(shop: Shop) -> Journey:
    counts = joined(shop)
    shop.settle_down()
    return counts.journey({job: quiet(job) for job in costs.EVERY_MINUTES})


def test_what_is_counted_is_what_the_page_says(journey: Journey) -> None:
    costs.COUNTED.parent.mkdir(exist_ok=True)
    costs.COUNTED.write_text(json.dumps(asdict(journey)), "utf-8")
    assert costs.read() == journey
    join = journey.join
    assert join.mails == 7
    assert join.requests > 20
    # Measured when this was written: $0.00122, of which the mails are more than half.
    assert join.dollars() <= 0.00130
    assert (join.reads, join.writes) <= (240, 370)
    assert join.kept_bytes <= 30_000, "without mails, which go after a year"
    assert costs.month(journey, 1_000, costs.number_of_alarms()) <= 0.85
    assert sum(costs.idle_parts(journey, costs.number_of_alarms(), 0).values()) <= 0.15


def test_the_page_is_not_older_than_the_counts(journey: Journey) -> None:
    """`make costs` writes it anew."""
    said = costs.PAGE.read_text("utf-8")
    now = costs_page.page(journey, costs.number_of_alarms(), costs.own_numbers())
    for ours, theirs in zip(amounts(now), amounts(said), strict=True):
        assert abs(ours - theirs) <= NEAR * max(ours, theirs, 0.01), "run `make costs`"


def amounts(page: str) -> list[float]:
    """Every amount in dollars of the table of circles."""
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
    one = Counted(reads=10, writes=100, runs={costs.WEB: 30}, mails=6, kept_bytes=20_000)
    look = Counted(runs={costs.WEB: 1})
    tick = Counted(reads=8, runs={"tick": 1}, calls={"tick": 8})
    journey = Journey(one, one, one, look, one, {"tick": tick})
    idle = costs.month(journey, 0, 12)
    thousand = costs.month(journey, 1_000, 12) - idle
    assert costs.month(journey, 10_000, 12) - idle == pytest.approx(10 * thousand)
    assert costs.month(journey, 0, 12) - costs.month(journey, 0, 10) == pytest.approx(0.2)


def test_every_function_is_measured_and_has_memory_to_spare() -> None:
    """Lambda's own runtime needs some 40 MiB beside ours."""
    runs = costs.measured()["runs"]
    assert {name.split(":")[0] for name in runs} == set(costs.functions())
    for name, one in runs.items():
        assert one["peak"] + 40 <= costs.memory_mb(name.split(":")[0]) / 2, name


def test_work_is_billed_the_same_with_any_share_of_a_processor() -> None:
    """Less memory makes it longer, and waiting cheaper."""
    work = {name: costs.gb_seconds(name, 1, 0) for name in ("tick", costs.WEB)}
    whole = costs.WHOLE_PROCESSOR_MB / 1024
    for name, seconds in work.items():
        assert seconds == pytest.approx(costs.processor_seconds(name) * whole)
    waits = [costs.gb_seconds(name, 0, 1) for name in ("tick", costs.WEB)]
    assert waits[0] < waits[1]

"""What a circle costs at AWS: counted requests times dated prices, as docs/costs.md says it.

    python -m local.tools.costs        counts again, on the tests' world, and writes docs/costs.md

The counting is a test (tests/bench/test_costs.py), which also holds the page against the counts.
What does not live here: Stripe's own fees, which are per payment and in the books.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
COUNTED = PROJECT / "build" / "counted.json"
PAGE = PROJECT / "docs" / "costs.md"
CIRCLES = (10, 100, 1_000, 10_000)


@dataclass(frozen=True)
class Price:
    """A public list price in US dollars for one unit, and where and when it was read."""

    dollars: float
    unit: str
    source: str
    read: str


# US East (N. Virginia), without any free tier. London is up to a fifth dearer. `read` is the month
# of the publication the price was read in; who needs a sum looks at AWS's own pages first.
PRICES: Mapping[str, Price] = {
    "writes": Price(0.625e-6, "write request unit", "DynamoDB, on demand", "2025-07"),
    "reads": Price(0.125e-6, "read request unit", "DynamoDB, on demand", "2025-07"),
    "kept": Price(0.45, "GB and month: 0.25 kept, 0.20 for restoring", "DynamoDB", "2025-07"),
    "requests": Price(3.5e-6, "request", "API Gateway, REST", "2025-12"),
    "runs": Price(0.2e-6, "run", "Lambda", "2025-12"),
    "seconds": Price(13.3334e-6, "GB-second", "Lambda, Arm: a fifth less than x86", "2025-12"),
    "mails": Price(100e-6, "mail", "SES", "2025-12"),
    "logged": Price(0.5, "GB", "CloudWatch Logs", "2025-12"),
    "alarms": Price(0.1, "alarm and month beyond ten", "CloudWatch", "2025-12"),
}
# What cannot be counted on a laptop: how long things take there, in GB-seconds and bytes of log.
GB_SECONDS_OF_REQUEST = 0.15  # 150 ms at 1 GB, cold starts included
GB_SECONDS_OF_JOB = 0.15  # 300 ms at 0.5 GB
LOGGED_BYTES = 1_000  # for each request or run
MONTH_MINUTES = 30 * 24 * 60


@dataclass(frozen=True)
class Counted:
    """What something asks of AWS. `reads` and `writes` are DynamoDB's request units."""

    reads: float = 0
    writes: float = 0
    requests: int = 0
    runs: int = 0  # of jobs; a request is a run as well
    mails: int = 0
    kept_bytes: int = 0  # what lies in the tables for good

    def times(self, number: float) -> dict[str, float]:
        """So many of it."""
        return {one.name: getattr(self, one.name) * number for one in fields(self)}

    def dollars(self) -> float:
        """What it costs once, without what is kept."""
        seconds = self.requests * GB_SECONDS_OF_REQUEST + self.runs * GB_SECONDS_OF_JOB
        runs = self.requests + self.runs
        units = {
            "reads": self.reads,
            "writes": self.writes,
            "requests": self.requests,
            "runs": runs,
            "seconds": seconds,
            "mails": self.mails,
            "logged": runs * LOGGED_BYTES / 1e9,
        }
        return sum(PRICES[name].dollars * number for name, number in units.items())


@dataclass(frozen=True)
class Habits:
    """What a member does, as we assume it."""

    joins_a_month: float = 2 / 12  # two terms a year
    visits_a_month: float = 4
    mails_a_month: float = 2
    years_kept: float = 3


@dataclass(frozen=True)
class Journey:
    """What was counted."""

    join: Counted  # from the application to the paid seat, the desk's part included
    visit: Counted  # a signed-in member looks at "My place"
    quiet: Mapping[str, Counted]  # each job once, with nothing to do


EVERY_MINUTES = {"tick": 5, "send_mails": 5, "send_refunds": 5, "send_payouts": 5, "nightly": 1440}


def idle_month(journey: Journey, alarms: int) -> float:
    """A month in which nobody comes."""
    jobs = sum(
        counted.dollars() * MONTH_MINUTES / EVERY_MINUTES[job]
        for job, counted in journey.quiet.items()
    )
    return jobs + max(0, alarms - 10) * PRICES["alarms"].dollars


def month(journey: Journey, members: int, alarms: int, habits: Habits | None = None) -> float:
    """A month of a circle, in US dollars."""
    usual = habits or Habits()
    each = (
        usual.joins_a_month * journey.join.dollars()
        + usual.visits_a_month * journey.visit.dollars()
        + usual.mails_a_month * Counted(mails=1, writes=6, reads=4, runs=1).dollars()
    )
    rows = usual.joins_a_month * 12 * usual.years_kept * journey.join.kept_bytes / 1e9
    return idle_month(journey, alarms) + members * (each + rows * PRICES["kept"].dollars)


def page(journey: Journey, alarms: int) -> str:
    """docs/costs.md."""
    join, idle = journey.join, idle_month(journey, alarms)
    mails = join.mails * PRICES["mails"].dollars
    lines = [
        HEAD.format(
            join=join.dollars(),
            share=100 * mails / join.dollars(),
            idle=idle,
            **{name: round(value) for name, value in asdict(join).items()},
        ),
        "| members | a month | a member and year |",
        "| ---: | ---: | ---: |",
        *(
            f"| {members:,} | ${cost:,.2f} | ${cost * 12 / members:,.3f} |"
            for members in CIRCLES
            for cost in [month(journey, members, alarms)]
        ),
        ASSUMED.format(**asdict(Habits()), alarms=alarms),
        "| price | US dollars | for one | read on |",
        "| --- | ---: | --- | --- |",
        *(
            f"| {one.source} | {one.dollars:.10f} | {one.unit} | {one.read} |".replace(
                f"{one.dollars:.10f}", f"{one.dollars:.10f}".rstrip("0")
            )
            for one in PRICES.values()
        ),
    ]
    return "\n".join(lines) + "\n"


HEAD = """# What it costs

Computed by `make costs`, from requests that were counted on a real journey and from the public
list prices below; no free tier is taken off. Stripe's fee for each payment is extra, and stands in
the books.

- **Nobody comes for a month:** ${idle:.2f}. The jobs that look every five minutes, and the alarms.
- **Somebody applies, is talked with, offered a place and pays:** ${join:.5f}, the desk's part
  included: {requests} requests, {reads} read and {writes} write units of DynamoDB, {mails} mails.
  The mails are {share:.0f} % of it. It leaves {kept_bytes:,} bytes in the tables.
"""
ASSUMED = """
Assumed for each member: {joins_a_month:.2f} joins, {visits_a_month:.0f} visits and
{mails_a_month:.0f} mails beside them a month, and rows kept for {years_kept:.0f} years.
A request takes 150 ms at 1 GB, a run of a job 300 ms at 0.5 GB, each writes 1 KB of log; there are
{alarms} alarms. A domain costs what its registrar takes; the certificate, secrets and news of
mails cost nothing. London is up to a fifth dearer than the region of these prices; look at AWS's
own pages before you rely on a sum.
"""


def read(path: Path = COUNTED) -> Journey:
    """What the counting test wrote."""
    told = json.loads(path.read_text("utf-8"))
    quiet = {job: Counted(**one) for job, one in told["quiet"].items()}
    return Journey(Counted(**told["join"]), Counted(**told["visit"]), quiet)


def number_of_alarms() -> int:
    """As infra/ declares them."""
    from local.infra import load_infra

    kinds = [one.get("Type") for one in load_infra()["Resources"].values()]
    return kinds.count("AWS::CloudWatch::Alarm")


def main() -> int:
    """Count, then write the page; the exit status."""
    count = [sys.executable, "-m", "pytest", "-q", "tests/bench/test_costs.py", "-k", "counted"]
    status = subprocess.run(count, cwd=PROJECT, check=False).returncode
    if status == 0:
        PAGE.write_text(page(read(), number_of_alarms()), "utf-8")
        print(f"{PAGE.relative_to(PROJECT)} is written")
    return status


if __name__ == "__main__":
    sys.exit(main())

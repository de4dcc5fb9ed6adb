"""What a circle costs at AWS: counted requests and measured runs times dated prices, as
docs/costs.md says it.

    python -m local.tools.costs        counts again, on the tests' world, and writes docs/costs.md

The counting is a test (tests/bench/test_costs.py), which also holds the page against the counts;
`python -m tests.bench.functions` measures the runs on the built package and writes measured.json.
What does not live here: the page's words (costs_page.py), Stripe's own fees, which are per payment
and in the books.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.rules.mail import KEPT_FOR

PROJECT = Path(__file__).resolve().parent.parent.parent
COUNTED = PROJECT / "build" / "counted.json"
MEASURED = Path(__file__).with_name("measured.json")
PAGE = PROJECT / "docs" / "costs.md"
CONFIG = PROJECT / ".chalice" / "config.json"
WEB = "api_handler"


@dataclass(frozen=True)
class Price:
    """A public list price in US dollars for one unit, and where and when it was read."""

    dollars: float
    unit: str
    source: str
    read: str


# US East (N. Virginia), without any free tier that ends. London is up to a fifth dearer. `read` is
# the month of the publication the price was read in; look at AWS's own pages before you rely on it.
PRICES: Mapping[str, Price] = {
    "writes": Price(0.625e-6, "write request unit", "DynamoDB, on demand", "2025-07"),
    "reads": Price(0.125e-6, "read request unit", "DynamoDB, on demand", "2025-07"),
    "kept": Price(0.45, "GB and month: 0.25 kept, 0.20 for restoring", "DynamoDB", "2025-07"),
    "requests": Price(3.5e-6, "request", "API Gateway, REST", "2025-12"),
    "runs": Price(0.2e-6, "run", "Lambda", "2025-12"),
    "seconds": Price(13.3334e-6, "GB-second", "Lambda, Arm: a fifth less than x86", "2025-12"),
    "mails": Price(100e-6, "mail", "SES", "2025-12"),
    "news": Price(0.5e-6, "message, given to Lambda for nothing", "SNS", "2025-12"),
    "logged": Price(0.5, "GB", "CloudWatch Logs", "2025-12"),
    "alarms": Price(0.1, "alarm and month beyond ten", "CloudWatch", "2025-12"),
    "numbers": Price(0.3, "own number and month beyond ten", "CloudWatch", "2025-12"),
}

# What cannot be measured on a laptop.
WHOLE_PROCESSOR_MB = 1769  # AWS, "Configure Lambda function memory": there it is one vCPU
SLOWER = 1.5  # times that an Arm vCPU there needs for what the measuring machine did
CALL_SECONDS = 0.008  # DynamoDB promises single-digit milliseconds; there and back
COLD_OF_REQUESTS = 1 / 5  # a sitting of about five requests begins cold, and its start is billed
COLD_OF_RUNS = 1 / 12  # Lambda keeps for some while what is woken every five minutes
LOGGED_BYTES = 1_000  # for each run: Lambda's three lines and ours
MAILS_KEPT_DAYS = KEPT_FOR.days
MONTH_MINUTES = 30 * 24 * 60
EVERY_MINUTES = {"tick": 5, "send_mails": 5, "send_refunds": 5, "send_payouts": 5, "nightly": 1440}


@dataclass(frozen=True)
class Counted:
    """What something asks of AWS. `reads` and `writes` are DynamoDB's request units."""

    reads: float = 0
    writes: float = 0
    runs: Mapping[str, int] = field(default_factory=dict)  # of each function
    calls: Mapping[str, int] = field(default_factory=dict)  # to DynamoDB, by each function
    mails: int = 0
    kept_bytes: int = 0  # what stays in the tables
    mail_bytes: int = 0  # what stays there as long as mails do

    @property
    def requests(self) -> int:
        """Runs that came through the gateway."""
        return self.runs.get(WEB, 0)

    def seconds(self) -> float:
        """GB-seconds of all its runs, waiting for DynamoDB included."""
        return sum(
            gb_seconds(name, self.runs.get(name, 0), self.calls.get(name, 0))
            for name in {*self.runs, *self.calls}
        )

    def parts(self) -> dict[str, float]:
        """What each kind of thing costs once, in dollars, without what is kept."""
        runs = sum(self.runs.values())
        units = {
            "reads": self.reads,
            "writes": self.writes,
            "requests": self.requests,
            "runs": runs,
            "seconds": self.seconds(),
            "mails": self.mails,
            "news": self.runs.get("hear_mails", 0),
            "logged": runs * LOGGED_BYTES / 1e9,
        }
        return {name: PRICES[name].dollars * number for name, number in units.items()}

    def dollars(self) -> float:
        """What it costs once, without what is kept."""
        return sum(self.parts().values())


@cache
def measured() -> Mapping[str, Any]:
    """What tests/bench/functions.py measured: peak in MiB, milliseconds cold and warm."""
    found: Mapping[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    return found


@cache
def functions() -> Mapping[str, int]:
    """What memory each function is given, in MB, as .chalice/config.json says."""
    config = json.loads(CONFIG.read_text("utf-8"))
    each = config["stages"]["live"]["lambda_functions"]
    usual = config["lambda_memory_size"]
    return {name: int(one.get("lambda_memory_size", usual)) for name, one in each.items()}


def memory_mb(function: str) -> int:
    """What a function is given."""
    return functions()[function]


@cache
def processor_seconds(function: str) -> float:
    """Of one run on a whole vCPU there, its share of cold starts included."""
    runs = [one for name, one in measured()["runs"].items() if name.split(":")[0] == function]
    cold = COLD_OF_REQUESTS if function == WEB else COLD_OF_RUNS
    each = [float(one["warm"] + cold * (one["cold"] - one["warm"])) for one in runs]
    return SLOWER * statistics.mean(each) / 1000


def gb_seconds(function: str, runs: float, calls: float) -> float:
    """What so many runs with so many calls to DynamoDB are billed: less memory is less of a
    processor, so that work takes longer and costs the same, while waiting costs less."""
    memory = memory_mb(function)
    share = min(1, memory / WHOLE_PROCESSOR_MB)
    return memory / 1024 * (runs * processor_seconds(function) / share + calls * CALL_SECONDS)


@dataclass(frozen=True)
class Habits:
    """What a member does, as we assume it."""

    joins_a_month: float = 2 / 12  # two terms a year
    visits_a_month: float = 4
    sign_ins_a_month: float = 1  # a session lasts 30 days
    mails_a_month: float = 1  # beside joins and links to sign in
    years_kept: float = 3


@dataclass(frozen=True)
class Journey:
    """What was counted."""

    join: Counted  # from the application to the paid seat, the desk's part included
    desk: Counted  # the desk's part of it
    sign_in: Counted  # with its mail
    visit: Counted  # a signed-in member looks at "My place"
    mail: Counted  # one mail, from its row to its delivery
    quiet: Mapping[str, Counted]  # each job once, with nothing to do


def idle_parts(journey: Journey, alarms: int, numbers: int) -> dict[str, float]:
    """A month in which nobody comes, in dollars: the jobs by name, alarms, numbers."""
    jobs = {
        job: counted.dollars() * MONTH_MINUTES / EVERY_MINUTES[job]
        for job, counted in journey.quiet.items()
    }
    return {
        **jobs,
        "alarms": max(0, alarms - 10) * PRICES["alarms"].dollars,
        "numbers": max(0, numbers - 10) * PRICES["numbers"].dollars,
    }


def member_parts(journey: Journey, habits: Habits) -> dict[str, float]:
    """A member's month in dollars. What is kept is that of all the years it is kept for."""
    each = (
        (habits.joins_a_month, journey.join),
        (habits.sign_ins_a_month, journey.sign_in),
        (habits.mails_a_month, journey.mail),
    )
    kept = sum(times * one.kept_bytes for times, one in each) * 12 * habits.years_kept
    mails = sum(times * one.mail_bytes for times, one in each) * MAILS_KEPT_DAYS / 30
    return {
        "joins": habits.joins_a_month * journey.join.dollars(),
        "visits": habits.visits_a_month * journey.visit.dollars(),
        "sign_ins": habits.sign_ins_a_month * journey.sign_in.dollars(),
        "mails": habits.mails_a_month * journey.mail.dollars(),
        "kept": (kept + mails) / 1e9 * PRICES["kept"].dollars,
    }


def mails_of_a_member(journey: Journey, habits: Habits) -> float:
    """What SES takes for a member's month, in dollars."""
    number = (
        habits.joins_a_month * journey.join.mails
        + habits.sign_ins_a_month * journey.sign_in.mails
        + habits.mails_a_month * journey.mail.mails
    )
    return number * PRICES["mails"].dollars


def month(journey: Journey, members: int, alarms: int, numbers: int = 0) -> float:
    """A month of a circle, in US dollars."""
    idle = sum(idle_parts(journey, alarms, numbers).values())
    return idle + members * sum(member_parts(journey, Habits()).values())


def read(path: Path = COUNTED) -> Journey:
    """What the counting test wrote."""
    told = json.loads(path.read_text("utf-8"))
    quiet = {job: Counted(**one) for job, one in told.pop("quiet").items()}
    return Journey(**{name: Counted(**one) for name, one in told.items()}, quiet=quiet)


def number_of_alarms() -> int:
    """As infra/ declares them."""
    return _kinds().count("AWS::CloudWatch::Alarm")


def own_numbers() -> int:
    """Numbers of our own that CloudWatch keeps: those of each look, and those read from logs."""
    from chalicelib.rules.measures import MEASURES

    return len(MEASURES) + _kinds().count("AWS::Logs::MetricFilter")


def _kinds() -> list[str]:
    from local.infra import load_infra

    return [str(one.get("Type")) for one in load_infra()["Resources"].values()]


def main() -> int:
    """Count, then write the page; the exit status."""
    from local.tools import costs_page

    count = [sys.executable, "-m", "pytest", "-q", "tests/bench/test_costs.py", "-k", "counted"]
    status = subprocess.run(count, cwd=PROJECT, check=False).returncode
    if status == 0:
        PAGE.write_text(costs_page.page(read(), number_of_alarms(), own_numbers()), "utf-8")
        print(f"{PAGE.relative_to(PROJECT)} is written")
    return status


if __name__ == "__main__":
    sys.exit(main())

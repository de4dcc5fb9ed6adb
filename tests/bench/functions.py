"""What each function takes of a machine: the most memory, and the processor's time of a cold and of
a warm run, in a fresh process of the built package with AWS's answers as they were.

    python -m tests.bench.functions     measures, prints, and writes local/tools/measured.json

From these numbers docs/costs.md computes what runs cost, and .chalice/config.json has its memory.
What does not live here: budgets of a cold start (__main__.py), counted calls (a_join.py).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from local import ses_events
from local.tools import costs, package
from tests import mail_steps
from tests.bench import replay
from tests.bench.__main__ import a_shop, unpacked
from tests.bench.replay import Recorded
from tests.shop import Shop
from tests.stories import a_recruiting_term

PYTHON = sys.executable
ROUNDS = 3
WARM_RUNS = 10
WEB = "api_handler"

# A process of the package: it begins, and then does the same again and again.
MEASURED = """
import http.client, json, os, sys, time
told = json.load(sys.stdin)
sys.path.insert(0, sys.argv[1])
def begin():
    line = http.client.HTTPConnection(told["place"])
    line.request("GET", "/")
    line.getresponse().read()
    line.close()
class Context:
    aws_request_id = "request-1"
begin()
before = time.process_time()
from datetime import datetime
from chalicelib import settings, wiring
class Then:
    def now(self):
        return datetime.fromisoformat(told["at"])
if told["job"]:
    from chalicelib.handlers import jobs
    entry = getattr(jobs, told["job"])
else:
    from app import app as entry
wiring.install(wiring.Wired(settings.read(), Then()))
def run():
    answer = entry(told["event"], Context())
    return answer["statusCode"] if "statusCode" in answer else 200
statuses, taken = [run()], [time.process_time() - before]
for _ in range(told["runs"]):
    begin()
    before = time.process_time()
    statuses.append(run())
    taken.append(time.process_time() - before)
with open("/proc/self/status") as told_of:
    peak = next(int(one.split()[1]) / 1024 for one in told_of if one.startswith("VmHWM"))
json.dump({"statuses": statuses, "taken": taken, "peak": peak}, sys.stdout)
sys.stdout.flush()
os._exit(0)
"""


@dataclass(frozen=True)
class Workload:
    """What a function is asked to do: a request, or a job."""

    function: str
    name: str
    recorded: Recorded

    @property
    def job(self) -> str:
        """The name of the job; empty for a request."""
        return "" if self.function == WEB else self.function


def workloads(shop: Shop) -> Iterator[Workload]:
    """Requests of a join and jobs, quiet or with little to do, as they mostly are."""
    whole = a_recruiting_term(shop.world)
    for name, path in (("group page", ""), ("first step of applying", "/apply")):
        url = f"/groups/{whole.group.slug}{path}"
        yield Workload(WEB, name, replay.record(shop.world, "GET", url, {}, b""))
    yield Workload(WEB, "press on a form", replay.taster(shop))
    offered = shop.offer(whole)
    yield Workload("send_mails", "mails", replay.record_job(shop.world, "send_mails"))
    told = mail_steps.event(shop.world, shop.mails("offer")[0].message_key, "delivered")
    told = ses_events.brought(told)
    yield Workload("hear_mails", "a delivery", replay.record_job(shop.world, "hear_mails", told))
    page = replay.record(shop.world, "GET", f"/offers/{offered.token}", {}, b"")
    yield Workload(WEB, "offer page", page)
    yield Workload(WEB, "press on Pay", replay.pay(shop, f"/offers/{offered.token}"))
    shop.fake.pay(shop.begin(offered))
    yield Workload(WEB, "webhook of a payment", replay.webhook(shop, shop.fake.outgoing[-1]))
    shop.settle_down()
    for job in ("tick", "send_mails", "send_refunds", "send_payouts", "nightly"):
        yield Workload(job, "quiet", replay.record_job(shop.world, job))


def measured(folder: str, work: Workload, shop: Shop) -> dict[str, Any]:
    """One fresh process: peak in MiB, milliseconds of processor cold and warm."""
    with replay.answering(work.recorded) as url:
        requests.get(url, timeout=5)
        stripe = {"STRIPE_API_BASE": shop.base_url, "MAIL_CONFIGURATION_SET": "set"}
        told = {
            "event": work.recorded.event,
            "at": work.recorded.at,
            "job": work.job,
            "place": url.removeprefix("http://"),
            "runs": WARM_RUNS,
        }
        done = subprocess.run(
            [PYTHON, "-I", "-S", "-B", "-c", MEASURED, folder],
            input=json.dumps(told),
            env=replay.environment(url) | stripe,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, f"{work}: {done.stderr}"
    found = json.loads(done.stdout)
    assert set(found["statuses"]) == {work.recorded.status or 200}, (work, found["statuses"])
    cold, *warm = (1000 * one for one in found["taken"])
    return {"peak": found["peak"], "cold": cold, "warm": statistics.median(warm)}


def main() -> int:
    """Measure everything in turns, and keep the medians."""
    folder = str(unpacked(package.BUILD / "rehearsal", "functions"))
    with a_shop() as shop:
        every = list(workloads(shop))
        rounds = [[measured(folder, one, shop) for one in every] for _ in range(ROUNDS)]
    found = {}
    for place, work in enumerate(every):
        taken = [each[place] for each in rounds]
        found[f"{work.function}: {work.name}"] = {
            name: round(statistics.median(one[name] for one in taken), 1) for name in taken[0]
        }
    said = {"at": f"{datetime.now(UTC):%Y-%m-%d}", "runs": found}
    costs.MEASURED.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    print("\n| function | peak, MiB | cold, ms | warm, ms |\n| --- | ---: | ---: | ---: |")
    for name, one in found.items():
        print(f"| {name} | {one['peak']:.0f} | {one['cold']:.0f} | {one['warm']:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

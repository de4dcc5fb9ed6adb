"""`make bench`: how long a cold start takes, and what the package weighs, beside floor and peers.

Every contender starts a fresh process and handles one event with one write to DynamoDB, which an
endpoint on this machine answers at once. Counted are the processor's seconds until the answer is
there, which is what a cold start waits for, whatever else the machine is doing; nobody waits for a
process to tidy up, and Lambda never lets it. They mean little by themselves, so each budget is a
ratio taken within a round; the table shows the median of the rounds.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.update(
    AWS_ACCESS_KEY_ID="invented",
    AWS_SECRET_ACCESS_KEY="invented",
    AWS_DEFAULT_REGION="eu-west-2",
    AWS_ACCOUNT_ID_ENDPOINT_MODE="disabled",
)

import boto3
import requests
from moto import mock_aws

from local.tables import create_tables
from local.tools import package
from tests.bench import replay
from tests.shop import Shop
from tests.stories import a_recruiting_term
from tests.world import World

ROUNDS = int(os.environ.get("ROUNDS", "15"))
PYTHON = sys.executable
FOLDER = package.BUILD / "bench"
MIB = 2**20

BARE = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"ok": True})}
handler({}, None)
import os; os._exit(0)
"""
FLOOR = """
import http.client, json, os
from urllib.parse import urlsplit
def handler(event, context):
    line = http.client.HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc)
    line.request("POST", "/", json.dumps({"TableName": "t"}), {"X-Amz-Target": "PutItem"})
    line.getresponse().read()
    return {"statusCode": 200, "body": json.dumps({"ok": True})}
handler({}, None)
import os; os._exit(0)
"""
POWERTOOLS = """
import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
app, log = APIGatewayRestResolver(), Logger(service="bench")
table = boto3.resource("dynamodb", region_name="eu-west-2").Table("t")
@app.post("/book")
def book():
    table.put_item(Item={"k": "1"})
    return {"ok": True}
event = {"path": "/book", "httpMethod": "POST", "headers": {}, "multiValueHeaders": {}, "body": "",
         "queryStringParameters": None, "requestContext": {"path": "/book", "stage": "live"}}
assert app.resolve(event, type("C", (), {})())["statusCode"] == 200
import os; os._exit(0)
"""


@dataclass(frozen=True)
class Budget:
    """A ratio that may not be passed."""

    name: str
    ours: str
    to: str
    most: float


BUDGETS = (
    Budget("B2: cold start, first write included", "ours", "bare", 11),
    Budget("B2: beside Powertools and boto3", "ours", "Powertools + boto3", 0.65),
    Budget("B2: beside what `chalice package` leaves", "ours", "ours, plainly packaged", 0.30),
)


@contextmanager
def a_shop() -> Iterator[Shop]:
    """A shop outside pytest."""
    with mock_aws():
        create_tables(boto3.client("dynamodb"), "test")
        shop = Shop(World())
        try:
            yield shop
        finally:
            shop.close()


def unpacked(built: Path, name: str) -> Path:
    """A package's content in a folder of its own."""
    folder = FOLDER / name
    if not folder.exists():
        with zipfile.ZipFile(built / "deployment.zip") as packed:
            packed.extractall(folder)
    return folder


def peer() -> str:
    """The Python of the peer's own environment, made when it is missing."""
    python = FOLDER / "powertools" / "bin" / "python"
    if not python.exists():
        subprocess.run([PYTHON, "-m", "venv", str(python.parent.parent)], check=True)
        wanted = ["-r", str(package.PROJECT / "requirements-bench.txt")]
        install = [str(python), "-m", "pip", "install", "--quiet", "--compile", *wanted]
        subprocess.run(install, check=True)
    return str(python)


def script(python: str, text: str, url: str, *options: str) -> Callable[[], None]:
    """A contender that is one script."""
    environment = {**replay.environment(url), "POWERTOOLS_LOG_LEVEL": "ERROR"}

    def run() -> None:
        requests.get(url, timeout=5)
        command = [python, *options, "-c", text]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    return run


def seconds(run: Callable[[], object]) -> float:
    """How long the processor works for the processes that this starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rounds(contenders: dict[str, Callable[[], object]]) -> list[dict[str, float]]:
    """Every contender once in each round, in an order that chance picks."""
    for run in contenders.values():
        run()  # files are in memory, environments complete
    found = []
    for _ in range(ROUNDS):
        names = list(contenders)
        random.shuffle(names)
        found.append({name: seconds(contenders[name]) for name in names})
    return found


def median_ratio(taken: list[dict[str, float]], one: str, other: str) -> float:
    """The median of the ratios within the rounds."""
    return statistics.median(each[one] / each[other] for each in taken)


def main() -> int:
    """Measure, print, and fail when a budget is passed."""
    plain = FOLDER / "plain-package"
    if not (plain / "deployment.zip").exists():
        package.build(plain, host=True, finished=False)
    ours = unpacked(package.BUILD / "rehearsal", f"ours-{os.getpid()}")
    as_chalice = unpacked(plain, "plain")
    with a_shop() as shop:
        a_recruiting_term(shop.world)
        recorded = replay.taster(shop)
    assert recorded.status == 303
    with replay.answering(recorded) as url:
        alone = ("-I", "-S")
        contenders: dict[str, Callable[[], object]] = {
            "bare": script(PYTHON, BARE, url, *alone),
            "floor: no framework, no SDK": script(PYTHON, FLOOR, url, *alone),
            "ours": lambda: replay.cold(PYTHON, str(ours), recorded, url),
            "ours, plainly packaged": lambda: replay.cold(PYTHON, str(as_chalice), recorded, url),
            "Powertools + boto3": script(peer(), POWERTOOLS, url, "-I"),
        }
        taken = rounds(contenders)
    return told(taken, package.BUILD / "rehearsal", plain)


def told(taken: list[dict[str, float]], built: Path, plain: Path) -> int:
    """Print the table; 1 when something is over its budget."""
    print(f"\nCold start to the first answered event with a write, {len(taken)} rounds\n")
    print("| who | ms of processor | x bare |\n| --- | ---: | ---: |")
    for name in taken[0]:
        median = statistics.median(each[name] for each in taken) * 1000
        print(f"| {name} | {median:.0f} | {median_ratio(taken, name, 'bare'):.1f} |")
    print("\n| budget | at most | measured |\n| --- | ---: | ---: |")
    over = 0
    for budget in BUDGETS:
        ratio = median_ratio(taken, budget.ours, budget.to)
        over += ratio > budget.most
        sign = " OVER" if ratio > budget.most else ""
        print(f"| {budget.name} | {budget.most:g}x | {ratio:.2f}x{sign} |")
    weight = (built / "deployment.zip").stat().st_size / MIB
    before = (plain / "deployment.zip").stat().st_size / MIB
    over += weight > 10
    print(
        f"| B11: the package; {before:.1f} MiB as Chalice leaves it | 10 MiB | {weight:.1f} MiB |"
    )
    print("\nB1 and B3 are exact: tests/test_package.py.")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

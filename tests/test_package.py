"""The deployment package as Lambda meets it: unpacked alone, with nothing else to import from."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.bench import replay
from tests.contract.stories import checkout_params, refund_params, running_shop
from tests.shop import Shop
from tests.stories import a_recruiting_term
from tests.tiers import RUNTIME_PYTHON, built_package

pytestmark = pytest.mark.packaged

EVENT = {
    "resource": "/static/{name}",
    "path": "/static/site.css",
    "httpMethod": "GET",
    "headers": {"Host": "circle.example", "Accept": "text/html"},
    "multiValueHeaders": {"Host": ["circle.example"], "Accept": ["text/html"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": {"name": "site.css"},
    "stageVariables": None,
    "requestContext": {
        "resourcePath": "/static/{name}",
        "httpMethod": "GET",
        "path": "/live/static/site.css",
        "stage": "live",
        "requestId": "request-1",
        "identity": {"sourceIp": "192.0.2.1"},
    },
    "body": None,
    "isBase64Encoded": False,
}
ENVIRONMENT = {
    "AWS_REGION": "eu-west-2",
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "invented",
    "AWS_SECRET_ACCESS_KEY": "invented",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody listens there: a file needs no table
    "STAGE": "test",
    "BASE_URL": "https://circle.example",
    "TABLE_PREFIX": "test",
    "LINK_KEYS": "k1:0123456789abcdef0123456789abcdef",
}
LAMBDA = """
import json, sys
folder = sys.argv[1]
sys.path.insert(0, folder)
compiled = []
def watch(event, arguments):
    if event == "compile" and str(arguments[1]).startswith(folder):
        compiled.append(arguments[1])
sys.addaudithook(watch)
from app import app
class Context:
    aws_request_id = "request-1"
answer = app(json.load(sys.stdin), Context())
outside = [
    name for name, module in sys.modules.items()
    if "site-packages" in str(getattr(module, "__file__", ""))
]
json.dump({"answer": answer, "compiled": compiled, "outside": outside,
           "modules": sorted(sys.modules)}, sys.stdout)
"""


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's content in a folder of its own."""
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(built_package(host=True) / "deployment.zip") as package:
        package.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def first_request(unpacked: Path) -> dict[str, Any]:
    """What a cold process says to GET /static/site.css, and what it loaded on the way."""
    asked = subprocess.run(
        [str(RUNTIME_PYTHON), "-I", "-S", "-c", LAMBDA, str(unpacked)],
        input=json.dumps(EVENT),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    told: dict[str, Any] = json.loads(asked.stdout)
    return told


def test_the_package_answers_with_nothing_beside_it(first_request: dict[str, Any]) -> None:
    assert first_request["outside"] == []
    assert first_request["answer"]["statusCode"] == 200


def test_the_first_request_compiles_no_module(first_request: dict[str, Any]) -> None:
    """Lambda's code folder is read-only: what is compiled once is compiled at every cold start."""
    assert first_request["compiled"] == []


def test_the_first_page_does_not_load_stripe(first_request: dict[str, Any]) -> None:
    """Importing it costs 200 ms."""
    assert "stripe" not in first_request["modules"]


# Budget B3: what people wait for at a cold start loads none of these.
HEAVY = {"stripe", "jinja2", "requests", "xlsxwriter", "openpyxl", "fpdf", "reportlab"}


def test_a_first_booking_loads_nothing_it_does_not_need(shop: Shop, unpacked: Path) -> None:
    """With AWS's answers as they were: settings, secrets and one transaction."""
    a_recruiting_term(shop.world)
    recorded = replay.taster(shop)
    with replay.answering(recorded) as url:
        answered = replay.cold(str(RUNTIME_PYTHON), str(unpacked), recorded, url)
    assert (recorded.status, answered["status"]) == (303, 303)
    assert HEAVY & set(answered["modules"]) == set()


def test_a_first_webhook_loads_nothing_it_does_not_need(shop: Shop, unpacked: Path) -> None:
    shop.pay(shop.offer(a_recruiting_term(shop.world)))
    recorded = replay.webhook(shop, shop.fake.outgoing[-1])
    with replay.answering(recorded) as url:
        answered = replay.cold(str(RUNTIME_PYTHON), str(unpacked), recorded, url)
    assert (recorded.status, answered["status"]) == (200, 200)
    assert HEAVY & set(answered["modules"]) == set()


STRIPE_CALLS = """
import json, sys
from datetime import datetime, timezone
sys.path.insert(0, sys.argv[1])
from chalicelib.gateways.stripe_gateway import StripeGateway
told = json.load(sys.stdin)
gateway = StripeGateway("sk_test_x", told["url"])
long_ago = datetime(2026, 1, 1, tzinfo=timezone.utc)
intent, charge = told["intent"], told["charge"]
opened = gateway.open_checkout(told["params"], "key-of-the-package")
read = [
    gateway.checkout(opened.id), gateway.expire_checkout(opened.id),
    gateway.payment_intent(intent), gateway.charge(charge),
    gateway.movement_of_charge(charge), gateway.dispute(told["dispute"]),
    gateway.refund(told["refund"], "refund-of-the-package"), gateway.balance_minor("GBP"),
]
read += [gateway.refund_by_id(read[6].id)]
lists = [
    gateway.refunds_of(intent), gateway.checkouts_since(long_ago), gateway.refunds_since(long_ago),
    gateway.disputes_since(long_ago), gateway.movements_since(long_ago),
]
json.dump({"read": len([one for one in read if one]), "lists": [len(list(one)) for one in lists],
           "payouts": len(list(gateway.payouts_since(long_ago)))}, sys.stdout)
"""


def test_stripe_can_still_be_asked_everything_after_the_trimming(unpacked: Path) -> None:
    """And its answers understood: the stand-in answers as Stripe does."""
    with running_shop() as shop:
        intent, disputed = shop.paid("key-1"), shop.paid("key-2")
        charge = next(one for one in shop.fake.objects("charge") if one["payment_intent"] == intent)
        told = {
            "url": shop.base_url,
            "intent": intent,
            "charge": charge["id"],
            "dispute": shop.fake.dispute(disputed)["id"],
            "params": checkout_params(shop.clock.at),
            "refund": refund_params(intent, 500),
        }
        asked = subprocess.run(
            [str(RUNTIME_PYTHON), "-I", "-S", "-c", STRIPE_CALLS, str(unpacked)],
            input=json.dumps(told),
            env={**ENVIRONMENT, "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert asked.returncode == 0, asked.stderr
    answered = json.loads(asked.stdout)
    assert answered["read"] == 9
    assert all(answered["lists"])


def test_the_package_stays_small() -> None:
    """Budget: 10 MiB, and every library comes with its licence."""
    package = built_package() / "deployment.zip"
    assert package.stat().st_size <= 10 * 2**20
    with zipfile.ZipFile(package) as packed:
        names = packed.namelist()
    assert "CHANGES.txt" in names
    for library in ("botocore", "boto3", "stripe", "pynamodb", "Jinja2", "requests"):
        notices = [n for n in names if n.lower().startswith(f"{library.lower()}-")]
        assert any("license" in name.lower() for name in notices), library


def test_the_package_holds_the_product_and_nothing_of_the_workshop() -> None:
    with zipfile.ZipFile(built_package() / "deployment.zip") as package:
        names = package.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {"app.py", "chalicelib", "templates", "chalice"} <= tops
    assert not {"local", "tests", "infra", "pip", "setuptools", "moto", "ministack"} & tops
    assert [name for name in names if name.endswith(".env")] == []


def test_every_module_of_ours_comes_with_its_bytecode() -> None:
    with zipfile.ZipFile(built_package() / "deployment.zip") as package:
        names = set(package.namelist())
    sources = [name for name in names if name.startswith("chalicelib/") and name.endswith(".py")]
    compiled = [
        str(Path(name).parent / "__pycache__" / f"{Path(name).stem}.cpython-313.pyc")
        for name in sources
    ]
    assert sources
    assert [name for name in compiled if name not in names] == []

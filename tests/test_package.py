"""The deployment package as Lambda meets it: unpacked alone, with nothing else to import from."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.tiers import RUNTIME_PYTHON, built_package

pytestmark = pytest.mark.packaged

EVENT = {
    "resource": "/healthz",
    "path": "/healthz",
    "httpMethod": "GET",
    "headers": {"Host": "circle.example", "Accept": "text/html"},
    "multiValueHeaders": {"Host": ["circle.example"], "Accept": ["text/html"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "requestContext": {
        "resourcePath": "/healthz",
        "httpMethod": "GET",
        "path": "/live/healthz",
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
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody listens there: this page needs no table
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
    """What a cold process says to GET /healthz, and what it loaded on the way."""
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


STRIPE_CALL = """
import sys
sys.path.insert(0, sys.argv[1])
from chalicelib.errors import StripeUnknown
from chalicelib.gateways.stripe_gateway import StripeGateway
gateway = StripeGateway("sk_test_x", "http://127.0.0.1:9", max_network_retries=0)
asked = [
    lambda: gateway.open_checkout({"mode": "payment"}, "key"),
    lambda: gateway.expire_checkout("cs_1"),
    lambda: gateway.refund({"payment_intent": "pi_1"}, "key"),
    lambda: gateway.payment_intent("pi_1"),
    lambda: gateway.balance_minor("GBP"),
    lambda: list(gateway.checkouts_since(__import__("datetime").datetime.now())),
]
for ask in asked:
    try:
        ask()
    except StripeUnknown:
        print("asked")
"""


def test_stripe_can_still_be_asked_after_the_trimming(unpacked: Path) -> None:
    asked = subprocess.run(
        [str(RUNTIME_PYTHON), "-I", "-S", "-c", STRIPE_CALL, str(unpacked)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.split() == ["asked"] * 6


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

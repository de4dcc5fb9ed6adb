"""What a package leaves behind of its libraries: descriptions of AWS services and calls we never
make, and modules for products of Stripe we never use. Licences and notices stay; CHANGES.txt in
the package says what went.

Kept short by names, never by guessing: what is not listed stays, and the packaged product is made
to ask everything it ever asks (tests/test_package.py). What does not live here: building the
package (package.py), cutting descriptions (descriptions.py).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from local.tools import descriptions

# Services whose description botocore may be asked for, and the files that are no service.
SERVICES = ("dynamodb", "s3", "sesv2", "sqs", "ssm", "sts")
# Of Stripe's SDK: types for checkers, and products that are loaded when they are used.
UNUSED = (
    "stripe/params",
    "stripe/events",
    "stripe/apps",
    "stripe/billing",
    "stripe/billing_portal",
    "stripe/climate",
    "stripe/entitlements",
    "stripe/financial_connections",
    "stripe/forwarding",
    "stripe/identity",
    "stripe/issuing",
    "stripe/product_catalog",
    "stripe/reporting",
    "stripe/sigma",
    "stripe/tax",
    "stripe/terminal",
    "stripe/test_helpers",
    "stripe/treasury",
    "boto3/examples",
    "botocore/docs/bcdoc",
)

# Written anew: what is imported at every start for the sake of something we never do.
REPLACED = {
    # Python's help() on clients.
    "botocore/docs/__init__.py": "",
    "botocore/docs/docstring.py": """class _None(str):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


class ClientMethodDocstring(_None): ...


class WaiterDocstring(_None): ...


class PaginatorDocstring(_None): ...
""",
    # boto3's pages of help() about resources need what was taken out above.
    "boto3/docs/__init__.py": "",
    "boto3/docs/docstring.py": "class ActionDocstring: ...\n",
    # HTTP/2 needs the package h2, which is not here; looking for it imports a dozen modules.
    "urllib3/http2/__init__.py": """def inject_into_urllib3():
    raise ImportError("h2 is not in this package")


def extract_from_urllib3(): ...
""",
}

SAID = """Changes to the libraries in this package, made when it was built:
- botocore/data: only the descriptions of {services} are included, and of these (but for sts) only
  the calls that are used, without their documentation.
- left out, since nothing here loads them: {unused}.
- replaced by a few lines without their work: {replaced}.
Everything else is as published. Licences and notices are in the *.dist-info folders.
"""


def trim(folder: Path) -> None:
    """Take out of an unpacked package what it never uses."""
    data = folder / "botocore" / "data"
    for service in data.iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    descriptions.cut(data, descriptions.allowed())
    for name in UNUSED:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name, text in REPLACED.items():
        (folder / name).write_text(text, "utf-8")
    said = SAID.format(
        services=", ".join(SERVICES), unused=", ".join(UNUSED), replaced=", ".join(REPLACED)
    )
    (folder / "CHANGES.txt").write_text(said, "utf-8")

"""What a package leaves behind of its libraries: data of AWS services we never call, and modules
that only type checkers read. Licences and notices stay; CHANGES.txt in the package says what went.

Kept short by names, never by guessing: what is not listed stays. What does not live here:
building the package (package.py).
"""

from __future__ import annotations

import shutil
from pathlib import Path

# Services whose description botocore may be asked for, and the files that are no service.
SERVICES = ("dynamodb", "s3", "sesv2", "sts")
# Imported under TYPE_CHECKING alone; nothing of them is loaded when Stripe is called.
TYPES_ONLY = ("stripe/params",)

SAID = """Changes to the libraries in this package, made when it was built:
- botocore/data: only the descriptions of {services} are included.
- {types}: left out; they hold types for checkers and are not loaded at run time.
Everything else is as published. Licences and notices are in the *.dist-info folders.
"""


def trim(folder: Path) -> None:
    """Take out of an unpacked package what it never uses."""
    for service in (folder / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for name in TYPES_ONLY:
        shutil.rmtree(folder / name, ignore_errors=True)
    said = SAID.format(services=", ".join(SERVICES), types=", ".join(TYPES_ONLY))
    (folder / "CHANGES.txt").write_text(said, "utf-8")

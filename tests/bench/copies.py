"""How long an export and an import take, on AWS's own DynamoDB Local:

    .venv/bin/python -m tests.bench.copies [ROWS]

Rows are people and mails of ordinary size. AWS itself answers slower or faster than this machine:
the figures are for judging an order of magnitude, docs/restoring.md says which.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.store import tables as store
from local.dynamodb_local import DynamoDBLocal
from local.tables import create_tables
from local.tools import copies, export_all, import_all
from local.tools.copies import Item

PREFIX = "bench"
TABLE = "people"


def main(rows: int) -> None:
    """Fill, export, empty, import; print the seconds of each."""
    with DynamoDBLocal() as local, tempfile.TemporaryDirectory() as home:
        client, folder = local.client(), Path(home) / "copy"
        create_tables(client, PREFIX)
        import_all.put(client, f"{PREFIX}-{TABLE}", people(rows))
        began = time.monotonic()
        export_all.export(client, PREFIX, folder, datetime.now(UTC))
        exported = time.monotonic()
        import_all.empty(client, PREFIX)
        emptied = time.monotonic()
        import_all.bring_in(client, PREFIX, folder, copies.read_copy(folder, store.SCHEMA_VERSION))
        brought = time.monotonic()
        size = sum(one.stat().st_size for one in folder.iterdir()) / 2**20
    steps = {"export": exported - began, "empty": emptied - exported, "import": brought - emptied}
    sys.stdout.write(f"{rows} rows, {size:.1f} MiB\n")
    for name, seconds in steps.items():
        sys.stdout.write(f"{name:<8} {seconds:7.1f} s  {rows / seconds:8.0f} rows a second\n")


def people(rows: int) -> Iterator[Item]:
    """Rows as large as a person's."""
    for number in range(rows):
        plain = {
            "person_id": f"person-{number:08d}",
            "row_kind": "Person",
            "full_name": f"Sample Person {number}",
            "email": f"sample.{number}@example.org",
            "zone": "Europe/London",
            "created_at": "2026-11-21T18:00:00.000000Z",
            "roles": '["member"]',
            "about": "x" * 300,
        }
        yield {name: {"S": text} for name, text in plain.items()} | {"schema_version": {"N": "1"}}


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5000)

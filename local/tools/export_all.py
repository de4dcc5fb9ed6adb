"""Copies every table of a deployment into a folder: `make export TABLES=balint-prod`.

    python -m local.tools.export_all PREFIX [FOLDER]

Whoever runs it needs AWS credentials that may read the tables. Nothing is changed. The folder holds
everything about people and money: keep it as you would keep the papers. While the circle works, the
tables are read one after the other; what moved meanwhile is mended after an import, as after a
restore (docs/restoring.md).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.tools import copies
from local.tools.copies import CopyRefused, Item, Manifest

PROJECT = Path(__file__).resolve().parent.parent.parent
EXPORTS = PROJECT / "exports"


def main(arguments: list[str]) -> int:
    """Export; the exit status."""
    import boto3

    if len(arguments) not in (1, 2):
        print("Which tables? make export TABLES=balint-prod: the TablePrefix of the deployment.")
        return 2
    prefix, now = arguments[0], datetime.now(UTC)
    named = f"{prefix}-{now:%Y%m%dT%H%M%SZ}"
    folder = Path(arguments[1]) if arguments[1:] else EXPORTS / named
    try:
        manifest = export(boto3.client("dynamodb"), prefix, folder, now)
    except CopyRefused as refused:
        print(f"Nothing was exported: {refused}.")
        return 1
    tell(manifest)
    print(f"Everything is in {folder}")
    print("It holds personal data: keep it on an encrypted disk, and delete it when it has served.")
    return 0


def export(client: Any, prefix: str, folder: Path, now: datetime) -> Manifest:
    """Copy all tables of a deployment into a new folder. CopyRefused when it holds something."""
    if folder.exists() and any(folder.iterdir()):
        raise CopyRefused(f"{folder} holds something already")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = [name for name in copies.copied_tables() if not _is_there(client, prefix, name)]
    if missing:
        raise CopyRefused(f"there is no table {prefix}-{missing[0]} in {client.meta.region_name}")
    tables, version = {}, 0
    for name in copies.copied_tables():
        tables[name], newest = copies.write_table(folder, name, rows_of(client, prefix, name))
        version = max(version, newest)
    manifest = Manifest(
        format=copies.FORMAT,
        deployment=prefix,
        schema_version=version,
        begun_at=copies.stamp(now),
        ended_at=copies.stamp(datetime.now(UTC)),
        tables=tables,
    )
    copies.write_manifest(folder, manifest)
    return manifest


def _is_there(client: Any, prefix: str, name: str) -> bool:
    try:
        client.describe_table(TableName=f"{prefix}-{name}")
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def rows_of(client: Any, prefix: str, name: str) -> Iterator[Item]:
    """Every row of a table as it lies there."""
    pages = client.get_paginator("scan").paginate(TableName=f"{prefix}-{name}", ConsistentRead=True)
    for page in pages:
        yield from page["Items"]


def tell(manifest: Manifest) -> None:
    """How many rows of which table."""
    for name, table in manifest.tables.items():
        print(f"  {name:<14} {table.rows:>8} rows")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

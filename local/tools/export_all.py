"""Copies every table of a deployment into a folder: `make export STAGE=prod`.

    python -m local.tools.export_all [--stage NAME] [--tables PREFIX] [FOLDER]

A stage (stages/NAME.toml) says which tables, and in which region; with `--tables` as well, others
in that region, and alone, those in the region of the caller's own AWS configuration.
Whoever runs it needs AWS credentials that may read the tables. Nothing is changed. The folder holds
everything about people and money: keep it as you would keep the papers. While the circle works, the
tables are read one after the other; what moved meanwhile is mended after an import, as after a
restore (docs/restoring.md).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.tools import aws, copies
from local.tools.aws import Tables
from local.tools.copies import CopyRefused, Item, Manifest
from local.tools.deploy.stage import STAGES

PROJECT = Path(__file__).resolve().parent.parent.parent
EXPORTS = PROJECT / "exports"


def main(arguments: list[str], stages: Path = STAGES) -> int:
    """Export; the exit status."""
    parser = argparse.ArgumentParser(prog="local.tools.export_all")
    parser.add_argument("--stage", default="")
    parser.add_argument("--tables", default="")
    parser.add_argument("folder", nargs="?", type=Path)
    chosen = parser.parse_args(arguments)
    return aws.in_one_sentence(
        lambda: _export(aws.tables_of(chosen.stage, chosen.tables, stages), chosen.folder)
    )


def _export(tables: Tables, chosen: Path | None) -> int:
    now = datetime.now(UTC)
    folder = chosen or EXPORTS / f"{tables.prefix}-{now:%Y%m%dT%H%M%SZ}"
    try:
        manifest = export(tables.client(), tables.prefix, folder, now)
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

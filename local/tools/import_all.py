"""Brings a copy (export_all.py) into the empty tables of a deployment, and proves the books.

    python -m local.tools.import_all [--stage NAME] [--tables PREFIX] [--replace PREFIX] FOLDER

`make import STAGE=prod FROM=exports/..`; a stage says which tables, as for export_all.py.
Every file is checked before anything is written, and tables with rows are refused. With the prefix
typed once more (`REPLACE=balint-prod`), what is there is exported beside the copy first and then
removed: that is the way back after a restore (docs/restoring.md). The four switches are off
afterwards, so that nothing is sold, sent or paid before somebody has looked. Whoever was erased
since the copy was made is erased from it again (erased.py).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from chalicelib.flows.books import books
from chalicelib.flows.people import erasing
from chalicelib.rules.books.books import check_books
from chalicelib.rules.books.findings import Finding
from chalicelib.rules.people.circle import SWITCHES
from chalicelib.store import tables as store
from local.tables import load_tables
from local.tools import aws, copies, erased
from local.tools.aws import NothingNamed, Tables
from local.tools.copies import CopyRefused, Item, Manifest
from local.tools.deploy.stage import STAGES
from local.tools.export_all import export, rows_of

CHUNK = 25  # rows that one call takes
TRIES_MAX = 10


def main(arguments: list[str], stages: Path = STAGES) -> int:
    """Import; the exit status."""
    parser = argparse.ArgumentParser(prog="local.tools.import_all")
    for name in ("stage", "tables", "replace"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("folder", nargs="?", default="")
    chosen = parser.parse_args(arguments)
    return aws.in_one_sentence(
        lambda: _import(
            aws.tables_of(chosen.stage, chosen.tables, stages), chosen.folder, chosen.replace
        )
    )


def _import(tables: Tables, named: str, replace: str) -> int:
    if not named:
        raise NothingNamed("From which folder? FROM=exports/..., as `make export` has named it.")
    client, prefix, folder = tables.client(), tables.prefix, Path(named)
    try:
        manifest = copies.read_copy(folder, store.SCHEMA_VERSION)
        if replace:
            _make_room(client, prefix, replace, folder)
        bring_in(client, prefix, folder, manifest)
    except CopyRefused as refused:
        print(f"Nothing was imported: {refused}.")
        return 1
    store.bind(prefix, client.meta.region_name)
    status = tell(manifest, proven())
    return max(status, _erase_again({prefix, manifest.deployment}, prefix, client.meta.region_name))


def _erase_again(deployments: set[str], prefix: str, region: str) -> int:
    """Whoever was erased since the copy was made is erased from it too, before anything is
    switched on; the exit status."""
    print("Whoever was erased after this copy was made is erased from it now ...")
    lines, missing = [], []
    for one in sorted(deployments):
        found = erased.listed(erased.bucket_of(one, region), region)
        lines += found or []
        missing += [] if found is not None else [one]
    for one in missing:
        print(f"  There is no bucket of exports of {one} in this account, so no list was found.")
    counts = erased.repeat(erased.outside_of(erased.bucket_of(prefix, region), region), lines)
    print(f"  {len(lines)} on the list, {counts['rows']} rows emptied or removed.")
    if counts["unfinished"]:
        print("  It did not come to its end: run it again before anything is switched on.")
        return 1
    if waits := erasing.waiting():
        print(f"  {waits} wait for something that is open, and go on by themselves at night.")
    return 0


def bring_in(client: Any, prefix: str, folder: Path, manifest: Manifest) -> None:
    """Write every row of a checked copy into empty tables. CopyRefused when one is not empty, or
    does not have afterwards what the copy has."""
    for name in copies.copied_tables():
        if next(rows_of(client, prefix, name), None):
            raise CopyRefused(f"{prefix}-{name} is not empty")
    for name in copies.copied_tables():
        rows = copies.read_table(folder, manifest.tables[name])
        put(client, f"{prefix}-{name}", map(_switched_off, rows))
    for name, table in manifest.tables.items():
        there = sum(1 for _ in rows_of(client, prefix, name))
        if there != table.rows:
            raise CopyRefused(f"{prefix}-{name} has {there} rows and not {table.rows}")


def _switched_off(item: Item) -> Item:
    """The circle's settings with every switch off; any other row as it is."""
    if item.get("row_kind") != {"S": "CircleSettings"}:
        return item
    return {**item, **{switch: {"BOOL": False} for switch in SWITCHES}}


def put(client: Any, table: str, items: Iterable[Item]) -> None:
    """Write rows into a table, whatever lies there."""
    puts = ({"PutRequest": {"Item": item}} for item in items)
    for chunk in _chunks(puts):
        _send(client, table, chunk)


def _chunks(requests: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(requests)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _send(client: Any, table: str, requests: list[Any]) -> None:
    """All of a chunk: DynamoDB takes what it can and gives back the rest."""
    waiting = {table: requests}
    for attempt in range(TRIES_MAX):
        waiting = client.batch_write_item(RequestItems=waiting).get("UnprocessedItems") or {}
        if not waiting:
            return
        time.sleep(0.05 * 2**attempt)
    raise CopyRefused(f"{table} takes no more rows: run it again with REPLACE")


def _make_room(client: Any, prefix: str, typed: str, folder: Path) -> None:
    """Export what is there beside the copy, then remove it; sign-ins go as well."""
    if typed != prefix:
        raise CopyRefused(f"REPLACE={typed} does not repeat the name of the tables, {prefix}")
    now = datetime.now(UTC)
    kept = folder.parent / f"{prefix}-replaced-{now:%Y%m%dT%H%M%SZ}"
    export(client, prefix, kept, now)
    print(f"What was there before is in {kept}")
    empty(client, prefix)


def empty(client: Any, prefix: str) -> None:
    """Remove every row of every table of a deployment."""
    for name, shape in load_tables().items():
        keys = [key for key in (shape.hash, shape.range) if key]
        gone = (
            {"DeleteRequest": {"Key": {key: item[key] for key in keys}}}
            for item in list(rows_of(client, prefix, name))
        )
        for chunk in _chunks(gone):
            _send(client, f"{prefix}-{name}", chunk)


def proven() -> list[Finding]:
    """Every finding of the proof of the books, without Stripe's balance, in the tables that the
    store is bound to."""
    return check_books(books.gather(), None)


def tell(manifest: Manifest, findings: list[Finding]) -> int:
    """What was brought in, and whether the books agree; the exit status."""
    rows = sum(table.rows for table in manifest.tables.values())
    print(f"{rows} rows of {manifest.deployment}, copied {manifest.begun_at}, are in the tables.")
    print("Selling, refunds, payments to leaders and mail are switched off: see Settings.")
    for one in findings:
        print(f"  NOT PROVEN {one.proof} at {one.where}: {one.expected} and not {one.found}")
    if findings:
        print('The books do not agree yet: docs/restoring.md, "When the books do not agree".')
        return 1
    print("The books are proven.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

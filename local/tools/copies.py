"""A copy of everything a circle has, as files that any program can read: for each table one JSON
object a line, and a manifest with counts and checksums, written last.

The lines are DynamoDB's own words (`{"person_id": {"S": "person-1"}, ...}`), so that nothing is
lost or bent on the way, whatever kind of row it is. What does not live here: reading and writing
tables (export_all.py, import_all.py).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from local.tables import load_tables

Item = dict[str, dict[str, Any]]
FORMAT = 1
MANIFEST = "manifest.json"
LEFT_OUT = ("access",)  # sign-ins, spent forms and counters: who comes back signs in anew


class CopyRefused(RuntimeError):
    """A copy, or the tables it should go to, are not as they have to be; the message says what."""


def copied_tables() -> list[str]:
    """The tables of a copy, by their names without prefix. Settings come first, so that switches
    are off before anything else is there; mails come last."""
    names = [name for name in load_tables() if name not in LEFT_OUT]
    return sorted(names, key=lambda name: (name != "circle", name == "outbox", name))


@dataclass(frozen=True)
class CopiedTable:
    """One file: how many rows of which kinds, and its checksum."""

    file: str
    rows: int
    sha256: str
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """What a copy holds, of which deployment, from when until when it was made."""

    format: int
    deployment: str
    schema_version: int
    begun_at: str
    ended_at: str
    tables: dict[str, CopiedTable]


def write_table(folder: Path, name: str, items: Iterable[Item]) -> tuple[CopiedTable, int]:
    """Write one table's file, readable by its owner only; what it holds, and the newest version
    of the shape of its rows."""
    digest, kinds, version = hashlib.sha256(), Counter[str](), 0
    path = folder / f"{name}.ndjson"
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for item in items:
            line = _line(item)
            file.write(line)
            digest.update(line)
            kinds[item.get("row_kind", {}).get("S", "")] += 1
            version = max(version, int(item.get("schema_version", {}).get("N", 0)))
    told = CopiedTable(path.name, kinds.total(), digest.hexdigest(), dict(sorted(kinds.items())))
    return told, version


def _line(item: Item) -> bytes:
    plain = json.dumps(item, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return plain.encode() + b"\n"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The last file: without it a folder is no copy."""
    text = json.dumps(asdict(manifest), indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")


def stamp(at: datetime) -> str:
    """An instant as a manifest writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_copy(folder: Path, schema_version: int) -> Manifest:
    """The manifest of a copy whose every file is as it was written. CopyRefused names the file
    that is not, and says when the copy is newer than this program."""
    path = folder / MANIFEST
    if not path.is_file():
        raise CopyRefused(f"{folder} holds no {MANIFEST}: it is no copy, or half of one")
    told = json.loads(path.read_text("utf-8"))
    if told["format"] != FORMAT or told["schema_version"] > schema_version:
        raise CopyRefused(f"{path} is of a newer version of this program")
    found = {name: CopiedTable(**table) for name, table in told["tables"].items()}
    if set(found) != set(copied_tables()):
        apart = ", ".join(sorted(set(found) ^ set(copied_tables())))
        raise CopyRefused(f"{path} does not have the tables of this program: {apart}")
    for table in found.values():
        _check(folder / table.file, table)
    return Manifest(**{**told, "tables": found})


def _check(path: Path, table: CopiedTable) -> None:
    if not path.is_file():
        raise CopyRefused(f"{path.name} is missing")
    digest, rows = hashlib.sha256(), 0
    with path.open("rb") as file:
        for line in file:
            digest.update(line)
            rows += 1
    if (digest.hexdigest(), rows) != (table.sha256, table.rows):
        raise CopyRefused(f"{path.name} is not as it was written: it has been changed or cut off")


def read_table(folder: Path, table: CopiedTable) -> Iterator[Item]:
    """Every row of a file, one after the other."""
    with (folder / table.file).open("rb") as file:
        for line in file:
            yield json.loads(line)

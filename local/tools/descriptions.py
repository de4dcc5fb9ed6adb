"""Cuts botocore's descriptions of services down to what the policies allow: what no function may
ask, no function needs described. Parsing them is most of the time a client takes to be made.

What does not live here: which services stay at all (trim.py), the rights themselves (.chalice/).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent
POLICIES = PROJECT / ".chalice"

# Service in an action's name -> folder in botocore/data.
FOLDERS = {"dynamodb": "dynamodb", "s3": "s3", "ses": "sesv2", "sqs": "sqs", "ssm": "ssm"}
# What the addresses of these services are listed under in botocore/data/endpoints.json.
ADDRESSED = ("dynamodb", "email", "s3", "sqs", "ssm", "sts")
# Operations that go by the right of another one.
UNDER = {
    "dynamodb:GetItem": ("GetItem", "TransactGetItems"),
    "dynamodb:PutItem": ("PutItem", "TransactWriteItems"),
    "s3:GetObject": ("GetObject", "HeadObject"),
    "s3:ListBucket": ("ListObjectsV2", "HeadBucket"),
    "s3:PutObject": (
        *("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
        "AbortMultipartUpload",
    ),
}


def allowed(policies: Path = POLICIES) -> dict[str, set[str]]:
    """Folder in botocore/data -> the operations that some function may ask for."""
    found: dict[str, set[str]] = {folder: set() for folder in FOLDERS.values()}
    for path in policies.glob("policy-*.json"):
        for statement in json.loads(path.read_text("utf-8"))["Statement"]:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                service, _, name = action.partition(":")
                if service in FOLDERS:
                    found[FOLDERS[service]].update(UNDER.get(action, (name,)))
    return found


def cut(data: Path, operations: dict[str, set[str]]) -> None:
    """Rewrite the descriptions under `data` (botocore/data), each with these operations only."""
    for folder, names in operations.items():
        for packed in (data / folder).rglob("service-2.json.gz"):
            model = json.loads(gzip.decompress(packed.read_bytes()))
            packed.unlink()
            text = json.dumps(_smaller(model, names), separators=(",", ":"))
            packed.with_suffix("").write_text(text, "utf-8")
    _cut_addresses(data / "endpoints.json")


def _cut_addresses(path: Path) -> None:
    known = json.loads(path.read_text("utf-8"))
    for partition in known["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in ADDRESSED if name in services}
    path.write_text(json.dumps(known, separators=(",", ":")), "utf-8")


def _smaller(model: dict[str, Any], names: set[str]) -> dict[str, Any]:
    operations = {
        name: _plain(described) for name, described in model["operations"].items() if name in names
    }
    shapes = model["shapes"]
    reached: set[str] = set()
    ahead = list(_shapes_in(operations.values()))
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead.extend(_shapes_in([shapes[name]]))
    kept = {name: _plain(shape) for name, shape in shapes.items() if name in reached}
    return {**model, "operations": operations, "shapes": kept}


def _plain(described: Any) -> Any:
    """Everything but what is written for people."""
    if isinstance(described, dict):
        return {
            key: _plain(value)
            for key, value in described.items()
            if key != "documentation" or not isinstance(value, str)
        }
    return [_plain(part) for part in described] if isinstance(described, list) else described


def _shapes_in(parts: Iterable[Any]) -> Iterator[str]:
    """The names of the shapes that parts of a description point to."""
    for part in parts:
        if isinstance(part, dict):
            if isinstance(part.get("shape"), str):
                yield part["shape"]
            yield from _shapes_in(part.values())
        elif isinstance(part, list):
            yield from _shapes_in(part)

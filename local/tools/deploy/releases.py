"""What was deployed when: a small file in the code bucket for each release, so that the one before
can be deployed again as it was.

What does not live here: deploying (stack.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from local.tools.deploy.stage import Stage


@dataclass(frozen=True)
class Release:
    """One release: when it was (UTC, sortable), where its template is, what it was told, and which
    commit it was."""

    at: str
    template_key: str
    parameters: Mapping[str, str]
    commit: str


def remember(s3: Any, bucket: str, stage: Stage, release: Release) -> None:
    """Keep a release that works."""
    body = json.dumps(asdict(release), sort_keys=True).encode()
    s3.put_object(Bucket=bucket, Key=f"releases/{stage.name}/{release.at}.json", Body=body)


def every(s3: Any, bucket: str, stage: Stage) -> list[Release]:
    """All releases of a stage, oldest first."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"releases/{stage.name}/"
    )
    keys = sorted(one["Key"] for page in pages for one in page.get("Contents", []))
    bodies = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
    return [Release(**json.loads(body)) for body in bodies]


def before(releases: list[Release]) -> Release | None:
    """The newest release whose template is not the one that runs now."""
    return next(
        (one for one in reversed(releases) if one.template_key != releases[-1].template_key), None
    )

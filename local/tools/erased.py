"""Repeats on a copy that was brought in the erasures that were done since it was made.

The list stands in the deployment's bucket of exports under `erased/`: one object for each person,
ids only (docs/restoring.md). What does not live here: what an erasure does
(chalicelib/flows/people/erasing_work.py), which is done here exactly as at night.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import boto3

from chalicelib.flows.people import erasing, erasing_work
from chalicelib.gateways.clock import SystemClock, TimeSortedIds
from chalicelib.gateways.s3_files import ERASED, S3Files

ROUNDS_MAX = 20  # nights of work, one after the other


def bucket_of(prefix: str, region: str) -> str:
    """The bucket of exports of a deployment in the account that is signed in."""
    account = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    return f"{prefix}-exports-{account}"


def listed(bucket: str, region: str) -> list[bytes] | None:
    """Every line of the list; None where there is no such bucket. ClientError when it may not
    be read."""
    s3 = boto3.client("s3", region_name=region)
    try:
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=ERASED))
    except s3.exceptions.NoSuchBucket:
        return None
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    return [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]


def outside_of(bucket: str, region: str) -> Any:
    """As much of the world as the work needs."""
    clock = SystemClock()
    ids = TimeSortedIds(clock)
    return SimpleNamespace(clock=clock, ids=ids, files=S3Files(region, bucket))


def repeat(outside: Any, lines: Iterable[bytes]) -> Counter[str]:
    """Erase everybody on the list again, as the nights would, until the work rests; nobody is
    written to. How many became what, and how many rows went."""
    erasing.ask_again(outside, lines)
    counts: Counter[str] = Counter()
    for _ in range(ROUNDS_MAX):
        done = Counter(erasing_work.go_on(outside))
        counts += done
        if not done:
            return counts
    counts["unfinished"] += 1
    return counts

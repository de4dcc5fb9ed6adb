"""Exports in the private bucket."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from chalicelib.gateways.s3_files import S3Files

BUCKET = "test-exports"


@pytest.fixture
def bucket(_aws: None) -> Any:
    client = boto3.client("s3", region_name="eu-west-2")
    if BUCKET not in {one["Name"] for one in client.list_buckets()["Buckets"]}:
        where = {"LocationConstraint": "eu-west-2"}
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    return client


def test_a_file_is_kept_encrypted_under_its_download_name(bucket: Any) -> None:
    S3Files("eu-west-2", BUCKET).save("r/1.csv", b"a,b\n", "text/csv", "roster.csv")
    kept = bucket.get_object(Bucket=BUCKET, Key="exports/r/1.csv")
    assert kept["Body"].read() == b"a,b\n"
    assert kept["ServerSideEncryption"] == "AES256"
    assert kept["ContentDisposition"] == 'attachment; filename="roster.csv"'
    assert kept["ContentType"] == "text/csv"


def test_a_name_of_any_letters_survives(bucket: Any) -> None:
    S3Files("eu-west-2", BUCKET).save("r/2.csv", b"", "text/csv", "Zoë's roster.csv")
    kept = bucket.get_object(Bucket=BUCKET, Key="exports/r/2.csv")
    assert kept["ContentDisposition"] == "attachment; filename*=utf-8''Zo%C3%AB%27s%20roster.csv"


def test_saving_again_replaces_the_file(bucket: Any) -> None:
    files = S3Files("eu-west-2", BUCKET)
    files.save("r/3.csv", b"old", "text/csv", "a.csv")
    files.save("r/3.csv", b"new", "text/csv", "a.csv")
    assert bucket.get_object(Bucket=BUCKET, Key="exports/r/3.csv")["Body"].read() == b"new"


def test_a_link_ends_and_names_its_region() -> None:
    link = urlsplit(S3Files("eu-west-2", BUCKET).link("r/1.csv", 300))
    assert parse_qs(link.query)["X-Amz-Expires"] == ["300"]
    assert link.path == "/exports/r/1.csv"
    assert link.hostname == f"{BUCKET}.s3.eu-west-2.amazonaws.com"


def test_the_list_of_erasures_stands_beside_what_ends_after_a_week(bucket: Any) -> None:
    S3Files("eu-west-2", BUCKET).remember("person-1", b"{}")
    kept = bucket.get_object(Bucket=BUCKET, Key="erased/person-1.json")
    assert (kept["Body"].read(), kept["ServerSideEncryption"]) == (b"{}", "AES256")

"""A private bucket for exports: saved encrypted, handed out by links that end soon."""

from __future__ import annotations

from email.message import Message

import boto3
from botocore.config import Config

TIMES = Config(
    connect_timeout=2,
    read_timeout=20,
    retries={"total_max_attempts": 3},
    signature_version="s3v4",
    s3={"addressing_style": "virtual"},  # links to the region: the global name redirects
)

EXPORTS = "exports/"  # what ends after a week: infra/outside.yaml
ERASED = "erased/"  # ids of whom was erased; it does not end


class S3Files:
    """Files in one bucket. Saving the same key again replaces it, so that a retry is harmless."""

    def __init__(self, region: str, bucket: str) -> None:
        self._client = boto3.client("s3", region_name=region, config=TIMES)
        self._bucket = bucket

    def save(self, key: str, body: bytes, content_type: str, download_name: str) -> None:
        """Keep a file that a browser saves under `download_name`."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=EXPORTS + key,
            Body=body,
            ContentType=content_type,
            ContentDisposition=_disposition(download_name),
            CacheControl="no-store",
            ServerSideEncryption="AES256",
        )

    def link(self, key: str, seconds: int) -> str:
        """A presigned link that ends after `seconds`; the file keeps its own name and type."""
        return str(
            self._client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self._bucket, "Key": EXPORTS + key},
                ExpiresIn=seconds,
            )
        )

    def remember(self, name: str, body: bytes) -> None:
        """A line of the list of erasures. The same name again replaces it."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{ERASED}{name}.json",
            Body=body,
            ContentType="application/json",
            ServerSideEncryption="AES256",
        )


def _disposition(download_name: str) -> str:
    """`attachment` with a name of any letters (RFC 6266)."""
    header = Message()
    plain = download_name.isascii()
    name: str | tuple[str, str, str] = download_name if plain else ("utf-8", "", download_name)
    header.add_header("Content-Disposition", "attachment", filename=name)
    return str(header["Content-Disposition"])

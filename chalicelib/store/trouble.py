"""Trouble on the way to DynamoDB: which errors pass by themselves, and what callers know them as.

What does not live here: trying again (botocore does, and commit.py), cancelled transactions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ConnectionError as NotConnected
from botocore.exceptions import HTTPClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.errors import StoreBusy

PASSING = {
    "TransactionInProgressException",
    "InternalServerError",
    "ServiceUnavailable",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
}


def unanswered(error: PynamoDBException) -> bool:
    """The connection failed: whether DynamoDB did anything is unknown. To be asked first: such
    an error has no code, and PynamoDB's `cause_response_code` fails on it."""
    return isinstance(error.cause, HTTPClientError | NotConnected)


def passes(error: PynamoDBException) -> bool:
    """DynamoDB answered that it cannot now; the same may work in a moment. An answer that is
    not DynamoDB's own carries only its HTTP status."""
    code = error.cause_response_code or ""
    return code in PASSING or (code.isdigit() and int(code) >= 500)


@contextmanager
def as_trouble() -> Iterator[None]:
    """Errors that pass by themselves become StoreBusy; all others are bugs and stay as they are."""
    try:
        yield
    except PynamoDBException as error:
        if unanswered(error) or passes(error):
            raise StoreBusy from error
        raise

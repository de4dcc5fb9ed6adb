"""Where a tool works, and one clear sentence when AWS or Stripe does not let it.

A tool is told a stage (stages/NAME.toml has prefix and region), or the prefix of its tables by
itself. What does not live here: what the tools do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import requests
from botocore import exceptions as refused
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.errors import StoreBusy
from local.tools.deploy import stage as stages

SIGN_IN = (
    "Sign in again, for instance with `aws sso login`, or say by AWS_PROFILE which of your "
    "profiles is meant; `aws sts get-caller-identity` has to answer with your name."
)
NOT_SIGNED_IN = (
    refused.NoCredentialsError,
    refused.PartialCredentialsError,
    refused.CredentialRetrievalError,
    refused.ProfileNotFound,
    refused.SSOError,
    refused.TokenRetrievalError,
    refused.NoAuthTokenError,
    refused.UnauthorizedSSOTokenError,
    refused.RefreshWithMFAUnsupportedError,
)
NOT_REACHED = (refused.HTTPClientError, refused.ConnectionError)
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed"}
UNKNOWN = {
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
STOPPED = 130  # what a shell says of a program that Ctrl-C ended


class NothingNamed(RuntimeError):
    """Neither a stage nor tables were named; the message is for the person."""


@dataclass(frozen=True)
class Tables:
    """The tables of one deployment: the first part of their names, and the region, None for the
    one of the caller's own AWS configuration."""

    prefix: str
    region: str | None = None

    def client(self) -> Any:
        """A client of DynamoDB there."""
        return boto3.Session(region_name=self.region).client("dynamodb")


def tables_of(stage: str, prefix: str, folder: Path = stages.STAGES) -> Tables:
    """Those of a stage; with a prefix as well, other tables in the stage's region. StageFaulty,
    NothingNamed."""
    if stage:
        told = stages.read(stage, folder)
        return Tables(prefix or told.prefix, told.region)
    if not prefix:
        raise NothingNamed(
            "Which deployment? STAGE=prod, as in stages/prod.toml; or TABLES=balint-prod, the "
            "first part of the names of its tables."
        )
    return Tables(prefix)


def in_one_sentence(act: Callable[[], int]) -> int:
    """What `act` returns, its exit status; or 1, once it was said why it could not go on."""
    try:
        return act()
    except (KeyboardInterrupt, EOFError):
        print("\nStopped. What was not answered with yes was not done.")
        return STOPPED
    except NothingNamed as reason:
        print(reason)
        return 2
    except stages.StageFaulty as reason:
        print(reason)
    except (BotoCoreError, ClientError, PynamoDBException, StoreBusy) as error:
        print(sentence(_inside(error)))
    except requests.RequestException as error:
        host = urlsplit(str(error.request.url)).netloc if error.request else "the internet"
        print(f"{host} did not answer. Is this computer online? Then do it again.")
    return 1


def _inside(error: BaseException) -> BaseException:
    """What AWS's own library has said, where the store has wrapped it."""
    cause = error.__cause__ or getattr(error, "cause", None)
    wrapped = isinstance(error, PynamoDBException | StoreBusy)
    return _inside(cause) if wrapped and isinstance(cause, BaseException) else error


def sentence(error: BaseException) -> str:
    """What is wrong, and what to do about it."""
    if isinstance(error, NOT_SIGNED_IN):
        return f"AWS does not know who you are ({_plainly(error)}). {SIGN_IN}"
    if isinstance(error, refused.NoRegionError | refused.InvalidRegionError):
        return (
            "AWS does not know which region is meant. Name the deployment by STAGE=..., whose file "
            "has its region, or set AWS_REGION, for instance to eu-west-2."
        )
    if isinstance(error, NOT_REACHED):
        where = urlsplit(str(getattr(error, "kwargs", {}).get("endpoint_url", ""))).netloc or "AWS"
        return (
            f"{where} did not answer. Is this computer online, and the region right? Then do it "
            "again: whatever was done already is found."
        )
    if isinstance(error, ClientError):
        return _answered(error)
    return f"AWS could not be asked: {_plainly(error)}"


def _answered(error: ClientError) -> str:
    told = error.response.get("Error", {})
    code, act = told.get("Code", ""), error.operation_name
    if code in EXPIRED:
        return f"AWS knows you no longer: your sign-in has ended ({code}). {SIGN_IN}"
    if code in UNKNOWN:
        return f"AWS does not know the key that this computer signs with ({code}). {SIGN_IN}"
    if code in DENIED:
        return (
            f"AWS knows you, and you may not do this here ({act}). Sign in to the right account "
            "with the permission set AdministratorAccess."
        )
    return f"AWS said no to {act}: {told.get('Message') or code}"


def _plainly(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")

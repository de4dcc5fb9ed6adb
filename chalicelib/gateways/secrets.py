"""What must not lie in the environment: keys and secrets, kept in SSM's Parameter Store.

A function is told where its secrets are (`ssm:/name`), reads one when it first needs it, and keeps
it for five minutes. Somebody refused because of a key makes it read again, so that a rolled key
works at once. A value that is no such name is the secret itself: that is how a laptop and the
tests bring theirs.
What does not live here: what a secret is good for (wiring.py), how it came into SSM (local/tools).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session, get_session

IN_SSM = "ssm:"
KEPT_SECONDS = 300.0
REFUSED_SECONDS = 30.0  # strangers with forged signatures must not make us ask all the time
TIMES = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 3})
log = logging.getLogger("balint.secrets")


class SecretsMissing(RuntimeError):
    """A secret this function was never told of, or a name under which nothing is kept."""


class Secret(Protocol):
    """One secret, as it is now."""

    def text(self) -> str:
        """The secret, without white space around it."""
        ...

    def again(self) -> bool:
        """Read it anew, since it was refused; False where that was done a moment ago."""
        ...


class Secrets:
    """All secrets of one function. `told` maps our names to values or to names in SSM."""

    def __init__(
        self,
        told: Mapping[str, str],
        region: str,
        session: Callable[[], Session] = get_session,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` counts up from anywhere. Nothing is read before the first secret is used."""
        self._told = {name: value.strip() for name, value in told.items()}
        self._region = region
        self._session = session
        self._seconds = seconds
        self._client: Any = None
        self._read: dict[str, tuple[str, int, float]] = {}  # path -> what was read, round, when
        self._round = 0  # what was read in an earlier round is read again
        self._refused_at = float("-inf")

    def text(self, name: str) -> str:
        """A secret by our name for it; SecretsMissing when there is none."""
        told = self._told.get(name, "")
        found = self._kept(told.removeprefix(IN_SSM)) if told.startswith(IN_SSM) else told
        if not found:
            raise SecretsMissing(f"{name}: nothing is kept under {told or 'that name'}")
        return found

    def several(self, name: str) -> tuple[str, ...]:
        """A list of secrets, separated by commas or line ends; with none, nobody is let in."""
        try:
            return parts(self.text(name))
        except SecretsMissing as missing:
            log.warning("secrets_missing %s", missing)
            return ()

    def again(self) -> bool:
        """Have everything read anew, because a secret was refused; False where nothing would
        change: there is nowhere to read from, or it was done a moment ago."""
        now = self._seconds()
        if not self._read or now - self._refused_at < REFUSED_SECONDS:
            return False
        self._refused_at = now
        self._round += 1
        return True

    def _kept(self, path: str) -> str:
        """What lies under a name in SSM. While SSM does not answer, what was known goes on being
        used."""
        now = self._seconds()
        known, read_in, at = self._read.get(path, ("", -1, 0.0))
        if read_in == self._round and now - at < KEPT_SECONDS:
            return known
        try:
            known = self._ask(path)
        except (BotoCoreError, ClientError):
            if not known:
                raise
            log.warning("secret_not_read_again path=%s", path, exc_info=True)
        self._read[path] = (known, self._round, now)
        return known

    def _ask(self, path: str) -> str:
        if self._client is None:
            session = self._session()
            self._client = session.create_client("ssm", region_name=self._region, config=TIMES)
        try:
            answer = self._client.get_parameter(Name=path, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return ""
        return str(answer["Parameter"]["Value"]).strip()


@dataclass(frozen=True)
class KeptSecret:
    """One of a function's secrets. Implements Secret."""

    secrets: Secrets
    name: str

    def text(self) -> str:
        """The secret as it is now."""
        return self.secrets.text(self.name)

    def again(self) -> bool:
        """Read all of them anew."""
        return self.secrets.again()


@dataclass(frozen=True)
class PlainSecret:
    """A secret that somebody holds in hand. Implements Secret."""

    value: str

    def text(self) -> str:
        """The value."""
        return self.value.strip()

    def again(self) -> bool:
        """There is nowhere to read it from."""
        return False


class LinkKeys(Mapping[str, str]):
    """The keys of links and forms, written `k2:secret,k1:older`: the first signs, all verify. A
    key id that is not known makes them be read again: another process may sign with it already."""

    def __init__(self, secrets: Secrets, name: str) -> None:
        self._secrets = secrets
        self._name = name

    def __getitem__(self, key_id: str) -> str:
        keys = self._keys()
        if key_id not in keys and self._secrets.again():
            keys = self._keys()
        return keys[key_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def _keys(self) -> dict[str, str]:
        return dict(part.split(":", 1) for part in parts(self._secrets.text(self._name)))


def parts(text: str) -> tuple[str, ...]:
    """What commas or line ends separate."""
    return tuple(text.replace(",", " ").split())

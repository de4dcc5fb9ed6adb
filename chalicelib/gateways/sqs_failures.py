"""The queues of what failed for good: how many messages lie there. Nothing is read of a message,
and nothing is taken away: that is a person's work (docs/runbook.md).

What does not live here: who puts a message there (infra/functions.yaml), what its number means
(rules/health.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

DEPTH = "ApproximateNumberOfMessages"
TIMES = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3})


class SqsFailures:
    """Queues by our names for them, with their addresses; one without an address is not ours to
    ask. Implements Failures."""

    def __init__(
        self,
        region: str,
        queues: Mapping[str, str],
        session: Callable[[], Session] = get_session,
    ) -> None:
        """Nothing is asked or loaded before the first question."""
        self._region = region
        self._queues = {name: address for name, address in queues.items() if address}
        self._session = session
        self._client: Any = None

    def waiting(self) -> dict[str, int]:
        """Name -> messages that wait, as SQS counts them: within a minute true. Raises botocore's
        errors for no answer."""
        return {name: self._depth(address) for name, address in self._queues.items()}

    def _depth(self, address: str) -> int:
        if self._client is None:
            session = self._session()
            self._client = session.create_client("sqs", region_name=self._region, config=TIMES)
        answer = self._client.get_queue_attributes(QueueUrl=address, AttributeNames=[DEPTH])
        return int(answer["Attributes"][DEPTH])

"""Faults between us and DynamoDB, put in where botocore sends, so that its own retries meet them
as they would meet real ones.

    faults = Faults(client, seed=7)
    faults.lose_replies(rate=0.3)                    # the server works, its answer never arrives
    faults.lose_requests(times=1)                    # the server never hears of it
    faults.answer("TransactionConflict", times=2)    # the server says no, and did nothing
    ...
    faults.stop()                                    # from now on all is well; the counts stay
    assert faults.injected["lost reply"] > 0

Works on DynamoDB Local and on moto. What does not live here: which acts are tried under faults.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from random import Random
from types import TracebackType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from urllib3 import HTTPResponse

LOST_REPLY = "lost reply"
LOST_REQUEST = "lost request"
CONFLICT = "TransactionConflict"
WRITES = ("TransactWriteItems",)
EVERYTHING = ("*",)
STATUS = {"InternalServerError": 500, "ServiceUnavailable": 503}  # all others are 400
NOWHERE = "http://127.0.0.1:9/nobody-listens"
EVENT = "before-send.dynamodb"


@dataclass
class Plan:
    """One kind of fault: how often, how many times more, on which operations."""

    what: str
    rate: float
    left: int | None
    of: tuple[str, ...]

    def fits(self, operation: str) -> bool:
        """Whether this operation can still meet it."""
        return self.left != 0 and (self.of == EVERYTHING or operation in self.of)


class Faults:
    """Faults on one botocore DynamoDB client. The seed decides which call meets which; in one
    thread the same seed gives the same faults. Usable as a context manager."""

    def __init__(self, client: Any, seed: int = 0) -> None:
        self.injected: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()  # tries of each operation, faulty ones too
        self._client = client
        self._random = Random(seed)
        self._plans: list[Plan] = []
        self._lock = threading.Lock()
        self._own = threading.local()
        client.meta.events.register_first(EVENT, self._meet, unique_id=f"faults-{id(self)}")

    def lose_replies(
        self, rate: float = 1.0, times: int | None = None, of: tuple[str, ...] = WRITES
    ) -> Faults:
        """The server does its work; the connection breaks or times out before its answer."""
        return self._plan(LOST_REPLY, rate, times, of)

    def lose_requests(
        self, rate: float = 1.0, times: int | None = None, of: tuple[str, ...] = WRITES
    ) -> Faults:
        """The server never hears of it."""
        return self._plan(LOST_REQUEST, rate, times, of)

    def answer(
        self, code: str, rate: float = 1.0, times: int | None = None, of: tuple[str, ...] = WRITES
    ) -> Faults:
        """The server refuses with this error and does nothing: `TransactionConflict`,
        `ThrottlingException`, `InternalServerError`, `TransactionInProgressException`, ...;
        a number is a bare HTTP answer of something that stands in between: `503`."""
        return self._plan(code, rate, times, of)

    def stop(self) -> None:
        """No more faults; the counts stay."""
        with self._lock:
            self._plans.clear()

    def remove(self) -> None:
        """Leave the client as it was found."""
        self._client.meta.events.unregister(EVENT, unique_id=f"faults-{id(self)}")

    def __enter__(self) -> Faults:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def _plan(self, what: str, rate: float, times: int | None, of: tuple[str, ...]) -> Faults:
        with self._lock:
            self._plans.append(Plan(what, rate, times, of))
        return self

    def _meet(
        self, request: AWSPreparedRequest, event_name: str, **_: object
    ) -> AWSResponse | None:
        """botocore's hook: None lets the request go its way."""
        if getattr(self._own, "sending", False):
            return None
        what, chance = self._draw(event_name.rsplit(".", 1)[1])
        if what is None:
            return None
        if what == LOST_REQUEST:
            raise _broken(chance, request.url, ConnectTimeoutError)
        if what == LOST_REPLY:
            self._send(request, event_name)
            raise _broken(chance, request.url, ReadTimeoutError)
        return _refused(request, what, chance)

    def _draw(self, operation: str) -> tuple[str | None, float]:
        with self._lock:
            self.sent[operation] += 1
            for plan in self._plans:
                if plan.fits(operation) and self._random.random() < plan.rate:
                    plan.left = None if plan.left is None else plan.left - 1
                    self.injected[plan.what] += 1
                    return plan.what, self._random.random()
        return None, 0.0

    def _send(self, request: AWSPreparedRequest, event_name: str) -> None:
        """What botocore would do now: ask the other hooks (moto is one), else the network."""
        self._own.sending = True
        try:
            answers = self._client.meta.events.emit(event_name, request=request)
            if all(answer is None for _, answer in answers):
                _ = self._client._endpoint.http_session.send(request).content
        finally:
            self._own.sending = False


def _broken(chance: float, url: str, slow: type[Exception]) -> Exception:
    """A time-out or a closed connection: two ways in which nothing comes back."""
    return (slow if chance < 0.5 else ConnectionClosedError)(endpoint_url=url)


def _refused(request: AWSPreparedRequest, code: str, chance: float) -> AWSResponse:
    request.url = NOWHERE  # botocore still asks the other hooks; moto must not do the work
    text = b"<html>busy</html>"
    if not code.isdigit():
        text = json.dumps(_error(json.loads(request.body), code, chance)).encode()
    status = int(code) if code.isdigit() else STATUS.get(code, 400)
    raw = HTTPResponse(BytesIO(text), preload_content=False)
    return AWSResponse(NOWHERE, status, {"x-amzn-requestid": "faults"}, raw)


def _error(asked: dict[str, Any], code: str, chance: float) -> dict[str, Any]:
    """The body DynamoDB answers with; a conflict in a transaction names the item it is about."""
    if code != CONFLICT:
        return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"{code}: put in"}
    if "TransactItems" not in asked:
        return _error(asked, "TransactionConflictException", chance)
    reasons: list[dict[str, str]] = [{"Code": "None"} for _ in asked["TransactItems"]]
    reasons[int(chance * len(reasons))] = {"Code": CONFLICT, "Message": "ongoing: put in"}
    names = ", ".join(reason["Code"] for reason in reasons)
    return {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": f"Transaction cancelled, please refer cancellation reasons [{names}]",
        "CancellationReasons": reasons,
    }


__all__ = ["CONFLICT", "EVERYTHING", "LOST_REPLY", "LOST_REQUEST", "WRITES", "Faults"]

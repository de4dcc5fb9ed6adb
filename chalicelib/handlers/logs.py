"""How a log record is written: one line of JSON with ids, codes and counts, never a person's data.

An error is told by its type, code and the places in our code that it came through; never by its
message, which may quote what somebody typed. Other people's libraries are told by the text they
were given, without what they would put into it. Numbers for CloudWatch go in the same line, in its
embedded metric format. What does not live here: what is logged, and which numbers.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from chalicelib.errors import Refusal, Trouble
from chalicelib.rules.measures import MEASURES

OURS = "balint"
NAMESPACE = "Balint"
DIMENSION = "Deployment"
FRAMES_MAX = 40
DEPTH_MAX = 5
_request: ContextVar[str] = ContextVar("request", default="")


def set_up() -> None:
    """Write JSON lines from now on, where this runs as a Lambda function; elsewhere whoever runs
    us decides. Ours from INFO on, everybody else's from WARNING."""
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return
    root = logging.getLogger()
    if not root.handlers:  # Lambda's runtime has one of its own, other places may not
        root.addHandler(logging.StreamHandler(sys.stderr))
    for handler in root.handlers:
        handler.setFormatter(JsonLines())
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.INFO)


def begins(context: Any) -> None:
    """A request or a job begins: its lines bear Lambda's id of it. Every entry of ours passes here,
    the jobs too, which Lambda imports without app.py: so this is where writing lines is set up."""
    set_up()
    _request.set(str(getattr(context, "aws_request_id", "") or ""))


def measured(deployment: str, measures: Mapping[str, int]) -> dict[str, Any]:
    """The `extra` of a record whose line carries these numbers of MEASURES to CloudWatch."""
    return {"deployment": deployment, "measures": dict(measures)}


class JsonLines(logging.Formatter):
    """One JSON object for a record, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record. `extra={"facts": {...}}` adds counts and codes to it."""
        line: dict[str, Any] = {
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            "request_id": _request.get(),
            "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        }
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            line["error"] = _error(record.exc_info[1])
        if hasattr(record, "measures"):
            line |= _embedded(record)
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


def _message(record: logging.LogRecord) -> str:
    is_ours = record.name == OURS or record.name.startswith(f"{OURS}.")
    return record.getMessage() if is_ours else str(record.msg)


def _error(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """Type, code, places, and the same of what caused it and of its parts."""
    told: dict[str, Any] = {"type": type(error).__name__, "at": list(_places(error))}
    if isinstance(error, Refusal | Trouble):
        told["code"] = error.code
    if depth == DEPTH_MAX:
        return told
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause:
        told["cause"] = _error(cause, depth + 1)
    if isinstance(error, BaseExceptionGroup):
        told["parts"] = [_error(part, depth + 1) for part in error.exceptions]
    return told


def _places(error: BaseException) -> Iterator[str]:
    """`flows/outbox.py:96 _claimed`, the outermost first."""
    for frame in traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]:
        file = "/".join(frame.filename.split("/")[-3:])
        yield f"{file}:{frame.lineno} {frame.name}"


def _embedded(record: logging.LogRecord) -> dict[str, Any]:
    """CloudWatch's embedded metric format: it reads the numbers out of the log line itself."""
    measures: dict[str, int] = vars(record)["measures"]
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": name, "Unit": MEASURES[name]} for name in measures],
    }
    return {
        "_aws": {"Timestamp": int(record.created * 1000), "CloudWatchMetrics": [directive]},
        DIMENSION: vars(record)["deployment"],
        **measures,
    }

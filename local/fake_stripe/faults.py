"""Faults a test orders: lost requests, lost replies, errors, a reply that does not come yet.

Each waits for the next request whose `METHOD /path` contains its `path_part`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, Lock

LOSE_REQUEST = "lose the request"
LOSE_REPLY = "lose the reply"
FAIL = "fail"
HOLD = "hold"
# A held request is let go by its test; this only ends a forgotten one.
HOLD_SECONDS_MAX = 30


@dataclass
class Fault:
    """One ordered fault; a held request sets `reached`, and `release` lets it go on."""

    kind: str
    path_part: str
    times: int = 1
    status: int = 500
    stored: bool = True
    reached: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)

    def release(self) -> None:
        """Let a held request go on."""
        self.released.set()


class Faults:
    """The faults still to come, in the order they were ordered."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []
        self._met: list[Fault] = []
        self._lock = Lock()

    def order(self, fault: Fault) -> Fault:
        """Add a fault to come."""
        with self._lock:
            self._ordered.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault meant for this request; it counts as met."""
        with self._lock:
            for fault in self._ordered:
                if fault.path_part in f"{method} {path}":
                    fault.times -= 1
                    self._met.append(fault)
                    if fault.times <= 0:
                        self._ordered.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Forget every fault still to come, and let go of what is held."""
        with self._lock:
            for fault in (*self._ordered, *self._met):
                fault.release()
            self._ordered.clear()
            self._met.clear()

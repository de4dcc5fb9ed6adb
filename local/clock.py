"""The demo's clock: the real one plus an offset that is kept, so that a restart goes on in the
same week. With a real Stripe key the offset is zero and stays so: Stripe lives in real time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path


class DemoClock:
    """Runs on; can be moved on, and can stand still while the demo's past is played."""

    def __init__(self, path: Path | None = None, *, real: bool = False) -> None:
        """`path` keeps the offset in seconds; `real` allows none."""
        self._path = path
        self.real = real
        self._offset = timedelta()
        self._stands_at: datetime | None = None
        if path and path.exists() and not real:
            self._offset = timedelta(seconds=float(path.read_text()))

    def now(self) -> datetime:
        """The time in the demo, aware and in UTC."""
        return self._stands_at or datetime.now(UTC) + self._offset

    def stand_at(self, moment: datetime) -> None:
        """Stand still at a moment, later or earlier than now."""
        self._stands_at = moment

    def run_from(self, moment: datetime) -> None:
        """Go on from a moment; with a real Stripe key always from now."""
        self._stands_at = None
        self._offset = timedelta() if self.real else moment - datetime.now(UTC)
        self._keep()

    def move(self, by: timedelta) -> None:
        """Move on. ValueError for a step back, and with a real Stripe key."""
        if by < timedelta() or self.real:
            raise ValueError("this clock is not moved that way")
        self._offset += by
        self._keep()

    def _keep(self) -> None:
        if self._path:
            self._path.write_text(str(self._offset.total_seconds()))

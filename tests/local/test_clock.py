"""The demo's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.clock import DemoClock

PAST = datetime(2026, 7, 1, tzinfo=UTC)


def test_it_stands_still_while_the_past_is_played() -> None:
    clock = DemoClock()
    clock.stand_at(PAST)
    assert clock.now() == clock.now() == PAST


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    DemoClock(tmp_path / "clock").run_from(PAST)
    again = DemoClock(tmp_path / "clock").now()
    assert timedelta() <= again - PAST < timedelta(minutes=1)


def test_with_a_real_stripe_key_it_is_the_real_one(tmp_path: Path) -> None:
    DemoClock(tmp_path / "clock").run_from(PAST)
    clock = DemoClock(tmp_path / "clock", real=True)
    clock.run_from(PAST)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="not moved"):
        clock.move(timedelta(hours=1))


def test_it_never_goes_back() -> None:
    with pytest.raises(ValueError, match="not moved"):
        DemoClock().move(timedelta(hours=-1))

"""What a tier of tests needs from the machine. A tier that cannot run says so by name: on a laptop
it is skipped, in CI (`CI=true`) it fails."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent
RUNTIME_PYTHON = PROJECT / ".venv313" / "bin" / "python"


def need(reason: str | None) -> None:
    """Go on when `reason` is None; else skip with it, or fail in CI."""
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"this tier must run in CI: {reason}")
    if reason:
        pytest.skip(reason)


def runtime_missing() -> str | None:
    """None when the Lambdas' Python is prepared here, else the reason in one sentence."""
    if RUNTIME_PYTHON.exists():
        return None
    return "the deployment package needs Python 3.13: `make package` says what is missing"


@cache
def built_package(*, host: bool = False) -> Path:
    """The folder of the deployment package, built anew when one of its sources changed. With
    `host` its compiled parts are this machine's, so that it can run here."""
    need(runtime_missing())
    command = [str(RUNTIME_PYTHON), "-m", "local.tools.package", "--if-changed"]
    built = subprocess.run(
        [*command, "--host"] if host else command,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return PROJECT / "build" / ("rehearsal" if host else "package")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says once for each reason how many tests did not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"not run here ({count} tests): {reason}", yellow=True)

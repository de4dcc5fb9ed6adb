"""Debian's Chromium, driven by Playwright, and an empty product of its own for each test."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.dynamodb_local import free_port
from local.product import require_free
from local.server import PortTaken
from tests.browser.house import House
from tests.tiers import PROJECT, need

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def chromium_path() -> str | None:
    """Where Debian's Chromium is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def browser_missing() -> str | None:
    """None when a browser can be driven here, else the reason in one sentence."""
    for package in ("playwright", "axe_playwright_python"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed: `make setup` does it"
    if chromium_path() is None:
        return "there is no chromium on this machine: `apt-get install chromium`"
    return None


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    need(browser_missing())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(FLAGS)
        )
        yield browser
        browser.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The product in a process of its own, empty, on four free ports; it ends without errors."""
    need(browser_missing())
    port = _four_free_ports()
    command = [sys.executable, "-m", "tests.browser.running", str(tmp_path), str(port)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        try:
            assert link, (tmp_path / "run.log").read_text()
            yield House(port, link)
        finally:
            process.terminate()
    log = (tmp_path / "run.log").read_text()
    assert process.returncode == 0, log
    assert "ERROR" not in log, log


def _four_free_ports() -> int:
    """The first of four ports in a row that nobody listens on."""
    while True:
        first = free_port()
        try:
            for port in range(first, first + 4):
                require_free(port)
        except (PortTaken, OverflowError):
            continue
        return first

"""When doors are opened: all at once, or each when the first request for one of its paths comes.

A cold start imports what its first request needs, and that is what somebody waits for. Which path
is whose stands in paths.json, which is written when the package is built (local/tools/package.py);
without it, on a laptop and while packaging, all doors are open from the start. What does not live
here: what a door does (doors.py and the rooms).
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from chalice.app import Chalice

from chalicelib import handlers

PATHS = Path(__file__).with_name("paths.json")
Paths = Mapping[str, Iterable[str]]  # path as it is declared -> doors


def known() -> Paths | None:
    """What was written down when the package was built; None where nothing was."""
    return json.loads(PATHS.read_text("utf-8")) if PATHS.exists() else None


def told() -> str:
    """What paths.json says: for each path the doors that have a route there."""
    found: dict[str, list[str]] = {}
    for name in handlers.DOORS:
        for path in getattr(handlers.door(name), "paths", ()):  # the jobs have none
            found.setdefault(path, []).append(name)
    return json.dumps(found, sort_keys=True)


class App(Chalice):
    """The app of the house. With `paths`, a door is registered when somebody comes to it; what all
    doors need is imported at once, while Lambda gives a start its whole processor."""

    def __init__(self, paths: Paths | None) -> None:
        super().__init__(app_name="balint", configure_logs=False)
        self._open: set[str] = set()
        self._paths = paths
        if paths is None:
            self.open(handlers.DOORS)
        else:
            gc.disable()  # until the first answer: what is imported is not garbage
            import_module(f"{handlers.__name__}.doors")

    def open(self, names: Iterable[str]) -> None:
        """Register these doors, each once."""
        for name in names:
            if name not in self._open:
                self._open.add(name)
                self.register_blueprint(handlers.door(name))

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """One request; Chalice answers for a path that is nobody's."""
        try:
            if self._paths is not None:
                path = (event.get("requestContext") or {}).get("resourcePath", "")
                self.open(self._paths.get(path, ()))
            answer: dict[str, Any] = super().__call__(event, context)
        finally:
            if not gc.isenabled():
                gc.freeze()
                gc.enable()
        return answer

"""Doors that are opened when somebody comes: the packaged app imports what a request needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from app import app
from chalicelib.handlers import DOORS, opening

PROJECT = Path(__file__).parent.parent.parent


def asked(path: str, method: str = "GET") -> dict[str, Any]:
    """An event of API Gateway."""
    return {
        "requestContext": {"resourcePath": path, "httpMethod": method, "path": path},
        "headers": {},
        "pathParameters": None,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": None,
    }


def apart(code: str) -> Any:
    """What a process of its own tells: Chalice registers a blueprint once."""
    begins = (
        "import gc, json, sys\n"
        "from chalicelib.handlers import opening\n"
        "def tell(what): print(json.dumps(what))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", begins + code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_every_path_of_the_house_is_written_down() -> None:
    assert set(json.loads(opening.told())) == set(app.routes)


def test_doors_that_are_opened_by_what_was_written_down_are_all_there() -> None:
    lazy = apart(
        "told = json.loads(opening.told())\n"
        "app = opening.App(told)\n"
        "for path, doors in told.items(): app.open(doors); assert path in app.routes\n"
        "tell({path: sorted(methods) for path, methods in app.routes.items()})\n"
    )
    assert lazy == {path: sorted(methods) for path, methods in app.routes.items()}


def test_a_door_is_opened_once_however_many_come() -> None:
    routes = apart(
        "app = opening.App({'/nowhere': ['health']})\n"
        "before = list(app.routes)\n"
        f"for _ in range(2): app({asked('/nowhere')!r}, None)\n"
        "tell([before, sorted(app.routes)])\n"
    )
    assert routes[0] == []
    assert {"/admin/health", "/healthz"} <= set(routes[1])


def test_a_path_that_is_nobodys_is_answered_as_chalice_answers_it() -> None:
    code = f"answer = opening.App({{}})({asked('/never')!r}, None)\ntell(answer)\n"
    assert apart(code) == app(asked("/never"), None)


def test_a_request_imports_its_own_door_and_no_other() -> None:
    """What costs most are pages and money: a taster needs none of either."""
    modules, collected_before, collects_now = apart(
        "app = opening.App({'/nowhere': ['joining.tasters']})\n"
        "before = gc.isenabled()\n"
        f"app({asked('/nowhere')!r}, None)\n"
        "tell([sorted(sys.modules), before, gc.isenabled()])\n"
    )
    doors = {name for name in DOORS if f"chalicelib.handlers.{name}" in modules}
    assert doors == {"joining.tasters"}
    assert not [one for one in modules if one.startswith(NOT_FOR_A_TASTER)]
    assert (collected_before, collects_now) == (False, True), "what was imported is not garbage"


NOT_FOR_A_TASTER = (
    "chalicelib.rules.leaders",
    "chalicelib.rules.books.ledger",
    "chalicelib.rules.money.settling",
    "jinja2",
    "stripe",
)

"""The house keeps its rules, and the rules can see when it does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests import architecture
from tests.architecture import PROJECT, House, build, our_house
from tests.world import ENVIRONMENT

Rule = Callable[[House], list[str]]
RULES: tuple[Rule, ...] = (
    architecture.wrong_directions,
    architecture.foreign_libraries,
    architecture.doors_imported,
    architecture.cycles,
    architecture.impure_rules,
    architecture.too_long,
    architecture.patches,
    architecture.undocumented,
    architecture.stray_mails,
    architecture.stray_commits,
)
SAID = '"""Said."""\n'

# For each rule, sources that break it: (rule, modules, a word of the complaint).
BROKEN: tuple[tuple[Rule, dict[str, str], str], ...] = (
    (
        architecture.wrong_directions,
        {"chalicelib.flows.a": "from chalicelib.flows import b", "chalicelib.flows.b": ""},
        "move what they share down to rules",
    ),
    (
        architecture.wrong_directions,
        {
            "chalicelib.flows.a": "from chalicelib.gateways.clock import SystemClock",
            "chalicelib.gateways.clock": "",
        },
        "its Protocols",
    ),
    (
        architecture.wrong_directions,
        {"chalicelib.handlers.a": "from chalicelib.store import reads", "chalicelib.store": ""},
        "ask a flow",
    ),
    (
        architecture.wrong_directions,
        {"chalicelib.handlers.a": "def f():\n    import chalicelib.store.reads"},
        "ask a flow",
    ),
    (
        architecture.wrong_directions,
        {"chalicelib.handlers.a": "from chalicelib.gateways.stripe_gateway import StripeGateway"},
        "let wiring build it",
    ),
    (
        architecture.wrong_directions,
        {"chalicelib.rules.a": "from chalicelib.store import reads"},
        "pass the rows in",
    ),
    (architecture.wrong_directions, {"chalicelib.rules.a": "from local import tables"}, "local"),
    (architecture.wrong_directions, {"chalicelib.rules.a": "from . import b"}, "a relative name"),
    (architecture.wrong_directions, {"chalicelib.wiring": "import tests.world"}, "tests.world"),
    (architecture.wrong_directions, {"chalicelib.errors": "import chalicelib.rules.a"}, "rules.a"),
    (architecture.wrong_directions, {"app": "from chalicelib import wiring"}, "chalicelib"),
    (
        architecture.wrong_directions,
        {"local.run": "from chalicelib.store import reads"},
        "through its doors",
    ),
    (architecture.foreign_libraries, {"chalicelib.rules.a": "import requests"}, "nobody"),
    (architecture.foreign_libraries, {"chalicelib.flows.a": "import stripe"}, "only gateways"),
    (
        architecture.foreign_libraries,
        {"chalicelib.flows.a": "from chalice.app import Response"},
        "only app and handlers",
    ),
    (
        architecture.doors_imported,
        {
            "chalicelib.handlers.a": "from chalicelib.handlers import b",
            "chalicelib.handlers.b": "door = Doors(__name__)",
        },
        "without a door",
    ),
    (
        architecture.cycles,
        {
            "chalicelib.rules.a": "from chalicelib.rules import b",
            "chalicelib.rules.b": "from chalicelib.rules.c import x",
            "chalicelib.rules.c": "import chalicelib.rules.a",
        },
        "rules.a -> chalicelib.rules.b -> chalicelib.rules.c -> chalicelib.rules.a",
    ),
    (architecture.impure_rules, {"chalicelib.rules.a": "import random"}, "argument"),
    (architecture.impure_rules, {"chalicelib.rules.a": "from os import environ"}, "argument"),
    (architecture.impure_rules, {"chalicelib.rules.a": "import time"}, "argument"),
    (architecture.impure_rules, {"chalicelib.rules.a": "x = datetime.now(UTC)"}, "now()"),
    (architecture.impure_rules, {"chalicelib.rules.a": "x = date.today()"}, "today()"),
    (architecture.impure_rules, {"chalicelib.rules.a": "x = open('y')"}, "open()"),
    (architecture.too_long, {"chalicelib.rules.a": "x = 1\n" * 301}, "301 lines: split"),
    (architecture.too_long, {"local.a": "def f():\n" + "    x = 1\n" * 40}, "f has 41 lines"),
    (
        architecture.too_long,
        {"chalicelib.a": "class A:\n    def f(self):\n" + "        x = 1\n" * 40},
        "f has 41 lines",
    ),
    (architecture.patches, {"tests.a": "from unittest import mock"}, "fake with a memory"),
    (architecture.patches, {"tests.a": "from unittest.mock import patch"}, "fake with a memory"),
    (architecture.patches, {"tests.a": "def test_a(m):\n    m.setattr(x, 'y', 1)"}, "tests.a:2"),
    (architecture.undocumented, {"chalicelib.rules.a": "X = 1"}, "what lives here"),
    (architecture.undocumented, {"chalicelib.rules.a": SAID + "def f(): ..."}, "f has no"),
    (architecture.undocumented, {"chalicelib.rules.a": SAID + "class A: ..."}, "A has no"),
    (architecture.stray_mails, {"chalicelib.rules.a": "x = Mail(template='t')"}, "makes a Mail"),
    (
        architecture.stray_mails,
        {"chalicelib.flows.a": "def f(outside):\n    outside.mailer.send(1)"},
        "into the Change",
    ),
    (
        architecture.stray_commits,
        {
            "chalicelib.handlers.a": "from chalicelib.store.commit import commit",
            "chalicelib.store.commit": "",
        },
        "only a flow writes",
    ),
    (
        architecture.stray_commits,
        {
            "local.a": "from chalicelib.store import commit",
            "chalicelib.store.commit": "",
        },
        "only a flow writes",
    ),
)
SOUND = {
    "app": "from chalice.app import Chalice\nfrom chalicelib import handlers",
    "chalicelib.handlers": "from chalicelib.handlers import a",
    "chalicelib.handlers.a": "from chalicelib.handlers import doors\n"
    "from chalicelib.flows import a\ndoor = doors.Doors(__name__)",
    "chalicelib.handlers.doors": "from chalicelib import wiring\nfrom chalice.app import Blueprint",
    "chalicelib.flows.a": "from chalicelib.gateways.outside import Outside\n"
    "from chalicelib.store.commit import commit\nfrom chalicelib.rules import a\n"
    "def f(outside):\n    'Said.'\n    return a.g(outside.clock.now())",
    "chalicelib.rules.a": "from datetime import datetime, time\nfrom chalicelib.errors import X",
    "chalicelib.store.commit": "from chalicelib.rules.a import Y\nimport pynamodb",
    "chalicelib.wiring": "def f():\n    'Said.'\n    from chalicelib.gateways.s import S",
    "chalicelib.gateways.outside": "",
    "chalicelib.gateways.s": "import stripe",
    "chalicelib.errors": "",
    "tests.a": "def test_a(monkeypatch):\n    monkeypatch.setenv('A', 'b')",
}


@pytest.fixture(scope="module")
def house() -> House:
    return our_house()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule, house: House) -> None:
    broken = rule(house)
    assert not broken, "\n".join(["", *broken])


@pytest.mark.parametrize(("rule", "sources", "word"), BROKEN)
def test_the_rule_sees_what_breaks_it(rule: Rule, sources: dict[str, str], word: str) -> None:
    complaints = rule(build(sources))
    assert any(word in complaint for complaint in complaints), complaints


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


@pytest.mark.parametrize("rule", [one for one in RULES if one is not architecture.undocumented])
def test_the_rule_leaves_a_sound_house_alone(rule: Rule) -> None:
    assert rule(build(SOUND)) == []


def _machine_paths(files: Iterable[tuple[str, str]]) -> list[str]:
    """Files that point to this machine or to what lies outside the project."""
    outside = re.compile(rf"\.\./shared\b|(?<![\w.$}}])/(?:work/|home/\w|Users/\w)|{PROJECT}\b")
    return [
        f"{name}:{number} points out of the project ({found[0]}): name what is meant instead"
        for name, text in files
        for number, line in enumerate(text.splitlines(), 1)
        if (found := outside.search(line))
    ]


def _project_files() -> Iterator[tuple[str, str]]:
    """Every text file that is ours; links and what is built or fetched are not."""
    skipped = {"node_modules", "build", "__pycache__"}
    for folder, folders, names in os.walk(PROJECT):
        folders[:] = [one for one in folders if one not in skipped and _is_kept(one)]
        for name in names:
            path = PROJECT / folder / name
            if not path.is_symlink() and not path.suffix.startswith((".png", ".woff", ".ico")):
                yield str(path.relative_to(PROJECT)), path.read_text("utf-8", "replace")


def _is_kept(folder: str) -> bool:
    return not folder.startswith(".") or folder in (".ci", ".chalice")


def test_no_file_points_to_a_machine() -> None:
    broken = _machine_paths(
        (name, text) for name, text in _project_files() if name != "tests/test_architecture.py"
    )
    assert not broken, "\n".join(["", *broken])


@pytest.mark.parametrize(
    "line", ["see ../shared/notes.md", "cd /work/main", "/home/ada/x", "/Users/ada/x", str(PROJECT)]
)
def test_a_path_of_a_machine_is_seen(line: str) -> None:
    assert _machine_paths([("a.md", f"first\n{line}")])[0].startswith("a.md:2")


@pytest.mark.parametrize("line", ["https://example.org/work/x", "/usr/bin/chromium", "{x}/home/y"])
def test_an_innocent_path_is_left_alone(line: str) -> None:
    assert _machine_paths([("a.md", line)]) == []


def test_webhooks_and_forms_do_not_wait_for_what_they_do_not_need() -> None:
    """Loading the app loads neither Stripe's library (200 ms) nor the templates' engine."""
    heavy = ("stripe", "jinja2", "requests", "boto3", "tests", "local")
    code = f"import app, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=PROJECT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "[]\n", "import it inside the function that needs it"

"""The rules of the house as functions over source text: each returns what breaks it, in words
that say what to do instead.

What does not live here: the rules applied to our own source, and the proof that they can fail
(test_architecture.py).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FUNCTION_LINES = 40
MODULE_LINES = 300
OURS = ("app", "chalicelib", "local", "tests")
RELATIVE = "a relative name"

# Who may import whom, by the beginning of a module's name; what is not here is not allowed.
TRUE = ("rules", "errors")
SHOWN = ("rendering", "wording")
DIRECTIONS: Mapping[str, tuple[str, ...]] = {
    "app": ("handlers",),
    "handlers": ("handlers", "flows", "wiring", "settings", *SHOWN, *TRUE),
    "handlers.money.signed": ("gateways.webhook_signature",),  # checked before anything is built
    "flows": ("store", "gateways.outside", *SHOWN, *TRUE),
    "wiring": ("gateways", "settings", "store.tables"),
    "store": ("store", *TRUE),
    "gateways": ("gateways", *TRUE),
    "rendering": ("wording", *TRUE),
    "wording": TRUE,
    "rules": TRUE,
    "settings": (),
    "errors": (),
    "local": ("local", "handlers", "flows", "wiring", "settings", "gateways", *SHOWN, *TRUE),
    "local.tools.import_all": ("store.tables",),  # copies of rows pass by the product's doors
}
INSTEAD: Mapping[tuple[str, str], str] = {
    ("flows", "flows"): "move what they share down to rules, or let the door compose two flows",
    ("flows", "gateways"): "take `outside` and its Protocols (gateways.outside)",
    ("handlers", "store"): "ask a flow: it reads and decides",
    ("handlers", "gateways"): "let wiring build it, and hand `outside` to a flow",
    ("rules", "store"): "let the flow read, and pass the rows in",
    ("local", "store"): "use the product through its doors",
    ("store", "flows"): "the store keeps, flows decide: pass the value in",
}
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "app": ("chalice",),
    "handlers": ("chalice",),
    "store": ("pynamodb", "botocore"),
    "gateways": ("boto3", "botocore", "stripe"),
    "rendering": ("jinja2", "markupsafe"),
}
IMPURE = {
    *("os", "time", "random", "secrets", "uuid", "socket", "subprocess", "threading", "asyncio"),
    *("pathlib", "logging", "tempfile", "shutil", "sqlite3", "ssl", "http"),
}
CLOCKS = ("now", "utcnow", "today")


@dataclass(frozen=True)
class Source:
    """One module: its dotted name and its text."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module, parsed."""
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        """The layer it lives in: `flows`, `rules`, `app`, `local`, `tests`."""
        parts = self.name.split(".")
        return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else parts[0]


House = Mapping[str, Source]


def build(sources: Mapping[str, str]) -> House:
    """A house of invented modules."""
    return {name: Source(name, text) for name, text in sources.items()}


def our_house() -> House:
    """Every module of this project."""
    paths = [PROJECT / "app.py"]
    paths += [path for room in OURS[1:] for path in sorted((PROJECT / room).rglob("*.py"))]
    names = {".".join(path.relative_to(PROJECT).with_suffix("").parts): path for path in paths}
    return {
        (plain := name.removesuffix(".__init__")): Source(plain, path.read_text("utf-8"))
        for name, path in names.items()
    }


def rooms(house: House, *wanted: str) -> Iterator[Source]:
    """The modules of some rooms; `chalicelib` means all rooms of the product."""
    for source in house.values():
        shipped = source.name.startswith("chalicelib") or source.name == "app"
        if source.room in wanted or ("chalicelib" in wanted and shipped):
            yield source


def imports(source: Source, house: House, *, top_only: bool = False) -> Iterator[tuple[str, int]]:
    """What a module imports as whole module names, and on which line."""
    nodes = source.tree.body if top_only else ast.walk(source.tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield RELATIVE, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in house else node.module), node.lineno


def wrong_directions(house: House) -> list[str]:
    """Imports against the direction of the house."""
    found = []
    for source in rooms(house, "chalicelib", "local"):
        for target, line in imports(source, house):
            ours = target.split(".", 1)[0] in (*OURS, RELATIVE)
            if ours and not _allowed(source, target.removeprefix("chalicelib.")):
                room = Source(target, "").room
                instead = INSTEAD.get((source.room, room), "DIRECTIONS says whom it may")
                found.append(f"{source.name}:{line} must not import {target}: {instead}")
    return found


def _allowed(source: Source, target: str) -> bool:
    own = source.name.removeprefix("chalicelib.")
    if source.room == "flows" and target.split(".")[0] == "flows":
        return False
    return any(
        target == one or target.startswith(f"{one}.")
        for key, ones in DIRECTIONS.items()
        if own == key or own.startswith(f"{key}.")
        for one in ones
    ) or (source.room == "local" and target == "app")


def foreign_libraries(house: House) -> list[str]:
    """Libraries that are used outside the room that owns them."""
    return [
        f"{source.name}:{line} must not import {target}: only {_owners(root)} may, so that one "
        "room knows it; ask that room"
        for source in rooms(house, "chalicelib")
        for target, line in imports(source, house)
        if (root := target.split(".", 1)[0]) not in sys.stdlib_module_names
        and root not in OURS
        and root not in LIBRARIES.get(source.room, ())
    ]


def _owners(library: str) -> str:
    return " and ".join(room for room, ones in LIBRARIES.items() if library in ones) or "nobody"


def doors_imported(house: House) -> list[str]:
    """Doors that something besides the list of all doors imports."""
    handlers = rooms(house, "handlers")
    doors = {one.name for one in handlers if re.search(r"^door\b.* = ", one.text, re.M)}
    return [
        f"{source.name}:{line} must not import the door {target}: move what they share into a "
        "handlers module without a door"
        for source in rooms(house, "chalicelib")
        if source.name != "chalicelib.handlers"
        for target, line in imports(source, house)
        if target in doors
    ]


def cycles(house: House) -> list[str]:
    """Modules that import themselves in the end, counting what is imported at the top."""
    reached: dict[str, set[str]] = {}

    def below(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in path:
            yield " -> ".join((*path[path.index(name) :], name))
        elif name not in reached:
            for target, _ in imports(house[name], house, top_only=True):
                if target in house:
                    yield from below(target, (*path, name))
            reached[name] = set()

    found = [loop for name in house for loop in below(name, ())]
    return [f"{loop}: move what both need into a third module" for loop in found]


def impure_rules(house: House) -> list[str]:
    """Rules that look at a clock, chance or the environment."""
    found = []
    for source in rooms(house, "rules"):
        for target, line in imports(source, house):
            if target.split(".", 1)[0] in IMPURE or target == "urllib.request":
                found.append(f"{source.name}:{line} imports {target}: make it an argument")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and _name(node.func) in (*CLOCKS, "open", "print"):
                found.append(
                    f"{source.name}:{node.lineno} calls {_name(node.func)}(): `now` and what is "
                    "read are arguments"
                )
    return found


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", "") or getattr(node, "id", "")


def too_long(house: House) -> list[str]:
    """Functions over 40 lines and modules over 300."""
    found = []
    for source in rooms(house, "chalicelib", "local"):
        lines = len(source.text.splitlines())
        if lines > MODULE_LINES:
            found.append(f"{source.name} has {lines} lines: split it by what it is about")
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(
                    f"{source.name}:{node.lineno} {node.name} has {length} lines: name its parts"
                )
    return found


def patches(house: House) -> list[str]:
    """Tests that reach into the code they test."""
    found = []
    for source in rooms(house, "tests"):
        mocks = [line for target, line in imports(source, house) if re.match(_MOCK, target)]
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "setattr":
                mocks.append(node.lineno)
        found += [
            f"{source.name}:{line} patches: pass a fake with a memory in (World, or `outside`)"
            for line in mocks
        ]
    return found


_MOCK = r"(unittest|mock|pytest_mock)\b"


def undocumented(house: House) -> list[str]:
    """Modules, classes and functions of the product that do not say what they are for."""
    found = []
    for source in rooms(house, "chalicelib"):
        if source.text.strip() and not ast.get_docstring(source.tree):
            found.append(f"{source.name} has no docstring: say what lives here and what does not")
        for node in source.tree.body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                found.append(
                    f"{source.name}:{node.lineno} {node.name} has no docstring: say what it gives, "
                    "in which units, and what it raises"
                )
    return found


def stray_mails(house: House) -> list[str]:
    """Mails that are made or sent past the outbox."""
    found = []
    for source in rooms(house, "chalicelib"):
        for node in ast.walk(source.tree):
            made = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Mail"
            if made and source.name != "chalicelib.rules.mail":
                found.append(f"{source.name}:{node.lineno} makes a Mail: use rules.mail.mail(...)")
            sends = isinstance(node, ast.Attribute) and node.attr == "mailer"
            if sends and source.name != "chalicelib.flows.outbox":
                found.append(
                    f"{source.name}:{node.lineno} sends: put rules.mail.mail(...) into the Change; "
                    "flows/outbox sends it once"
                )
    return found


def stray_commits(house: House) -> list[str]:
    """Writes that no flow makes."""
    return [
        f"{source.name}:{line} imports commit: only a flow writes; return a Change to it"
        for source in rooms(house, "chalicelib", "local")
        if source.room != "flows"
        for target, line in imports(source, house)
        if target == "chalicelib.store.commit"
    ]

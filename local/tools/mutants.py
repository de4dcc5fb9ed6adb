"""Makes known mistakes in a copy of the project, one at a time, and runs the test that must notice.

    python -m local.tools.mutants            every mutant of tests/mutants.toml
    python -m local.tools.mutants NAME ...   some of them

A mutant whose text is not in the project any more fails by name, and so does one that no test
notices. The project itself is never touched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent
COPIED = ("app.py", "chalicelib", "infra", "local", "templates", "tests", "vendor")
NOTICED = 1  # pytest: tests ran, some failed


def main(chosen: list[str]) -> None:
    """Run mutants and say of each whether it was noticed; leave with 1 if one was not."""
    text = (PROJECT / "tests" / "mutants.toml").read_text("utf-8")
    every: dict[str, Any] = tomllib.loads(text)
    unknown = set(chosen) - set(every)
    if unknown:
        sys.exit(f"no such mutant: {', '.join(sorted(unknown))}")
    missed = [
        name for name, one in every.items() if name in (chosen or every) and not _try(name, one)
    ]
    if missed:
        sys.exit(f"not noticed: {', '.join(missed)}")


def _try(name: str, mutant: dict[str, str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        _copy(copy)
        _change(copy, name, mutant)
        finished = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutant["test"]],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
    noticed = finished.returncode == NOTICED
    print(f"{'noticed' if noticed else 'MISSED '}  {name}: {mutant['test']}", flush=True)
    if not noticed:
        print(finished.stdout[-2000:], finished.stderr[-500:])
    return noticed


def _copy(copy: Path) -> None:
    for name in COPIED:
        origin = PROJECT / name
        if origin.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(origin, copy / name, symlinks=True, ignore=ignore)
        else:
            shutil.copy(origin, copy / name)
    for name in ("pyproject.toml", ".chalice"):
        origin = PROJECT / name
        shutil.copytree(origin, copy / name) if origin.is_dir() else shutil.copy(origin, copy)
    (copy / "node_modules").symlink_to(PROJECT / "node_modules")


def _change(copy: Path, name: str, mutant: dict[str, str]) -> None:
    path = copy / mutant["file"]
    text = path.read_text("utf-8")
    if text.count(mutant["right"]) != 1:
        sys.exit(f"{name}: its text stands {text.count(mutant['right'])} times in {mutant['file']}")
    path.write_text(text.replace(mutant["right"], mutant["wrong"]), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Builds what AWS gets: build/package/{deployment.zip,sam.json}. Run it under the Lambda's Python.

    python -m local.tools.package           for the Lambdas' processor
    python -m local.tools.package --host    for this machine's, in build/rehearsal
                                            --if-changed: only when a source is newer

`chalice package` does the work, from a staged copy, so that nothing of local/ or tests/ slips in
and the project folder stays clean. Afterwards the zip gets bytecode that needs no check of file
times: Lambda's code folder is read-only, so without it every cold start compiles every module.
"""

from __future__ import annotations

import argparse
import compileall
import fcntl
import hashlib
import json
import os
import platform
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.infra import load_infra
from local.tools.trim import trim

PROJECT = Path(__file__).resolve().parent.parent.parent
RUNTIME = (3, 13)
STAGE = "live"
BUILD = PROJECT / "build"
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
SOURCES = ("app.py", "chalicelib", "templates", "vendor", ".chalice")
NOT_PACKED = ("chalice",)  # Chalice adds its runtime itself; as a requirement it brings pip along
TOOLS = tuple(
    f"local/{name}.py" for name in ("infra", "tools/descriptions", "tools/package", "tools/trim")
)
EPOCH = (1980, 1, 1, 0, 0, 0)


def main(arguments: list[str]) -> None:
    """Build the package, or fail by name."""
    parser = argparse.ArgumentParser(prog="local.tools.package")
    parser.add_argument("--host", action="store_true", help="for this machine's processor")
    parser.add_argument("--if-changed", action="store_true", help="only when a source changed")
    chosen = parser.parse_args(arguments)
    if sys.version_info[:2] != RUNTIME:
        wanted = ".".join(map(str, RUNTIME))
        sys.exit(f"packaging needs Python {wanted}, the Lambdas' runtime; this is {sys.version}")
    folder = BUILD / ("rehearsal" if chosen.host else "package")
    with _lock(folder):
        if not chosen.if_changed or not _is_current(folder):
            build(folder, host=chosen.host)
    size = (folder / "deployment.zip").stat().st_size
    print(f"{folder.relative_to(PROJECT)}: deployment.zip {size / 2**20:.1f} MiB, sam.json")


def build(folder: Path, *, host: bool, finished: bool = True) -> Path:
    """Package into `folder`, which is made anew, and return it. One that is not finished is as
    `chalice package` leaves it: for comparing."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source"
    _stage(source, host=host)
    _chalice_package(source, folder)
    if finished:
        _finish(folder / "deployment.zip", folder / "unpacked")
    shutil.rmtree(source)
    _stamp(folder).write_text(_fingerprint(), "utf-8")
    return folder


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One build at a time: test processes run side by side."""
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _stamp(folder: Path) -> Path:
    return folder / "built-from"


def _is_current(folder: Path) -> bool:
    stamp = _stamp(folder)
    return stamp.is_file() and stamp.read_text("utf-8") == _fingerprint()


def _fingerprint() -> str:
    """A hash over everything that a package is made of, and this script."""
    digest = hashlib.sha256()
    for name in (*SOURCES, "infra", "requirements.txt", *TOOLS):
        for path in sorted([PROJECT / name, *(PROJECT / name).rglob("*")]):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(PROJECT)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _stage(source: Path, *, host: bool) -> None:
    source.mkdir(parents=True)
    for name in SOURCES:
        origin = PROJECT / name
        if origin.is_dir():
            shutil.copytree(origin, source / name, symlinks=True, ignore=_left_out)
        else:
            shutil.copy(origin, source / name)
    requirements = (PROJECT / "requirements.txt").read_text("utf-8").splitlines()
    packed = [line for line in requirements if line.split("==")[0].strip() not in NOT_PACKED]
    (source / "requirements.txt").write_text("\n".join(packed) + "\n", "utf-8")
    if host:
        _change(source / ".chalice" / "config.json", lambda_architecture=_host_architecture())
    (source / "infra.json").write_text(json.dumps(load_infra()), "utf-8")


def _left_out(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in ("__pycache__", "deployments", "deployed")}


def _change(config: Path, **changes: Any) -> None:
    content = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({**content, **changes}), "utf-8")


def _host_architecture() -> str:
    return ARCHITECTURES[platform.machine().lower()]


def _chalice_package(source: Path, folder: Path) -> None:
    chalice = Path(sys.executable).with_name("chalice")
    options = ("--stage", STAGE, "--template-format", "json", "--merge-template", "infra.json")
    environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-2"}
    command = [str(chalice), "package", *options, str(folder)]
    finished = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, check=False
    )
    if finished.returncode != 0 or "Could not install" in finished.stdout + finished.stderr:
        sys.exit(f"chalice package failed:\n{finished.stdout}{finished.stderr}")


def _finish(package: Path, work: Path) -> None:
    with zipfile.ZipFile(package) as packed:
        packed.extractall(work)
    _tell_paths(work)
    trim(work)
    compiled = compileall.compile_dir(
        work,
        quiet=1,
        workers=0,
        stripdir=str(work),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        sys.exit("a module of the package does not compile")
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(found for found in work.rglob("*") if found.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(work)), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, path.read_bytes())
    shutil.rmtree(work)


def _tell_paths(work: Path) -> None:
    """Write down which door has which path: handlers/opening.py opens them one by one by it."""
    code = "from chalicelib.handlers.opening import PATHS, told; PATHS.write_text(told())"
    command = [sys.executable, "-B", "-c", code]
    subprocess.run(command, cwd=work, env={**os.environ, "AWS_REGION": "eu-west-2"}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])

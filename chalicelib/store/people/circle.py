"""Reading the circle: its settings and its documents."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.errors import NotFound
from chalicelib.rules.people.circle import CircleSettings, Document, version_of
from chalicelib.store import reads, tables


def settings() -> CircleSettings | None:
    """The circle's settings; None before set-up."""
    return reads.get(CircleSettings, "settings", "circle")


def the_circle() -> CircleSettings:
    """The circle's settings, for whatever there is only after set-up. NotFound before."""
    found = settings()
    if found is None:
        raise NotFound
    return found


def document(name: str, version: str) -> Document | None:
    """One version of a document."""
    return reads.get(Document, f"document#{name}", version)


def current_document(of: CircleSettings, name: str) -> Document | None:
    """The version that holds now."""
    return document(name, version_of(of, name))


def documents(versions_of: Mapping[str, str]) -> dict[str, Document]:
    """One version of each of several documents, by name, in one call; no version is none."""
    keys: list[tuple[str, ...]] = [
        (f"document#{name}", version) for name, version in versions_of.items() if version
    ]
    return {one.name: one for one in reads.many(Document, keys)} if keys else {}


def current_documents(of: CircleSettings | None, *names: str) -> dict[str, Document]:
    """The versions of several documents that hold now, by name; none before set-up."""
    return documents({name: version_of(of, name) for name in names}) if of else {}


def versions(name: str) -> list[Document]:
    """Every version of a document, newest first."""
    return sorted(
        reads.under(tables.Circle, f"document#{name}"),
        key=lambda row: int(row.version),
        reverse=True,
    )

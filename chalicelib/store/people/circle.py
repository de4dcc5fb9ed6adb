"""Reading the circle: its settings and its documents."""

from __future__ import annotations

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


def versions(name: str) -> list[Document]:
    """Every version of a document, newest first."""
    return sorted(
        reads.under(tables.Circle, f"document#{name}"),
        key=lambda row: int(row.version),
        reverse=True,
    )

"""What anybody may read about the circle: its settings and its documents."""

from __future__ import annotations

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.people.circle import DOCUMENTS, CircleSettings, Document
from chalicelib.store.people import circle


def seen(outside: Outside) -> CircleSettings | None:  # noqa: ARG001 - every flow takes outside
    """The circle's settings; None before set-up."""
    return circle.settings()


def current(outside: Outside, name: str) -> Document:  # noqa: ARG001
    """The version of a document that holds now; NotFound for an unknown one."""
    settings = circle.settings()
    found = circle.current_document(settings, name) if settings and name in DOCUMENTS else None
    if found is None:
        raise NotFound
    return found


def version(outside: Outside, name: str, number: str) -> Document:  # noqa: ARG001
    """A version of a document, also one that no longer holds: people agreed to it."""
    found = circle.document(name, number) if name in DOCUMENTS else None
    if found is None:
        raise NotFound
    return found

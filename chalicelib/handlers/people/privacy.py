"""The circle's documents as anybody reads them."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.people import circle
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.people.circle import parts

door = Doors(__name__)


@door.page("/privacy", Audience.ANYONE)
def show_privacy(visit: Visit) -> Response:
    """What is kept about whom, why and for how long."""
    document = circle.current(visit.outside, "privacy")
    return visit.page("privacy", document=document, parts=parts(document.text))


@door.page("/documents/{name}", Audience.ANYONE)
def show_document(visit: Visit, name: str) -> Response:
    """The version of a document that holds now."""
    document = circle.current(visit.outside, name)
    return visit.page("document", document=document, parts=parts(document.text), holds=True)


@door.page("/documents/{name}/{version}", Audience.ANYONE)
def show_version(visit: Visit, name: str, version: str) -> Response:
    """A version of a document, as people agreed to it."""
    document = circle.version(visit.outside, name, version)
    holds = circle.current(visit.outside, name).version == version
    return visit.page("document", document=document, parts=parts(document.text), holds=holds)

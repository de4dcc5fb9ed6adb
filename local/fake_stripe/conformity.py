"""Whether what was said between us and the stand-in keeps to Stripe's own description.

For tests only: it reads the development-only package (description.py). Other test rooms call
`faults_of(fake)` at the end of a story.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

from local.fake_stripe.answering import Exchange
from local.fake_stripe.contract import Contract
from local.fake_stripe.description import answer_schema, parameters, whole

Json = dict[str, Any]


class Conversation(Protocol):
    """What is judged: a FakeStripe."""

    @property
    def exchanges(self) -> list[Exchange]: ...
    @property
    def events(self) -> list[Json]: ...


def faults_of(fake: Conversation) -> list[str]:
    """Every way in which requests, answers and events leave Stripe's description."""
    asked = [fault for each in fake.exchanges for fault in exchange_faults(each)]
    return asked + [fault for each in fake.events for fault in event_faults(each)]


def exchange_faults(exchange: Exchange) -> list[str]:
    """Faults of a request's parameters and of the answer's body."""
    request = exchange.request
    if not exchange.endpoint:
        return [] if exchange.lost else [f"{request.method} {request.path}: no such endpoint"]
    method, path = exchange.endpoint.split(" ")
    wanted = parameters(whole(), method, path)
    faults = contract().faults(wanted, contract().typed(wanted, request.form))
    if exchange.reply:
        schema = answer_schema(whole(), method, path, exchange.reply.status)
        faults += contract().faults(schema, exchange.reply.body)
    return [f"{exchange.endpoint} {fault}" for fault in faults]


def event_faults(event: Json) -> list[str]:
    """Faults of an event and of the object it carries, which the description leaves open."""
    faults = contract().faults(_schema("event"), event)
    carried = object_faults(event["data"]["object"])
    return [f"{event['type']} {fault}" for fault in [*faults, *carried]]


def object_faults(thing: Json) -> list[str]:
    """Faults of one object, judged by the schema its own `object` names."""
    return [str(fault) for fault in contract().faults(_schema(thing["object"]), thing)]


@cache
def contract() -> Contract:
    """The validator over the whole description."""
    return Contract(whole()["components"]["schemas"])


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}

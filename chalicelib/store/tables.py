"""The tables: keys, indexes and the names of row kinds. infra/ rules; a test holds this to it.

`bind` points every table at one prefix and one connection (one botocore client for all of them).
What does not live here: which row lies under which key (rows.py), reads, writes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.session import Session, get_session
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from chalicelib.store.codec import InstantAttribute, RowKind

SCHEMA_VERSION = 1


def index(name: str, hash_name: str, range_name: str | None = None, whole: bool = True) -> Any:
    """A global secondary index over text attributes, which shows whole items, or only their keys
    and kind: then a write that moves nothing in it costs nothing, and reads fetch the rows."""
    shown = AllProjection() if whole else IncludeProjection(["row_kind"])
    meta = type("Meta", (), {"index_name": name, "projection": shown})
    names: dict[str, Any] = {"Meta": meta, hash_name: UnicodeAttribute(hash_key=True)}
    if range_name:
        names[range_name] = UnicodeAttribute(range_key=True)
    return type(f"{name}_index", (GlobalSecondaryIndex,), names)()


class Table(Model):
    """What every table has: the kind of the row and the version of its shape."""

    row_kind = RowKind()
    schema_version = NumberAttribute(default=SCHEMA_VERSION)


class Circle(Table):
    """What there is once: settings, documents, tasks, runs of jobs, officers."""

    class Meta:
        table_name = "circle"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    due = index("due", "due_shard", "due_at", whole=False)


class People(Table):
    """People, and the unique rows of their addresses."""

    class Meta:
        table_name = "people"

    person_id = UnicodeAttribute(hash_key=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    due = index("due", "due_shard", "due_at", whole=False)


class Groups(Table):
    """A group with its terms, sessions and leaders under one key; unique rows of addresses."""

    class Meta:
        table_name = "groups"

    group_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    recruiting = UnicodeAttribute(null=True)
    recruiting_sort = UnicodeAttribute(null=True)
    leader_id = UnicodeAttribute(null=True)
    item_sort = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    by_recruiting = index("recruiting", "recruiting", "recruiting_sort")
    by_leader = index("by_leader", "leader_id", "item_sort")
    due = index("due", "due_shard", "due_at", whole=False)


class Applications(Table):
    """Applications with their offers, taster bookings, and the unique rows of both."""

    class Meta:
        table_name = "applications"

    application_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    term_id = UnicodeAttribute(null=True)
    term_sort = UnicodeAttribute(null=True)
    session_id = UnicodeAttribute(null=True)
    session_sort = UnicodeAttribute(null=True)
    person_id = UnicodeAttribute(null=True)
    person_sort = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    by_term = index("by_term", "term_id", "term_sort", whole=False)
    by_session = index("by_session", "session_id", "session_sort", whole=False)
    by_person = index("by_person", "person_id", "person_sort", whole=False)
    due = index("due", "due_shard", "due_at", whole=False)


class Enrolments(Table):
    """The roster: every holder of a seat under its term."""

    class Meta:
        table_name = "enrolments"

    term_id = UnicodeAttribute(hash_key=True)
    person_id = UnicodeAttribute(range_key=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    by_person = index("by_person", "person_id", "term_id")
    due = index("due", "due_shard", "due_at", whole=False)


class Payments(Table):
    """Everything about one debt under one key; lookup rows by Stripe id."""

    class Meta:
        table_name = "payments"

    obligation_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    person_id = UnicodeAttribute(null=True)
    person_sort = UnicodeAttribute(null=True)
    term_id = UnicodeAttribute(null=True)
    term_sort = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    by_person = index("by_person", "person_id", "person_sort", whole=False)
    by_term = index("by_term", "term_id", "term_sort", whole=False)
    due = index("due", "due_shard", "due_at", whole=False)


class Ledger(Table):
    """The books: entries under the book of a group or of the circle."""

    class Meta:
        table_name = "ledger"

    book = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)
    book_month = UnicodeAttribute(null=True)
    posted_sort = UnicodeAttribute(null=True)
    by_month = index("by_month", "book_month", "posted_sort")


class Payouts(Table):
    """What leaders earned and were sent."""

    class Meta:
        table_name = "payouts"

    leader_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    due = index("due", "due_shard", "due_at", whole=False)


class Certificates(Table):
    """Certificates by their serial number."""

    class Meta:
        table_name = "certificates"

    serial = UnicodeAttribute(hash_key=True)
    person_id = UnicodeAttribute(null=True)
    term_id = UnicodeAttribute(null=True)
    by_person = index("by_person", "person_id", "serial")
    by_term = index("by_term", "term_id", "serial")


class Outbox(Table):
    """Every mail, by the key under which it exists once; they expire."""

    class Meta:
        table_name = "outbox"

    message_key = UnicodeAttribute(hash_key=True)
    person_id = UnicodeAttribute(null=True)
    queued_sort = UnicodeAttribute(null=True)
    day = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    expires_epoch = NumberAttribute(null=True)
    due = index("due", "due_shard", "due_at", whole=False)
    by_person = index("by_person", "person_id", "queued_sort", whole=False)
    by_day = index("by_day", "day", "queued_sort", whole=False)


class Events(Table):
    """Markers of facts that count once; they expire."""

    class Meta:
        table_name = "events"

    marker_id = UnicodeAttribute(hash_key=True)
    expires_epoch = NumberAttribute(null=True)


class Access(Table):
    """Sign-in tokens, sessions, spent forms and counters; they expire."""

    class Meta:
        table_name = "access"

    hash = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True)
    person_id = UnicodeAttribute(null=True)
    expires_epoch = NumberAttribute(null=True)
    by_person = index("by_person", "person_id", "purpose")


class Audit(Table):
    """Who did what, under what it was done to."""

    class Meta:
        table_name = "audit"

    subject = UnicodeAttribute(hash_key=True)
    at_id = UnicodeAttribute(range_key=True)
    day = UnicodeAttribute(null=True)
    person_id = UnicodeAttribute(null=True)
    by_day = index("by_day", "day", "at_id")
    by_person = index("by_person", "person_id", "at_id")


TABLES: dict[str, type[Table]] = {
    table.Meta.table_name: table
    for table in (
        *(Circle, People, Groups, Applications, Enrolments, Payments, Ledger, Payouts),
        *(Certificates, Outbox, Events, Access, Audit),
    )
}

_bound: dict[str, Connection] = {}


@cache
def session() -> Session:
    """One for everything asked of AWS here: it holds botocore's descriptions, slow to load."""
    return get_session()


def bind(prefix: str, region: str, host: str | None = None) -> Connection:
    """Point every table at `prefix-name` over one connection; the last call counts.

    Timeouts stay far below the gateway's 29 seconds: 1 s to connect, 3 s to read, three tries.
    """
    connection = Connection(
        region=region,
        host=host,
        connect_timeout_seconds=1,
        read_timeout_seconds=3,
        max_retry_attempts=2,
        max_pool_connections=16,
    )
    connection._local.session = session()
    for name, table in TABLES.items():
        table.Meta.table_name = f"{prefix}-{name}"
        table._connection = None
        own = table._get_connection()
        connection.add_meta_table(own.get_meta_table())
        own.connection = connection
    _bound["connection"] = connection
    return connection


def connection() -> Connection:
    """The connection of the last `bind`; RuntimeError before the first."""
    if "connection" not in _bound:
        raise RuntimeError("the store is not bound: wiring.outside() binds it")
    return _bound["connection"]


__all__ = ["SCHEMA_VERSION", "TABLES", "Table", "bind", "connection", "session"]

"""The file of everything that is kept about somebody, for themselves or made by the desk.

What does not live here: which rows go into it (rules/people/own_data.py).
"""

from __future__ import annotations

import json

from chalicelib import wording
from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.csv_text import LINK_SECONDS
from chalicelib.rules.people import own_data as rules
from chalicelib.store import reads, tables
from chalicelib.store.codec import to_plain
from chalicelib.store.commit import commit
from chalicelib.store.people import circle, traces

JSON_TYPE = "application/json"


def export(outside: Outside, caller: Caller, name: str, export_id: str) -> None:
    """Write everything about a person, application or booking into a private file, and say in the
    audit who asked for it. NotFound for an id that nobody has."""
    who = traces.who(name)
    if who is None:
        raise NotFound
    found, now = traces.seen(who, wording.label("name", "erased")), outside.clock.now()
    rows = [*found.rows, *traces.attended(found.rows), *traces.acts(who.person_id)]
    about = {
        "about": who.full_name,
        "email": who.email,
        "from": circle.the_circle().name,
        "made_at": now,
    }
    told = to_plain(rules.everything(rows, found.subject, about))
    body = json.dumps(told, ensure_ascii=False, indent=1).encode()
    outside.files.save(_key(who.erasure_id, export_id), body, JSON_TYPE, f"my-data-{now:%F}.json")
    note = audit(
        export_id,
        "person.exported",
        caller.actor,
        now,
        outside.ids.new("audit"),
        person_id=who.person_id or None,
        subject_id=who.erasure_id,
    )
    commit(Change.of(note), caller, now)


def export_link(outside: Outside, name: str, export_id: str) -> str:
    """A link to the file that ends after five minutes. NotFound for a file that nobody made, or
    that is about somebody else."""
    who, asked = traces.who(name), reads.under(tables.Audit, export_id)
    if who is None or not any(one.facts.get("subject_id") == who.erasure_id for one in asked):
        raise NotFound
    return outside.files.link(_key(who.erasure_id, export_id), LINK_SECONDS)


def _key(name: str, export_id: str) -> str:
    return f"people/{name}/{export_id}.json"

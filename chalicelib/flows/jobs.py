"""The jobs of the clock leave word: when each last ended, and what it did in numbers."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.gateways.outside import Outside
from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.people.circle import JobRun
from chalicelib.store import reads
from chalicelib.store.commit import commit


def ended(outside: Outside, job: str, facts: Mapping[str, object]) -> None:
    """Write the row of a job that ended now; `facts` are counts and codes, never people."""
    run = JobRun(job=job, ended_at=outside.clock.now(), facts=dict(facts))
    before = reads.reread(run)
    if before is None:
        commit(Change.of(Create(run)))
    else:
        commit(Change.of(Update(before, {"ended_at": run.ended_at, "facts": run.facts})))

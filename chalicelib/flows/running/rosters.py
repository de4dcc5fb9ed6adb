"""The roster of a term, on screen and as a file.

What does not live here: how an enrolment comes to be (payments.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib import wording
from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.csv_text import CSV_TYPE, LINK_SECONDS, csv_bytes
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.people.addresses import Address
from chalicelib.rules.running.groups import Listed, WholeTerm
from chalicelib.rules.running.rosters import Roster, roster_of, table
from chalicelib.store.commit import commit
from chalicelib.store.joining import enrolments
from chalicelib.store.people import addresses
from chalicelib.store.running import groups


@dataclass(frozen=True)
class RosterPage:
    """A term and who is in it, each under the address that holds by now; by that address, what
    is known of those that lost a mail."""

    whole: WholeTerm
    roster: Roster
    reach: Mapping[str, Address]


def show_rosters(outside: Outside) -> list[Listed]:  # noqa: ARG001 - as every flow
    """Every term that is not over, by its first session."""
    terms = sorted([*groups.recruiting(), *groups.coming()], key=lambda one: one.starts_at)
    known = {one.group_id: one for one in groups.groups(sorted({t.group_id for t in terms}))}
    return [Listed(group=known[t.group_id], term=t) for t in terms if t.group_id in known]


def show_roster(outside: Outside, group_id: str, term_id: str) -> RosterPage:  # noqa: ARG001
    """One term's roster, strongly consistent. NotFound when there is no such term."""
    whole = groups.whole_term(group_id, term_id)
    if whole is None:
        raise NotFound
    seats = enrolments.of_term(term_id)
    lost = addresses.several(one.email for one in seats)
    now = [replace(one, email=lost[one.email].email) if one.email in lost else one for one in seats]
    reach = {one.email: one for one in lost.values()}
    return RosterPage(whole=whole, roster=roster_of(now), reach=reach)


def export(outside: Outside, caller: Caller, group_id: str, term_id: str, export_id: str) -> None:
    """Write the roster into a private file, and say in the audit who asked for it (O9)."""
    shown = show_roster(outside, group_id, term_id)
    columns = wording.options("roster_columns")
    states = {one.state: wording.label(one.state, "states.enrolment") for one in _all(shown)}
    rows = table(_all(shown), [code for code, _ in columns], states, shown.whole.term.zone)
    now = outside.clock.now()
    outside.files.save(
        _key(term_id, export_id),
        csv_bytes([spoken for _, spoken in columns], rows),
        CSV_TYPE,
        f"roster-{shown.whole.group.slug}-{now:%Y-%m-%d}.csv",
    )
    name = outside.ids.new("audit")
    note = audit(term_id, "roster.exported", caller.actor, now, name, export_id=export_id)
    commit(Change.of(note), caller, now)


def export_link(outside: Outside, term_id: str, export_id: str) -> str:
    """A link to an exported file that ends after five minutes."""
    return outside.files.link(_key(term_id, export_id), LINK_SECONDS)


def _all(shown: RosterPage) -> tuple[Enrolment, ...]:
    return (*shown.roster.seated, *shown.roster.gone)


def _key(term_id: str, export_id: str) -> str:
    return f"rosters/{term_id}/{export_id}.csv"

"""The prices of a term beside the standard one: of a draft as they should be; of a published term
only more categories, because what people were told stays (R70)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.errors import Conflict, NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Is, Require, Update
from chalicelib.rules.prices.prices import keeps_promises
from chalicelib.rules.running.price_forms import prices_from
from chalicelib.store.commit import commit
from chalicelib.store.running import groups

OVER = ("ended", "cancelled")


def change_prices(
    outside: Outside, caller: Caller, group_id: str, term_id: str, values: Mapping[str, Any]
) -> None:
    """Set them from the answers of the form. Conflict for a term that is over, and when somebody
    changed its prices or published it meanwhile."""
    whole, now = groups.whole_term(group_id, term_id), outside.clock.now()
    if whole is None:
        raise NotFound
    term = whole.term
    new = replace(term, prices=prices_from(values, term))
    promised = term.state == "draft" or keeps_promises(term.tariff, new.tariff)
    if term.state in OVER or not promised:
        raise Conflict
    as_read = tuple(Is(name, getattr(term, name)) for name in ("state", "prices", "price_minor"))
    write: Require | Update = Require(term, as_read, Conflict)
    if new.prices != term.prices:
        write = Update(term, {"prices": new.prices}, when=as_read, refusal=Conflict)
    note = audit(
        term_id, "term.prices_changed", caller.actor, now, outside.ids.new("act"), group_id=group_id
    )
    commit(Change.of(write, note), caller, now)

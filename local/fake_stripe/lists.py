"""Pages of objects, and ids replaced by the objects they name.

What does not live here: which filters an endpoint offers (api.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from local.fake_stripe.refusals import Refused, not_played
from local.fake_stripe.world import World

Json = dict[str, Any]
PAGING = ("limit", "starting_after", "ending_before", "created", "expand")
# Fields of an object that may be expanded; line_items are shown only when asked for.
EXPANDABLE = {
    "balance_transaction",
    "charge",
    "destination",
    "failure_balance_transaction",
    "latest_charge",
    "line_items",
    "payment_intent",
    "source",
    "transfer",
}
DEPTH_MAX = 4


def page(things: list[Json], params: Mapping[str, Any], url: str) -> Json:
    """One page of `things` (newest first) as Stripe's list object."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise Refused("Invalid limit: must be between 1 and 100", param="limit")
    if "starting_after" in params:
        rest = things[_place(things, params, "starting_after") + 1 :]
        shown, more = rest[:limit], len(rest) > limit
    elif "ending_before" in params:
        rest = things[: _place(things, params, "ending_before")]
        shown, more = rest[-limit:], len(rest) > limit
    else:
        shown, more = things[:limit], len(things) > limit
    return {"object": "list", "url": url, "has_more": more, "data": deepcopy(shown)}


def filtered(things: list[Json], params: Mapping[str, Any], fields: Sequence[str]) -> list[Json]:
    """The things whose `fields` equal the parameters and whose `created` lies in its range."""
    strange = params.keys() - set(fields) - set(PAGING)
    if strange:
        raise not_played(f"the filter {sorted(strange)[0]}")
    asked = {field: params[field] for field in fields if field in params}
    return [
        each
        for each in things
        if all(each.get(field) == value for field, value in asked.items())
        and _in_range(each["created"], params.get("created", {}))
    ]


def expanded(world: World, thing: Json, paths: Sequence[str]) -> Json:
    """A copy of `thing` with the fields at `paths` (`latest_charge.balance_transaction`) filled."""
    copy = deepcopy(thing)
    for path in paths:
        keys = path.split(".")
        if len(keys) > DEPTH_MAX:
            raise Refused(f"You cannot expand more than {DEPTH_MAX} levels: {path}")
        _expand(world, copy, keys, path)
    return copy


def _expand(world: World, thing: Json, keys: list[str], path: str) -> None:
    key, below = keys[0], keys[1:]
    if thing.get("object") == "list" and key == "data" and below:
        for each in thing["data"]:
            _expand(world, each, below, path)
        return
    if key == "line_items" and thing.get("object") == "checkout.session":
        thing[key] = deepcopy(world.notes[thing["id"]]["line_items"])
    if key not in EXPANDABLE or key not in thing:
        raise Refused(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(thing[key], str):
        found = world.find(thing[key])
        if found is None:
            raise not_played(f"expanding {path}")
        thing[key] = deepcopy(found)
    if below and isinstance(thing[key], dict):
        _expand(world, thing[key], below, path)


def _place(things: list[Json], params: Mapping[str, Any], name: str) -> int:
    for place, each in enumerate(things):
        if each["id"] == params[name]:
            return place
    raise Refused(f"No such object: '{params[name]}'", code="resource_missing", param=name)


def _in_range(created: int, wanted: Mapping[str, int] | int) -> bool:
    if isinstance(wanted, int):
        return created == wanted
    return (
        created > wanted.get("gt", -1)
        and created >= wanted.get("gte", 0)
        and created < wanted.get("lt", created + 1)
        and created <= wanted.get("lte", created)
    )

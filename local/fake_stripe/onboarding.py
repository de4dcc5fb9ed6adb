"""Links into onboarding, and what a person does at their end: all of it, half of it, or nothing.

A link is for one visit and for five minutes; whoever comes later is sent to `refresh_url`, where a
fresh one is made. What does not live here: the page itself (pages.py, html/), what becomes of the
account (accounts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.fake_stripe import accounts
from local.fake_stripe.refusals import Refused, not_played
from local.fake_stripe.session_params import check_url
from local.fake_stripe.world import World

Json = dict[str, Any]
PLAYED = {"account", "collection_options", "expand", "refresh_url", "return_url", "type"}
LIFE_SECONDS = 5 * 60
PATH = "/setup/e"
# What the buttons of the page do; "leave" tells Stripe nothing, and still comes back to us.
ACTS: Mapping[str, Callable[[World, str], object]] = {
    "complete": accounts.enable,
    "submit": accounts.submit,
    "leave": lambda _world, _account_id: None,
}


class Elsewhere(Exception):
    """The browser is to go to `url`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def create_link(world: World, params: Json) -> Json:
    """A link for one visit; raises Stripe's 400 for what it would refuse."""
    strange = sorted(params.keys() - PLAYED)
    if strange:
        raise not_played(strange[0])
    account = accounts.load(world, params["account"])
    if params["type"] != "account_onboarding":
        raise Refused(
            "You cannot create `account_update` type Account Links for this account.", param="type"
        )
    for name in ("refresh_url", "return_url"):
        if name not in params:
            raise Refused(f"Missing required param: {name}.", code="parameter_missing", param=name)
        check_url(params[name], name)
    token = world.new_id("link")
    expires_at = world.epoch() + LIFE_SECONDS
    world.notes[token] = {
        "account": account["id"],
        "expires_at": expires_at,
        "refresh_url": params["refresh_url"],
        "return_url": params["return_url"],
        "visit": "",
    }
    return {
        "object": "account_link",
        "created": world.epoch(),
        "expires_at": expires_at,
        "url": f"{world.base_url}{PATH}/{account['id']}/{token}",
    }


def visit(world: World, account_id: str, token: str) -> tuple[Json, str]:
    """The account and the name of this visit, which uses the link up. Raises Elsewhere for a link
    that was used before or is too old."""
    link = _link(world, account_id, token)
    if link["visit"] or link["expires_at"] <= world.epoch():
        raise Elsewhere(link["refresh_url"])
    link["visit"] = world.new_id("visit")
    return accounts.load(world, account_id), link["visit"]


def press(world: World, account_id: str, token: str, given: Mapping[str, str]) -> str:
    """A button of the page; where the browser goes. A visit ends with its first button."""
    link = _link(world, account_id, token)
    if not link["visit"] or given.get("visit") != link["visit"]:
        return str(link["refresh_url"])
    act = ACTS.get(given.get("act", ""))
    if act is None:
        raise Refused("There is no such button.", status=404)
    reason = accounts.load(world, account_id)["requirements"]["disabled_reason"] or ""
    if reason.startswith("rejected."):
        raise Refused("Stripe does not work with this account.", status=409)
    link["visit"] = "over"
    act(world, account_id)
    return str(link["return_url"])


def follow(world: World, url: str, act: str = "complete") -> str:
    """Walk through a link as a browser does; where it ends."""
    account_id, token = url.split(f"{PATH}/")[1].split("/")
    try:
        name = visit(world, account_id, token)[1]
    except Elsewhere as elsewhere:
        return elsewhere.url
    return press(world, account_id, token, {"act": act, "visit": name})


def _link(world: World, account_id: str, token: str) -> Json:
    link: Json = world.notes.get(token, {})
    if link.get("account") != account_id:
        raise Refused("There is no such page.", status=404)
    return link

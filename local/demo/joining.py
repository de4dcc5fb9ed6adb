"""How somebody joins, in the demo: applies, is talked with, gets an offer. Paying: paying.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.demo.paying import accept_and_pay
from local.demo.people import ADA, Somebody
from local.demo.stage import Stage

DATES = {"can_attend": "all", "device": "computer"}
ABOUT = {
    "hopes": "To think about encounters that stay with me, together with people who know them too.",
    "source": "colleague",
    "knows_someone": "no",
    "payer": "self",
    "agreement": "yes",
    "privacy": "yes",
}


def apply(
    stage: Stage,
    slug: str,
    who: Somebody,
    source: str = "colleague",
    confirms: bool = True,
    by_heart: str = "",
) -> str:
    """Fill in the form in its three steps, send it and confirm the address; the id of the
    application. Without the last step the offer's own link proves the address. `by_heart` is
    the term's id, for somebody who looks at none of the pages."""
    browser = stage.browser()
    first = {**_who(who), "term_id": by_heart} if by_heart else _who(who)
    path = f"/groups/{slug}/apply"
    draft = stage.fill(browser, path, first, by_heart=bool(by_heart)).removesuffix("/dates")
    stage.fill(browser, f"{draft}/dates", DATES, by_heart=bool(by_heart))
    stage.fill(browser, f"{draft}/about", {**ABOUT, "source": source}, by_heart=bool(by_heart))
    stage.fill(browser, f"{draft}/check", {}, by_heart=bool(by_heart))
    if confirms:
        stage.fill(browser, stage.link(who.email, "/applications/"), {"do": "confirm"})
    return draft.split("/")[2].split(".")[0]


def _who(who: Somebody) -> dict[str, Any]:
    return {
        "full_name": who.name,
        "email": who.email,
        "profession": who.profession,
        "profession_other": who.profession_in_words,
        "zone": who.zone,
    }


def talk_and_decide(
    stage: Stage,
    application_id: str,
    decision: str = "accept",
    talk: bool = True,
    by_heart: bool = False,
) -> None:
    """What the administrator does with an application: a talk where the group has one, then
    `accept`, `waitlist` or `not_now`."""
    path = f"/admin/applications/{application_id}"
    if talk:
        stage.fill(stage.signed_in(ADA), path, {"do": "invite"}, by_heart=by_heart)
        stage.later(hours=1)
        points = ["expectations", "commitment", "technology"]
        ended = {"points": points, "outcome": "suits"}
        stage.fill(stage.signed_in(ADA), path, ended, f"{path}/interview", by_heart=True)
    stage.fill(stage.signed_in(ADA), path, {"do": decision}, by_heart=by_heart or talk)


def offer(stage: Stage, application_id: str, stands: int = 7, by_heart: bool = False) -> None:
    """Offer the place for so many days."""
    path = f"/admin/applications/{application_id}"
    stands_for = {"stands": str(stands)}
    stage.fill(stage.signed_in(ADA), path, stands_for, f"{path}/offer", by_heart)


def joins(
    stage: Stage,
    slug: str,
    term: str,
    who: Somebody,
    talk: bool = True,
    pays: Callable[[Stage, Somebody], None] | None = None,
) -> None:
    """The whole way to a seat in a term, for somebody who has no story of their own; `pays` is
    how, where that is one."""
    term_id = stage.places[term].rsplit("/", 1)[1]
    application_id = apply(stage, slug, who, confirms=False, by_heart=term_id)
    talk_and_decide(stage, application_id, talk=talk, by_heart=True)
    offer(stage, application_id, by_heart=True)
    stage.later(minutes=40)
    if pays:
        pays(stage, who)
    else:
        accept_and_pay(stage, who, by_heart=True)

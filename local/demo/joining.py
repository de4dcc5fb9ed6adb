"""How somebody joins, in the demo: applies, is talked with, gets an offer, pays."""

from __future__ import annotations

import re

from local.demo.people import ADA, Somebody
from local.demo.stage import Stage, StoryStuck

PAYS = "Accept and pay"  # the heading of an offer that costs something
HOPES = "To think about encounters that stay with me, together with people who know them too."


def apply(
    stage: Stage, slug: str, who: Somebody, source: str = "colleague", confirms: bool = True
) -> str:
    """Fill in the form in its three steps, send it and confirm the address; the id of the
    application. Without the last step the offer's own link proves the address."""
    browser = stage.browser()
    values = {
        "full_name": who.name,
        "email": who.email,
        "profession": who.profession,
        "profession_other": who.profession_in_words,
        "zone": who.zone,
    }
    stage.open(browser, f"/groups/{slug}/apply")
    path = stage.press(browser, values, "/apply")
    stage.press(browser, {"can_attend": "all", "device": "computer"}, "/dates")
    stage.press(
        browser,
        {
            "hopes": HOPES,
            "source": source,
            "knows_someone": "no",
            "payer": "self",
            "agreement": "yes",
            "privacy": "yes",
        },
        "/about",
    )
    stage.press(browser, {}, "/check", follow=False)
    if confirms:
        stage.fill(browser, stage.link(who.email, "/applications/"), {"do": "confirm"})
    return path.split("/")[2].split(".")[0]


def talk_and_decide(
    stage: Stage, application_id: str, decision: str = "accept", talk: bool = True
) -> None:
    """What the administrator does with an application: a talk where the group has one, then
    `accept`, `waitlist` or `not_now`."""
    path = f"/admin/applications/{application_id}"
    if talk:
        stage.fill(stage.signed_in(ADA), path, {"do": "invite"})
        stage.later(hours=1)
        points = ["expectations", "commitment", "technology"]
        ended = {"points": points, "outcome": "suits"}
        stage.fill(stage.signed_in(ADA), path, ended, f"{path}/interview")
    stage.fill(stage.signed_in(ADA), path, {"do": decision})


def offer(stage: Stage, application_id: str, stands: int = 7) -> None:
    """Offer the place for so many days."""
    path = f"/admin/applications/{application_id}"
    stage.fill(stage.signed_in(ADA), path, {"stands": str(stands)}, f"{path}/offer")


def accept_and_pay(stage: Stage, who: Somebody) -> None:
    """Use the mailed offer: both ticks, and by card when there is something to pay. At the real
    Stripe only a person can pay, so there the offer is left to its fate."""
    browser = stage.browser()
    path = stage.link(who.email, "/offers/")
    stage.open(browser, path)
    if stage.product.stripe is None and PAYS in browser.text:
        return
    location = stage.press(browser, {"agree": "yes", "policy": "yes"}, path, follow=False)
    if not location.startswith("/"):
        _pay(stage, location)
    stage.product.hear()
    stage.product.mail()


def _pay(stage: Stage, location: str) -> None:
    """The hosted page of the stand-in; its events reach the app by themselves."""
    found = re.search(r"/(cs_\w+)", location)
    if not found or stage.product.stripe is None:
        raise StoryStuck(f"no checkout page but {location}")
    stage.later(minutes=3)
    stage.product.stripe.pay(found[1])


def joins(stage: Stage, slug: str, who: Somebody, talk: bool = True) -> str:
    """The whole way to a seat; the application's id."""
    application_id = apply(stage, slug, who, confirms=False)
    talk_and_decide(stage, application_id, talk=talk)
    offer(stage, application_id)
    stage.later(minutes=40)
    accept_and_pay(stage, who)
    return application_id

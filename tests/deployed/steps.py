"""What people do at a deployment and several stories need: paying, and what Stripe's keys did.

What does not live here: the steps that the laptop's demo shares (local/demo).
"""

from __future__ import annotations

from local.demo import groups, joining
from local.demo.people import Somebody
from local.fake_stripe import FakeStripe
from local.tools.deploy import rights
from tests.deployed.conftest import SECRETS
from tests.deployed.street import DeployedStage, RemoteBrowser

CARD = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}
TICKS = {"agree": "yes", "policy": "yes"}


def a_term_recruits(stage: DeployedStage, group: groups.Made, term: groups.Planned) -> str:
    """A group with a term that takes applications; the page of the term."""
    groups.enter_group(stage, group)
    groups.plan_term(stage, group.name, term)
    return stage.places[term.name]


def is_offered_a_place(stage: DeployedStage, slug: str, who: Somebody, source: str) -> None:
    """Applies, is talked with and accepted, and gets an offer by mail."""
    application_id = joining.apply(stage, slug, who, source=source)
    joining.talk_and_decide(stage, application_id)
    joining.offer(stage, application_id)


def pays(stage: DeployedStage, who: Somebody) -> str:
    """Accepts the mailed offer and pays at the hosted page; what our page then says."""
    browser = stage.browser()
    offer = stage.link(who.email, "/offers/")
    hosted_url = stage.fill(browser, offer, TICKS, offer)
    stripe_url = stage.stripe.world.base_url
    hosted = RemoteBrowser(stripe_url)
    hosted.get(hosted_url.removeprefix(stripe_url))
    assert "£216.00" in hosted.text
    back = hosted.submit(CARD).header("location") or ""
    stage.open(browser, back.removeprefix(stage.deployment.base_url))
    return browser.text


def keys_of(stripe: FakeStripe, endpoint: str) -> set[str]:
    """The keys that were let in at an endpoint."""
    return {
        one.request.headers["authorization"].removeprefix("Bearer ")
        for one in stripe.exchanges
        if one.endpoint == endpoint and one.reply and one.reply.status == 200
    }


def keys_kept_to_their_rights(stripe: FakeStripe) -> set[str]:
    """The names of the keys that Stripe was asked with; each did only what its rights say. So
    the rights that docs/deploying.md names are enough, and none is too much by accident."""
    names = {key.strip(): name for name, key in SECRETS.items()}
    asked = {
        (names[key], one.request.method, one.request.path)
        for one in stripe.exchanges
        if (key := one.request.headers["authorization"].removeprefix("Bearer ")) in names
        and not (one.reply and one.reply.status == 403)
    }
    assert [one for one in asked if not rights.allows(*one)] == []
    return {name for name, _, _ in asked}

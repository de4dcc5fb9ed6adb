"""The main job over HTTP, every function confined to its own role: from a free first meeting to a
paid seat, the roster and back, with Stripe's stand-in at the other end of real sockets.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO

import pytest
import requests

from local.demo import groups, people
from local.demo.people import ADA, Somebody
from local.demo.stories import LANTERN
from local.deployment import FUNCTIONS
from tests.deployed import steps
from tests.deployed.conftest import REFUND_KEY, SELLING_KEY
from tests.deployed.street import DeployedStage

pytestmark = pytest.mark.deployed


@dataclass(frozen=True)
class Member:
    """Somebody who paid, and what the page said on the way back from Stripe."""

    who: Somebody
    welcomed_with: str


@pytest.fixture(scope="module")
def term(stage: DeployedStage) -> str:
    """The page of a term that takes applications."""
    return steps.a_term_recruits(stage, groups.LANTERN, groups.LANTERN_SPRING)


@pytest.fixture(scope="module")
def member(stage: DeployedStage, term: str) -> Member:
    """Pip Buttonwood comes to a taster, applies, is accepted, pays, and is in."""
    who = people.BUTTONWOOD
    books_a_taster(stage, who)
    steps.is_offered_a_place(stage, LANTERN, who, source="taster")
    return Member(who, steps.pays(stage, who))


def books_a_taster(stage: DeployedStage, who: Somebody) -> None:
    """Takes a place, and finds it kept at the mailed link."""
    browser = stage.browser()
    stage.open(browser, f"/groups/{LANTERN}/taster")
    values = {
        "session_id": stage.choices(browser, "session_id")[0],
        "full_name": who.name,
        "email": who.email,
        "profession": who.profession,
        "zone": who.zone,
    }
    stage.press(browser, values, "/taster")
    stage.open(browser, stage.link(who.email, "/tasters/"))
    assert "Your place is kept" in browser.text


def test_who_pays_is_in_and_is_told_so(stage: DeployedStage, member: Member) -> None:
    assert "We have your payment of £216.00" in member.welcomed_with
    stage.until(lambda: stage.stripe.outgoing == [])
    stage.deployment.aws.await_mail(member.who.email, "Receipt")
    stage.deployment.aws.await_mail(member.who.email, "is certain")


def test_the_webhook_takes_only_what_stripe_signed(stage: DeployedStage, member: Member) -> None:
    paid = next(one for one in stage.stripe.events if one["type"] == "checkout.session.completed")
    body, signature = stage.stripe.signed(paid)
    door = f"{stage.deployment.base_url}/webhooks/stripe"
    forged = requests.post(
        door, body.replace(b"216", b"217"), headers={"Stripe-Signature": signature}, timeout=30
    )
    assert forged.status_code == 400
    assert stage.stripe.deliver(paid["id"]) == [200], "a second delivery is harmless"


def test_the_roster_leaves_as_a_file_by_a_short_link(
    stage: DeployedStage, term: str, member: Member
) -> None:
    desk = stage.signed_in(ADA)
    stage.open(desk, f"{term}/roster")
    assert "1 of 8 places taken" in desk.text
    stage.press(desk, {}, "/roster")
    url = stage.address(desk, "Download the file")
    file = requests.get(url, timeout=30)
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(StringIO(file.content.decode("utf-8-sig")))
    assert (row["Name"], row["Email address"]) == (member.who.name, member.who.email)
    assert requests.get(url.split("?")[0], timeout=30).status_code == 403, "the bare address"


def test_a_hold_that_ran_out_is_let_go_by_the_tick(stage: DeployedStage, term: str) -> None:
    who = people.SAUCEPAN
    steps.is_offered_a_place(stage, LANTERN, who, source="colleague")
    stage.link(who.email, "/offers/")
    stage.fall_due("applications", "offer")
    stage.deployment.invoke("Tick")
    stage.deployment.aws.await_mail(who.email, "has ended")
    desk = stage.signed_in(ADA)
    stage.open(desk, f"{term}/roster")
    assert "kept for open offers" not in desk.text


def test_a_refund_is_asked_for_at_the_desk_and_sent_by_the_job_with_the_key(
    stage: DeployedStage, term: str, member: Member
) -> None:
    desk = stage.signed_in(ADA)
    stage.open(desk, "/admin/payments")
    stage.open(desk, stage.address(desk, member.who.email) + "/leaving")
    stage.press(desk, {"way": "policy"}, "/leave")
    assert stage.stripe.objects("refund") == [], "the web function only writes it down"

    stage.deployment.invoke("SendRefunds")
    [refund] = stage.stripe.objects("refund")
    assert refund["amount"] == 21600
    assert steps.keys_of(stage.stripe, "POST /v1/refunds") == {REFUND_KEY}
    stage.deployment.aws.await_mail(member.who.email, "refund")
    stage.open(desk, f"{term}/roster")
    assert "0 of 8 places taken" in desk.text


def test_the_key_of_the_web_cannot_refund(stage: DeployedStage, member: Member) -> None:
    """Nor does any function carry a key in its environment."""
    assert steps.keys_of(stage.stripe, "POST /v1/checkout/sessions") == {SELLING_KEY}
    refused = requests.post(
        f"{stage.stripe.world.base_url}/v1/refunds",
        {"payment_intent": stage.stripe.objects("payment_intent")[0]["id"]},
        headers={"Authorization": f"Bearer {SELLING_KEY}"},
        timeout=30,
    )
    assert refused.status_code == 403
    held = {name: stage.deployment.environment(name).values() for name in FUNCTIONS}
    assert not [name for name, values in held.items() if {SELLING_KEY, REFUND_KEY} & {*values}]


def test_the_night_proves_the_books(stage: DeployedStage, member: Member) -> None:
    stage.until(lambda: stage.stripe.outgoing == [])
    stage.fall_due("payments", "payment")
    stage.deployment.invoke("Tick")
    told = stage.deployment.invoke("Nightly")
    assert told["books"] == {"findings": 0, "unexplained_minor": 0}
    desk = stage.signed_in(ADA)
    stage.open(desk, "/admin/payments")
    assert "Unexplained: £0.00" in desk.text


def test_every_key_did_only_what_its_rights_say(stage: DeployedStage, member: Member) -> None:
    assert steps.keys_kept_to_their_rights(stage.stripe) >= {"stripe-web-key", "stripe-refunds-key"}

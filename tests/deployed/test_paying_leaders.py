"""Leaders are paid over HTTP, every function confined to its own role: a register is closed, a
second person approves the run, one leader is paid from the bank and one through Stripe, and every
penny is explained.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO

import pytest
import requests

from local.demo import autumn, groups, leaders_pay, people
from local.demo.leaders_pay import TILDA
from local.demo.people import ADA, Somebody
from local.deployment import FUNCTIONS
from local.fake_stripe import WEBHOOK_SECRET, sign
from tests.deployed import steps
from tests.deployed.conftest import PAYOUT_KEY, SECRETS
from tests.deployed.street import DeployedStage, RemoteBrowser

pytestmark = pytest.mark.deployed

BY_BANK, BY_STRIPE = people.QUILL, people.PUDDLEFOOT
MEMBERS = (people.UMBRELLA, people.CLOCKHOUSE)
ORCHARD = replace(groups.LANTERN, name="orchard", title="Orchard Evening Group")
SPRING = replace(
    groups.LANTERN_SPRING,
    name="orchard-spring",
    leaders=(groups.Leads(BY_BANK), groups.Leads(BY_STRIPE)),
)
ACCOUNT, CONNECT_DOOR = "/leader/pay/account", "/webhooks/stripe/connect"
UNTIL_ONE_EVENING_IS_OVER = 56  # days: it is 54 days after the demo's today, or up to 6 fewer
THE_HOLD = 8  # days; of a fee, and longer than new bank details wait


@dataclass(frozen=True)
class Run:
    """A run that was approved and taken up: its page, and the id of the account at Stripe."""

    path: str
    account_id: str


@pytest.fixture(scope="module")
def held(stage: DeployedStage) -> str:
    """Two members have paid, the term goes ahead, and its first evening is over; its page."""
    term = steps.a_term_recruits(stage, ORCHARD, SPRING)
    for who in MEMBERS:
        steps.is_offered_a_place(stage, ORCHARD.slug, who, source="colleague")
        steps.pays(stage, who)
    autumn.run_term(stage, SPRING.name)
    stage.days_pass(UNTIL_ONE_EVENING_IS_OVER)
    stage.clock_runs()
    return term


@pytest.fixture(scope="module")
def earned(stage: DeployedStage, held: str) -> str:
    """A leader closes the register; the term's page."""
    autumn.close_registers(stage, BY_BANK)
    return held


@pytest.fixture(scope="module")
def account_id(stage: DeployedStage, held: str) -> str:
    """Runs are prepared by hand. One leader gives bank details, the other chooses Stripe and tells
    it everything there; the id of the account."""
    ada = stage.signed_in(ADA)
    circle = {"connect": "yes", "payouts_every": "by_hand"}
    stage.fill(ada, "/admin/settings/circle", circle, "/admin/settings/circle")
    british = {"country": "GB", "sort_code": "01-23-45", "account_number": "00123456"}
    leaders_pay.enters_details(stage, BY_BANK, british)
    leader = stage.signed_in(BY_STRIPE.email)
    stage.fill(leader, ACCOUNT, {"account_country": "GB"}, ACCOUNT)
    way_in = stage.fill(leader, ACCOUNT, {}, "/enter")
    stripe_url = stage.stripe.world.base_url
    stripes_page = RemoteBrowser(stripe_url)
    stripes_page.get(way_in.removeprefix(stripe_url))
    back = stripes_page.submit({"act": "complete"}).header("location") or ""
    stage.open(leader, back.removeprefix(stage.deployment.base_url))
    (account,) = stage.stripe.objects("account")
    return str(account["id"])


@pytest.fixture(scope="module")
def run(stage: DeployedStage, earned: str, account_id: str) -> Run:
    """The hold is over; the treasurer prepares, the administrator approves, the tick takes up."""
    leaders_pay.a_treasurer_comes(stage)
    stage.until(lambda: stage.stripe.outgoing == [])
    stage.days_pass(THE_HOLD)
    stage.clock_runs()
    path = leaders_pay.run_that_waits(stage)
    tries_to_approve_it(stage, path)
    leaders_pay.approve(stage, path)
    stage.deployment.invoke("Tick")
    return Run(path, account_id)


def tries_to_approve_it(stage: DeployedStage, path: str) -> None:
    """Whoever prepared a run has no button to approve it, and sending its form changes nothing."""
    ada, tilda = stage.signed_in(ADA), stage.signed_in(TILDA)
    stage.open(ada, path)
    seen = ada.form("/approve")[1]["seen"]
    stage.open(tilda, path)
    assert "Now somebody else looks" in tilda.text
    tilda.post(f"{path}/approve", {**tilda.form("/withdraw")[1], "seen": seen})
    assert tilda.answer.status == 409
    assert "second person" in tilda.text, tilda.text
    stage.open(tilda, path)
    assert "Approved Not yet" in tilda.text


@pytest.fixture(scope="module")
def sent(stage: DeployedStage, run: Run) -> Run:
    """The job with the key that may transfer has run, and Stripe's events have arrived."""
    assert stage.stripe.objects("transfer") == [], "the web and the tick only write it down"
    stage.deployment.invoke("SendPayouts")
    stage.until(lambda: stage.stripe.outgoing == [])
    return run


@pytest.fixture(scope="module")
def taken_back(stage: DeployedStage, sent: Run) -> Run:
    """A payer's bank takes a fee back for good. The treasurer takes the leader's part of it back
    from the account at Stripe, and the job asks for it."""
    stage.stripe.lose(stage.stripe.dispute(paid_by(stage, MEMBERS[0]))["id"])
    stage.until(lambda: stage.stripe.outgoing == [])
    stage.deployment.invoke("Tick")
    tilda = stage.signed_in(TILDA)
    stage.open(tilda, "/admin/payouts")
    stage.open(tilda, stage.address(tilda, BY_STRIPE.name))
    (clawback,) = re.findall(r'href="([^"]*/clawbacks/[^"]+)"', tilda.answer.text)
    stage.open(tilda, clawback)
    stage.press(tilda, {}, "/take-back")
    stage.deployment.invoke("SendPayouts")
    stage.until(lambda: stage.stripe.outgoing == [])
    return sent


@pytest.fixture(scope="module")
def all_paid(stage: DeployedStage, taken_back: Run) -> Run:
    """The bank has paid as well, and Stripe has paid out to the leader's own bank."""
    today = datetime.now(UTC).date().isoformat()
    leaders_pay.say_paid(stage, taken_back.path, today, "LEADERS 1")
    stage.stripe.pay_out_account(taken_back.account_id)
    stage.days_pass(3)
    stage.until(lambda: "payout.paid" in heard(stage))
    stage.until(lambda: stage.stripe.outgoing == [])
    return taken_back


def paid_by(stage: DeployedStage, who: Somebody) -> str:
    """The id of somebody's payment at Stripe."""
    (session,) = [
        one
        for one in stage.stripe.objects("checkout.session")
        if one["customer_email"] == who.email and one["payment_status"] == "paid"
    ]
    return str(session["payment_intent"])


def heard(stage: DeployedStage) -> set[str]:
    """The types of the events about connected accounts so far."""
    return {event["type"] for event in stage.stripe.events if "account" in event}


def test_a_leader_closes_the_register_and_has_earned_a_fee(
    stage: DeployedStage, earned: str
) -> None:
    for leader in (BY_BANK, BY_STRIPE):
        browser = stage.signed_in(leader.email)
        stage.open(browser, "/leader/pay")
        assert "Open altogether: £97.50" in browser.text
    desk = stage.signed_in(ADA)
    stage.open(desk, "/admin/payouts")
    assert "Nothing can be paid just now" in desk.text


def test_a_leader_enters_at_stripe_and_its_event_makes_the_account_ready(
    stage: DeployedStage, account_id: str
) -> None:
    stage.until(lambda: stage.stripe.outgoing == [])
    leader = stage.signed_in(BY_STRIPE.email)
    stage.open(leader, ACCOUNT)
    assert "Your account at Stripe Ready" in leader.text
    assert steps.keys_of(stage.stripe, "POST /v1/accounts") == {SECRETS["stripe-web-key"]}


def test_the_connect_webhook_takes_only_what_stripe_signed_for_it(
    stage: DeployedStage, account_id: str
) -> None:
    stage.until(lambda: stage.stripe.outgoing == [])
    event = next(one for one in stage.stripe.events if one["type"] == "account.updated")
    body, signature = stage.stripe.signed(event)
    of_the_other_door = sign(body, WEBHOOK_SECRET, datetime.now(UTC))
    base_url = stage.deployment.base_url
    for door, told, signed in (
        (CONNECT_DOOR, body.replace(b"acct_", b"acct_x"), signature),
        (CONNECT_DOOR, body, of_the_other_door),
        (CONNECT_DOOR, body, ""),
        ("/webhooks/stripe", body, signature),
    ):
        headers = {"Stripe-Signature": signed}
        answer = requests.post(f"{base_url}{door}", told, headers=headers, timeout=30)
        assert answer.status_code == 400
    assert stage.stripe.deliver(event["id"]) == [200], "a second delivery is harmless"


def test_the_list_for_the_bank_leaves_as_a_file_by_a_short_link(
    stage: DeployedStage, run: Run
) -> None:
    tilda = stage.signed_in(TILDA)
    stage.open(tilda, f"{run.path}/bank-list")
    stage.press(tilda, {}, "/file")
    url = stage.address(tilda, "Download the file")
    file = requests.get(url, timeout=30)
    assert file.headers["content-type"] == "text/csv; charset=us-ascii"
    (row,) = csv.DictReader(StringIO(file.text))
    assert (row["Sort code"], row["Account number"], row["Amount"]) == (
        "012345", "00123456", "97.50",
    )  # fmt: skip
    assert requests.get(url.split("?")[0], timeout=30).status_code == 403, "the bare address"


def test_the_transfer_is_sent_by_the_job_with_the_only_key_that_may(
    stage: DeployedStage, sent: Run
) -> None:
    (transfer,) = stage.stripe.objects("transfer")
    assert (transfer["amount"], transfer["destination"]) == (9750, sent.account_id)
    assert steps.keys_of(stage.stripe, "POST /v1/transfers") == {PAYOUT_KEY}
    stage.deployment.aws.await_mail(BY_STRIPE.email, "£97.50 for leading")
    for name in ("stripe-web-key", "stripe-jobs-key", "stripe-refunds-key"):
        refused = requests.post(
            f"{stage.stripe.world.base_url}/v1/transfers",
            {"amount": "1", "currency": "gbp", "destination": sent.account_id},
            headers={"Authorization": f"Bearer {SECRETS[name].strip()}"},
            timeout=30,
        )
        assert refused.status_code == 403
    carried = [
        name for name in FUNCTIONS if PAYOUT_KEY in stage.deployment.environment(name).values()
    ]
    assert carried == []


def test_a_job_that_runs_again_sends_nothing_again(stage: DeployedStage, sent: Run) -> None:
    stage.deployment.invoke("SendPayouts")
    assert len(stage.stripe.objects("transfer")) == 1


def test_what_a_dispute_took_back_comes_back_from_the_account_at_stripe(
    stage: DeployedStage, taken_back: Run
) -> None:
    (reversal,) = stage.stripe.objects("transfer_reversal")
    assert reversal["amount"] == 4875, "half of the fee: one of two members"
    (transfer,) = stage.stripe.objects("transfer")
    assert steps.keys_of(stage.stripe, "POST /v1/transfers/{id}/reversals") == {PAYOUT_KEY}
    assert transfer["amount_reversed"] == 4875


def test_both_leaders_read_that_they_were_paid(stage: DeployedStage, all_paid: Run) -> None:
    period = all_paid.path.rsplit("/", 1)[1]
    for leader, way in ((BY_BANK, "LEADERS 1"), (BY_STRIPE, "Sent")):
        browser = stage.signed_in(leader.email)
        stage.open(browser, "/leader/pay")
        assert "Everything you have earned so far is paid" in browser.text
        assert way in browser.text
        stage.open(browser, f"/leader/pay/{period}")
        assert "£97.50" in browser.text
    desk = stage.signed_in(ADA)
    stage.open(desk, all_paid.path)
    assert "Done" in desk.text


def test_the_night_explains_every_penny_that_leaders_were_paid(
    stage: DeployedStage, all_paid: Run
) -> None:
    told = stage.clock_runs()
    assert told["books"] == {"findings": 0, "unexplained_minor": 0}
    desk = stage.signed_in(ADA)
    stage.open(desk, "/admin/payments")
    assert "Unexplained: £0.00" in desk.text


def test_the_key_that_pays_leaders_did_only_what_its_rights_say(
    stage: DeployedStage, all_paid: Run
) -> None:
    used = steps.keys_kept_to_their_rights(stage.stripe)
    assert used >= {"stripe-web-key", "stripe-jobs-key", "stripe-payouts-key"}

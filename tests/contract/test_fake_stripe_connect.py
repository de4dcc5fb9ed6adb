"""The stand-in's connected accounts: what the second endpoint hears, their banks, onboarding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from chalicelib.errors import NotSigned
from chalicelib.gateways.webhook_signature import verify
from chalicelib.rules.money.stripe_objects import Event
from local.fake_stripe import CONNECT_WEBHOOK_SECRET, WEBHOOK_SECRET, Refused
from tests.contract.stories import (
    SECRET_KEY,
    Clock,
    Shop,
    account_params,
    link_params,
    running_shop,
    transfer_params,
)

BACK, AGAIN = "https://circle.example/pay/back", "https://circle.example/pay/again"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


class Inbox:
    """An endpoint with memory and a secret of its own."""

    def __init__(self, clock: Clock, secret: str) -> None:
        self.clock, self.secret = clock, secret
        self.heard: list[Event] = []

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            event = verify(body, headers["Stripe-Signature"], [self.secret], self.clock.now())
        except NotSigned:
            return 400
        self.heard.append(event)
        return 200

    @property
    def types(self) -> list[str]:
        """What was heard, in its order."""
        return [event.type for event in self.heard]


def _listen(shop: Shop) -> tuple[Inbox, Inbox]:
    ours, theirs = Inbox(shop.clock, WEBHOOK_SECRET), Inbox(shop.clock, CONNECT_WEBHOOK_SECRET)
    shop.fake.deliveries.webhook = ours
    shop.fake.deliveries.connect_webhook = theirs
    return ours, theirs


# Two endpoints


def test_connected_accounts_are_told_at_their_own_endpoint_under_its_own_secret(
    shop: Shop,
) -> None:
    ours, theirs = _listen(shop)
    shop.earn()
    account_id = shop.leader()
    shop.connect.transfer(transfer_params(account_id, 500), "payout-1")
    assert set(shop.fake.deliver_all()) == {200}
    assert theirs.types == ["account.updated", "capability.updated"]
    assert {event.account for event in theirs.heard} == {account_id}
    assert "transfer.created" in ours.types
    assert {event.account for event in ours.heard} == {None}


def test_one_endpoint_does_not_open_what_is_signed_for_the_other(shop: Shop) -> None:
    ours, _ = _listen(shop)
    shop.fake.deliveries.connect_webhook = ours
    shop.leader()
    assert shop.fake.deliver_all() == [400, 400]


def test_their_events_can_be_shuffled_doubled_dropped_and_never_made(shop: Shop) -> None:
    _, theirs = _listen(shop)
    shop.fake.never_generate("capability.updated")
    account_id = shop.leader()
    shop.fake.reject(account_id)
    shop.fake.close_account(account_id)
    enabled, rejected, off, left = shop.fake.outgoing
    shop.fake.drop(off["id"])
    shop.fake.deliver(left["id"], times=2)
    shop.fake.deliver(rejected["id"])
    assert theirs.types == [*["account.application.deauthorized"] * 2, "account.updated"]
    assert shop.fake.outgoing == [enabled]


def test_an_endpoint_that_is_not_there_keeps_nobody_else_waiting(shop: Shop) -> None:
    ours, _ = _listen(shop)
    shop.fake.deliveries.connect_webhook = None
    shop.leader()
    shop.stripe.expire_checkout(shop.open())
    assert shop.fake.deliver_due() == 1
    assert ours.types == ["checkout.session.expired"]
    assert [each["type"] for each in shop.fake.outgoing] == [
        *("account.updated", "capability.updated")
    ]


def test_their_events_are_not_listed_among_ours(shop: Shop) -> None:
    shop.leader()
    (event, _) = shop.fake.events
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    listed = requests.get(f"{shop.base_url}/v1/events", headers=headers, timeout=5)
    assert listed.json()["data"] == []
    one = requests.get(f"{shop.base_url}/v1/events/{event['id']}", headers=headers, timeout=5)
    assert one.status_code == 404


def test_our_own_events_tell_a_transfer_and_what_came_back_of_it(shop: Shop) -> None:
    shop.earn()
    transfer = shop.fake.dashboard_transfer(shop.leader(), 900)
    shop.fake.describe_transfer(transfer["id"], "Autumn")
    shop.fake.dashboard_reversal(transfer["id"], 400)
    shop.fake.dashboard_reversal(transfer["id"])
    told = [each for each in shop.fake.events if each["type"].startswith("transfer.")]
    assert [(each["type"], each["data"]["object"]["amount_reversed"]) for each in told] == [
        ("transfer.created", 0),
        ("transfer.updated", 0),
        ("transfer.reversed", 400),
        ("transfer.reversed", 900),
    ]


# Their banks


def test_a_leaders_money_goes_to_the_bank_the_next_day_and_arrives(shop: Shop) -> None:
    _, theirs = _listen(shop)
    shop.earn()
    account_id = shop.leader()
    shop.fake.dashboard_transfer(account_id, 900)
    for _ in range(5):
        shop.fake.expire_due()
        shop.clock.move(days=1)
    shop.fake.deliver_all()
    told = [event for event in theirs.heard if event.type.startswith("payout.")]
    assert [event.type for event in told] == ["payout.created", "payout.updated", "payout.paid"]
    assert {event.account for event in told} == {account_id}


def test_a_payout_that_comes_back_stops_the_next_until_there_is_another_bank(shop: Shop) -> None:
    shop.earn()
    account_id = shop.leader()
    shop.fake.dashboard_transfer(account_id, 900)
    payout_id = shop.fake.pay_out_account(account_id)["id"]
    shop.fake.fail_account_payout(payout_id)
    account = shop.connect.account(account_id)
    assert (account.transfers, account.payouts_enabled) == ("active", False)
    assert account.currently_due == ("external_account",)
    shop.clock.move(days=2)
    shop.fake.expire_due()
    assert shop.fake.account_balance_minor(account_id) == 900
    with pytest.raises(Refused):
        shop.fake.pay_out_account(account_id)
    with pytest.raises(Refused):
        shop.fake.fail_account_payout(payout_id)
    shop.fake.onboard(account_id)
    shop.fake.expire_due()
    assert shop.fake.account_balance_minor(account_id) == 0


def test_money_stays_where_payouts_are_held_or_by_hand(shop: Shop) -> None:
    shop.earn()
    by_hand = {"payouts": {"schedule": {"interval": "manual"}}}
    first, second = shop.leader("first"), shop.leader("second", settings=by_hand)
    shop.fake.hold_account_payouts()
    for account_id in (first, second):
        shop.fake.dashboard_transfer(account_id, 900)
    shop.clock.move(days=9)
    shop.fake.expire_due()
    assert shop.fake.account_balance_minor(first) == 900
    shop.fake.hold_account_payouts(held=False)
    shop.fake.expire_due()
    assert [shop.fake.account_balance_minor(one) for one in (first, second)] == [0, 900]


def test_accounts_and_transfers_are_still_there_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "stripe.json"
    with running_shop(state_path=state) as before:
        before.earn()
        account_id = before.leader()
        transfer = before.connect.transfer(transfer_params(account_id, 900), "payout-1")
        link = before.connect.account_link(link_params(account_id)).url
        before.fake.follow_link(link)
    with running_shop(state_path=state) as after:
        assert after.connect.transfers_of("payout-1") == [transfer]
        assert after.connect.transfer(transfer_params(account_id, 900), "payout-1") == transfer
        assert after.fake.account_balance_minor(account_id) == 900
        assert after.fake.follow_link(link) == AGAIN


# Onboarding


def _url(shop: Shop) -> tuple[str, str]:
    account_id = shop.connect.open_account(account_params(), "account-1").id
    return account_id, shop.connect.account_link(link_params(account_id)).url


def _get(url: str) -> requests.Response:
    return requests.get(url, timeout=5, allow_redirects=False)


def _press(url: str, page: str, act: str) -> requests.Response:
    visit = page.split('name="visit" value="')[1].split('"')[0]
    return requests.post(url, {"act": act, "visit": visit}, timeout=5, allow_redirects=False)


@pytest.mark.parametrize(
    ("act", "transfers", "submitted"),
    [("complete", "active", True), ("submit", "pending", True), ("leave", "inactive", False)],
)
def test_a_leader_walks_through_onboarding_and_comes_back(
    shop: Shop, act: str, transfers: str, submitted: bool
) -> None:
    account_id, url = _url(shop)
    opened = _get(url)
    assert opened.status_code == 200
    for shown in ("stands in for Stripe", "wren.harbour@example.org", "external_account"):
        assert shown in opened.text
    answer = _press(url, opened.text, act)
    assert (answer.status_code, answer.headers["Location"]) == (303, BACK)
    account = shop.connect.account(account_id)
    assert (account.transfers, account.details_submitted) == (transfers, submitted)


def test_a_link_works_for_one_visit(shop: Shop) -> None:
    _, url = _url(shop)
    page = _get(url).text
    assert (_get(url).status_code, _get(url).headers["Location"]) == (303, AGAIN)
    assert _press(url, page, "complete").headers["Location"] == BACK
    assert _press(url, page, "leave").headers["Location"] == AGAIN


def test_a_link_that_is_too_old_leads_to_where_a_new_one_is_made(shop: Shop) -> None:
    account_id, url = _url(shop)
    shop.clock.move(minutes=5)
    assert _get(url).headers["Location"] == AGAIN
    assert not shop.connect.account(account_id).details_submitted


@pytest.mark.parametrize("path", ["/setup/e/acct_none/link_none", "/setup/e/acct_none", "/setup"])
def test_a_link_that_never_was_is_no_page(shop: Shop, path: str) -> None:
    assert _get(shop.base_url + path).status_code == 404


def test_who_was_rejected_cannot_walk_in_again(shop: Shop) -> None:
    account_id, url = _url(shop)
    shop.fake.reject(account_id)
    assert _press(url, _get(url).text, "complete").status_code == 409
    assert shop.connect.account(account_id).disabled_reason == "rejected.other"


def test_a_button_that_is_not_there_does_nothing(shop: Shop) -> None:
    _, url = _url(shop)
    assert _press(url, _get(url).text, "explode").status_code == 404


def test_the_control_page_plays_stripes_reviewers_and_leaders_banks(shop: Shop) -> None:
    control = f"{shop.base_url}/control"
    account_id = _url(shop)[0]
    shop.fake.foreign_charge(50_000)

    def press(act: str, thing_id: str = "") -> int:
        form = {"act": act, "id": thing_id}
        return requests.post(control, form, timeout=5, allow_redirects=False).status_code

    assert press("make-available") == press("accept-account", account_id) == 303
    assert shop.connect.available_minor("GBP") > 0
    transfer = shop.connect.transfer(transfer_params(account_id, 900), "payout-1")
    assert "£9.00" in _get(control).text
    assert press("pay-out-account", account_id) == 303
    (payout,) = shop.fake.objects("connected.payout")
    assert press("fail-account-payout", payout["id"]) == press("reverse", transfer.id) == 303
    assert shop.connect.transfer_by_id(transfer.id).reversed_minor == 900
    for act, word in (("ask-account", "past_due"), ("reject-account", "rejected.other")):
        assert press(act, account_id) == 303
        assert word in _get(control).text
    assert press("close-account", account_id) == 303
    assert "closed" in _get(control).text

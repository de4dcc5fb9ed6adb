"""Leaders' accounts at Stripe: chosen, opened once, looked at, lost and found again (D4, L2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import InvalidForm, NotFound, StripeUnknown, SwitchedOff
from chalicelib.flows.leaders import account_news, connecting
from chalicelib.handlers import jobs
from chalicelib.rules.changes import Caller
from chalicelib.rules.leaders.accounts import REACHED
from chalicelib.rules.leaders.opening import CONNECT_FORM
from chalicelib.rules.leaders.pay_details import COUNTRIES
from chalicelib.store.leaders import pay
from tests.connect_steps import account, chooses, circle, codes, forget_events, is_ready
from tests.contract.stories import account_params
from tests.pay_steps import ADA, leader, paid_for
from tests.shop import Shop


@pytest.fixture(autouse=True)
def _term(shop: Shop) -> None:
    paid_for(shop)


def whats(shop: Shop) -> list[str]:
    """What the leader was told."""
    return [one.facts["what"] for one in shop.mails("payout_account_trouble")]


def accounts(shop: Shop) -> list[dict[str, object]]:
    found: list[dict[str, object]] = shop.fake.objects("account")
    return found


def way_in(shop: Shop) -> str:
    """Imelda presses the button; where it leads."""
    me = leader(shop.world, "Imelda")
    return connecting.way_in(shop.world.outside, Caller(actor=me.person_id), me)


def test_a_leader_chooses_stripe_and_one_account_is_opened_for_her(shop: Shop) -> None:
    leader_id = chooses(shop.world)
    (made,) = accounts(shop)
    row = account(leader_id)
    assert (row.account_id, row.ready, pay.profile(leader_id).route) == (
        made["id"],
        False,
        "stripe",
    )
    controller = made["controller"]
    assert isinstance(controller, dict)
    assert (controller["losses"], controller["fees"]) == (
        {"payments": "application"},
        {"payer": "application"},
    )
    assert made["metadata"] == {"app": "balint", "deployment": "test", "leader_id": leader_id}
    assert made["email"] is None, "what Stripe has to know, the leader tells Stripe"
    chooses(shop.world)
    assert (len(accounts(shop)), len(shop.mails("payout_onboarding"))) == (1, 1)


def test_nobody_chooses_what_the_circle_does_not_offer(shop: Shop) -> None:
    me = leader(shop.world, "Imelda")
    with pytest.raises(SwitchedOff):
        connecting.choose(
            shop.world.outside, Caller(actor=me.person_id), me, {"account_country": "GB"}
        )
    assert accounts(shop) == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_country_that_stripe_cannot_reach_from_here_is_refused_before_it_is_asked(
    country: str,
) -> None:
    if country in REACHED:
        assert CONNECT_FORM.read({"account_country": country}) == {"account_country": country}
    else:
        with pytest.raises(InvalidForm) as refused:
            CONNECT_FORM.read({"account_country": country})
        assert refused.value.errors == {"account_country": "not_reached"}


def test_a_lost_answer_is_found_again_by_the_button(shop: Shop) -> None:
    shop.fake.lose_next_reply("POST /v1/accounts")
    leader_id = chooses(shop.world)
    assert account(leader_id).account_id == ""
    url = way_in(shop)
    assert (len(accounts(shop)), account(leader_id).account_id) == (1, accounts(shop)[0]["id"])
    assert url != way_in(shop), "each press makes another link"


def test_an_account_whose_answer_was_lost_is_known_by_its_first_event(shop: Shop) -> None:
    shop.fake.lose_next_reply("POST /v1/accounts")
    leader_id = chooses(shop.world)
    made = str(accounts(shop)[0]["id"])
    shop.fake.onboard(made)
    shop.hear_all()
    assert (account(leader_id).account_id, account(leader_id).ready) == (made, True)


def test_stripe_that_does_not_answer_gives_no_link(shop: Shop) -> None:
    chooses(shop.world)
    shop.fake.lose_next_reply("POST /v1/account_links", times=3)
    with pytest.raises(StripeUnknown):
        way_in(shop)


def test_the_end_of_onboarding_makes_the_account_ready(shop: Shop) -> None:
    leader_id = chooses(shop.world)
    url = way_in(shop)
    back = shop.fake.follow_link(url, "submit")
    assert back.endswith("/leader/pay/account")
    shop.hear_all()
    assert (account(leader_id).ready, account(leader_id).details_submitted) == (False, True)
    shop.fake.onboard(account(leader_id).account_id)
    shop.hear_all()
    assert account(leader_id).ready
    assert (codes(), whats(shop)) == (set(), [])


def test_events_in_any_order_and_twice_end_as_the_account_is(shop: Shop) -> None:
    account_id = is_ready(shop)
    shop.fake.ask_for_documents(account_id)
    shop.fake.onboard(account_id)
    for event in reversed(list(shop.fake.events)):
        shop.fake.deliver(event["id"], times=2)
    leader_id = leader(shop.world, "Imelda").person_id
    assert (account(leader_id).ready, codes(), whats(shop)) == (True, set(), [])


def test_an_account_that_is_lost_and_found_is_told_and_forgotten(shop: Shop) -> None:
    account_id = is_ready(shop)
    shop.fake.ask_for_documents(account_id)
    shop.hear_all()
    assert (codes(), whats(shop)) == ({"payout_account"}, ["documents"])
    shop.fake.reject(account_id)
    shop.hear_all()
    assert (codes(), whats(shop)) == ({"payout_account"}, ["documents", "rejected"])
    shop.fake.onboard(account_id)
    shop.hear_all()
    assert codes() == set()


def test_an_account_that_lets_us_go_can_be_chosen_anew(shop: Shop) -> None:
    account_id = is_ready(shop)
    leader_id = leader(shop.world, "Imelda").person_id
    shop.fake.close_account(account_id)
    shop.hear_all()
    assert (account(leader_id).closed, codes(), whats(shop)) == (
        True,
        {"payout_account"},
        ["closed"],
    )
    with pytest.raises(NotFound):
        way_in(shop)
    chooses(shop.world, country="IE")
    assert account(leader_id).account_id not in ("", account_id)
    shop.fake.onboard(account(leader_id).account_id)
    shop.hear_all()
    assert (account(leader_id).ready, account(leader_id).country, codes()) == (True, "IE", set())


def test_money_that_her_bank_sends_back_is_told_once(shop: Shop) -> None:
    account_id = is_ready(shop)
    shop.fake.hold_account_payouts()
    shop.fake.make_available()
    shop.fake.dashboard_transfer(account_id, 500)
    payout = shop.fake.pay_out_account(account_id)
    shop.fake.fail_account_payout(payout["id"])
    for event in list(shop.fake.events):
        shop.fake.deliver(event["id"], times=2)
    assert codes() == {"payout_account", "account_payout_failed"}
    assert sorted(whats(shop)) == ["bank", "documents"]
    shop.fake.onboard(account_id)
    shop.hear_all()
    assert codes() == set()
    shop.work()
    jobs.nightly({}, None)


def test_the_night_looks_at_what_is_not_ready_and_weekly_at_what_is(shop: Shop) -> None:
    account_id = is_ready(shop)
    leader_id = leader(shop.world, "Imelda").person_id
    shop.fake.ask_for_documents(account_id)
    forget_events(shop)
    shop.world.clock.move(days=6)
    assert jobs.nightly({}, None)["accounts"] == {}
    shop.world.clock.move(days=1)
    assert jobs.nightly({}, None)["accounts"] == {"account_not_ready": 1}
    shop.fake.onboard(account_id)
    forget_events(shop)
    shop.world.clock.move(days=1)
    assert jobs.nightly({}, None)["accounts"] == {"account_ready": 1}
    due = account(leader_id).look_at
    assert due is not None
    assert due - shop.world.now == timedelta(days=7)


def test_a_strangers_account_and_another_mode_are_not_ours(shop: Shop) -> None:
    stranger = shop.connect.open_account(account_params(), "elsewhere").id
    shop.fake.onboard(stranger)
    shop.hear_all()
    assert account_news.look(shop.world.outside, "person-nobody") == "nothing"
    assert pay.account(stranger) is None
    assert codes() == set()


def test_a_leader_goes_back_to_the_bank_and_to_stripe_at_will(shop: Shop) -> None:
    is_ready(shop)
    me = leader(shop.world, "Imelda")
    outside, caller = shop.world.outside, Caller(actor=me.person_id)
    connecting.use(outside, caller, me, "bank")
    assert pay.profile(me.person_id).route == "bank"
    connecting.use(outside, caller, me, "stripe")
    assert pay.profile(me.person_id).route == "stripe"
    circle(connect=False)
    connecting.use(outside, caller, me, "bank")
    with pytest.raises(NotFound):
        connecting.use(outside, caller, me, "stripe")


def test_the_way_to_stripe_is_sent_again_only_while_it_is_needed(shop: Shop) -> None:
    leader_id = chooses(shop.world)
    connecting.remind(shop.world.outside, ADA, leader_id)
    letters = shop.mails("payout_onboarding")
    assert len(letters) == 2
    assert all("stripe.com" not in str(one.facts) for one in letters)
    shop.fake.onboard(account(leader_id).account_id)
    shop.hear_all()
    with pytest.raises(NotFound):
        connecting.remind(shop.world.outside, ADA, leader_id)

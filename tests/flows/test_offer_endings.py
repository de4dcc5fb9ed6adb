"""How an offer is ended by a person while somebody may be paying for it: at Stripe first, then
here; money that came first wins. Through the doors, which put the two together.

What does not live here: an offer that runs out (test_payments.py), money that comes too late
(test_settling.py).
"""

from __future__ import annotations

import pytest

from chalicelib.rules.changes import Change, Update
from chalicelib.store.commit import commit
from local.fake_stripe.world import Refused
from tests.handlers.door_steps import everything_kept
from tests.people import signed_in
from tests.shop import Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import Browser, World


@pytest.fixture
def offered(shop: Shop, world: World) -> Offered:
    application = shop.application(a_recruiting_term(world), "Pip Buttonwood")
    answers = {
        "can_attend": "all",
        "device": "computer",
        "hopes": "To think about my patients with others.",
        "source": "colleague",
        "knows_someone": "no",
        "payer": "self",
    }
    commit(Change.of(Update(application, answers)))
    return shop.offer_to(application)


def applicant(world: World, offered: Offered) -> Browser:
    browser = world.browser()
    browser.get(f"/offers/{offered.token}")
    return browser


def desk(world: World, offered: Offered) -> Browser:
    browser = signed_in(world)
    browser.get(f"/admin/applications/{offered.application_id}")
    return browser


def session_state(shop: Shop, session_id: str) -> str:
    [found] = [one for one in shop.fake.objects("checkout.session") if one["id"] == session_id]
    return str(found["status"])


def withdraw(browser: Browser) -> int:
    return browser.submit({"reason": "entered twice"}, action="/withdraw").status


# Declined


def test_declining_closes_the_page_on_which_somebody_was_paying(
    shop: Shop, world: World, offered: Offered
) -> None:
    session_id = shop.begin(offered)
    applicant(world, offered).submit(action="/decline")
    assert session_state(shop, session_id) == "expired"
    with pytest.raises(Refused):
        shop.fake.pay(session_id)
    assert shop.offer_row(offered).state == "declined"
    assert shop.payment(offered).state == "expired"


def test_declining_after_the_money_came_leaves_the_seat(
    shop: Shop, world: World, offered: Offered
) -> None:
    page = applicant(world, offered)
    shop.pay(offered)
    assert page.submit(action="/decline").status == 409
    assert "This place has been taken up already" in page.text
    assert shop.offer_row(offered).state == "taken"
    assert "Your place is certain" in applicant(world, offered).text
    shop.hear_all()
    assert shop.payment(offered).state == "paid"


def test_declining_twice_is_declining_once(shop: Shop, world: World, offered: Offered) -> None:
    shop.begin(offered)
    page = applicant(world, offered)
    target, typed = page.form("/decline")
    assert [page.post(target, typed).status for _ in range(2)] == [200, 200]
    assert shop.offer_row(offered).state == "declined"


def test_who_declined_is_led_to_no_payment(shop: Shop, world: World, offered: Offered) -> None:
    paying, page = applicant(world, offered), applicant(world, offered)
    page.submit(action="/decline")
    answer = paying.submit({"agree": "yes", "policy": "yes"}, offered.token, follow=False)
    assert answer.status == 409
    assert "This offer is no longer open" in paying.text
    assert shop.fake.objects("checkout.session") == []


# Withdrawn


def test_withdrawing_closes_the_page_on_which_somebody_was_paying(
    shop: Shop, world: World, offered: Offered
) -> None:
    session_id = shop.begin(offered)
    assert withdraw(desk(world, offered)) == 200
    assert session_state(shop, session_id) == "expired"
    assert shop.offer_row(offered).state == "withdrawn"
    assert shop.payment(offered).state == "expired"
    assert len(shop.mails("offer_withdrawn")) == 1


def test_money_that_nobody_heard_of_yet_wins_over_the_withdrawal(
    shop: Shop, world: World, offered: Offered
) -> None:
    browser = desk(world, offered)
    shop.pay(offered)
    assert withdraw(browser) == 409
    assert "This place has been taken up already" in browser.text
    assert shop.offer_row(offered).state == "taken"
    assert shop.payment(offered).outcome == "seat"
    shop.hear_all()
    assert [len(shop.mails(one)) for one in ("receipt", "offer_withdrawn")] == [1, 0]


def test_an_older_session_that_was_paid_counts_as_well(
    shop: Shop, world: World, offered: Offered
) -> None:
    paid = shop.begin(offered)
    shop.fake.expire(paid)
    shop.hear_all()
    again = shop.begin(offered)
    assert again != paid
    shop.fake.pay(again)
    assert withdraw(desk(world, offered)) == 409
    assert shop.offer_row(offered).state == "taken"


# Stripe does not answer


@pytest.mark.parametrize("ending", ["decline", "withdraw"])
def test_nothing_ends_while_stripe_cannot_be_asked(
    shop: Shop, world: World, offered: Offered, ending: str
) -> None:
    session_id = shop.begin(offered)
    browser = applicant(world, offered) if ending == "decline" else desk(world, offered)
    target, held = browser.form(f"/{ending}")
    typed = {**held, "reason": "entered twice"}
    before = everything_kept()
    shop.fake.fail_next("POST /v1/checkout/sessions", 500, times=3, stored=False)
    assert browser.post(target, typed).status == 503
    assert everything_kept() == before
    assert session_state(shop, session_id) == "open"
    shop.fake.clear_faults()
    assert browser.post(target, typed).status == 200
    assert shop.offer_row(offered).state in ("declined", "withdrawn")
    assert session_state(shop, session_id) == "expired"

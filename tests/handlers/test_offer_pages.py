"""The pages of the money room, in every state somebody can find them in, through the real routes.

What does not live here: what a payment means (tests/flows), the mails (tests/mail_samples).
"""

from __future__ import annotations

import pytest

from chalicelib.flows.joining import offers
from chalicelib.flows.returning import giving_back
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.handlers import jobs
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.codec import to_plain
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications as store
from chalicelib.wording import words
from tests.mail_samples import sample
from tests.people import signed_in
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import Browser, World

TICKS = {"agree": "yes", "policy": "yes"}
UNTIL = "Saturday 28 November 2026, 23:59 London time (GMT)"


@pytest.fixture
def whole(world: World) -> WholeTerm:
    a_circle(world, bank_debit=True)
    return a_recruiting_term(world)


@pytest.fixture
def offered(shop: Shop, whole: WholeTerm) -> Offered:
    return shop.offer(whole)


def answered(shop: Shop, whole: WholeTerm, name: str) -> str:
    """An accepted application with all its answers; its page at the desk."""
    application = shop.application(whole, name)
    answers = {
        "can_attend": "all",
        "device": "computer",
        "hopes": "To think about my patients with others.",
        "source": "colleague",
        "knows_someone": "no",
        "payer": "self",
    }
    commit(Change.of(Update(application, answers)))
    return f"/admin/applications/{application.application_id}"


def offer_page(world: World, offered: Offered) -> Browser:
    """Somebody opens the link of the mail."""
    browser = world.browser()
    assert browser.get(f"/offers/{offered.token}").status == 200
    return browser


def paid_page(world: World, offered: Offered, session_id: str = "") -> Browser:
    """Somebody comes back from Stripe."""
    browser = world.browser()
    assert browser.get(f"/offers/{offered.token}/paid?session={session_id}").status == 200
    return browser


def buttons(browser: Browser) -> list[str]:
    """The addresses of the forms on a page, by their last part."""
    found = [one.split('"')[0] for one in browser.answer.text.split('<form action="')[1:]]
    return [one.rsplit("/", 1)[-1] for one in found]


# What the applicant sees


def test_an_open_offer_says_everything_before_it_asks(world: World, offered: Offered) -> None:
    text = offer_page(world, offered).text
    for told in (
        "Thursday Lantern Group, Spring 2027",
        "£216.00 in all, paid once: about £36.00 for each of 6 meetings",
        UNTIL,
        "Dr Imelda Inkwell, accredited by the Balint Society",
        "Thursday 25 March 2027, 19:00 to 20:30 London time (GMT)",
        "Until 28 days before the term begins you get the whole fee back.",
        "What is said in the group stays in the group.",
        "Accept and pay £216.00",
        "I do not want this place",
        "hello@marmalade-circle.example",
    ):
        assert told in text
    assert "https://meet.example.org/lantern" not in text


def test_a_reader_far_away_is_told_every_time_by_both_clocks(
    world: World, shop: Shop, whole: WholeTerm
) -> None:
    application = shop.application(whole, "Quillon Fernsby")
    commit(Change.of(Update(application, {"zone": "Australia/Hobart"})))
    text = offer_page(world, shop.offer_to(application)).text
    assert f"{UNTIL}, which is 10:59 Hobart time (AEDT) on Sunday 29 November 2026" in text
    assert "which is 06:00 to 07:30 Hobart time (AEDT) on Friday 15 January 2027" in text


def test_a_press_without_the_ticks_is_told_what_is_missing(world: World, offered: Offered) -> None:
    browser = offer_page(world, offered)
    answer = browser.submit({"agree": "yes"}, action=offered.token)
    assert answer.status == 422
    assert "Tick the box when you have read what holds if you change your mind" in browser.text
    assert browser.form(offered.token)[1]["agree"] == "yes"


def test_accepting_leads_to_the_hosted_page(shop: Shop, world: World, offered: Offered) -> None:
    browser = offer_page(world, offered)
    answer = browser.submit(TICKS, action=offered.token, follow=False)
    assert (answer.header("location") or "").startswith(shop.base_url)
    assert shop.offer_row(offered).start_at_once is False
    assert "Accept and pay £216.00" in offer_page(world, offered).text


def test_who_has_paid_is_told_that_the_place_is_certain(
    shop: Shop, world: World, offered: Offered
) -> None:
    text = paid_page(world, offered, shop.pay(offered)).text
    assert "Thank you, Pip Buttonwood" in text
    assert "We have your payment of £216.00" in text
    browser = offer_page(world, offered)
    assert "Your place is certain" in browser.text
    assert buttons(browser) == []


def test_before_stripe_has_spoken_nobody_is_asked_to_pay_again(
    shop: Shop, world: World, offered: Offered
) -> None:
    browser = paid_page(world, offered, shop.begin(offered))
    assert "Please do not pay again" in browser.text
    assert buttons(browser) == []


def test_a_session_of_somebody_else_shows_nothing_new(
    shop: Shop, world: World, whole: WholeTerm, offered: Offered
) -> None:
    foreign = shop.pay(shop.offer(whole, "Saffron Umbrella"))
    assert "did not go through" in paid_page(world, offered, foreign).text
    assert "did not go through" in paid_page(world, offered, '"><script>').text


def test_a_slow_payment_keeps_the_place_and_is_not_asked_for_again(
    shop: Shop, world: World, offered: Offered
) -> None:
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    assert "is on its way" in paid_page(world, offered, session_id).text
    browser = offer_page(world, offered)
    assert "Please do not pay again" in browser.text
    assert buttons(browser) == []
    shop.fake.settle_delayed(session_id, ok=False)
    shop.hear_all()
    browser = offer_page(world, offered)
    assert "Nothing was taken" in browser.text
    assert "decline" in buttons(browser)
    assert "did not go through" in paid_page(world, offered, session_id).text


def test_while_somebody_pays_the_last_minute_is_a_little_longer(
    shop: Shop, world: World, offered: Offered
) -> None:
    deadline = shop.offer_row(offered).expires_at
    world.clock.at = deadline.replace(minute=50)
    shop.begin(offered)
    world.clock.move(minutes=12)
    text = offer_page(world, offered).text
    assert "kept for you a little longer" in text
    assert "Sunday 29 November 2026, 01:00 London time (GMT)" in text


def test_an_offer_that_has_ended_explains_and_leads_to_the_waiting_list(
    shop: Shop, world: World, offered: Offered
) -> None:
    world.clock.move(days=8)
    browser = offer_page(world, offered)
    assert "This offer has ended" in browser.text
    assert buttons(browser) == []
    shop.work()
    browser = offer_page(world, offered)
    assert f"kept for you until {UNTIL}" in browser.text
    assert buttons(browser) == ["waitlist"]
    browser.submit(action="waitlist")
    assert "You are on the waiting list" in browser.text
    assert buttons(browser) == []


def test_an_older_offer_points_to_the_one_that_holds(
    shop: Shop, world: World, offered: Offered
) -> None:
    offers.withdraw(world.outside, ADMIN, offered.which, "too early")
    application, _ = offers.load(offered.which)
    shop.offer_to(application)
    browser = offer_page(world, offered)
    assert "There is a newer offer for you" in browser.text
    assert buttons(browser) == []


def test_a_place_can_be_let_go_with_one_press(world: World, offered: Offered) -> None:
    browser = offer_page(world, offered)
    browser.submit(action="decline")
    assert "You have let this place go" in browser.text
    assert buttons(browser) == []


def test_a_withdrawn_offer_is_told_without_its_reason(
    shop: Shop, world: World, offered: Offered
) -> None:
    offers.withdraw(world.outside, ADMIN, offered.which, "mixed up two people")
    browser = offer_page(world, offered)
    assert "We have taken this offer back" in browser.text
    assert "mixed up" not in browser.text
    assert buttons(browser) == ["waitlist"]


def test_money_that_came_too_late_is_told_with_regret(
    shop: Shop, world: World, offered: Offered
) -> None:
    session_id = shop.begin(offered)
    offers.withdraw(world.outside, ADMIN, offered.which, "made by mistake")
    shop.fake.pay(session_id)
    shop.hear_all()
    assert "We are sorry" in paid_page(world, offered, session_id).text
    browser = offer_page(world, offered)
    assert "Your payment came after the offer had ended" in browser.text


def test_a_place_without_a_price_asks_for_no_money(world: World, shop: Shop) -> None:
    free = shop.offer(a_recruiting_term(world, price_minor=0))
    browser = offer_page(world, free)
    assert "Accept your place" in browser.text
    assert "pay" not in browser.text.split("Every date")[1].split("A person to ask")[0].replace(
        "Read about paying", ""
    )
    browser.submit(TICKS, action=free.token)
    assert "Thank you, Pip Buttonwood" in browser.text
    assert "receipt" not in browser.text


# What the desk sees


def test_the_desk_makes_an_offer_and_takes_it_back(
    shop: Shop, world: World, whole: WholeTerm
) -> None:
    path = answered(shop, whole, "Odalys Quince")
    desk = signed_in(world)
    desk.get(path)
    assert "£216.00" in desk.text
    desk.submit(action="/offer")
    assert "Saturday 28 November 2026, 23:59 London time (GMT)" in desk.text
    desk.submit({"reason": "entered twice"}, action="/withdraw")
    assert "Withdrawn" in desk.text
    assert desk.form("/offer")[1]["stands"] == "7"


def test_a_full_term_has_no_form_to_offer_it(shop: Shop, world: World) -> None:
    whole = a_recruiting_term(world, capacity=1)
    shop.offer(whole)
    desk = signed_in(world)
    desk.get(answered(shop, whole, "Odalys Quince"))
    assert "No place is free just now" in desk.text
    assert "1 kept by open offers" in desk.text


def test_a_place_that_is_taken_is_not_offered_again(
    shop: Shop, world: World, whole: WholeTerm
) -> None:
    path = answered(shop, whole, "Odalys Quince")
    application = store.application(path.rsplit("/", 1)[-1])
    assert application is not None
    shop.pay(shop.offer_to(application))
    shop.hear_all()
    desk = signed_in(world)
    desk.get(path)
    assert "Taken up" in desk.text
    assert "offer" not in buttons(desk)


def test_the_payments_of_a_term_add_up(
    shop: Shop, world: World, whole: WholeTerm, offered: Offered
) -> None:
    shop.pay(offered)
    shop.settle_down()
    shop.offer(whole, "Saffron Umbrella")
    give_back = shop.offer(whole, "Odalys Quince")
    shop.pay(give_back)
    shop.settle_down()
    payment = shop.payment(give_back)
    giving_back.request(world.outside, ADMIN, payment.obligation_id, Wish(reason="moved abroad"))
    shop.work()
    jobs.nightly({}, None)
    desk = signed_in(world, roles=("treasurer",))
    desk.get("/admin/payments")
    for told in (
        "Unexplained: £0.00.",
        "Paid £432.00",
        "Given back £216.00",
        "Offered, not paid yet £216.00 (1)",
        "pip.buttonwood@example.org",
        "Given back by an administrator: moved abroad",
    ):
        assert told in desk.text


def test_what_the_books_do_not_explain_is_said(world: World, shop: Shop, whole: WholeTerm) -> None:
    desk = signed_in(world)
    desk.get("/admin/payments")
    assert "The books have not been proven yet" in desk.text
    assert "Nobody has begun to pay" in desk.text
    commit(Change.of(Update(whole.term, {"occupied": 3})))
    jobs.nightly({}, None)
    desk.get("/admin/payments")
    assert "1 thing in the books did not agree" in desk.text
    commit(Change.of(Update(whole.term, {"occupied": 0})))


def test_one_debt_tells_why_each_penny_moved(shop: Shop, world: World, offered: Offered) -> None:
    path = f"/admin/payments/{shop.offer_row(offered).obligation_id}"
    desk = signed_in(world)
    desk.get(path)
    assert "Nobody has begun to pay" in desk.text
    shop.pay(offered)
    shop.settle_down()
    desk = signed_in(world)
    desk.get(path)
    payment = shop.payment(offered)
    for told in (payment.receipt_number, payment.intent_id, payment.charge_id, "Fees of Stripe"):
        assert str(told) in desk.text
    assert desk.submit(action="/refund").status == 422
    assert "Say in a few words why" in desk.text
    desk.submit({"reason": "moved abroad"}, action="/refund")
    assert "moved abroad" in desk.text
    assert buttons(desk) == []
    shop.work()
    desk.get(path)
    assert "Refunded" in desk.text
    assert "This place has ended" in offer_page(world, offered).text


def test_a_treasurer_looks_and_does_not_refund(shop: Shop, world: World, offered: Offered) -> None:
    shop.pay(offered)
    shop.settle_down()
    desk = signed_in(world, roles=("treasurer",))
    desk.get(f"/admin/payments/{shop.offer_row(offered).obligation_id}")
    assert buttons(desk) == []


def test_a_refund_that_came_back_asks_for_another_way(
    shop: Shop, world: World, offered: Offered
) -> None:
    shop.pay(offered)
    shop.settle_down()
    payment = shop.payment(offered)
    giving_back.request(world.outside, ADMIN, payment.obligation_id, Wish(reason="ill"))
    shop.work()
    (refund,) = shop.refunds(offered)
    shop.fake.fail_refund(str(refund.stripe_refund_id))
    shop.hear_all()
    desk = signed_in(world)
    desk.get(f"/admin/payments/{payment.obligation_id}")
    assert "Came back" in desk.text
    assert "This money has not reached the payer" in desk.text


# The words and the facts


def test_every_account_and_kind_of_entry_has_a_word(
    shop: Shop, world: World, whole: WholeTerm, offered: Offered
) -> None:
    shop.pay(offered)
    shop.settle_down()
    payment = shop.payment(offered)
    giving_back.request(world.outside, ADMIN, payment.obligation_id, Wish(reason="ill"))
    shop.work()
    shop.press_pay(shop.offer(a_recruiting_term(world, slug="free", price_minor=0), "Wilf Apple"))
    entries = [row for row in reads.everything(tables.Ledger) if isinstance(row, Entry)]
    spoken = words()["options"]
    assert {row.entry_id.split("#")[0] for row in entries} <= set(spoken["entry"])
    accounts = {line.account.split("/")[0] for row in entries for line in row.lines}
    assert accounts <= set(spoken["account"])


def test_the_samples_of_mails_have_the_facts_of_the_real_ones(
    shop: Shop, world: World, whole: WholeTerm, offered: Offered
) -> None:
    delayed = shop.begin(offered)
    shop.fake.pay_delayed(delayed)
    shop.hear_all()
    shop.fake.settle_delayed(delayed, ok=False)
    shop.hear_all()
    shop.pay(offered)
    shop.settle_down()
    payment = next(one for one in shop.debt(offered).payments if one.state == "paid")
    giving_back.request(world.outside, ADMIN, payment.obligation_id, Wish(reason="ill"))
    withdrawn, ended = shop.offer(whole, "Saffron Umbrella"), shop.offer(whole, "Odalys Quince")
    late = shop.begin(withdrawn)
    offers.withdraw(world.outside, ADMIN, withdrawn.which, "made by mistake")
    shop.fake.pay(late)
    world.clock.move(days=8)
    shop.work()
    assert shop.offer_row(ended).state == "expired"
    queued = {mail.template: mail for mail in shop.mails()}
    for name in MAILS:
        facts, links = sample(name)
        assert set(to_plain(queued[name].facts)) == set(facts), name
        assert set(queued[name].links) == set(links), name


MAILS = (
    *("offer", "offer_expired", "offer_withdrawn", "receipt", "enrolment_confirmation"),
    *("payment_on_its_way", "payment_failed", "late_money", "refund_started"),
)

"""A leader is paid through Stripe: she chooses it, enters her details there, a run is approved, the
transfer arrives, and her statement says so. And what happens when Stripe will not."""

from __future__ import annotations

from chalicelib.handlers import jobs
from local.browser import Browser
from tests.connect_steps import account, circle
from tests.journeys.street import Careful, Street
from tests.journeys.test_paying_leaders import ADA, IMELDA, TILDA
from tests.pay_steps import leader, owed
from tests.people import a_person
from tests.shop import Shop
from tests.stories import a_recruiting_term


def begins(shop: Shop) -> Street:
    """Two sessions of Imelda's were held and paid for; the circle offers Stripe."""
    street, whole = Street(shop), a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    a_person(shop.world, TILDA, ("treasurer",), "Tilda Till")
    for name in ("Pip Buttonwood", "Saffron Umbrella"):
        shop.pay(shop.offer(whole, name))
    shop.settle_down()
    shop.hold(whole, 1)
    shop.hold(whole, 2)
    circle(connect=True)
    street.it_is(2027, 2, 8, 9)
    return street


def presses(browser: Careful) -> str:
    """Press "Go to Stripe"; the link there, which no page of ours shows."""
    answer = Browser.submit(browser, {}, "/enter", follow=False)
    url = str(answer.header("location"))
    assert (answer.status, "/setup/e/" in url) == (303, True), browser.text
    return url


def chooses(street: Street) -> Careful:
    imelda = street.comes_in(IMELDA)
    imelda.get("/leader/pay")
    imelda.click("Being paid through Stripe")
    imelda.is_refused(422, {"account_country": "AU"}, "/account")
    imelda.reads("Stripe cannot pay Australia from a UK account: by bank instead")
    assert street.shop.fake.objects("account") == []
    imelda.submit({"account_country": "GB"}, "/account")
    imelda.reads("Through Stripe.", "Not ready", "Nobody else’s pay waits")
    return imelda


def a_run(street: Street) -> None:
    """Tilda prepares, Ada approves, the clock takes it up and sends it."""
    tilda = street.comes_in(TILDA)
    tilda.get("/admin/payouts")
    tilda.submit({}, "/payouts")
    ada = street.comes_in(ADA)
    ada.get("/admin/payouts/2027-02")
    ada.submit({}, "/approve")


def test_from_choosing_stripe_to_the_statement(shop: Shop) -> None:
    street = begins(shop)
    fake, imelda = shop.fake, chooses(street)
    letter = street.letter(IMELDA, "Being paid through Stripe")
    assert "one use" in letter.text
    assert "stripe.com" not in letter.text
    imelda.get(street.link(IMELDA, "Being paid through Stripe", "/leader/pay/account"))
    url = presses(imelda)
    assert fake.follow_link(url, "leave").endswith("/leader/pay/account")
    assert fake.follow_link(url).endswith("/leader/pay/account"), "it was for one visit"
    imelda.get("/leader/pay/account")
    fake.follow_link(presses(imelda))
    shop.hear_all()
    imelda.get("/leader/pay/account")
    imelda.reads("Ready", "go back to bank transfers at any time")

    a_run(street)
    street.it_is(2027, 2, 8, 10)
    tilda = street.comes_in(TILDA)
    tilda.get("/admin/payouts/2027-02")
    tilda.reads("Through Stripe")
    letter = street.letter(IMELDA, "£195.00 for leading: 2027-02")
    assert "to your account at Stripe" in letter.text
    assert fake.account_balance_minor(account(leader(shop.world, "Imelda").person_id).account_id)
    imelda.get("/leader/pay")
    imelda.click("2027-02: £195.00")
    imelda.reads("Statement 2027-02", "£195.00")
    assert owed() == 19500  # Barnaby's


def test_an_account_that_is_lost_is_told_and_the_bank_pays_instead(shop: Shop) -> None:
    street = begins(shop)
    imelda = chooses(street)
    shop.fake.follow_link(presses(imelda))
    shop.hear_all()
    a_run(street)
    jobs.tick({}, None)
    leader_id = leader(shop.world, "Imelda").person_id
    shop.fake.reject(account(leader_id).account_id)
    street.it_is(2027, 2, 8, 10)
    letter = street.letter(IMELDA, "Stripe cannot pay you just now")
    assert "does not want to work with your account" in letter.text

    tilda = street.comes_in(TILDA)
    tilda.get("/admin/payouts/2027-02")
    tilda.reads("It waits", "account at Stripe is not ready")
    tilda.click("Pay it from the bank instead")
    tilda.reads("There are no bank details")
    tilda.get(f"/admin/payouts/leaders/{leader_id}/account")
    tilda.reads("cannot be paid through Stripe just now", "Not ready", "rejected.other")
    tilda.submit({}, "/dealt-with")
    imelda = street.comes_in(IMELDA)
    imelda.get("/leader/pay/account")
    imelda.reads("Stripe does not work with this account")
    imelda.submit({"route": "bank"}, "/route")
    imelda.reads("By bank transfer, made by the treasurer.")
    imelda.get("/leader/pay/details")
    british = {"country": "GB", "sort_code": "012345", "account_number": "00123456"}
    imelda.submit({"account_name": "Dr Imelda Inkwell", **british}, "/details")
    tilda.get("/admin/payouts/2027-02")
    tilda.click("Pay it from the bank instead")
    tilda.submit({}, "/by-bank")
    tilda.click("Pay from the bank")
    tilda.submit({"paid_on": "2027-02-08"}, "/paid")
    tilda.reads("Done", "Paid by bank transfer")
    assert shop.fake.objects("transfer") == []
    assert owed() == 19500

"""Leaders are paid: registers are closed, the treasurer prepares, the administrator approves, the
bank pays, and the books owe nobody anything."""

from __future__ import annotations

from datetime import date

from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads
from chalicelib.store.commit import commit
from tests.journeys.street import Street
from tests.pay_steps import LONDON_BANK, approved, earned, owed, paid, prepared, tick
from tests.people import a_person
from tests.shop import Shop
from tests.stories import LEADERS, a_recruiting_term

ADA = "ada.ledger@marmalade-circle.example"
TILDA = "tilda.till@marmalade-circle.example"
IMELDA, BARNABY = LEADERS.values()


def test_from_closed_registers_to_books_that_owe_nobody(shop: Shop) -> None:
    street, whole = Street(shop), a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    a_person(shop.world, TILDA, ("treasurer",), "Tilda Till")
    for name in ("Pip Buttonwood", "Saffron Umbrella"):
        shop.pay(shop.offer(whole, name))
    shop.settle_down()
    shop.hold(whole, 1)
    shop.hold(whole, 2)
    street.it_is(2027, 2, 8, 9)

    imelda = street.comes_in(IMELDA)
    imelda.get("/leader/pay")
    imelda.click("Where your pay is sent")
    imelda.is_refused(422, {"account_name": "I", "country": "DE", "iban": "DE00 1234"}, "/details")
    imelda.reads("This does not look right")
    british = {key: LONDON_BANK[key] for key in ("country", "sort_code", "account_number")}
    imelda.submit({"account_name": "Dr Imelda Inkwell", **british}, "/details")
    imelda.reads("•••• 3456", "Dr Imelda Inkwell")
    assert "00123456" not in imelda.markup
    assert "If this was not you" in street.letter(IMELDA, "bank details were entered").text

    tilda = street.comes_in(TILDA)
    tilda.click("Leaders’ pay")
    tilda.reads("Dr Imelda Inkwell", "£195.00", "no bank details yet")
    tilda.submit({}, "/payouts")
    tilda.reads("Run 2027-02: £195.00", "90 minutes at £65.00 an hour", "Not paid in this run")
    tilda.reads("Now somebody else looks")

    ada = street.comes_in(ADA)
    ada.get("/admin")
    ada.click("Payouts to leaders wait for a second person: £195.00 in run 2027-02")
    ada.submit({}, "/approve")
    ada.reads("The payouts are being made ready")
    street.it_is(2027, 2, 8, 10)

    tilda = street.comes_in(TILDA)
    tilda.get("/admin/payouts/2027-02")
    tilda.click("Pay from the bank")
    tilda.reads("012345", "00123456", "BALINT 202702", "£195.00")
    tilda.submit({}, "/file")
    tilda.reads("Your file is ready")
    (body, _, name) = next(iter(shop.world.drawer.files.values()))
    assert name == "pay-leaders-2027-02.csv"
    assert body.startswith(b"Sort code,Account number,Account name,Amount,Reference\r\n012345,")
    tilda.get("/admin/payouts/2027-02/bank-list")
    tilda.is_refused(422, {"paid_on": date(2027, 2, 9).isoformat()}, "/paid")
    tilda.reads("cannot be in the future")
    tilda.submit({"paid_on": date(2027, 2, 8).isoformat()}, "/paid")
    tilda.reads("Done", "Paid by bank transfer", "BALINT 202702")
    letter = street.letter(IMELDA, "£195.00 for leading: 2027-02")
    assert "2 sessions, 3.0 hours at £65.00 an hour" in letter.text
    assert "Pip" not in letter.text
    assert owed() == 19500

    barnaby = street.comes_in(BARNABY)
    barnaby.get("/leader/pay/details")
    barnaby.submit(
        {"account_name": "Barnaby Teacup", "country": "DE", "iban": "DE89370400440532013000"},
        "/details",
    )
    street.it_is(2027, 3, 1, 9)
    ada = street.comes_in(ADA)
    ada.get("/admin/payouts/2027-03")
    ada.reads("by The clock", "Barnaby Teacup")
    ada.submit({}, "/approve")
    street.it_is(2027, 3, 1, 10)
    ada = street.comes_in(ADA)
    ada.get("/admin/payouts/2027-03/bank-list")
    ada.reads("To type in at the bank", "DE89370400440532013000", "Germany")
    ada.submit({"paid_on": date(2027, 3, 1).isoformat(), "reference": "WIRE 1"}, "/paid")
    assert owed() == 0

    leader_id = next(one.leader_id for one in whole.leaders if "Barnaby" in one.name)
    ada.get(f"/admin/payouts/leaders/{leader_id}")
    ada.reads("Nothing is open", "Run 2027-03", "•••• 3000")
    ada.follow_every_link()


def test_what_the_bank_has_not_paid_is_taken_back_by_two_people(shop: Shop) -> None:
    a_person(shop.world, ADA, ("administrator",))
    a_person(shop.world, TILDA, ("treasurer",), "Tilda Till")
    earned(shop)
    street, period = Street(shop), prepared(shop.world)
    approved(shop.world, period)
    tick()
    paid(shop.world, period, reference="BANK 7")
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"refund_limit_minor": 5000, "connect": True})))
    tilda = street.comes_in(TILDA)
    tilda.get(f"/admin/payouts/{period}")
    tilda.click("It was not paid")
    tilda.reads("Barnaby Teacup was not paid", "BANK 7", "a second person has to agree")
    tilda.is_refused(422, {}, "/not-paid")
    tilda.submit({"reason": "the bank refused the file"}, "/not-paid")
    tilda.reads("waits for a second person")
    tilda.click("It was not paid")
    tilda.reads("Somebody else has to agree")
    assert "/agree" not in tilda.markup

    ada = street.comes_in(ADA)
    ada.get("/admin")
    ada.click("Somebody says that £97.50 to Barnaby Teacup")
    ada.reads("Tilda Till says that it was not paid: the bank refused the file")
    ada.submit({}, "/agree")
    ada.reads("Pay from the bank")
    assert owed() == 9750
    letter = street.letter(BARNABY, "have not been paid yet")
    assert "That was a mistake of ours" in letter.text
    barnaby = street.comes_in(BARNABY)
    barnaby.get("/leader/pay/details")
    barnaby.click("being paid through Stripe")
    assert barnaby.path == "/leader/pay/account"
    tilda.get(f"/admin/payouts/{period}/bank-list")
    tilda.reads("£97.50", "Paid already")

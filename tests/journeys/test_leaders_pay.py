"""A leader reads what she earned, was paid, and has done: her pay, a statement, her tax year, her
log with a file for who accredits her. No member is named anywhere."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.payouts import Payout, bank_entries, line_of, payout_id
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import pay
from tests.journeys.street import Street
from tests.shop import Shop
from tests.stories import LEADERS, a_recruiting_term

IMELDA = LEADERS["Dr Imelda Inkwell"]


def paid_by_bank(shop: Shop, leader_id: str, period: str) -> None:
    """A run that has ended: the treasurer paid everything that was open from the bank."""
    items, now = pay.items(leader_id), shop.world.now
    lines = tuple(line_of(one) for one in items)
    payout = Payout(
        leader_id=leader_id,
        payout_id=payout_id(leader_id, period),
        period=period,
        name="Dr Imelda Inkwell",
        route="bank",
        state="paid_manually",
        lines=lines,
        amount_minor=sum(one.amount_minor for one in lines),
        currency="GBP",
        paid_reference="BALINT 2027-02",
        paid_on=now.date(),
        prepared_at=now,
        approved_at=now,
        left_at=now,
    )
    taken = [Update(one, {"settled_minor": one.amount_minor}) for one in items]
    commit(Change.of(Create(payout), *taken, *bank_entries(payout, now)))


def leader_of(whole: WholeTerm) -> str:
    return next(one.leader_id for one in whole.leaders if "Imelda" in one.name)


def test_a_leader_sees_what_she_earned_what_she_was_paid_and_what_she_has_done(
    shop: Shop,
) -> None:
    street, whole = Street(shop), a_recruiting_term(shop.world)
    shop.pay(shop.offer(whole, "Pip Buttonwood"))
    shop.settle_down()
    leader_id = leader_of(whole)
    shop.hold(whole, 1)
    shop.hold(whole, 2, led_by=(leader_id,))
    imelda = street.comes_in(IMELDA)
    imelda.click("Pay")
    imelda.reads("session 1", "£97.50", "Open altogether: £195.00", "Nothing has been paid out")

    paid_by_bank(shop, leader_id, "2027-02")
    shop.prove(with_stripe=False)
    imelda.get("/leader/pay")
    imelda.reads("Everything you have earned so far is paid", "2027-02: £195.00")
    imelda.click("2027-02: £195.00")
    imelda.reads("Statement 2027-02", "£65.00 an hour", "90 minutes", "BALINT 2027-02", "£195.00")
    assert "Pip" not in imelda.text
    imelda.get("/leader/pay")
    imelda.click("Year from")
    imelda.reads("6 April 2026", "5 April 2027", "Altogether: £195.00", "Thursday Lantern Group")

    imelda.get("/leader/pay")
    imelda.click("Your log of hours")
    imelda.reads("Led", "1.50", "Co-led", "Thursday Lantern Group, 2")
    yesterday = (shop.world.now - timedelta(days=1)).date()
    hours = {"what": "supervised", "day": yesterday.isoformat(), "minutes": "60"}
    imelda.is_refused(422, {**hours, "day": "2031-01-01", "note": "Dr Quill"}, "/entries")
    imelda.reads("Choose a day that has come")
    imelda.submit({**hours, "note": "Dr Quill"}, "/entries")
    imelda.reads("Supervision", "1.00", "Dr Quill")
    imelda.submit({}, "/exports")
    imelda.reads("Your file is ready")
    ((body, kind, name),) = [
        found for key, found in shop.world.drawer.files.items() if key.startswith("logs/")
    ]
    assert (kind, name) == ("text/csv; charset=utf-8", "log.csv")
    assert body.decode("utf-8-sig").splitlines()[1:] == [
        '"2027-01-14","Co-led","1.50","Thursday Lantern Group, 1","Online"',
        '"2027-01-27","Supervision","1.00","Dr Quill",""',
        '"2027-01-28","Led","1.50","Thursday Lantern Group, 2","Online"',
    ]
    imelda.get("/leader/log")
    imelda.submit({}, "/remove")
    assert "Dr Quill" not in imelda.text


def test_a_correction_after_the_payout_is_taken_off_the_next_one(shop: Shop) -> None:
    street, whole = Street(shop), a_recruiting_term(shop.world)
    leader_id = leader_of(whole)
    other = next(one.leader_id for one in whole.leaders if one.leader_id != leader_id)
    shop.hold(whole, 1)
    paid_by_bank(shop, leader_id, "2027-01")
    shop.close_register(whole, 1, led_by=(other,))
    shop.prove(with_stripe=False)
    (accrual,) = [one for one in pay.items(leader_id) if isinstance(one, Accrual)]
    assert accrual.open_minor == -9750
    imelda = street.comes_in(IMELDA)
    imelda.get("/leader/pay")
    imelda.reads("taken off your next pay", "-£97.50")
    imelda.get("/leader/log")
    imelda.reads("Nothing yet")
    assert reads.get(Payout, leader_id, "payout#2027-01").paid_on == date(2027, 1, 14)  # type: ignore[union-attr]

"""Offers at other prices, with a bursary or a credit, from the desk to the seat; the books are
proven after each (D1, R70, R86, A8, O4).

What does not live here: the arithmetic (tests/rules), races (test_bursary_races.py), the whole way
through the pages (tests/journeys/test_prices.py).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.errors import (
    BursaryNotOpen,
    Conflict,
    FundTooSmall,
    NoSeatLeft,
    PaymentOnItsWay,
    TermNotOpen,
)
from chalicelib.flows.joining import offers
from chalicelib.flows.joining.offers import Wanted
from chalicelib.flows.prices import bursaries
from chalicelib.flows.running import prices, terms
from chalicelib.rules.books.ledger import Entry, balances, entry
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.links import personal_link
from chalicelib.rules.people.circle import Task
from chalicelib.rules.prices.bursaries import BursaryCode
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.prices import means
from tests.people import a_person
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_circle, a_draft_term, a_recruiting_term
from tests.world import World

NOTHING: dict[str, Any] = {
    f"{category}_{part}": None
    for category in ("standard", "trainee", "retired", "solidarity")
    for part in ("minor", "early", "until", "places")
}
TRAINEES = {**NOTHING, "trainee_minor": 12000}


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return priced(world, TRAINEES)


def priced(world: World, answers: dict[str, Any], **changed: Any) -> WholeTerm:
    """A term that recruits, with more prices than one."""
    a_circle(world, bank_debit=True)
    draft = a_draft_term(world, **changed)
    ids = (draft.group.group_id, draft.term.term_id)
    prices.change_prices(world.outside, ADMIN, *ids, answers)
    terms.publish(world.outside, ADMIN, *ids)
    return terms.show_term(world.outside, *ids)


def offer_at(shop: Shop, application: Application, code: str = "", category: str = "") -> Offered:
    """An offer that the desk makes with its choices."""
    offer_id = shop.world.outside.ids.new("offer")
    wanted = Wanted(offer_id=offer_id, days=7, category=category or "standard", bursary_code=code)
    offers.offer_seat(shop.world.outside, ADMIN, application.application_id, wanted)
    return in_hand(shop, application.application_id, offer_id)


def anew(shop: Shop, offered: Offered, code: str = "", category: str = "standard") -> Offered:
    """The offer made anew."""
    offer_id = shop.world.outside.ids.new("offer")
    wanted = Wanted(offer_id=offer_id, days=7, category=category, bursary_code=code)
    offers.offer_anew(shop.world.outside, ADMIN, offered.which, wanted)
    return in_hand(shop, offered.application_id, offer_id)


def in_hand(shop: Shop, application_id: str, offer_id: str) -> Offered:
    keys = shop.world.outside.places.link_keys
    token = personal_link(keys, "offer", f"{application_id}_{offer_id}", 1)
    return Offered(application_id, offer_id, token)


def a_code(world: World, amount_minor: int = 10000, gift_minor: int = 10000) -> str:
    """A code out of a fresh gift."""
    if gift_minor:
        gift = {"gift_minor": gift_minor, "reference": "Letter of 1 November"}
        bursaries.record_gift(world.outside, ADMIN, gift)
    before = {one.code for one in means.codes()}
    bursaries.make_code(world.outside, ADMIN, {"code_minor": amount_minor, "note": None})
    (name,) = {one.code for one in means.codes()} - before
    return name


def state_of(name: str) -> str:
    row = means.code(name)
    assert row is not None
    return row.state


def book(name: str) -> dict[str, int]:
    """The accounts of a book."""
    entries = [row for row in reads.under(tables.Ledger, name) if isinstance(row, Entry)]
    return {account: amount for (_, account, _), amount in balances(entries).items()}


def a_credit(shop: Shop, application: Application, left: int) -> Credit:
    """A credit of an earlier term, with the entry that it came from."""
    person = a_person(shop.world, application.email, full_name=application.full_name)
    where = f"group#{application.group_id}"
    row = Credit(
        credit_id=shop.world.outside.ids.new("release"),
        person_id=person.person_id,
        book=where,
        group_id=application.group_id,
        term_id="term-before",
        obligation_id_from="debt-before",
        amount_minor=left,
        left_minor=left,
        currency="GBP",
        made_at=shop.world.now,
    )
    came = entry(where, f"released#{row.credit_id}", shop.world.now, "GBP",
                 {"fees": 0, "receivable": left, "credits": -left})  # fmt: skip
    settled = entry(where, "before#1", shop.world.now, "GBP", {"stripe": 0, "receivable": -left,
                    "opening": left})  # fmt: skip
    commit(Change.of(Create(row), came, settled))
    return row


# Prices


def test_the_price_is_the_category_that_the_desk_chose(shop: Shop, whole: WholeTerm) -> None:
    offered = offer_at(shop, shop.application(whole, "Pip Buttonwood"), category="trainee")
    shop.pay(offered)
    shop.settle_down()
    debt = shop.debt(offered).obligation
    assert (debt.amount_minor, debt.category, debt.paid_minor) == (12000, "trainee", 12000)
    assert shop.roster(whole)[0].paid_minor == 12000
    with pytest.raises(TermNotOpen):
        offer_at(shop, shop.application(whole, "Odalys Quince"), category="retired")


def test_the_first_places_are_cheaper_and_come_back_when_nobody_took_them(
    shop: Shop, world: World
) -> None:
    early = {**NOTHING, "standard_early": 19000, "standard_places": 2}
    whole = priced(world, early)
    first = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    second = offer_at(shop, shop.application(whole, "Odalys Quince"))
    third = offer_at(shop, shop.application(whole, "Wilf Apple"))
    assert [shop.offer_row(one).price_minor for one in (first, second, third)] == [
        19000,
        19000,
        21600,
    ]
    offers.decline(world.outside, ADMIN, second.which)
    assert shop.term(whole).early_standard == 1
    again = offer_at(shop, shop.application(whole, "Hazel Thimble"))
    assert shop.offer_row(again).price_minor == 19000


@pytest.mark.parametrize("gone", [False, True])
def test_late_money_at_an_early_price_counts_among_its_places(
    shop: Shop, world: World, gone: bool
) -> None:
    """Also when the early places have gone to others: the price that was offered is honoured, and
    then one more is sold than was meant."""
    whole = priced(world, {**NOTHING, "standard_early": 19000, "standard_places": 1})
    late = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    session_id = shop.begin(late)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    world.clock.move(days=15)
    shop.work()
    assert (shop.offer_row(late).state, shop.term(whole).early_standard) == ("expired", 0)
    if gone:
        other = offer_at(shop, shop.application(whole, "Odalys Quince"))
        assert shop.offer_row(other).price_minor == 19000
    shop.fake.settle_delayed(session_id, ok=True)
    shop.settle_down()
    assert [one.full_name for one in shop.roster(whole)] == ["Pip Buttonwood"]
    assert shop.payment(late).amount_minor == 19000
    assert shop.term(whole).early_standard == 1 + gone
    usual = offer_at(shop, shop.application(whole, "Hazel Thimble"))
    assert shop.offer_row(usual).price_minor == 21600


def test_a_price_that_was_offered_stays_when_the_early_one_ends(shop: Shop, world: World) -> None:
    whole = priced(
        world, {**NOTHING, "standard_early": 19000, "standard_until": date(2026, 11, 22)}
    )
    before = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    world.clock.move(days=2)
    after = offer_at(shop, shop.application(whole, "Odalys Quince"))
    shop.pay(before)
    shop.settle_down()
    assert shop.payment(before).amount_minor == 19000
    assert shop.offer_row(after).price_minor == 21600


def test_who_joins_late_pays_for_the_sessions_still_to_come(
    shop: Shop, world: World, whole: WholeTerm
) -> None:
    world.clock.move(days=70)  # 30 January: two of six are over
    offered = offer_at(shop, shop.application(whole, "Pip Buttonwood"), category="trainee")
    offer = shop.offer_row(offered)
    assert offer.price_minor == 8000
    assert [one["number"] for one in offer.facts["sessions"]] == [3, 4, 5, 6]
    shop.pay(offered)
    shop.settle_down()
    assert shop.debt(offered).obligation.begins_at == whole.sessions[2].starts_at


def test_a_published_term_gets_more_prices_and_keeps_those_it_has(
    world: World, whole: WholeTerm
) -> None:
    ids = (whole.group.group_id, whole.term.term_id)
    more = {name: None for name in NOTHING if name.startswith(("retired", "solidarity"))}
    prices.change_prices(world.outside, ADMIN, *ids, {**more, "retired_minor": 15000})
    found = terms.show_term(world.outside, *ids).term
    assert found.tariff.categories == ("standard", "trainee", "retired")
    assert found.tariff.usual_minor("trainee") == 12000
    terms.cancel(world.outside, ADMIN, *ids)
    with pytest.raises(Conflict):
        prices.change_prices(world.outside, ADMIN, *ids, {**more, "solidarity_minor": 30000})


# Bursaries


def test_the_fund_pays_its_part_of_a_seat_and_the_payer_the_rest(
    shop: Shop, world: World, whole: WholeTerm
) -> None:
    code = a_code(world)
    offered = offer_at(shop, shop.application(whole, "Pip Buttonwood"), code)
    assert state_of(code) == "used"
    shop.pay(offered)
    shop.settle_down()
    assert state_of(code) == "spent"
    assert shop.payment(offered).amount_minor == 11600
    term, group = whole.term.term_id, f"group#{whole.group.group_id}"
    assert book(group)[f"deferred/{term}"] == -21600
    assert book(group)["due_to/circle"] == 10000
    assert book("circle") == {"bank": 10000, f"due_to/{group}": -10000}
    assert means.fund().balance_minor == 0


def test_a_code_for_all_of_it_leaves_nothing_to_pay(
    shop: Shop, world: World, whole: WholeTerm
) -> None:
    code = a_code(world, 12000, 12000)
    offered = offer_at(shop, shop.application(whole, "Pip Buttonwood"), code, "trainee")
    assert shop.press_pay(offered).endswith("/paid")
    shop.settle_down()
    assert shop.debt(offered).obligation.state == "paid"
    assert state_of(code) == "spent"
    assert shop.fake.objects("checkout.session") == []
    assert len(shop.roster(whole)) == 1


@pytest.mark.parametrize("ending", ["decline", "withdraw", "expire"])
def test_a_code_is_free_again_when_the_offer_ends_unpaid(
    shop: Shop, world: World, whole: WholeTerm, ending: str
) -> None:
    code = a_code(world)
    offered = offer_at(shop, shop.application(whole, "Pip Buttonwood"), code)
    if ending == "decline":
        offers.decline(world.outside, ADMIN, offered.which)
    elif ending == "withdraw":
        offers.withdraw(world.outside, ADMIN, offered.which, "made by mistake")
    else:
        world.clock.move(days=8)
        shop.work()
    assert shop.offer_row(offered).state != "open"
    assert state_of(code) == "open"
    other = offer_at(shop, shop.application(whole, "Odalys Quince"), code)
    assert shop.offer_row(other).bursary_minor == 10000


@pytest.mark.parametrize("taken", [False, True])
def test_late_money_is_a_seat_only_while_its_code_is_free(
    shop: Shop, world: World, whole: WholeTerm, taken: bool
) -> None:
    code = a_code(world)
    late = offer_at(shop, shop.application(whole, "Pip Buttonwood"), code)
    session_id = shop.begin(late)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    world.clock.move(days=15)
    shop.work()  # the debit takes longer than a place is kept for it
    assert shop.offer_row(late).state == "expired"
    if taken:
        offer_at(shop, shop.application(whole, "Odalys Quince"), code)
    shop.fake.settle_delayed(session_id, ok=True)
    shop.settle_down()
    assert len(shop.roster(whole)) == (0 if taken else 1)
    assert state_of(code) == ("used" if taken else "spent")
    assert len(shop.refunds(late)) == (1 if taken else 0)


def test_the_fund_promises_what_it_has_and_no_more(world: World, whole: WholeTerm) -> None:
    code = a_code(world, 6000, 10000)
    with pytest.raises(FundTooSmall):
        a_code(world, 4001, 0)
    bursaries.withdraw_code(world.outside, ADMIN, code)
    assert state_of(a_code(world, 10000, 0)) == "open"
    with pytest.raises(BursaryNotOpen):
        bursaries.withdraw_code(world.outside, ADMIN, code)


def test_no_code_helps_twice(shop: Shop, world: World, whole: WholeTerm) -> None:
    code = a_code(world)
    offer_at(shop, shop.application(whole, "Pip Buttonwood"), code)
    for wrong in (code, "NOTACODE"):
        application = shop.application(whole, "Odalys Quince")
        with pytest.raises(BursaryNotOpen):
            offer_at(shop, application, wrong)
        kept = reads.reread(application)
        assert kept is not None
        assert kept.offer_id is None


# A lower price after the offer (A8)


def test_who_asks_keeps_the_place_and_gets_a_new_offer(
    shop: Shop, world: World, whole: WholeTerm
) -> None:
    first = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    world.clock.move(days=6)
    offers.ask_lower_price(world.outside, ADMIN, first.which)
    with pytest.raises(Conflict):
        offers.ask_lower_price(world.outside, ADMIN, first.which)
    world.clock.move(days=4)
    shop.work()
    assert shop.offer_row(first).state == "open"  # its first day to answer has passed
    assert [one.code for one in tasks("concession_asked")] == ["concession_asked"]
    second = anew(shop, first, a_code(world, 3000), "trainee")
    assert tasks("concession_asked") == []
    assert shop.offer_row(first).state == "withdrawn"
    assert shop.debt(first).obligation.state == "void"
    shop.pay(second)
    shop.settle_down()
    assert shop.payment(second).amount_minor == 9000
    assert [len(shop.mails(one)) for one in ("offer", "offer_withdrawn", "receipt")] == [2, 0, 1]
    assert (shop.term(whole).occupied, shop.term(whole).taken) == (1, 1)


def tasks(code: str) -> list[Task]:
    every = reads.under(tables.Circle, "task#open")
    return [one for one in every if one.code == code]


@pytest.mark.parametrize("ending", ["pay", "decline", "expire"])
def test_the_question_ends_with_the_offer(
    shop: Shop, world: World, whole: WholeTerm, ending: str
) -> None:
    offered = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    offers.ask_lower_price(world.outside, ADMIN, offered.which)
    if ending == "pay":
        shop.pay(offered)
    elif ending == "decline":
        offers.decline(world.outside, ADMIN, offered.which)
    else:
        world.clock.move(days=9)
    shop.settle_down()
    assert shop.offer_row(offered).state != "open"
    assert tasks("concession_asked") == []


def test_the_last_place_can_be_offered_anew_to_who_has_it(shop: Shop, world: World) -> None:
    whole = priced(world, TRAINEES, capacity=1)
    first = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    second = anew(shop, first, category="trainee")
    with pytest.raises(NoSeatLeft):
        offer_at(shop, shop.application(whole, "Odalys Quince"))
    assert shop.offer_row(second).price_minor == 12000


def test_a_debit_that_is_on_its_way_is_waited_for(
    shop: Shop, world: World, whole: WholeTerm
) -> None:
    offered = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    with pytest.raises(PaymentOnItsWay):
        anew(shop, offered, category="trainee")
    shop.fake.settle_delayed(session_id, ok=True)
    shop.settle_down()
    assert shop.offer_row(offered).state == "taken"


def test_the_same_code_goes_with_the_offer(shop: Shop, world: World, whole: WholeTerm) -> None:
    code = a_code(world)
    first = offer_at(shop, shop.application(whole, "Pip Buttonwood"), code)
    second = anew(shop, first, code, "trainee")
    row = means.code(code)
    assert isinstance(row, BursaryCode)
    assert (row.state, row.used_for) == ("used", shop.offer_row(second).obligation_id)
    shop.pay(second)
    shop.settle_down()
    assert shop.payment(second).amount_minor == 2000


def test_a_payment_on_the_old_page_is_not_lost(shop: Shop, world: World, whole: WholeTerm) -> None:
    first = offer_at(shop, shop.application(whole, "Pip Buttonwood"))
    session_id = shop.begin(first)
    anew(shop, first, category="trainee")  # the door closes the page before; here it stayed open
    shop.fake.pay(session_id)
    shop.settle_down()
    assert shop.payment(first).outcome == "late"
    assert [one.amount_minor for one in shop.refunds(first)] == [21600]


# Credits


def test_what_was_kept_from_before_pays_a_part(shop: Shop, world: World) -> None:
    whole = a_recruiting_term(world)
    application = shop.application(whole, "Pip Buttonwood")
    credit = a_credit(shop, application, 3600)
    offered = offer_at(shop, application)
    assert left_of(credit) == 0
    shop.pay(offered)
    shop.settle_down()
    debt = shop.debt(offered).obligation
    assert (shop.payment(offered).amount_minor, debt.credit_minor, debt.outstanding_minor) == (
        18000,
        3600,
        0,
    )
    assert "credits" not in book(f"group#{whole.group.group_id}")


def test_what_was_kept_can_pay_all_of_it_and_comes_back_with_the_offer(
    shop: Shop, world: World
) -> None:
    whole = a_recruiting_term(world)
    application = shop.application(whole, "Pip Buttonwood")
    credit = a_credit(shop, application, 30000)
    offered = offer_at(shop, application)
    assert left_of(credit) == 8400
    offers.withdraw(world.outside, ADMIN, offered.which, "made by mistake")
    assert left_of(credit) == 30000
    again = reads.reread(application)
    assert again is not None
    second = offer_at(shop, again)
    assert shop.press_pay(second).endswith("/paid")
    shop.settle_down()
    assert shop.debt(second).obligation.outstanding_minor == 0
    assert left_of(credit) == 8400


def left_of(credit: Credit) -> int:
    row = reads.reread(credit)
    assert row is not None
    return row.left_minor

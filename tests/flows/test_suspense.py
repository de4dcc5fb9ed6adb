"""Money by transfer and in cash: booked when it is recorded, placed by two people (T3, M6, A7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.errors import (
    AlreadyCounted,
    DebtNotOpen,
    InvalidForm,
    MatchTooMuch,
    MoveNotDeclared,
    NotFound,
    SecondPersonNeeded,
    StateChanged,
    SwitchedOff,
)
from chalicelib.flows.banking import matching, suspense
from chalicelib.flows.joining import forgetting, offers
from chalicelib.rules.books.ledger import CIRCLE_BOOK, group_book
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.tasks import open_tasks
from tests.money_by_hand import (
    ADA,
    TILDA,
    TOLD,
    book,
    came,
    confirmed,
    proposed,
    proven,
    row,
    sent_back,
)
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import World


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return a_recruiting_term(world)


@pytest.fixture
def offered(shop: Shop, whole: WholeTerm) -> Offered:
    """An open offer of £216.00 to somebody whose address is confirmed."""
    return proven(shop, shop.offer(whole))


def debt_of(shop: Shop, offered: Offered) -> str:
    return shop.debt(offered).obligation.obligation_id


def matched(shop: Shop, offered: Offered, short: bool = False, **told: object) -> str:
    """Money recorded, proposed for an offer and confirmed."""
    receipt_id = came(shop.world, **told)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    confirmed(shop.world, receipt_id, short=short)
    return receipt_id


# Recording


def test_money_is_booked_when_it_is_recorded(shop: Shop, whole: WholeTerm) -> None:
    bank, cash = came(shop.world), came(shop.world, method="cash", payer="Pip", reference="")
    assert book(CIRCLE_BOOK) == {"bank": 21600, "cash": 21600, "suspense": -43200}
    assert {row(bank).state, row(cash).state} == {"unmatched"}
    assert suspense.show_all(shop.world.outside)["receipts"] == [row(bank), row(cash)]


def test_the_same_again_is_asked_about_and_taken_only_when_it_is_another_one(
    shop: Shop, whole: WholeTerm
) -> None:
    first = came(shop.world)
    same = {"reference": " lantern ", "payer": "somebody else", "method": "cash"}
    with pytest.raises(AlreadyCounted):
        came(shop.world, **same)
    second = came(shop.world, **same, another=True)
    assert first != second
    with pytest.raises(AlreadyCounted):
        suspense.record(shop.world.outside, ADA, second, TOLD)
    for other in ({"amount_minor": 21601}, {"date": date(2026, 11, 19)}, {"reference": "TEACUP"}):
        came(shop.world, **other)
    assert book(CIRCLE_BOOK)["suspense"] == -(5 * 21600 + 1)


def test_without_a_reference_the_payer_tells_two_transfers_apart(
    shop: Shop, whole: WholeTerm
) -> None:
    came(shop.world, reference="")
    came(shop.world, reference="", payer="T TEAPOT")
    with pytest.raises(AlreadyCounted):
        came(shop.world, reference="", payer="t teapot")


def test_money_for_a_debt_that_is_not_there_is_refused(shop: Shop, whole: WholeTerm) -> None:
    with pytest.raises(NotFound):
        came(shop.world, meant_for="debt-unheard-of")


# Matching


def test_a_transfer_takes_the_seat_as_a_card_does(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    receipt_id = matched(shop, offered)
    (member,) = shop.roster(whole)
    term, payment = shop.term(whole), shop.payment(offered)
    assert (member.state, member.paid_minor) == ("awaiting_agreement", 21600)
    assert (term.held, term.taken) == (0, 1)
    assert shop.offer_row(offered).state == "taken"
    assert shop.debt(offered).obligation.state == "paid"
    assert (payment.state, payment.method, payment.outcome) == ("paid", "bank", "seat")
    assert (payment.intent_id, payment.fee_minor, payment.check_at) == (None, 0, None)
    assert (payment.reference, payment.bank_receipt_id) == ("LANTERN", receipt_id)
    assert payment.paid_at == shop.world.now.replace(day=20, hour=12)
    assert (row(receipt_id).state, row(receipt_id).look_at) == ("matched", None)
    group = group_book(whole.group.group_id)
    assert book(CIRCLE_BOOK) == {"bank": 21600, f"due_to/{group}": -21600}
    assert book(group)["due_to/circle"] == 21600
    assert len(shop.mails("receipt")) == len(shop.mails("enrolment_confirmation")) == 1


def test_the_receipt_names_who_paid_and_how(shop: Shop, offered: Offered) -> None:
    matched(shop, offered, payer="Fictonbury Health Trust", method="cash")
    shop.work()
    letter = shop.world.postbox.last("pip.buttonwood@example.org", "Receipt")
    said = " ".join(letter.text.split())
    for words in (
        "Date paid: Friday 20 November 2026",
        "Paid by: Fictonbury Health Trust",
        "How it was paid: In cash",
        "Who takes part: Pip Buttonwood",
    ):
        assert words in said, said


def test_nobody_confirms_what_she_has_proposed(shop: Shop, offered: Offered) -> None:
    receipt_id = came(shop.world)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    with pytest.raises(SecondPersonNeeded):
        confirmed(shop.world, receipt_id, by=TILDA)
    assert shop.debt(offered).payments == ()
    confirmed(shop.world, receipt_id, by=ADA)


def test_where_one_person_runs_the_circle_she_confirms_alone(shop: Shop, offered: Offered) -> None:
    switch(preset="solo")
    receipt_id = came(shop.world)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    confirmed(shop.world, receipt_id, by=TILDA)
    assert row(receipt_id).state == "matched"


def test_what_was_confirmed_or_proposed_anew_is_not_confirmed_unseen(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    outside, receipt_id = shop.world.outside, came(shop.world)
    seen = proposed(shop.world, receipt_id, debt_of(shop, offered))
    with pytest.raises(MoveNotDeclared):
        proposed(shop.world, receipt_id, debt_of(shop, offered))
    matching.take_back(outside, ADA, receipt_id, seen)
    with pytest.raises(StateChanged):
        matching.take_back(outside, ADA, receipt_id, seen)
    other = proven(shop, shop.offer(whole, "Otis Wheelbarrow"))
    proposed(shop.world, receipt_id, debt_of(shop, other))
    with pytest.raises(StateChanged):
        matching.confirm(outside, ADA, receipt_id, seen, short=False)
    confirmed(shop.world, receipt_id)
    with pytest.raises(StateChanged):
        matching.confirm(outside, ADA, receipt_id, seen, short=False)
    assert [one.full_name for one in shop.roster(whole)] == ["Otis Wheelbarrow"]


def test_no_more_is_matched_than_is_left_or_owed(shop: Shop, offered: Offered) -> None:
    receipt_id = came(shop.world, amount_minor=30000)
    with pytest.raises(MatchTooMuch) as refusal:
        proposed(shop.world, receipt_id, debt_of(shop, offered), 21601)
    assert refusal.value.facts == {"most": "£216.00"}
    with pytest.raises(NotFound):
        proposed(shop.world, receipt_id, "debt-unheard-of")


@pytest.mark.parametrize("ending", ["withdrawn", "expired"])
def test_an_offer_that_has_ended_takes_no_money_and_it_stays_in_suspense(
    shop: Shop, whole: WholeTerm, offered: Offered, ending: str
) -> None:
    receipt_id = came(shop.world)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    if ending == "withdrawn":
        offers.withdraw(shop.world.outside, ADMIN, offered.which, "entered twice")
    else:
        shop.world.clock.move(days=9)
        shop.work()
    with pytest.raises(DebtNotOpen) as refusal:
        confirmed(shop.world, receipt_id)
    assert refusal.value.facts == {"state": ending}
    assert book(CIRCLE_BOOK)["suspense"] == -21600
    matching.take_back(shop.world.outside, ADA, receipt_id, row(receipt_id).proposal_id)
    assert row(receipt_id).state == "unmatched"


def test_an_address_nobody_has_confirmed_gets_no_seat(shop: Shop, whole: WholeTerm) -> None:
    offered = shop.offer(whole)
    receipt_id = came(shop.world)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    with pytest.raises(DebtNotOpen) as refusal:
        confirmed(shop.world, receipt_id)
    assert refusal.value.facts == {"state": "unproven"}
    proven(shop, offered)
    confirmed(shop.world, receipt_id)
    assert len(shop.roster(whole)) == 1


# Short, too much, not ours (T3)


def test_a_short_transfer_takes_the_seat_only_if_somebody_says_so(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    receipt_id = came(shop.world, amount_minor=20000)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    with pytest.raises(InvalidForm) as refusal:
        confirmed(shop.world, receipt_id)
    assert refusal.value.errors == {"short": "tick"}
    confirmed(shop.world, receipt_id, short=True)
    debt = shop.debt(offered).obligation
    assert (debt.state, debt.outstanding_minor, len(shop.roster(whole))) == ("due", 1600, 1)
    assert book(group_book(whole.group.group_id))["receivable"] == 1600

    rest = came(shop.world, amount_minor=1600, date=date(2026, 11, 21))
    proposed(shop.world, rest, debt_of(shop, offered))
    confirmed(shop.world, rest)
    debt = shop.debt(offered).obligation
    assert (debt.state, debt.outstanding_minor) == ("paid", 0)
    assert {one.outcome for one in shop.debt(offered).payments} == {"seat", "part"}
    assert [one.paid_minor for one in shop.roster(whole)] == [21600]


def test_an_overpayment_is_matched_as_far_as_it_is_owed_and_the_rest_sent_back(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    receipt_id = matched(shop, offered, amount_minor=25000)
    assert (row(receipt_id).state, row(receipt_id).left_minor) == ("unmatched", 3400)
    sent_back(shop.world, receipt_id, 1000)
    sent_back(shop.world, receipt_id, 2400)
    assert (row(receipt_id).state, row(receipt_id).left_minor) == ("returned", 0)
    group = f"due_to/{group_book(whole.group.group_id)}"
    assert book(CIRCLE_BOOK) == {"bank": 21600, group: -21600}
    assert suspense.show_all(shop.world.outside)["receipts"] == []


def test_no_more_goes_back_than_is_left_and_not_without_a_second_look(
    shop: Shop, whole: WholeTerm
) -> None:
    receipt_id = came(shop.world)
    told = {"amount_minor": 21601, "date": date(2026, 11, 21), "reference": "", "reason": "no"}
    with pytest.raises(MatchTooMuch):
        matching.propose_back(shop.world.outside, TILDA, receipt_id, told)
    matching.propose_back(shop.world.outside, TILDA, receipt_id, told | {"amount_minor": 21600})
    assert book(CIRCLE_BOOK) == {"bank": 21600, "suspense": -21600}
    with pytest.raises(SecondPersonNeeded):
        confirmed(shop.world, receipt_id, by=TILDA)


# Card and transfer meet: A7, M6


def test_a_card_payment_after_the_transfer_is_surplus_and_goes_back(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    session_id = shop.begin(offered)
    matched(shop, offered)
    shop.fake.pay(session_id)
    shop.settle_down()
    outcomes = {one.method: one.outcome for one in shop.debt(offered).payments}
    assert outcomes == {"bank": "seat", "stripe": "surplus"}
    assert [(one.amount_minor, one.cause) for one in shop.refunds(offered)] == [(21600, "surplus")]
    assert len(shop.roster(whole)) == 1


def test_a_card_payment_after_a_short_transfer_pays_the_rest_and_no_more(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    session_id = shop.begin(offered)
    matched(shop, offered, short=True, amount_minor=20000)
    shop.fake.pay(session_id)
    shop.settle_down()
    debt = shop.debt(offered)
    assert (debt.obligation.state, debt.obligation.outstanding_minor) == ("paid", 0)
    assert [(one.amount_minor, one.cause) for one in debt.refunds] == [(20000, "surplus")]
    assert [one.state for one in shop.roster(whole)] == ["active"]


def test_a_card_that_was_quicker_wins_and_the_transfer_stays_in_suspense(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    receipt_id = came(shop.world)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    shop.pay(offered)
    shop.settle_down()
    with pytest.raises(DebtNotOpen) as refusal:
        confirmed(shop.world, receipt_id)
    assert refusal.value.facts == {"state": "paid"}
    assert (len(shop.roster(whole)), row(receipt_id).left_minor) == (1, 21600)


def test_an_employer_who_pays_after_the_member_did_takes_the_members_place_as_payer(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    shop.pay(offered)
    shop.settle_down()
    first = shop.payment(offered)
    receipt_id = came(shop.world, payer="Fictonbury Health Trust", reference="P BUTTONWOOD")
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    assert shop.refunds(offered) == [], "not before the employer's money is confirmed"
    confirmed(shop.world, receipt_id)
    shop.settle_down()
    debt = shop.debt(offered)
    (refund,) = debt.refunds
    assert (refund.payment_id, refund.amount_minor) == (first.payment_id, 21600)
    assert (refund.cause, refund.state) == ("paid_instead", "succeeded")
    assert (debt.obligation.state, debt.obligation.outstanding_minor) == ("paid", 0)
    assert [one.state for one in shop.roster(whole)] == ["active"]
    assert shop.term(whole).taken == 1
    postbox = shop.world.postbox
    old, new = [one for one in postbox.letters if one.subject.startswith("Receipt")]
    assert f"Takes the place of: {first.receipt_number}" in new.text
    assert "Paid by: Fictonbury Health Trust" in new.text
    assert first.receipt_number in old.text, "the first receipt is not edited"
    back = postbox.last("pip.buttonwood@example.org", "refund").text
    assert "Your place stays as it is" in " ".join(back.split())


def test_an_employer_can_pay_a_part_of_what_the_member_paid(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    shop.pay(offered)
    shop.settle_down()
    receipt_id = came(shop.world, amount_minor=10000)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    confirmed(shop.world, receipt_id)
    shop.settle_down()
    assert [one.amount_minor for one in shop.refunds(offered)] == [10000]
    assert shop.debt(offered).obligation.outstanding_minor == 0
    more = came(shop.world, amount_minor=20000)
    with pytest.raises(MatchTooMuch):
        proposed(shop.world, more, debt_of(shop, offered), 11601)


def test_nobody_is_paid_back_while_refunds_are_switched_off(shop: Shop, offered: Offered) -> None:
    shop.pay(offered)
    shop.settle_down()
    receipt_id = came(shop.world)
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    switch(refunds=False)
    with pytest.raises(SwitchedOff):
        confirmed(shop.world, receipt_id)
    switch(refunds=True)
    assert shop.refunds(offered) == []


# Suggestions and the list


def test_what_fits_best_is_at_the_top(shop: Shop, whole: WholeTerm, offered: Offered) -> None:
    other = proven(shop, shop.offer(whole, "Otis Wheelbarrow"))
    receipt_id = came(shop.world, payer="MR O WHEELBARROW", reference="")
    shown = suspense.show_one(shop.world.outside, receipt_id)
    found = [(one.offer.full_name, one.why) for one in shown["debts"]]
    assert found == [
        ("Otis Wheelbarrow", ("name", "amount")),
        ("Pip Buttonwood", ("amount",)),
    ]
    mine = debt_of(shop, offered)
    told = suspense.show_one(shop.world.outside, receipt_id, mine)["debts"]
    assert told[0].obligation.obligation_id == mine
    assert debt_of(shop, other) == told[1].obligation.obligation_id


def test_a_debt_that_is_paid_is_offered_only_where_its_name_fits(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    shop.pay(offered)
    shop.settle_down()
    named, other = came(shop.world), came(shop.world, payer="Somebody", reference="?")
    (one,) = suspense.show_one(shop.world.outside, named)["debts"]
    assert (one.most_minor, one.instead) == (21600, shop.payment(offered))
    assert suspense.show_one(shop.world.outside, other)["debts"] == []


def test_money_that_waits_three_days_is_a_task_once_until_the_last_penny(
    shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    outside, receipt_id = shop.world.outside, came(shop.world, amount_minor=25000)
    shop.world.clock.move(days=2)
    assert suspense.look(outside) == {"tasks": 0}
    shop.world.clock.move(days=1)
    assert suspense.look(outside) == {"tasks": 1}
    (task,) = [one for one in open_tasks() if one.code == "suspense"]
    assert task.facts == {"amount": "£250.00", "payer": "P BUTTONWOOD"}
    assert task.path == f"/admin/suspense/{receipt_id}"
    shop.world.clock.move(days=1)
    assert suspense.look(outside) == {"tasks": 0}
    proposed(shop.world, receipt_id, debt_of(shop, offered))
    confirmed(shop.world, receipt_id)
    assert [one.code for one in open_tasks()] == ["suspense"]
    shop.world.clock.move(days=31)
    assert suspense.look(outside) == {"tasks": 0}, "it is open already"
    sent_back(shop.world, receipt_id, 3400)
    assert open_tasks() == []
    assert row(receipt_id).recorded_at + timedelta(days=35) == shop.world.now


def switch(**values: object) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, values)))


# What is deleted


def test_who_paid_is_forgotten_once_the_books_need_not_name_anybody(
    shop: Shop, offered: Offered
) -> None:
    """Seven years after it was placed: every financial year that it can lie in is six years past.
    Amounts, days and what became of it stay, so that the books can still be proven."""
    world = shop.world
    waits, placed = came(world, reference="NOT PLACED"), came(world)
    proposed(world, placed, debt_of(shop, offered))
    assert row(placed).retain_until is None
    confirmed(world, placed)
    assert row(placed).retain_until == world.now.replace(year=2033)
    world.clock.move(days=7 * 365)
    assert "receipts" not in forgetting.forget_due(world.outside)
    world.clock.move(days=3)
    assert forgetting.forget_due(world.outside)["receipts"] == 1
    assert "receipts" not in forgetting.forget_due(world.outside)
    kept = row(placed)
    assert (kept.payer, kept.reference, kept.retain_until) == ("", "", None)
    assert (kept.amount_minor, kept.state, kept.received_on) == (21600, "matched", TOLD["date"])
    assert row(waits).payer == TOLD["payer"]  # nobody knows yet what it is for


def test_what_went_back_is_forgotten_with_the_words_about_it(shop: Shop, whole: WholeTerm) -> None:
    world = shop.world
    receipt_id = came(world)
    sent_back(world, receipt_id, 21600)
    world.clock.move(days=7 * 366)
    assert forgetting.forget_due(world.outside)["receipts"] == 1
    kept = row(receipt_id)
    assert [kept.payer, kept.reference, kept.back_reference, kept.back_reason] == [""] * 4
    assert suspense.show_one(world.outside, receipt_id)["acts"][-1].action == "suspense.forgotten"

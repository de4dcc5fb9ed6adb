"""Cancelled sessions and terms: exact pence for everybody, everybody told, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from chalicelib.errors import Conflict, InvalidForm, MoveNotDeclared, StateChanged
from chalicelib.flows.joining import offers, screening
from chalicelib.flows.running import cancelling, terms
from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.people.circle import Task
from chalicelib.rules.running import cancelling as rules
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.flows.cancelling_steps import (
    EXTRA,
    NAMES,
    PRICE,
    Group,
    a_group,
    book,
    bulks,
    credits_kept,
    tasks,
    told,
)
from tests.shop import ADMIN, Shop
from tests.stories import a_circle, a_recruiting_term


@pytest.fixture
def group(shop: Shop) -> Group:
    """Three members who have paid 216.01 for six sessions."""
    return a_group(shop, a_recruiting_term(shop.world, price_minor=PRICE))


# A cancelled session: the three remedies


@pytest.mark.parametrize(("number", "pence"), [(1, 3600), (6, 3601)])
def test_a_refund_is_the_exact_share_with_the_odd_penny_on_the_last_session(
    group: Group, number: int, pence: int
) -> None:
    group.cancel(number)
    session = group.session(number)
    assert (session.state, session.remedy) == ("cancelled", "refund")
    group.shop.settle_down()
    assert [one.amount_minor for one in group.refunds()] == [pence] * 3
    assert {one.state for one in group.refunds()} == {"succeeded"}
    assert [one.state for one in group.shop.roster(group.whole)] == ["active"] * 3
    debt = group.debt(0)
    assert debt.shares[session.session_id] == 0
    assert sum(debt.shares.values()) == PRICE - pence
    assert [one.facts["refund_minor"] for one in told(group.shop, "session_cancelled")] == [
        pence
    ] * 3
    assert (group.bulk().state, group.bulk().done_minor) == ("done", 3 * pence)


def test_a_credit_is_kept_under_the_name_of_who_paid_and_no_money_leaves(group: Group) -> None:
    group.cancel(2, "credit")
    group.shop.settle_down()
    assert group.refunds() == []
    kept = credits_kept()
    assert [(one.amount_minor, one.left_minor) for one in kept] == [(3600, 3600)] * 3
    assert {one.person_id for one in kept} == {str(group.debt(at).person_id) for at in range(3)}
    assert [one.facts["credit_minor"] for one in told(group.shop, "session_cancelled")] == [
        3600
    ] * 3


def test_an_extra_date_takes_the_number_after_the_last_and_the_shares_move_to_it(
    group: Group,
) -> None:
    old = group.session(6)
    group.cancel(6, **EXTRA)
    new = group.session(7)
    assert (new.state, new.replaces, new.minutes) == ("planned", old.session_id, 90)
    assert group.shop.term(group.whole).ends_at == new.ends_at
    group.shop.settle_down()
    for at in range(3):
        assert group.debt(at).shares[new.session_id] == 3601
        assert old.session_id not in group.debt(at).shares
    assert (group.refunds(), credits_kept()) == ([], [])
    letter = group.shop.world.postbox.last("pip.buttonwood@example.org", "moves to")
    assert "Thursday 8 April 2027" in letter.subject
    assert "19:00 to 20:30 London time (BST)" in " ".join(letter.text.split())
    moved = [one.entry_id for one in reads.everything(tables.Ledger) if "moved#" in one.entry_id]
    assert len(moved) == 3


def test_an_extra_date_comes_into_the_calendar_and_moves_there(group: Group) -> None:
    """Moved once more it is the same entry, and a refund takes it out again."""
    again = {**EXTRA, "date": date(2027, 4, 15)}
    first = group.session(6).session_id
    for number, remedy, expected in (
        (6, EXTRA, ("REQUEST", "20270408T180000Z", "1")),
        (7, again, ("REQUEST", "20270415T180000Z", "2")),
        (8, {}, ("CANCEL", "20270415T180000Z", "3")),
    ):
        group.cancel(number, **remedy)
        group.shop.settle_down()
        for address in ("pip.buttonwood@example.org", "imelda.inkwell@example.org"):
            words = "moves to" if remedy else "Cancelled"
            (part,) = group.shop.world.postbox.last(address, words).attachments
            method, begins, sequence = expected
            assert f"method={method}" in part.content_type
            lines = part.body.decode().splitlines()
            assert f"UID:{first}" in lines
            assert f"DTSTART:{begins}" in lines
            assert f"SEQUENCE:{sequence}" in lines


def test_who_was_sent_no_date_is_sent_nothing_to_take_back(group: Group) -> None:
    group.cancel(5, "credit")
    group.shop.settle_down()
    letter = group.shop.world.postbox.last("pip.buttonwood@example.org", "Cancelled")
    assert letter.attachments == ()
    group.shop.offer(group.whole, "Odalys Quince")
    group.cancel(6, **EXTRA)
    group.shop.settle_down()
    assert group.shop.world.postbox.last("odalys.quince@example.org", "moves").attachments == ()


def test_what_is_not_paid_yet_is_let_go_first(group: Group) -> None:
    debt = group.debt(0)
    bill = [one for one in reads.everything(tables.Ledger) if one.entry_id.startswith("seat#")]
    assert len(bill) == 3
    owes = Update(debt, {"state": "due"}, add={"amount_minor": 2000, "released_minor": 0})
    last = next(reversed(debt.shares))
    more = Update(debt, {"shares": {**debt.shares, last: debt.shares[last] + 2000}})
    commit(Change.of(replace(owes, values={**owes.values, **more.values})))
    _book_more(group, debt.obligation_id, 2000)
    group.cancel(6)
    group.shop.settle_down()
    (refund,) = group.shop.debt(group.seats[0]).refunds
    assert refund.amount_minor == 3601
    assert (group.debt(0).outstanding_minor, group.debt(0).state) == (0, "paid")


def _book_more(group: Group, obligation_id: str, amount: int) -> None:
    """As if the seat had been billed with so much more, which is not paid."""
    (entry,) = [
        one for one in reads.everything(tables.Ledger) if one.entry_id == f"seat#{obligation_id}"
    ]
    term_id = group.whole.term.term_id
    lines = tuple(
        replace(one, amount_minor=amount if one.account == "receivable" else -amount)
        for one in entry.lines
    )
    assert {one.account for one in lines} == {"receivable", f"deferred/{term_id}"}
    commit(Change.of(Create(replace(entry, entry_id=f"{entry.entry_id}.more", lines=lines))))


def test_leaders_are_told_at_once_and_nothing_of_money(group: Group) -> None:
    group.cancel(1, message="Barnaby has lost his voice.")
    letters = told(group.shop, "leader_cancelled")
    assert [one.to for one in letters] == [
        "barnaby.teacup@example.org",
        "imelda.inkwell@example.org",
    ]
    assert not any("minor" in name for one in letters for name in one.facts)
    assert told(group.shop, "session_cancelled") == []
    group.shop.settle_down()
    letter = group.shop.world.postbox.last("pip.buttonwood@example.org", "Cancelled")
    assert "Barnaby has lost his voice." in letter.text


def test_members_who_pay_nothing_are_told_as_well(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world, price_minor=0)
    seat = shop.offer(whole)
    shop.press_pay(seat)
    group = Group(shop, whole, [seat])
    group.cancel(1)
    shop.settle_down()
    assert [one.to for one in told(shop, "session_cancelled")] == ["pip.buttonwood@example.org"]
    assert (group.bulk().state, group.bulk().done_minor, group.refunds()) == ("done", 0, [])


# What may be cancelled


def test_a_session_that_was_held_or_dealt_with_is_not_cancelled(group: Group) -> None:
    group.cancel(2)
    with pytest.raises(Conflict):
        group.cancel(2, "credit")
    commit(Change.of(Update(group.session(3), {"state": "held"})))
    with pytest.raises(Conflict):
        group.cancel(3)
    commit(Change.of(Update(group.session(3), {"state": "planned"})))
    group.shop.settle_down()
    assert len(bulks()) == 1


def test_a_session_that_turned_out_not_to_have_been_held_has_its_remedy_chosen_once(
    group: Group,
) -> None:
    session = group.session(1)
    task = Task(
        task_id=f"session_remedy_due#{session.session_id}",
        code="session_remedy_due",
        path="/admin",
        opened_at=group.shop.world.now,
        due_at=group.shop.world.now,
    )
    commit(Change.of(Update(session, {"state": "cancelled"}), Create(task)))
    group.shop.world.clock.at = session.ends_at + timedelta(hours=2)
    assert "session_remedy_due" in tasks()
    group.cancel(1)
    assert "session_remedy_due" not in tasks()
    group.shop.settle_down()
    assert [one.amount_minor for one in group.refunds()] == [3600] * 3
    letter = group.shop.world.postbox.last("pip.buttonwood@example.org", "was not held")
    assert "£36.00" in letter.text


def test_an_open_offer_has_to_be_withdrawn_before_a_refund(group: Group) -> None:
    offered = group.shop.offer(group.whole, "Tansy Rainbarrel")
    with pytest.raises(Conflict):
        group.cancel(2)
    assert group.session(2).state == "planned"
    offers.withdraw(group.shop.world.outside, ADMIN, offered.which, "the date has gone")
    group.cancel(2)
    assert group.session(2).state == "cancelled"


def test_an_extra_date_moves_an_open_offer_too_and_it_can_be_paid(group: Group) -> None:
    offered = group.shop.offer(group.whole, "Tansy Rainbarrel")
    old = group.session(1)
    group.cancel(1, **EXTRA)
    group.tick()
    new = group.session(7)
    row = group.shop.offer_row(offered)
    begins = [one["starts_at"][:10] for one in row.facts["sessions"]]
    assert begins == sorted(begins)
    assert "2027-04-08" in begins
    assert str(old.local_date) not in begins
    debt = group.shop.debt(offered).obligation
    assert debt.shares[new.session_id] == 3600
    assert told(group.shop, "session_cancelled")[-1].facts["standing"] == "offered"
    group.shop.pay(offered)
    group.shop.settle_down()
    assert len(group.shop.roster(group.whole)) == 4


def test_an_extra_date_before_all_others_is_earned_when_an_offer_is_paid_after_it(
    group: Group,
) -> None:
    offered = group.shop.offer(group.whole, "Tansy Rainbarrel", days=60)
    group.cancel(1, "extra_date", date=date(2027, 1, 7), time=time(19))
    group.tick()
    group.shop.world.clock.at = group.session(7).ends_at + timedelta(hours=1)
    group.hold(7)
    group.shop.pay(offered)
    group.shop.settle_down()
    assert len(group.shop.roster(group.whole)) == 4


def test_who_is_offered_a_place_meanwhile_stops_the_cancellation(group: Group) -> None:
    session = group.session(2)
    seen = cancelling.show_term(group.shop.world.outside, *group.ids)
    group.shop.offer(group.whole, "Tansy Rainbarrel")
    wish = rules.Wish(
        values={"remedy": "refund", "reason": "x", "message": ""},
        bulk_id="bulk-1",
        new_session_id="session-1",
        actor="ada",
        now=group.shop.world.now,
    )
    _, change = rules.session_cancelled(seen, session, (), wish)
    with pytest.raises(StateChanged):
        commit(change)


# Guests


def bookings() -> list[TasterBooking]:
    return [row for row in reads.everything(tables.Applications) if isinstance(row, TasterBooking)]


def test_guests_of_a_cancelled_session_are_called_off_and_others_are_not(group: Group) -> None:
    book(group, group.session(1), "Bettina")
    book(group, group.session(2), "Caspian")
    group.cancel(1)
    group.shop.settle_down()
    assert sorted((one.full_name, one.state) for one in bookings()) == [
        ("Bettina", "cancelled"),
        ("Caspian", "booked"),
    ]
    assert "called off" in group.shop.world.postbox.to("bettina@example.org")[-1].subject


def test_a_taster_is_cancelled_with_its_guests(group: Group) -> None:
    taster = group.now().tasters[0]
    book(group, taster, "Bettina")
    values = {"reason": "nobody can lead it", "message": ""}
    outside = group.shop.world.outside
    cancelling.cancel_session(outside, ADMIN, *group.ids, taster.session_id, values)
    group.shop.settle_down()
    assert [one.state for one in bookings()] == ["cancelled"]
    assert (group.now().tasters[0].state, group.bulk().state) == ("cancelled", "done")
    with pytest.raises(Conflict):
        cancelling.cancel_session(outside, ADMIN, *group.ids, taster.session_id, values)


# A cancelled term


def test_a_cancelled_term_gives_everything_back_and_ends_every_place(group: Group) -> None:
    book(group, group.session(1), "Bettina")
    group.cancel_term()
    term = group.shop.term(group.whole)
    assert (term.state, term.taken) == ("cancelled", 3)
    assert {one.state for one in (*group.now().sessions, *group.now().tasters)} == {"cancelled"}
    group.shop.settle_down()
    assert [one.amount_minor for one in group.refunds()] == [PRICE] * 3
    assert [one.state for one in group.shop.roster(group.whole)] == ["cancelled"] * 3
    assert (group.shop.term(group.whole).taken, group.shop.term(group.whole).occupied) == (0, 0)
    assert (group.bulk().state, group.bulk().done_minor) == ("done", 3 * PRICE)
    assert [one.facts["refund_minor"] for one in told(group.shop, "term_cancelled")] == [PRICE] * 3
    assert len(told(group.shop, "leader_cancelled")) == 2
    assert [one.state for one in bookings()] == ["cancelled"]
    assert {group.debt(at).state for at in range(3)} == {"void"}


def test_a_term_cancelled_half_way_keeps_what_was_held(group: Group) -> None:
    group.hold(1)
    group.cancel_term()
    group.shop.settle_down()
    assert [one.amount_minor for one in group.refunds()] == [PRICE - 3600] * 3
    assert group.debt(0).state == "paid"
    assert group.session(1).state == "held"
    letter = group.shop.world.postbox.last("pip.buttonwood@example.org", "is cancelled")
    assert "ends here" in letter.text


def test_open_offers_stop_the_cancelling_of_a_term(group: Group) -> None:
    group.shop.offer(group.whole, "Tansy Rainbarrel")
    with pytest.raises(Conflict):
        group.cancel_term()
    assert group.shop.term(group.whole).state == "recruiting"


def test_a_term_is_cancelled_once(group: Group) -> None:
    group.cancel_term()
    with pytest.raises(MoveNotDeclared):
        group.cancel_term()
    group.shop.settle_down()
    assert len(bulks()) == 1


def test_who_applied_waits_for_an_answer_and_the_task_says_so(group: Group) -> None:
    waits = group.shop.application(group.whole, "Juniper Saucepan")
    group.cancel_term()
    assert "term_cancelled_applicants" in tasks()
    outside = group.shop.world.outside
    with pytest.raises(InvalidForm):
        cancelling.applicants_told(outside, ADMIN, *group.ids)
    screening.decide(outside, ADMIN, waits.application_id, "declined", "full")
    cancelling.applicants_told(outside, ADMIN, *group.ids)
    assert "term_cancelled_applicants" not in tasks()


def test_everybody_who_waits_is_told_once_that_the_term_is_cancelled(group: Group) -> None:
    shop, outside = group.shop, group.shop.world.outside
    waits = shop.application(group.whole, "Juniper Saucepan")
    answered = shop.application(group.whole, "Ludo Featherstone")
    commit(Change.of(Update(waits, {"state": "waitlisted"})))
    group.cancel_term()
    screening.decide(outside, ADMIN, answered.application_id, "declined", "full")
    assert len(group.bulk().waiting) == 2
    shop.settle_down()
    (letter,) = told(shop, "term_cancelled_waiting")
    assert (letter.to, letter.facts["waitlisted"]) == ("juniper.saucepan@example.org", True)
    assert "will not take place" in shop.world.postbox.last(letter.to).subject
    assert (group.bulk().waiting, group.bulk().state) == ((), "done")


def test_a_term_that_somebody_waits_for_is_not_cancelled_in_silence(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    ids = (whole.group.group_id, whole.term.term_id)
    shop.application(whole, "Juniper Saucepan")
    with pytest.raises(InvalidForm) as refused:
        terms.cancel(shop.world.outside, ADMIN, *ids)
    assert refused.value.errors == {"do": "people_wait"}


def test_late_money_for_an_offer_with_a_cancelled_session_goes_back(shop: Shop) -> None:
    a_circle(shop.world, bank_debit=True)
    group = a_group(shop, a_recruiting_term(shop.world, price_minor=PRICE), NAMES[:1])
    late = group.shop.offer(group.whole, "Tansy Rainbarrel")
    session_id = group.shop.begin(late)
    group.shop.fake.pay_delayed(session_id)
    group.shop.hear_all()
    group.shop.world.clock.move(days=15)
    group.tick()
    assert group.shop.offer_row(late).state == "expired"
    group.cancel(2)
    group.shop.fake.settle_delayed(session_id, True)
    group.shop.settle_down()
    (refund,) = group.shop.debt(late).refunds
    assert (refund.amount_minor, refund.cause) == (PRICE, "late_money")


def test_a_refund_by_hand_and_a_cancelled_session_never_give_the_same_back(group: Group) -> None:
    group.cancel(6)
    group.give_back_by_hand(0)
    group.shop.settle_down()
    assert sum(one.amount_minor for one in group.shop.debt(group.seats[0]).refunds) == PRICE
    assert group.bulk().done_minor == 2 * 3601

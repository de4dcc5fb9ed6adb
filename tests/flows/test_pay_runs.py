"""Runs of payouts: prepared, approved by a second person, taken up, paid; the books are proven at
the end of each story. What does not live here: two at once (test_pay_run_races.py), dying half way
(test_pay_run_deaths.py), pages (tests/journeys/test_paying_leaders.py)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.errors import (
    NotFound,
    NothingToPay,
    RunOpen,
    SecondPersonNeeded,
    StateChanged,
    SwitchedOff,
)
from chalicelib.flows.leaders import bank_list, profiles, run_pages, runs
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.leaders.pay_runs import digest
from chalicelib.rules.mail import Mail
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.leaders import pay
from chalicelib.store.tasks import open_tasks
from tests.pay_steps import (
    ADA,
    TILDA,
    approved,
    earned,
    forgets_details,
    gives_details,
    leader,
    owed,
    paid,
    paid_for,
    payouts,
    prepared,
    run,
    states,
    tick,
)
from tests.people import a_person
from tests.shop import Shop
from tests.world import World


def circle(**changed: object) -> None:
    """The circle's settings, otherwise."""
    row = reads.get(CircleSettings, "settings", "circle")
    assert row is not None
    commit(Change.of(Update(row, changed)))


def codes() -> set[str]:
    """What waits for a person."""
    return {task.code for task in open_tasks()} & {
        *("payouts_to_approve", "payout_to_pay", "payout_withdrawn")
    }


def test_a_run_is_prepared_approved_paid_and_nothing_is_owed(shop: Shop) -> None:
    earned(shop)
    world, period = shop.world, prepared(shop.world)
    assert (period, run(period).total_minor, codes()) == ("2027-01", 19500, {"payouts_to_approve"})
    assert states() == {
        "Inkwell 2027-01": ("prepared", 9750),
        "Teacup 2027-01": ("prepared", 9750),
    }
    tick()
    assert owed() == 19500
    approved(world, period)
    tick()
    assert states()["Teacup 2027-01"] == ("approved", 9750)
    assert (run(period).state, run(period).taken_up, codes()) == ("approved", True, set())
    paid(world, period, reference="BANK 7")
    assert (run(period).state, owed()) == ("done", 0)
    one = payouts()["Inkwell 2027-01"]
    assert (one.state, one.paid_reference, one.paid_on) == (
        "paid_manually",
        "BANK 7",
        world.now.date(),
    )
    assert len(shop.mails("leader_paid")) == 2
    assert pay.with_open(world.now) == []
    with pytest.raises(NothingToPay):
        prepared(world)


def test_what_is_young_or_has_no_details_is_held_and_the_next_run_pays_it(shop: Shop) -> None:
    whole = earned(shop, members=4)
    forgets_details(shop.world, "Barnaby")
    shop.hold(whole, 2)
    first = prepared(shop.world)
    held = [(one["reason"], one["amount_minor"]) for one in run(first).held]
    assert sorted(held) == [("hold", 9750), ("hold", 9750), ("no_details", 9750)]
    assert states() == {"Inkwell 2027-01": ("prepared", 9750)}
    approved(shop.world, first)
    tick()
    paid(shop.world, first)
    gives_details(shop.world, "Barnaby")
    shop.world.clock.move(days=7)
    second = prepared(shop.world)
    assert second == "2027-02"
    assert states() == {
        "Inkwell 2027-01": ("paid_manually", 9750),
        "Inkwell 2027-02": ("prepared", 9750),
        "Teacup 2027-02": ("prepared", 19500),
    }


def test_one_run_at_a_time_and_a_second_one_in_a_month_has_a_number(shop: Shop) -> None:
    earned(shop)
    first = prepared(shop.world)
    with pytest.raises(RunOpen) as refused:
        prepared(shop.world)
    assert refused.value.facts["period"] == first
    runs.withdraw(shop.world.outside, ADA, first)
    assert {state for state, _ in states().values()} == {"withdrawn"}
    assert (run(first).state, codes()) == ("withdrawn", set())
    assert prepared(shop.world) == "2027-01-2"
    with pytest.raises(StateChanged):
        runs.withdraw(shop.world.outside, ADA, first)


def test_a_run_that_waits_is_replaced_by_a_new_one(shop: Shop) -> None:
    whole = earned(shop, members=4)
    outside, first = shop.world.outside, prepared(shop.world)
    shop.hold(whole, 2)
    shop.world.clock.move(days=7)
    runs.prepare(outside, TILDA, "2027-02", instead=first)
    assert (run(first).state, run("2027-02").total_minor) == ("withdrawn", 39000)
    approved(shop.world, "2027-02")
    with pytest.raises(RunOpen):
        runs.prepare(outside, TILDA, "2027-02-2", instead="2027-02")
    tick()
    with pytest.raises(NothingToPay):
        runs.prepare(outside, TILDA, "2027-02-2", instead="2027-02")
    assert states()["Inkwell 2027-02"] == ("approved", 19500)


def test_prepared_again_it_is_the_same(shop: Shop) -> None:
    earned(shop)
    first = prepared(shop.world)
    before = payouts()
    with pytest.raises(StateChanged):
        runs.prepare(shop.world.outside, TILDA, first)
    assert payouts() == before


def test_who_prepared_it_cannot_approve_it_but_in_a_circle_of_one(shop: Shop) -> None:
    earned(shop)
    period = prepared(shop.world)
    with pytest.raises(SecondPersonNeeded):
        approved(shop.world, period, TILDA)
    circle(preset="solo")
    approved(shop.world, period, TILDA)


def test_what_was_seen_is_what_is_approved(shop: Shop) -> None:
    earned(shop, members=1, sessions=2)
    period = prepared(shop.world)
    seen, imelda = digest(run(period)), leader(shop.world, "Imelda").person_id
    runs.advance(shop.world.outside, TILDA, period, imelda, "a gift is promised")
    with pytest.raises(StateChanged):
        runs.approve(shop.world.outside, ADA, period, seen)
    with pytest.raises(NotFound):
        runs.approve(shop.world.outside, ADA, "2027-07", seen)


def test_while_payouts_are_switched_off_nothing_is_approved_or_taken_up(shop: Shop) -> None:
    earned(shop)
    period = prepared(shop.world)
    circle(payouts=False)
    with pytest.raises(SwitchedOff):
        approved(shop.world, period)
    circle(payouts=True)
    approved(shop.world, period)
    circle(payouts=False)
    tick()
    assert states()["Inkwell 2027-01"] == ("prepared", 9750)
    circle(payouts=True)
    tick()
    assert states()["Inkwell 2027-01"] == ("approved", 9750)


# The fund


def test_a_fund_that_is_short_holds_a_session_for_all_its_leaders(shop: Shop) -> None:
    earned(shop, members=1, sessions=2)
    period = prepared(shop.world)
    assert states() == {
        "Inkwell 2027-02": ("prepared", 9750),
        "Teacup 2027-02": ("prepared", 9750),
    }
    assert {one["reason"] for one in run(period).held} == {"fund_short"}


def test_who_is_advanced_is_paid_beyond_the_fund_and_a_third_person_approves(shop: Shop) -> None:
    earned(shop, members=1, sessions=2)
    period = prepared(shop.world)
    imelda = leader(shop.world, "Imelda").person_id
    runs.advance(shop.world.outside, ADA, period, imelda, "a gift is promised")
    assert states() == {
        "Inkwell 2027-02": ("prepared", 19500),
        "Teacup 2027-02": ("prepared", 9750),
    }
    assert run(period).advanced == {imelda: "a gift is promised"}
    held = [(one["reason"], one["leader_id"]) for one in run(period).held]
    assert held == [("fund_short", leader(shop.world, "Barnaby").person_id)]
    with pytest.raises(SecondPersonNeeded):
        approved(shop.world, period, ADA)
    approved(shop.world, period, Caller(actor="person-third"))
    tick()
    paid(shop.world, period)
    assert owed() == 9750
    with pytest.raises(StateChanged):
        runs.advance(shop.world.outside, ADA, period, imelda, "again")


def test_what_is_approved_and_not_paid_yet_is_spent_already(shop: Shop) -> None:
    whole = earned(shop, members=1)
    first = prepared(shop.world)
    approved(shop.world, first)
    tick()
    shop.hold(whole, 2)
    shop.world.clock.move(days=8)
    with pytest.raises(NothingToPay):
        prepared(shop.world)
    paid(shop.world, first)


def test_who_had_nothing_in_the_run_is_in_it_once_advanced(shop: Shop) -> None:
    whole = paid_for(shop, members=1, price_minor=10000)
    imelda, barnaby = (leader(shop.world, one).person_id for one in ("Imelda", "Barnaby"))
    shop.hold(whole, 1, led_by=(barnaby,))
    shop.hold(whole, 2, led_by=(imelda,))
    shop.world.clock.move(days=7)
    period = prepared(shop.world)
    assert list(run(period).payouts) == [barnaby]
    with pytest.raises(NothingToPay):
        runs.advance(shop.world.outside, TILDA, period, barnaby, "nothing is short")
    with pytest.raises(NotFound):
        runs.advance(shop.world.outside, TILDA, period, "person-nobody", "who?")
    runs.advance(shop.world.outside, TILDA, period, imelda, "a gift is promised")
    assert states() == {
        "Inkwell 2027-02": ("prepared", 9750),
        "Teacup 2027-02": ("prepared", 9750),
    }
    approved(shop.world, period)
    tick()
    paid(shop.world, period)
    assert owed() == 0


# What changes between


def test_a_register_corrected_before_approval_takes_that_leader_out_alone(shop: Shop) -> None:
    whole = earned(shop)
    period = prepared(shop.world)
    barnaby = leader(shop.world, "Barnaby").person_id
    shop.close_register(whole, 1, led_by=(barnaby,))
    approved(shop.world, period)
    tick()
    assert states() == {
        "Inkwell 2027-01": ("withdrawn", 9750),
        "Teacup 2027-01": ("approved", 9750),
    }
    assert payouts()["Inkwell 2027-01"].refused == "changed"
    assert codes() == {"payout_withdrawn"}
    paid(shop.world, period)
    assert (run(period).state, owed()) == ("done", 0)


def test_a_register_corrected_after_payment_is_taken_off_the_next_one(shop: Shop) -> None:
    whole = earned(shop, members=4)
    first = prepared(shop.world)
    approved(shop.world, first)
    tick()
    barnaby = leader(shop.world, "Barnaby").person_id
    shop.close_register(whole, 1, led_by=(barnaby,))
    paid(shop.world, first)
    shop.hold(whole, 2)
    shop.hold(whole, 3)
    shop.world.clock.move(days=8)
    second = prepared(shop.world)
    assert states()[f"Inkwell {second}"] == ("prepared", 9750)
    assert states()[f"Teacup {second}"] == ("prepared", 19500)
    approved(shop.world, second)
    tick()
    paid(shop.world, second)
    assert owed() == 0


@pytest.mark.parametrize("why", ["set_aside", "new_details", "no_agreement"])
def test_what_is_held_back_after_preparing_is_not_taken_up(shop: Shop, why: str) -> None:
    whole = earned(shop)
    period, outside = prepared(shop.world), shop.world.outside
    imelda = leader(shop.world, "Imelda").person_id
    if why == "set_aside":
        session_id = whole.sessions[0].session_id
        profiles.set_aside(outside, TILDA, imelda, session_id, "a question is open")
    elif why == "new_details":
        gives_details(shop.world, "Imelda", sort_code="654321")
    else:
        values = {"connected": True, "agreement_ref": ""}
        profiles.agree(outside, TILDA, imelda, values)
    approved(shop.world, period)
    tick()
    assert payouts()["Inkwell 2027-01"].refused == why
    assert states()["Teacup 2027-01"] == ("approved", 9750)


def test_a_task_about_a_payout_that_was_withdrawn_ends_with_the_next_run(shop: Shop) -> None:
    earned(shop)
    period = prepared(shop.world)
    gives_details(shop.world, "Imelda", sort_code="654321")
    approved(shop.world, period)
    tick()
    assert codes() == {"payout_withdrawn"}
    shop.world.clock.move(days=3)
    again = prepared(shop.world)
    assert codes() == {"payouts_to_approve"}
    assert list(run(again).payouts.values()) == [9750]


# From the bank


def test_what_waits_for_the_bank_is_reminded_of_after_longer_and_longer(shop: Shop) -> None:
    earned(shop)
    period = prepared(shop.world)
    approved(shop.world, period)
    tick()
    gaps = []
    for _ in range(3):
        at = payouts()["Inkwell 2027-01"].check_at
        assert at is not None
        gaps.append((at - shop.world.now).days)
        shop.world.clock.at = at
        tick()
        assert codes() == {"payout_to_pay"}
    assert gaps == [3, 3, 6]
    assert len([one for one in open_tasks() if one.code == "payout_to_pay"]) == 2
    paid(shop.world, period)
    assert codes() == set()


def test_one_is_confirmed_now_and_the_other_later(shop: Shop) -> None:
    earned(shop)
    period = prepared(shop.world)
    approved(shop.world, period)
    tick()
    imelda = leader(shop.world, "Imelda").person_id
    paid(shop.world, period, paid=(imelda,))
    assert run(period).state == "approved"
    assert states()["Inkwell 2027-01"][0] == "paid_manually"
    assert states()["Teacup 2027-01"][0] == "approved"
    paid(shop.world, period, paid=(imelda,))
    assert len(shop.mails("leader_paid")) == 1
    paid(shop.world, period)
    assert run(period).state == "done"


def test_the_file_for_the_bank(shop: Shop) -> None:
    earned(shop)
    period = prepared(shop.world)
    approved(shop.world, period)
    with_none = bank_list.show(shop.world.outside, period)
    assert with_none.lines == ()
    tick()
    bank_list.export(shop.world.outside, ADA, period, "export-1")
    body, kind, name = shop.world.drawer.files["bank-lists/export-1.csv"]
    lines = body.decode("ascii").split("\r\n")
    assert (kind, name) == ("text/csv; charset=us-ascii", "pay-leaders-2027-01.csv")
    assert lines[0] == "Sort code,Account number,Account name,Amount,Reference"
    assert [line[:-5] for line in lines[1:3]] == [
        "012345,87654321,BARNABY,97.50,BALINT 202701",
        "012345,00123456,DR I. INKWELL,97.50,BALINT 202701",
    ]
    assert (len(set(lines)), lines[3:]) == (4, [""])
    assert "export-1" in bank_list.export_link(shop.world.outside, "export-1")
    with pytest.raises(NotFound):
        bank_list.export_link(shop.world.outside, "export-2")


def test_details_that_change_after_approval_are_not_in_the_file(shop: Shop) -> None:
    earned(shop)
    period = prepared(shop.world)
    approved(shop.world, period)
    tick()
    gives_details(shop.world, "Imelda", sort_code="654321")
    shown = bank_list.show(shop.world.outside, period)
    assert [one.why for one in shown.lines] == ["", "new_details"]
    assert [one.payout.name for one in shown.in_file] == ["Barnaby Teacup"]


# The clock


def test_the_clock_prepares_in_the_first_days_of_a_month_once(shop: Shop) -> None:
    earned(shop, members=4)
    shop.world.clock.at = datetime(2027, 1, 31, 23, 30, tzinfo=UTC)
    tick()
    assert pay.runs() == []
    shop.world.clock.move(hours=1)
    tick()
    tick()
    (one,) = pay.runs()
    assert (one.period, one.prepared_by, one.state) == ("2027-02", "clock", "prepared")
    approved(shop.world, one.period, TILDA)
    shop.world.clock.move(days=1)
    tick()
    assert len(pay.runs()) == 1
    paid(shop.world, one.period)


@pytest.mark.parametrize(("every", "made"), [("month", 1), ("by_hand", 0), ("term", 0)])
def test_the_clock_prepares_as_the_circle_chooses(shop: Shop, every: str, made: int) -> None:
    earned(shop)
    circle(payouts_every=every)
    shop.world.clock.at = datetime(2027, 2, 2, 9, tzinfo=UTC)
    tick()
    assert len(pay.runs()) == made


def test_a_circle_that_pays_once_a_term_pays_when_the_term_is_over(shop: Shop) -> None:
    whole = earned(shop)
    circle(payouts_every="term")
    assert whole.term.ends_at < datetime(2027, 4, 1, tzinfo=UTC)
    shop.world.clock.at = datetime(2027, 4, 2, 9, tzinfo=UTC)
    tick()
    assert [one.total_minor for one in pay.runs()] == [19500]


def test_where_nothing_can_be_paid_the_clock_looks_again_later(shop: Shop) -> None:
    earned(shop)
    forgets_details(shop.world, "Imelda")
    forgets_details(shop.world, "Barnaby")
    shop.world.clock.at = datetime(2027, 2, 1, 9, tzinfo=UTC)
    tick()
    gives_details(shop.world, "Imelda")
    tick()
    assert pay.runs() == []
    shop.world.clock.move(hours=7)
    tick()
    assert len(pay.runs()) == 1


# Pages


def test_a_leader_is_shown_with_what_is_open_held_and_paid(shop: Shop) -> None:
    whole = earned(shop, sessions=2)
    imelda, outside = leader(shop.world, "Imelda").person_id, shop.world.outside
    session_id = whole.sessions[1].session_id
    profiles.set_aside(outside, TILDA, imelda, session_id, "a question")
    shown = profiles.show(outside, imelda)
    assert (shown.preview.net_minor, shown.preview.reasons) == (9750, {"set_aside": 9750})
    with pytest.raises(StateChanged):
        profiles.set_aside(outside, TILDA, imelda, session_id, "twice")
    profiles.set_aside(outside, TILDA, imelda, session_id, "")
    assert profiles.show(outside, imelda).preview.net_minor == 19500
    assert run_pages.show_all(outside).payable_minor == 39000
    with pytest.raises(NotFound):
        profiles.show(outside, "person-nobody")
    with pytest.raises(NotFound):
        profiles.set_aside(outside, TILDA, imelda, "session-none", "why")


def test_nobody_says_of_themselves_that_they_may_be_paid(shop: Shop) -> None:
    paid_for(shop, members=0)
    imelda = leader(shop.world, "Imelda").person_id
    values = {"connected": False, "agreement_ref": ""}
    with pytest.raises(SecondPersonNeeded):
        profiles.agree(shop.world.outside, Caller(actor=imelda), imelda, values)


def test_a_change_of_details_is_told_and_the_same_again_is_not(world: World) -> None:
    me = a_person(world, "imelda@example.org", ("leader",))
    caller = Caller(actor=me.person_id)
    first = {"account_name": "I", "country": "GB", "sort_code": "112233"}
    values = {**first, "account_number": "12345678", "iban": "", "bic": ""}
    profiles.enter(world.outside, caller, me, values)
    profiles.enter(world.outside, caller, me, values)
    world.clock.move(hours=1)
    profiles.enter(world.outside, caller, me, {**values, "sort_code": "332211"})
    profile = pay.profile(me.person_id)
    assert (profile.details_at, profile.changed_at) == (world.now, world.now)
    assert profile.sort_code == "332211"
    mails = [one for one in reads.everything(tables.Outbox) if isinstance(one, Mail)]
    assert [one.facts["first"] for one in sorted(mails, key=lambda one: one.queued_at)] == [
        True,
        False,
    ]

"""Registers over a whole term: what they earn, corrections, late joiners, reminders, access.

The books are proven after every step. What does not live here: two at once
(test_register_races.py), pages (tests/handlers/test_leader_pages.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import Conflict, InvalidForm, NotFound
from chalicelib.flows import today
from chalicelib.flows.running import leaders, registers, terms
from chalicelib.flows.running.registers import Which
from chalicelib.handlers import jobs
from chalicelib.rules.books import ledger
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.register import GRACE, Attendance
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.running import groups
from chalicelib.store.running.registers import marks
from chalicelib.store.tasks import open_tasks
from tests.people import a_person
from tests.shop import ADMIN, Offered, Shop
from tests.stories import LEADERS, a_recruiting_term
from tests.world import World

IMELDA, BARNABY = LEADERS.values()


@pytest.fixture
def whole(shop: Shop) -> WholeTerm:
    """Six evenings from 14 January; £216.01, so that a penny is left over."""
    return a_recruiting_term(shop.world, price_minor=21601)


def seated(shop: Shop, whole: WholeTerm, *names: str) -> list[Offered]:
    """Members who have paid."""
    found = [shop.offer(whole, name) for name in names]
    for one in found:
        shop.pay(one)
    shop.settle_down()
    return found


def on(shop: Shop, account: str) -> int:
    """What lies on an account, credit being positive here: income and debts of ours."""
    found = ledger.balances(reads.everything(tables.Ledger))
    return -sum(amount for (_, name, _), amount in found.items() if name == account)


def standing(shop: Shop, whole: WholeTerm) -> tuple[int, int]:
    """Deferred and earned, after the books were proven."""
    shop.prove(with_stripe=False)
    return on(shop, ledger.deferred(whole.term.term_id)), on(shop, "fees")


def now_of(whole: WholeTerm, number: int) -> Session:
    """A session as it is now."""
    found = reads.reread(whole.sessions[number - 1])
    assert found is not None
    return found


def which(whole: WholeTerm, number: int) -> Which:
    session = whole.sessions[number - 1]
    return Which(session.group_id, session.term_id, session.session_id)


def leader(world: World, email: str = IMELDA) -> Person:
    return a_person(world, email)


def tasks() -> dict[str, Task]:
    return {task.task_id.partition("#")[0]: task for task in open_tasks()}


def kept(whole: WholeTerm, number: int) -> Mapping[str, str]:
    session = whole.sessions[number - 1]
    found = marks(session.group_id, session.session_id)
    return {person_id: row.mark for person_id, row in found.items()}


def entry_ids(beginning: str) -> list[str]:
    return [e.entry_id for e in reads.everything(tables.Ledger) if e.entry_id.startswith(beginning)]


# Earning


def test_fees_are_earned_session_by_session_and_the_odd_penny_with_the_last(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip Buttonwood", "Odalys Quince")
    terms.run(shop.world.outside, ADMIN, whole.group.group_id, whole.term.term_id)
    total, share = 2 * 21601, 2 * 3600
    assert standing(shop, whole) == (total, 0)
    for number in range(1, 6):
        shop.hold(whole, number)
        assert standing(shop, whole) == (total - number * share, number * share)
    shop.hold(whole, 6)
    assert standing(shop, whole) == (0, total)
    assert len(entry_ids("held#")) == 6


def test_what_was_closed_stands_in_the_session_the_marks_and_the_audit(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip Buttonwood", "Odalys Quince")
    barnaby = leader(shop.world, BARNABY).person_id
    ids = {one.full_name: one.person_id for one in shop.roster(whole)}
    pip, odalys = ids["Pip Buttonwood"], ids["Odalys Quince"]
    shop.hold(whole, 1, led_by=(barnaby,), **{f"mark-{odalys}": "partial"})
    session = now_of(whole, 1)
    assert (session.state, session.led_by, session.revision) == ("held", (barnaby,), 1)
    assert (session.closed_at, session.closed_by) == (shop.world.now, ADMIN.actor)
    assert session.marked == {"present": 1, "partial": 1}
    assert kept(whole, 1) == {pip: "present", odalys: "partial"}
    *_, act = reads.under(tables.Audit, whole.term.term_id)
    assert (act.action, act.actor) == ("term.register_closed", ADMIN.actor)


def test_a_group_without_members_holds_its_session_all_the_same(
    shop: Shop, whole: WholeTerm
) -> None:
    shop.hold(whole, 1)
    assert now_of(whole, 1).state == "held"
    assert standing(shop, whole) == (0, 0)
    assert entry_ids("held#") == []


# Corrections


def test_a_corrected_mark_moves_no_money(shop: Shop, whole: WholeTerm) -> None:
    seated(shop, whole, "Pip Buttonwood")
    (pip,) = (one.person_id for one in shop.roster(whole))
    shop.hold(whole, 1)
    before, mark = standing(shop, whole), shop.term(whole).shares_moved
    closed_at = now_of(whole, 1).closed_at
    shop.world.clock.move(days=3)
    shop.close_register(whole, 1, **{f"mark-{pip}": "absent"})
    assert standing(shop, whole) == before
    assert shop.term(whole).shares_moved == mark
    assert kept(whole, 1) == {pip: "absent"}
    session = now_of(whole, 1)
    assert (session.revision, session.closed_at, session.marked) == (2, closed_at, {"absent": 1})


def test_held_cancelled_and_held_again_earns_takes_back_and_earns_again(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip Buttonwood", "Odalys Quince")
    shop.hold(whole, 1)
    shop.hold(whole, 2)
    assert standing(shop, whole) == (28802, 14400)
    shop.close_register(whole, 2, "cancelled")
    assert standing(shop, whole) == (36002, 7200)
    session = now_of(whole, 2)
    assert (session.state, session.led_by, session.marked) == ("cancelled", (), {})
    assert kept(whole, 2) == {}
    task = tasks()["session_remedy_due"]
    assert task.path == f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}"
    shop.close_register(whole, 2, "held")
    assert standing(shop, whole) == (28802, 14400)
    assert "session_remedy_due" not in tasks()
    assert len(kept(whole, 2)) == 2
    names = [one.rpartition("#")[2] for one in entry_ids("held#") + entry_ids("unheld#")]
    assert sorted(names) == ["1", "1", "2", "3"]


def test_a_session_that_was_not_held_asks_for_a_remedy_and_earns_nothing(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip Buttonwood")
    shop.hold(whole, 1, outcome="cancelled")
    assert standing(shop, whole) == (21601, 0)
    assert now_of(whole, 1).state == "cancelled"
    assert "session_remedy_due" in tasks()


def test_what_was_dealt_with_is_not_held_after_all(shop: Shop, whole: WholeTerm) -> None:
    shop.hold(whole, 1, outcome="cancelled")
    commit(Change.of(Update(now_of(whole, 1), {"remedy": "refund"})))
    with pytest.raises(InvalidForm) as refused:
        shop.close_register(whole, 1, "held")
    assert refused.value.errors == {"": "remedied"}


# Joining late, leaving, money that comes late


def test_who_joins_late_pays_for_the_rest_and_is_earned_from_then_on(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip Buttonwood")
    terms.run(shop.world.outside, ADMIN, whole.group.group_id, whole.term.term_id)
    shop.hold(whole, 1)
    shop.hold(whole, 2)
    seated(shop, whole, "Odalys Quince")
    rest = 4 * 3600 + 1
    assert standing(shop, whole) == (2 * rest, 7200)
    shown = registers.show_register(shop.world.outside, leader(shop.world), which(whole, 2))
    assert [one.name for one in shown.seats] == ["Pip Buttonwood"]
    for number in range(3, 7):
        shop.hold(whole, number)
    assert standing(shop, whole) == (0, 21601 + rest)


def test_a_place_paid_after_a_session_was_held_is_earned_at_once(
    shop: Shop, whole: WholeTerm
) -> None:
    shop.world.clock.at = whole.sessions[0].starts_at - timedelta(hours=3)
    late = shop.offer(whole, "Odalys Quince", days=14)
    shop.hold(whole, 1)
    assert standing(shop, whole) == (0, 0)
    shop.pay(late)
    shop.settle_down()
    assert standing(shop, whole) == (21601 - 3600, 3600)
    shop.hold(whole, 2)
    assert standing(shop, whole) == (21601 - 7200, 7200)


def test_who_left_without_a_refund_is_earned_and_is_asked_about_no_more(
    shop: Shop, whole: WholeTerm
) -> None:
    (pip,) = seated(shop, whole, "Pip Buttonwood")
    shop.hold(whole, 1)
    leave(shop, whole, pip)
    shop.hold(whole, 2)
    assert standing(shop, whole) == (21601 - 7200, 7200)
    shown = registers.show_register(shop.world.outside, leader(shop.world), which(whole, 2))
    assert shown.seats == ()
    before = registers.show_register(shop.world.outside, leader(shop.world), which(whole, 1))
    assert [(one.name, one.state) for one in before.seats] == [("Pip Buttonwood", "left")]


def leave(shop: Shop, whole: WholeTerm, one: Offered) -> None:
    """The seat is given up; the fee stays where it is."""
    debt = shop.debt(one).obligation
    seat = reads.get(Enrolment, whole.term.term_id, str(debt.person_id))
    assert seat is not None
    commit(
        Change.of(
            Update(seat, {"state": "left"}),
            Update(debt, {"ended_at": shop.world.now}),
            Update(shop.term(whole), add={"occupied": -1, "taken": -1, "shares_moved": 1}),
        )
    )


def test_who_left_and_came_back_is_earned_for_both_debts(shop: Shop, whole: WholeTerm) -> None:
    """The enrolment names the newer debt; the older one still has its shares."""
    (pip,) = seated(shop, whole, "Pip Buttonwood")
    terms.run(shop.world.outside, ADMIN, whole.group.group_id, whole.term.term_id)
    shop.hold(whole, 1)
    leave(shop, whole, pip)
    (again,) = seated(shop, whole, "Pip Buttonwood")
    assert shop.roster(whole)[0].obligation_id == shop.debt(again).obligation.obligation_id
    shop.hold(whole, 2)
    assert standing(shop, whole)[1] == 3600 + 3600 + 3600


# Who may, and when


def test_a_leader_closes_her_own_and_reaches_no_other(shop: Shop, whole: WholeTerm) -> None:
    world = shop.world
    other = a_recruiting_term(world, slug="other-lantern", title="Other Lantern Group")
    stranger = a_person(world, "stranger@example.org", ("leader",), "Stranger")
    world.clock.at = whole.sessions[0].ends_at
    me, caller = leader(world), Caller(actor="imelda")
    values: dict[str, Any] = {"outcome": "held", "led_by": (leader(world).person_id,)}
    with pytest.raises(NotFound):
        registers.close(world.outside, caller, stranger, which(whole, 1), "0", values)
    registers.close(world.outside, caller, me, which(whole, 1), "0", values)
    assert now_of(whole, 1).closed_by == "imelda"
    mixed = Which(other.group.group_id, whole.term.term_id, whole.sessions[0].session_id)
    taster = Which(whole.group.group_id, whole.term.term_id, whole.tasters[0].session_id)
    for odd in (mixed, taster):
        with pytest.raises(NotFound):
            registers.show_register(world.outside, me, odd)


def test_access_stops_when_a_leader_is_removed(shop: Shop, whole: WholeTerm) -> None:
    world, me = shop.world, leader(shop.world)
    assert len(registers.show_leading(world.outside, me)) == 1
    group_id, term_id = whole.group.group_id, whole.term.term_id
    shop.hold(whole, 1)
    leaders.remove_leader(world.outside, ADMIN, group_id, term_id, me.person_id)
    assert registers.show_leading(world.outside, me) == []
    with pytest.raises(NotFound):
        registers.show_term(world.outside, me, group_id, term_id)
    with pytest.raises(NotFound):
        registers.show_register(world.outside, me, which(whole, 1))
    led = registers.show_register(world.outside, leader(world, BARNABY), which(whole, 1))
    assert me.full_name in dict(led.leaders).values(), "what she led stays hers"
    shop.close_register(whole, 1)
    assert me.person_id in now_of(whole, 1).led_by


def test_the_second_of_two_is_told_and_changes_nothing(shop: Shop, whole: WholeTerm) -> None:
    world, me = shop.world, leader(shop.world)
    seated(shop, whole, "Pip Buttonwood")
    (pip,) = (one.person_id for one in shop.roster(whole))
    shop.hold(whole, 1)
    values = {"outcome": "cancelled", "led_by": (), f"mark-{pip}": "absent"}
    with pytest.raises(InvalidForm) as refused:
        registers.close(world.outside, ADMIN, me, which(whole, 1), "0", values)
    assert refused.value.errors == {"": "closed_meanwhile"}
    assert refused.value.typed["outcome"] == "held"
    assert now_of(whole, 1).revision == 1


def test_a_term_that_ended_can_still_be_closed_and_a_cancelled_one_cannot(
    shop: Shop, whole: WholeTerm
) -> None:
    world, group_id, term_id = shop.world, whole.group.group_id, whole.term.term_id
    seated(shop, whole, "Pip Buttonwood")
    terms.run(world.outside, ADMIN, group_id, term_id)
    world.clock.at = whole.sessions[-1].ends_at
    ended_with_open_registers(whole)
    shop.close_register(whole, 6)
    assert now_of(whole, 6).state == "held"
    assert [one.whole.term.state for one in registers.show_leading(world.outside, leader(world))]
    empty = a_recruiting_term(
        world,
        slug="empty-lantern",
        title="Empty Lantern Group",
        first_date=world.now.date() + timedelta(days=9),
        apply_by=world.now.date(),
    )
    terms.cancel(world.outside, ADMIN, empty.group.group_id, empty.term.term_id)
    world.clock.at = empty.sessions[0].ends_at
    with pytest.raises(InvalidForm):
        shop.close_register(empty, 1)


def test_a_register_waits_for_its_session(shop: Shop, whole: WholeTerm) -> None:
    shop.world.clock.at = whole.sessions[0].starts_at
    with pytest.raises(InvalidForm) as refused:
        shop.close_register(whole, 1)
    assert refused.value.errors == {"": "not_begun"}
    shop.world.clock.at += GRACE
    shop.close_register(whole, 1)


# Apologies ahead


def test_apologies_sent_ahead_are_counted_and_wait_in_the_register(
    shop: Shop, whole: WholeTerm
) -> None:
    world, me = shop.world, leader(shop.world)
    seated(shop, whole, *(f"Sample Person {n}" for n in range(6)))
    ids = [one.person_id for one in shop.roster(whole)]
    registers.note_apologies(world.outside, ADMIN, me, which(whole, 1), (ids[0], ids[1]))
    shown = registers.show_register(world.outside, me, which(whole, 1))
    assert (shown.apologies, shown.expected, shown.thin) == (2, 4, True)
    registers.note_apologies(world.outside, ADMIN, me, which(whole, 1), (ids[1],))
    shop.hold(whole, 1)
    assert kept(whole, 1)[ids[1]] == "apologies"
    assert now_of(whole, 1).marked == {"present": 5, "apologies": 1}
    with pytest.raises(Conflict):
        registers.note_apologies(world.outside, ADMIN, me, which(whole, 1), ())


# The night


def test_an_open_register_becomes_a_task_after_a_week_and_closing_it_ends_the_task(
    shop: Shop, whole: WholeTerm
) -> None:
    world = shop.world
    seated(shop, whole, "Pip Buttonwood")
    terms.run(world.outside, ADMIN, whole.group.group_id, whole.term.term_id)
    shop.hold(whole, 1)
    world.clock.at = whole.sessions[1].ends_at + timedelta(days=6, hours=23)
    assert registers.remind(world.outside) == {}
    world.clock.move(hours=1)
    told = jobs.nightly({}, None)
    assert told["registers"] == {"reminded": 1}
    assert registers.remind(world.outside) == {"known": 1}
    (task,) = today.show_today(world.outside)["tasks"]
    assert (task.code, task.owner, task.facts["number"]) == ("register_open", "administrator", 2)
    session = whole.sessions[1]
    assert task.path.endswith(f"/terms/{session.term_id}/sessions/{session.session_id}")
    shop.close_register(whole, 2)
    assert tasks() == {}
    assert registers.remind(world.outside) == {}


def test_a_term_does_not_end_while_a_register_is_open(shop: Shop, whole: WholeTerm) -> None:
    world, ids = shop.world, (whole.group.group_id, whole.term.term_id)
    seated(shop, whole, "Pip Buttonwood")
    terms.run(world.outside, ADMIN, *ids)
    for number in (1, 3, 4, 6):
        shop.hold(whole, number)
    with pytest.raises(InvalidForm) as refused:
        terms.end(world.outside, ADMIN, *ids)
    assert refused.value.errors == {"do": "registers_open"}
    assert refused.value.facts["details"] == {"do": {"sessions": "2, 5"}}
    for number in (2, 5):
        shop.close_register(whole, number)
    terms.end(world.outside, ADMIN, *ids)
    assert terms.show_term(world.outside, *ids).term.state == "ended"


def test_an_open_register_of_a_term_that_ended_is_asked_for_too(
    shop: Shop, whole: WholeTerm
) -> None:
    ended_with_open_registers(whole)
    shop.world.clock.at = whole.sessions[0].ends_at + timedelta(days=7)
    assert registers.remind(shop.world.outside) == {"reminded": 1}


def ended_with_open_registers(whole: WholeTerm) -> None:
    """As it could be before the page refused it."""
    commit(Change.of(Update(whole.term, {"state": "ended"})))


def test_nobody_is_reminded_of_terms_that_do_not_go_ahead(shop: Shop, whole: WholeTerm) -> None:
    terms.cancel(shop.world.outside, ADMIN, whole.group.group_id, whole.term.term_id)
    shop.world.clock.at = whole.sessions[-1].ends_at + timedelta(days=30)
    assert registers.remind(shop.world.outside) == {}


def test_a_page_about_a_term_does_not_read_the_marks_of_its_registers(
    shop: Shop, whole: WholeTerm
) -> None:
    seated(shop, whole, "Pip Buttonwood", "Odalys Quince")
    shop.hold(whole, 1)
    every = reads.under(tables.Groups, whole.group.group_id)
    others = [row for row in every if not isinstance(row, Attendance)]
    assert len(every) - len(others) == 2
    assert groups.everything(whole.group.group_id) == others


# The list


def test_a_leader_sees_running_terms_first_and_the_oldest_open_register_first(
    shop: Shop, whole: WholeTerm
) -> None:
    world, me = shop.world, leader(shop.world)
    second = a_recruiting_term(world, slug="early-lantern", title="Early Lantern Group")
    terms.run(world.outside, ADMIN, second.group.group_id, second.term.term_id)
    world.clock.at = whole.sessions[2].starts_at + timedelta(hours=1)
    shop.close_register(second, 2)
    found = registers.show_leading(world.outside, me)
    assert [one.whole.group.title for one in found] == [second.group.title, whole.group.title]
    assert [one.number for one in found[0].open] == [1, 3]
    assert found[0].next is not None
    assert found[0].next.number == 3, "it is going on"

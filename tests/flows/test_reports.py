"""The treasurer's figures after real stories: seats, sessions, refunds and costs come to numbers
that were worked out by hand, and every one of them leads to its entries."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from chalicelib.errors import AlreadyCounted, NotFound
from chalicelib.flows.books import books, costs, journal, reports, statement
from chalicelib.gateways.stripe_gateway import StripeGateway
from chalicelib.handlers import jobs
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.books import ledger
from chalicelib.rules.books.journal import Pick
from chalicelib.rules.books.ledger import Line, deferred, group_book
from chalicelib.rules.books.shares import take
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.people.circle import JobRun
from chalicelib.rules.returning import releases
from chalicelib.rules.returning.releases import Decision
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import owed
from tests.people import a_person
from tests.shop import Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import World

TILDA = Caller(actor="person-tilda")
FEE = 344  # of 216.00 by card
A_SHARE = 3600  # of 216.00 over six sessions


def paid(shop: Shop, whole: WholeTerm, *names: str) -> list[Offered]:
    """Seats of these people, paid by card."""
    offered = [shop.offer(whole, name) for name in names]
    for one in offered:
        shop.pay(one)
    shop.settle_down()
    return offered


def hold(shop: Shop, whole: WholeTerm, *offered: Offered) -> None:
    """The first session is held, as its register would say."""
    session = whole.sessions[0]
    name = deferred(whole.term.term_id)
    lines = [
        Line(
            account=name,
            amount_minor=A_SHARE,
            obligation_id=shop.debt(one).obligation.obligation_id,
        )
        for one in offered
    ]
    commit(
        Change.of(
            Update(session, {"state": "held"}),
            ledger.entry_of_lines(
                group_book(whole.group.group_id),
                f"held#{session.session_id}#1",
                shop.world.now,
                "GBP",
                (*lines, Line(account="fees", amount_minor=-A_SHARE * len(offered))),
                {"session_id": session.session_id, "term_id": whole.term.term_id},
            ),
        )
    )


def give_back(shop: Shop, offered: Offered) -> None:
    """All of a debt goes back, and the seat ends."""
    found = owed(shop.debt(offered).obligation.obligation_id)
    decision = Decision(
        release_id=shop.world.outside.ids.new("release"),
        cause="administrator",
        actor="person-ada",
        now=shop.world.now,
        reason="moved abroad",
        ends_seat="cancelled",
    )
    left = sum(found.obligation.shares.values())
    taken = take(found.obligation.shares, left, found.held)
    commit(releases.release(found, taken, decision)[1])


def view(shop: Shop, whole: WholeTerm) -> reports.View:
    (found,) = reports.show_book(shop.world.outside, whole.group.group_id, "")["views"]
    assert isinstance(found, reports.View)
    return found


def a_cost(shop: Shop, whole: WholeTerm, **changed: Any) -> str:
    """A room for 90.00, paid from the bank."""
    cost_id = shop.world.outside.ids.new("cost")
    values = {
        "kind": "room",
        "term_id": whole.term.term_id,
        "amount_minor": 9000,
        "paid_on": shop.world.now.date(),
        "reference": "HALL 17",
    }
    costs.record(shop.world.outside, TILDA, whole.group.group_id, cost_id, {**values, **changed})
    return cost_id


def test_figures_after_seats_a_session_and_a_refund_are_those_worked_out_by_hand(
    shop: Shop,
) -> None:
    whole = a_recruiting_term(shop.world)
    pip, odalys, wilf = paid(shop, whole, "Pip Buttonwood", "Odalys Quince", "Wilf Apple")
    hold(shop, whole, pip, odalys, wilf)
    a_cost(shop, whole)
    give_back(shop, wilf)

    now = view(shop, whole)
    assert now.balance.accounts == {
        "stripe": 3 * (21600 - FEE),
        "due_to/circle": -9000,
        deferred(whole.term.term_id): -2 * 5 * A_SHARE,
        "refunds_pending": -21600,
        "fees": -2 * A_SHARE,
        "processor_fees": 3 * FEE,
        "costs/room": 9000,
    }
    assert now.stopped.parts == {"deferred": 36000, "refunds_pending": 21600}
    assert now.stopped.total_minor == 57600
    (result,) = now.results
    assert result.accounts == {"fees": 7200, "processor_fees": -1032, "costs/room": -9000}
    assert (result.result_minor, result.deferred_minor, result.receivable_minor) == (
        7200 - 1032 - 9000,
        36000,
        0,
    )
    (month,) = now.months
    assert month.came_in == {"payment": 64800}
    assert month.went_out == {"fee": 1032, "cost": 9000}

    shop.settle_down()
    later = view(shop, whole)
    assert later.stopped.parts == {"deferred": 36000}
    assert later.months[-1].went_out["refund"] == 21600
    assert later.months[-1].closing_minor == later.balance.total("money")


def test_all_books_in_one_table_owe_each_other_nothing_together(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    other = a_recruiting_term(shop.world, slug="grey-lantern", title="Grey Lantern Group")
    paid(shop, whole, "Pip Buttonwood")
    paid(shop, other, "Odalys Quince")
    a_cost(shop, other)
    (sums,) = reports.show_overview(shop.world.outside)["sums"]
    figures = {
        row.title: (row.balance.total("money"), row.stopped.total_minor) for row in sums.rows
    }
    assert figures == {
        "Thursday Lantern Group": (21256, 21600),
        "Grey Lantern Group": (21256 - 9000, 21600),
        "": (0, 0),
    }
    assert sums.stopped_minor == 43200
    between = [n for name, n in sums.together.accounts.items() if name.startswith("due_to/")]
    assert sum(between) == 0
    assert sums.together.total("money") == 2 * 21256 - 9000


def test_what_is_owed_is_told_debt_by_debt_with_who_paid(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    paid(shop, whole, "Pip Buttonwood", "Odalys Quince")
    shown = reports.show_owed(shop.world.outside, whole.group.group_id)
    (debts,) = shown["views"]
    assert [one.owed_minor for one in debts.debts] == [21600, 21600]
    assert {shown["names"][one.obligation_id] for one in debts.debts} == {
        "Pip Buttonwood",
        "Odalys Quince",
    }


def test_a_figure_leads_to_its_lines_page_by_page(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    name, outside = whole.group.group_id, shop.world.outside
    paid(shop, whole, "Pip Buttonwood")
    shown = reports.show_lines(outside, name, Pick(account="processor_fees"), 1)
    assert (shown["number"], shown["total"].sum_minor, shown["more"]) == (1, FEE, False)
    entry = shown["lines"][0].entry
    found = reports.show_entry(outside, name, entry.entry_id)
    assert found["booked"].facts["obligation_id"]
    nothing = reports.show_lines(outside, name, Pick(account="nobody"), 1)
    assert (nothing["lines"], nothing["total"]) == ([], None)
    for page in (2, 9999):
        with pytest.raises(NotFound):
            reports.show_lines(outside, name, Pick(account="fees"), page)


def test_there_is_no_book_of_a_group_and_no_entry_that_is_not(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    for wrong in ("group-1", "journal", "x"):
        with pytest.raises(NotFound):
            reports.show_book(outside, wrong, "")
    for wrong in ("", "payment#pi_1", "x" * 500, "é" * 500):
        with pytest.raises(NotFound):
            reports.show_entry(outside, whole.group.group_id, wrong)


# Costs


def test_a_cost_stands_in_both_books_and_can_be_taken_back_once(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    name = whole.group.group_id
    cost_id = a_cost(shop, whole)
    shown = reports.show_entry(outside, name, f"cost#{cost_id}")
    assert [one for one, _ in shown["mirrors"]] == ["circle"]
    assert shown["booked"].facts["reference"] == "HALL 17"

    costs.take_back(outside, TILDA, "circle", cost_id, "it was paid by card")
    for book in (name, "circle"):
        (found,) = reports.show_book(outside, book, "")["views"]
        assert found.balance.accounts == {}, book
    with pytest.raises(AlreadyCounted):
        costs.take_back(outside, TILDA, name, cost_id, "twice")
    acts = [row.action for row in reads.under(tables.Audit, cost_id) if isinstance(row, AuditRow)]
    assert sorted(acts) == ["cost.recorded", "cost.taken_back"]
    assert reports.show_entry(outside, name, f"cost#{cost_id}")["taken_back"] is not None


def test_a_cost_of_the_circle_itself_stands_in_its_own_book(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    values = {
        "kind": "platform",
        "term_id": "none",
        "amount_minor": 1200,
        "paid_on": shop.world.now.date(),
        "reference": "VIDEO",
    }
    costs.record(outside, TILDA, "circle", "cost-1", values)
    (found,) = reports.show_book(outside, "circle", "")["views"]
    assert found.balance.accounts == {"bank": -1200, "costs/platform": 1200}
    wrong = {**values, "term_id": whole.term.term_id}
    with pytest.raises(NotFound):
        costs.record(outside, TILDA, "circle", "cost-2", wrong)
    with pytest.raises(NotFound):
        a_cost(shop, whole, term_id="term-of-somebody-else")
    with pytest.raises(NotFound):
        costs.take_back(outside, TILDA, "circle", "cost-9", "never was")


# The journal


def test_the_journal_of_a_period_is_a_file_in_which_debits_equal_credits(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    paid(shop, whole, "Pip Buttonwood")
    a_cost(shop, whole, reference="=HYPERLINK(1)")
    today = shop.world.now.date()
    wanted = {"first": today, "last": today, "book": "all"}
    journal.export(outside, TILDA, wanted, "export-1")
    body, kind, name = shop.world.drawer.files["journals/export-1.csv"]
    assert kind == "text/csv; charset=utf-8"
    assert name == f"journal-{today}-{today}.csv"
    rows = list(csv.DictReader(StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == sum(
        len(one.lines) for one in reads.everything(tables.Ledger) if one.posted_at.date() == today
    )
    assert pence(rows, "Debit") == pence(rows, "Credit") > 0
    for entry in {(row["Book"], row["Entry"]) for row in rows}:
        own = [row for row in rows if (row["Book"], row["Entry"]) == entry]
        assert pence(own, "Debit") == pence(own, "Credit"), entry
    assert {row["Book"] for row in rows} == {"Thursday Lantern Group", "Marmalade Circle"}
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    acts = [row for row in reads.under(tables.Audit, "export-1") if isinstance(row, AuditRow)]
    assert [(row.actor, row.action) for row in acts] == [("person-tilda", "journal.exported")]
    assert journal.export_link(outside, "export-1").endswith("seconds=300")
    with pytest.raises(NotFound):
        journal.export_link(outside, "export-9")


def pence(rows: list[dict[str, str]], column: str) -> int:
    return sum(int(row[column].replace(".", "") or 0) for row in rows)


def test_an_export_holds_the_chosen_book_and_days_alone(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    a_cost(shop, whole)
    yesterday = shop.world.now.date().replace(day=20)
    for number, (wanted, lines) in enumerate(
        (
            ({"first": yesterday, "last": yesterday, "book": "all"}, 0),
            ({"first": yesterday, "last": shop.world.now.date(), "book": "all"}, 4),
            ({"first": yesterday, "last": shop.world.now.date(), "book": "circle"}, 2),
        )
    ):
        journal.export(outside, TILDA, wanted, f"export-{number}")
        body, _, _ = shop.world.drawer.files[f"journals/export-{number}.csv"]
        assert len(body.decode().splitlines()) == 1 + lines


# The proof by a button


def test_a_proof_that_somebody_asks_for_names_what_does_not_agree(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    (pip,) = paid(shop, whole, "Pip Buttonwood")
    books.prove_now(outside)
    assert asked().facts == {"findings": 0, "unexplained_minor": 0, "shown": []}

    debt = shop.debt(pip).obligation
    commit(Change.of(Update(debt, {"paid_minor": debt.paid_minor - 100})))
    books.prove_now(outside)
    named = {one["proof"]: one["found"] - one["expected"] for one in asked().facts["shown"]}
    assert named["paid"] == -100
    assert [one.code for one in open_tasks()] == ["books_do_not_agree"] * len(named)
    assert {one.path for one in open_tasks()} == {"/admin/books/proof"}

    now = reads.reread(debt)
    assert now is not None
    commit(Change.of(Update(now, {"paid_minor": debt.paid_minor})))
    books.prove_now(outside)
    assert (asked().facts["findings"], open_tasks()) == (0, [])


def test_where_stripe_does_not_answer_its_balance_is_left_out_and_said(world: World) -> None:
    a_recruiting_term(world)
    nobody_listens = StripeGateway("sk_test_invented", "http://127.0.0.1:9", max_network_retries=0)
    world.outside.stripe = nobody_listens
    books.prove_now(world.outside)
    nobody_listens.close()
    assert asked().facts["stripe_left_out"] == 1


def test_a_wish_is_answered_by_the_next_tick_and_forgotten(shop: Shop) -> None:
    a_recruiting_term(shop.world)
    outside = shop.world.outside
    assert books.prove_if_asked(outside) == {}
    books.ask(outside, TILDA)
    books.ask(outside, TILDA)
    assert reports.last_proofs()["waits"].facts == {"by": TILDA.actor}
    assert jobs.tick({}, None)["books"] == {"findings": 0, "unexplained_minor": 0}
    assert reports.last_proofs()["waits"] is None
    assert asked().ended_at == shop.world.now
    assert jobs.tick({}, None)["books"] == {}


def test_who_asks_while_the_books_are_proven_is_answered_by_the_tick_after(shop: Shop) -> None:
    a_recruiting_term(shop.world)
    outside = shop.world.outside
    books.ask(outside, TILDA)
    outside.stripe = AsksAgain(shop)
    books.prove_if_asked(outside)
    assert reports.last_proofs()["waits"].ended_at == shop.world.now
    outside.stripe = shop.gateway
    books.prove_if_asked(outside)
    assert reports.last_proofs()["waits"] is None


class AsksAgain:
    """Stripe, and a treasurer who presses once more while it answers."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def balance_minor(self, currency: str) -> int:
        self.shop.world.clock.move(seconds=9)
        books.ask(self.shop.world.outside, TILDA)
        return self.shop.gateway.balance_minor(currency)


def asked() -> JobRun:
    found = reads.get(JobRun, "job", "books")
    assert found is not None
    return found


def open_tasks() -> list[Any]:
    return [one for one in reads.under(tables.Circle, "task#open") if one.task_id[:6] == "books#"]


# Where the money goes


def test_a_statement_is_for_those_who_are_or_were_in_the_term(shop: Shop) -> None:
    whole, outside = a_recruiting_term(shop.world), shop.world.outside
    pip, odalys = paid(shop, whole, "Pip Buttonwood", "Odalys Quince")
    hold(shop, whole, pip, odalys)
    a_cost(shop, whole)
    seat = next(one for one in shop.roster(whole) if one.full_name == "Pip Buttonwood")
    person = a_person(shop.world, seat.email)
    shown = statement.for_member(outside, person, whole.term.term_id)
    assert shown == statement.for_desk(outside, whole.group.group_id, whole.term.term_id)
    found = shown.statement
    assert {one.code: one.amount_minor for one in found.so_far.shares} == {
        "leaders": 0,
        "room": 9000,
        "processor": 2 * FEE,
        "reserve": 7200 - 9000 - 2 * FEE,
    }
    assert (found.held, found.sessions) == (1, 6)
    assert found.plan.members == 6

    stranger = a_person(shop.world, "stranger@example.org")
    for who, term_id in ((stranger, whole.term.term_id), (person, "term-1")):
        with pytest.raises(NotFound):
            statement.for_member(outside, who, term_id)
    give_back(shop, pip)
    with pytest.raises(NotFound):
        statement.for_member(outside, person, whole.term.term_id)


def test_a_term_that_is_over_keeps_its_books(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    paid(shop, whole, "Pip Buttonwood")
    term = shop.term(whole)
    commit(Change.of(Update(term, {"state": "ended"})))
    shown = reports.show_book(shop.world.outside, whole.group.group_id, "")
    assert [one.term_id for one in shown["views"][0].results] == [term.term_id]
    assert shown["book"].titles[term.term_id] == "Spring 2027"

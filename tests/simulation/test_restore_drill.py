"""The restore drill: tables as they were at an instant, or each at an instant of its own, while
Stripe has gone on. What the jobs mend by themselves, and what they tell by name.

docs/restoring.md is made of what is seen here.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import NotFound
from chalicelib.flows import health
from chalicelib.flows.books import reconciling, setting_apart
from chalicelib.flows.joining import forgetting
from chalicelib.rules.books.ledger import CIRCLE_BOOK, balances
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.joining.applications import Application
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.tasks import open_tasks
from local.tools import erased
from tests.flows.test_erasing import asked, erasure, leave, nights, seen
from tests.shop import ADMIN
from tests.simulation.restoring_steps import STEPS, a_story, named, tasks
from tests.stories import a_circle
from tests.world import World

# What is left to a person after all tables came back as they were at a step. Money for a debt
# that is in the tables is taken in; money for a debt that was made later is told by name.
LEFT = {
    "offered": ["books_do_not_agree", "movement_missing", "movement_unknown", "offer_to_make",
                "unknown_payment"],
    "opened": ["books_do_not_agree", "movement_missing", "refund_outside", "unknown_payment"],
    "held": ["books_do_not_agree", "movement_missing", "refund_outside", "unknown_payment"],
    "given_back": ["books_do_not_agree", "movement_missing", "unknown_payment"],
    "another": [],
}  # fmt: skip

# One table older than the others: which proofs it breaks, beside Stripe's balance.
TORN = [
    ("paid", "payments", {"deferred", "processor_fees", "seat_without_money"}),
    ("paid", "ledger", {"deferred", "processor_fees"}),
    ("paid", "enrolments", {"taken", "money_without_seat"}),
    ("paid", "groups", {"taken", "held"}),
    ("paid", "applications", {"held"}),
    ("paid", "outbox", set()),
    ("another", "events", set()),
    ("another", "circle", set()),
]


def test_after_a_restore_all_that_is_not_mended_is_told_by_name(world: World) -> None:
    """Every table as of the same instant: the books agree with themselves whatever the instant,
    and what Stripe has beyond them is named."""
    with a_story(world) as told:
        for step in LEFT:
            told.restore(step)
            findings = told.comes_to_rest()
            apart = {(one.proof, one.where) for one in findings}
            assert {proof for proof, _ in apart} <= {"stripe"}, (step, findings)
            assert apart <= named(), step
            assert tasks() == LEFT[step], step


def test_money_that_came_after_the_instant_finds_its_debt_again(world: World) -> None:
    """Restored to the moment in which the payer stood on Stripe's page: the payment, its seat,
    its mails and its fee come back by themselves, and so does the refund."""
    with a_story(world) as told:
        told.restore("opened")
        told.comes_to_rest()
        debt = told.shop.debt(told.first)
        assert (debt.obligation.paid_minor, debt.payments[0].state) == (21600, "paid")
        assert [one.amount_minor for one in debt.refunds] == [3600]
        subjects = [mail.template for mail in told.shop.mails()]
        assert {"receipt", "enrolment_confirmation"} <= set(subjects)


def test_money_whose_debt_is_lost_is_given_back_and_then_all_is_proven(world: World) -> None:
    """Somebody paid after the instant: the money is set apart, given back at Stripe, and said to
    be that. Only Stripe's fee for it stays with the circle, by name."""
    with a_story(world) as told:
        intent_id = str(told.shop.payment(told.second).intent_id)
        told.restore("refunded")
        told.comes_to_rest()
        [movement] = reconciling.open_movements()
        world.clock.at = movement.found_at + timedelta(hours=20)
        with pytest.raises(NotFound):  # a night may still mend it
            setting_apart.set_apart(world.outside, ADMIN, movement.movement_id, "too early")
        world.clock.move(days=2)
        setting_apart.set_apart(world.outside, ADMIN, movement.movement_id, "lost in the restore")
        assert told.comes_to_rest() == []
        told.shop.fake.dashboard_refund(intent_id)
        assert told.comes_to_rest() == []
        for task in open_tasks():
            if task.code == "movement_unknown":
                movement_id = task.facts["movement_id"]
                reconciling.clear(world.outside, ADMIN, movement_id, "given back")
        assert told.comes_to_rest() == []
        assert "movement_unknown" not in tasks()
        assert (on_account("suspense"), on_account("not_ours")) == (0, 290)  # Stripe kept that


def on_account(account: str) -> int:
    """What stands on an account of the circle's book."""
    entries = list(reads.everything(tables.Ledger))
    return balances(entries).get((CIRCLE_BOOK, account, "GBP"), 0)


def test_a_transaction_that_was_torn_apart_is_told_by_name(world: World) -> None:
    """One table a step behind the others: the jobs come to rest, nothing is booked twice, and
    each thing that does not agree is a task. The cure is another instant."""
    with a_story(world) as told:
        for step, name, broken in TORN:
            earlier = STEPS[STEPS.index(step) - 1]
            told.restore(step, {name: earlier})
            findings = told.comes_to_rest()
            apart = {(one.proof, one.where) for one in findings}
            of_stripe = {one for one in apart if one[0] == "stripe"}
            assert {proof for proof, _ in apart - of_stripe} == broken, (step, name, findings)
            assert apart - of_stripe <= named(), (step, name)
            if name == "payments":  # its payment waits for ever: a stuck intent on the page
                signs = {sign.name for sign in health.look(world.outside).signs}
                assert {"intent_stuck:payment", "money_unexplained", "books_apart"} <= signs
            if of_stripe:  # each movement is named, also while Stripe's balance proves nothing
                assert "movement_missing" in tasks(), (step, name)


def test_who_was_erased_after_the_instant_is_erased_from_what_came_back(world: World) -> None:
    """The list of erasures is not in the tables: it is applied before anything is switched on, and
    nobody is written to a second time."""
    with a_story(world) as told:
        leave(told.shop, told.first)
        told.keep("left")
        name = asked(world, "Pip Buttonwood", "pip.buttonwood@example.org")
        nights(world)
        assert (erasure(name).state, seen(PIP)) == ("done", [])

        told.restore("left")
        assert seen(PIP), "all of it is back"
        before = len(world.postbox.letters)
        counts = erased.repeat(world.outside, world.drawer.erased.values())
        assert counts["erased"] == 1
        assert seen(PIP) == []
        told.comes_to_rest()
        nights(world)
        assert (erasure(name).state, seen(PIP)) == ("done", [])
        assert [one for one in world.postbox.letters[before:] if "pip" in one.to] == []


PIP = ("buttonwood",)


def test_who_has_a_place_again_after_a_restore_is_erased_when_it_ends(world: World) -> None:
    """What came back is older than the leaving: the list is not forgotten, it waits."""
    with a_story(world) as told:
        leave(told.shop, told.first)
        name = asked(world, "Pip Buttonwood", "pip.buttonwood@example.org")
        nights(world)
        told.restore("paid")
        erased.repeat(world.outside, world.drawer.erased.values())
        again = erasure(name)
        assert (again.state, [one.code for one in again.waits_for]) == ("waiting", ["seat"])
        assert again.again, "nobody is written to a second time"


def test_what_was_forgotten_is_back_after_a_restore_and_is_forgotten_again(world: World) -> None:
    """Its row says until when it may be kept: no list of what was deleted is needed."""
    a_circle(world)
    row = Application(
        application_id="application-old",
        group_id="group-1",
        term_id="term-1",
        state="withdrawn",
        full_name="Pip Buttonwood",
        email="pip@example.org",
        email_hash="hash",
        profession="gp",
        created_at=world.now - timedelta(days=400),
        retain_until=world.now - timedelta(days=1),
    )
    for _ in range(2):  # the second time it has come back as it was
        commit(Change.of(Create(row)))
        assert forgetting.forget_due(world.outside) == {"applications": 1}
        assert reads.reread(row) is None

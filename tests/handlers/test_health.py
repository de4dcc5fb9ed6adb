"""Whether all is well, as machines and as the administrator are told, and the static headers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from chalicelib.flows import health, outbox
from chalicelib.flows.returning import giving_back
from chalicelib.handlers import jobs
from chalicelib.rules import health as rules
from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.people.circle import JobRun
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.people import signed_in
from tests.shop import ADMIN, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World


@contextmanager
def listening(listener: Callable[..., Any]) -> Iterator[None]:
    """Every call of the store passes this listener, which may answer in its place."""
    events = tables.connection().client.meta.events
    events.register("before-call.dynamodb", listener)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb", listener)


def busy(**_: Any) -> tuple[Any, dict[str, Any]]:
    """A listener that answers as DynamoDB does in a bad minute."""
    error = {"Code": "InternalServerError", "Message": "of the store"}
    return SimpleNamespace(status_code=500), {"Error": error, "ResponseMetadata": {}}


def told(world: World) -> tuple[int, str]:
    answer = world.browser().get("/healthz")
    return answer.status, answer.text


def jobs_come(world: World) -> None:
    """The tick and the night have just been."""
    jobs.tick({}, None)
    run = JobRun(job="nightly", ended_at=world.now, facts={})
    before = reads.reread(run)
    commit(Change.of(Update(before, {"ended_at": run.ended_at}) if before else Create(run)))


def test_the_health_door_answers(world: World) -> None:
    answer = world.browser().get("/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")
    assert "default-src 'none'" in str(answer.header("content-security-policy"))
    assert answer.header("referrer-policy") == "same-origin"


def test_a_machine_is_told_codes_and_503_when_something_has_to_be_mended(world: World) -> None:
    a_circle(world)
    assert told(world) == (200, "ok\n")
    world.clock.move(days=2)
    assert told(world) == (503, "job_late:nightly\njob_late:tick\n")
    jobs_come(world)
    assert told(world) == (200, "ok\n")


def test_what_was_switched_off_is_told_and_is_no_illness(world: World) -> None:
    circle = a_circle(world)
    commit(Change.of(Update(circle, {"selling": False, "mail": False})))
    assert told(world) == (200, "switched_off:mail\nswitched_off:selling\n")


def test_mail_that_does_not_leave_is_told_and_ends_when_it_has_left(shop: Shop) -> None:
    world = shop.world
    whole = a_recruiting_term(world)
    shop.pay(shop.offer(whole))
    shop.hear_all()
    world.clock.move(minutes=40)
    jobs_come(world)
    assert told(world) == (503, "mail_waits\n")
    assert health.look(world.outside).measures is not None
    assert (health.look(world.outside).measures or {})["OutboxAge"] >= 40 * 60
    shop.settle_down()
    jobs_come(world)
    assert told(world) == (200, "ok\n")


def test_refunds_that_nobody_sends_are_told_by_what_waits(shop: Shop) -> None:
    world = shop.world
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    shop.pay(offered)
    shop.settle_down()
    wish = giving_back.Wish(reason="agreed by phone", amount_minor=5000)
    giving_back.request(world.outside, ADMIN, shop.offer_row(offered).obligation_id, wish)
    outbox.send_due(world.outside)
    world.clock.move(minutes=45)
    jobs_come(world)
    assert told(world) == (503, "work_waits:refund\n")
    world.clock.move(hours=24)
    jobs_come(world)
    outbox.send_due(world.outside)
    assert told(world) == (503, "intent_stuck:refund\nwork_waits:refund\n")
    desk = signed_in(world)
    desk.get("/admin/health")
    assert "Refunds wait to be dealt with" in desk.text
    assert "A refund has had no answer from Stripe" in desk.text
    assert "The technical contact has been told by mail." in desk.text
    shop.settle_down()


def test_a_store_that_does_not_answer_is_told_as_one_word(world: World) -> None:
    a_circle(world)
    with listening(busy):
        assert told(world) == (503, "trouble:StoreBusy\n")
    assert told(world) == (200, "ok\n")


def test_the_administrator_reads_that_all_is_well(world: World) -> None:
    a_circle(world)
    jobs_come(world)
    desk = signed_in(world)
    desk.get("/admin/health")
    assert "All well" in desk.text
    for figure in ("should have left Nothing waits", "not explained £0.00", "failed for good 0"):
        assert figure in desk.text
    assert "Not yet" in desk.text  # Stripe was not held against the books so far


def test_every_sign_has_its_words_on_the_page(world: World) -> None:
    """With everything wrong at once, no code is left on the page."""
    circle = a_circle(world)
    off = dict.fromkeys(("selling", "refunds", "payouts", "mail"), False)
    commit(Change.of(Update(circle, off)))
    world.clock.move(days=3)
    desk = signed_in(world)
    desk.get("/admin/health")
    for words in ("The job of the night has not come", "Sending mail is switched off"):
        assert words in desk.text
    assert "{" not in desk.text


def test_only_administrators_read_the_page(world: World) -> None:
    a_circle(world)
    assert signed_in(world, ("treasurer",)).get("/admin/health").status == 403


def test_every_kind_of_work_that_falls_due_is_watched() -> None:
    """The kinds of the due index, as the store names them: a new one has to be watched too."""
    store = Path(inspect.getfile(reads)).parent
    text = "".join(path.read_text("utf-8") for path in store.rglob("*.py"))
    kinds = set(re.findall(r'\bdue\(f?"([^"]+)"', text))
    # Signs of their own, or lists:
    elsewhere = {"mail", "address", "leader_open", "dispute"}
    assert kinds - elsewhere == set(rules.WORK) - BY_STRIPE | {"payout_{r.route}"}
    assert set(rules.WORK) == set(health.PLACES)


BY_STRIPE = {"payout_stripe"}  # the route of a payout that a job goes; the others wait for people


def test_health_is_read_without_a_scan_and_in_few_calls(world: World) -> None:
    a_circle(world)
    asked: list[str] = []
    with listening(lambda model, **_: asked.append(model.name)):
        health.look(world.outside)
    assert set(asked) == {"GetItem", "Query"}
    assert len(asked) <= len(rules.WORK) + 7, asked

"""Every alarm is made to speak on purpose: what it is about really happens, through the real
handlers, and it speaks then, and no other; it is silent before, and again when that is over."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.flows import outbox
from chalicelib.flows.books import reconciling, setting_apart
from chalicelib.flows.returning import giving_back
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from local.gateway import Answer
from tests.again import _moto, once
from tests.alarms.aws import ALARMS, BEFORE_RETRY, Aws, a_quiet_account, matches
from tests.alarms.judge import Metrics
from tests.handlers.test_health import busy, listening
from tests.people import a_person, signed_in
from tests.shop import ADMIN, Shop
from tests.stories import a_recruiting_term
from tests.world import World

Story = Iterator[set[str]]
NONE: set[str] = set()


@dataclass(frozen=True)
class Life:
    """A circle that sells, in an account in which all is well."""

    aws: Aws
    shop: Shop
    term: WholeTerm

    @property
    def world(self) -> World:
        """Its clock, mailbox and browsers."""
        return self.shop.world


@pytest.fixture
def life(shop: Shop) -> Life:
    """After a quarter of an hour in which nothing happened."""
    world = shop.world

    def build() -> tuple[WholeTerm, Metrics, datetime]:
        term = a_recruiting_term(world)
        return term, a_quiet_account(world).metrics, world.now

    term, metrics, world.clock.at = once(world, "a quiet account", build)
    aws = world.outside.failures = Aws(world, copy.deepcopy(metrics))
    return Life(aws, shop, term)


def a_page_that_ends_in_a_bug(life: Life) -> Story:
    """A row that cannot be read, and a page that reads it."""
    desk = signed_in(life.world)
    assert life.aws.visit(desk, "/me").status == 200
    yield NONE
    person = a_person(life.world)
    client = tables.connection().client
    key = {"person_id": {"S": person.person_id}}
    row = client.get_item(TableName="test-people", Key=key)["Item"]
    client.put_item(TableName="test-people", Item={**row, "created_at": {"S": "no day"}})
    assert life.aws.visit(desk, "/me").status == 500
    yield {"PagesFail"}
    client.put_item(TableName="test-people", Item=row)
    assert life.aws.visit(desk, "/me").status == 200
    life.aws.goes_on(16)
    yield NONE


def a_store_that_takes_its_time(life: Life) -> Story:
    def slow(**_: Any) -> None:
        life.world.clock.move(seconds=13)

    visitor = life.world.browser()
    life.aws.visit(visitor, "/")
    yield NONE
    with listening(slow):
        assert life.aws.visit(visitor, "/").status == 200
    yield {"PagesTooSlow"}
    life.aws.goes_on(20)
    for _ in range(3):
        life.aws.visit(visitor, "/")
    life.aws.goes_on(5)
    yield NONE


def a_job_that_fails_twice(life: Life) -> Story:
    """It is heard until somebody has emptied the queue, also while the next runs come through;
    /healthz says it too, and that is no failed page."""
    assert life.aws.run("SendRefunds")
    yield NONE
    with listening(busy):
        assert not life.aws.run("SendRefunds")
    [told] = life.aws.queues["JobFailures"]
    assert told["requestContext"]["functionArn"].endswith("SendRefunds")
    assert told["responsePayload"] == {"errorType": "JobFailed"}
    life.aws.goes_on(5)
    yield {"JobsFail"}
    assert life.aws.run("SendRefunds")
    life.aws.goes_on(30)
    answer = life.aws.visit(life.world.browser(), "/healthz")
    assert (answer.status, answer.text) == (503, "failed_for_good:jobs\n")
    yield {"JobsFail"}
    life.aws.queues["JobFailures"].clear()
    life.aws.goes_on(10)
    assert life.aws.visit(life.world.browser(), "/healthz").status == 200
    yield NONE


def a_sender_that_cannot_be_woken(life: Life) -> Story:
    """Its environment is broken for a minute; the sweep after that sends the mail."""
    record = {"Records": [{"eventName": "INSERT"}]}
    assert life.aws.wake("SendMails", record)
    yield NONE
    outbox.send_check(life.world.outside, ADMIN, a_person(life.world), "check-1")
    wiring.uninstall()
    assert not life.aws.wake("SendMails", record)
    wiring.install(life.world.outside)
    life.aws.goes_on(5)
    assert life.world.postbox.last(a_person(life.world).email)
    yield {"WakeUpsFail"}
    life.aws.queues["OutboxStreamFailures"].clear()
    life.aws.goes_on(6)
    yield NONE


def a_clock_that_does_not_tick(life: Life) -> Story:
    """A quarter of an hour may pass: a deployment, a bad moment of AWS."""
    life.aws.goes_on(15, functions=("SendMails",))
    yield NONE
    life.aws.goes_on(16, functions=("SendMails",))
    yield {"ClockStandsStill"}
    life.aws.goes_on(15)
    yield NONE


def a_mail_that_does_not_leave(life: Life) -> Story:
    """SES refuses every try. Each puts the next one off, and it waits all the same."""
    outbox.send_check(life.world.outside, ADMIN, a_person(life.world), "check-1")
    life.world.postbox.refuse_next = 99
    life.aws.goes_on(25)
    yield NONE
    life.aws.goes_on(15)
    yield {"OutboxWaits"}
    life.world.postbox.refuse_next = 0
    life.aws.goes_on(60)
    assert life.world.postbox.last(a_person(life.world).email)
    yield NONE


def a_refund_that_nobody_sends(life: Life) -> Story:
    shop = life.shop
    offered = shop.offer(life.term)
    shop.pay(offered)
    shop.settle_down()
    wish = giving_back.Wish(reason="agreed by phone", amount_minor=5000)
    giving_back.request(life.world.outside, ADMIN, shop.offer_row(offered).obligation_id, wish)
    life.aws.goes_on(25)
    yield NONE
    life.aws.goes_on(35)
    yield {"WorkWaits"}
    life.aws.goes_on(5, functions=("Tick", "SendMails", "SendRefunds"))
    shop.hear_all()
    life.aws.goes_on(35)
    assert [refund.state for refund in shop.refunds(offered)] == ["succeeded"]
    yield NONE


def money_whose_debt_is_lost(life: Life) -> Story:
    """An older copy was brought back, and Stripe has gone on. The treasurer sets it apart."""
    shop, term = life.shop, life.term
    before = {name: copy.deepcopy(table.items) for name, table in _moto().items()}
    shop.pay(shop.offer(term))
    shop.hear_all()
    for name, table in _moto().items():
        table.items.clear()
        table.items.update(before[name])
    life.aws.goes_on(5)
    yield NONE
    life.world.clock.move(hours=2)
    assert life.aws.run("Nightly")
    life.aws.goes_on(40)
    yield {"MoneyUnexplained"}
    [movement] = reconciling.open_movements()
    life.world.clock.at = movement.found_at + timedelta(days=2)
    life.aws.run("Nightly")
    setting_apart.set_apart(life.world.outside, ADMIN, movement.movement_id, "lost in a restore")
    life.aws.goes_on(65)
    yield NONE


def mails_that_come_back(life: Life) -> Story:
    yield from a_reputation(life, "BounceRate", 0.03, "MailsBounce")


def mails_that_nobody_wants(life: Life) -> Story:
    yield from a_reputation(life, "ComplaintRate", 0.001, "MailsUnwanted")


def a_reputation(life: Life, name: str, limit: float, alarm: str) -> Story:
    """SES counts it itself and says it once in a while."""
    life.aws.reputation(name, limit)
    yield NONE
    life.aws.goes_on(60, functions=("Tick",))
    life.aws.reputation(name, 3 * limit)
    yield {alarm}
    life.aws.goes_on(60, functions=("Tick",))
    life.aws.reputation(name, limit / 2)
    yield NONE


STORIES: dict[str, Callable[[Life], Story]] = {
    "PagesFail": a_page_that_ends_in_a_bug,
    "PagesTooSlow": a_store_that_takes_its_time,
    "JobsFail": a_job_that_fails_twice,
    "WakeUpsFail": a_sender_that_cannot_be_woken,
    "ClockStandsStill": a_clock_that_does_not_tick,
    "OutboxWaits": a_mail_that_does_not_leave,
    "WorkWaits": a_refund_that_nobody_sends,
    "MoneyUnexplained": money_whose_debt_is_lost,
    "MailsBounce": mails_that_come_back,
    "MailsUnwanted": mails_that_nobody_wants,
}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_speaks_of_its_own_thing_and_is_silent_before_and_after(
    name: str, life: Life
) -> None:
    """An alarm without a story fails here."""
    assert life.aws.ringing() == NONE
    heard = []
    for expected in STORIES[name](life):
        heard.append(life.aws.ringing())
        assert heard[-1] == expected
    assert heard[0] == heard[-1] == NONE
    assert {name} in heard


def test_every_story_is_of_an_alarm_that_is_there() -> None:
    assert set(STORIES) == set(ALARMS)


def test_a_webhook_that_stripe_has_to_send_again_is_a_failed_page(life: Life) -> None:
    life.shop.pay(life.shop.offer(life.term))
    event = life.shop.fake.outgoing[-1]
    browser = life.world.browser()
    gateway = life.shop.browser.gateway

    def send() -> Answer:
        body, signature = life.shop.fake.signed(event)
        headers = {"content-type": "application/json", "stripe-signature": signature}
        return gateway.handle("POST", "/webhooks/stripe", headers, body)

    with listening(busy):
        assert life.aws.answered("/webhooks/stripe", send).status == 503
    assert life.aws.ringing() == {"PagesFail"}
    life.aws.goes_on(16)
    assert life.aws.answered("/webhooks/stripe", send).status == 200
    assert life.aws.visit(browser, "/admin").status == 303  # sign in first: no failure of ours
    assert life.aws.ringing() == NONE


@pytest.mark.parametrize("status", ["500", "502", "504"])
def test_what_the_gateway_says_for_a_function_that_did_not_answer_is_a_failed_page(
    world: World, status: str
) -> None:
    """It timed out, was thrown out, or there were more at once than the account may have."""
    aws = Aws(world)
    aws.gateway_wrote({"status": status, "resourcePath": "/offers/{token}"})
    assert "PagesFail" in aws.ringing()


@pytest.mark.parametrize("status", ["200", "303", "404", "422", "429"])
def test_what_a_visitor_did_wrong_is_none(world: World, status: str) -> None:
    aws = Aws(world)
    aws.gateway_wrote({"status": status, "resourcePath": "/offers/{token}"})
    assert "PagesFail" not in aws.ringing()


def test_a_job_that_comes_through_when_it_is_tried_again_is_heard_by_nobody(life: Life) -> None:
    began = life.world.now

    def moody(**asked: Any) -> Any:
        return busy(**asked) if life.world.now == began else None

    with listening(moody):
        assert life.aws.run("SendRefunds")
    assert life.world.now == began + BEFORE_RETRY
    life.aws.goes_on(10)
    assert life.aws.ringing() == NONE


def test_a_switch_that_is_off_makes_no_noise(life: Life) -> None:
    """Mails wait because somebody decided so."""
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    outbox.send_check(life.world.outside, ADMIN, a_person(life.world), "check-1")
    commit(Change.of(Update(circle, {"mail": False})))
    life.aws.goes_on(60)
    assert life.aws.ringing() == NONE


FILTER = '{ ($.status = "5*") && ($.route != "/healthz") }'


@pytest.mark.parametrize(
    ("status", "route", "passes"),
    [
        ("500", "/me", True),
        ("503", "/webhooks/stripe", True),
        ("503", "/healthz", False),
        ("405", "/me", False),
        ("200", "/healthz", False),
    ],
)
def test_a_filter_of_log_lines_looks_at_each_of_its_terms(
    status: str, route: str, passes: bool
) -> None:
    assert matches(FILTER, {"status": status, "route": route}) is passes


def test_a_filter_in_another_language_is_not_read_by_guess() -> None:
    with pytest.raises(AssertionError):
        matches("{ $.status > 499 }", {"status": "500"})

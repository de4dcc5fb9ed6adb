"""What a log line says: ids, codes and counts on one line of JSON, and never a person's data."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.errors import StoreBusy
from chalicelib.flows.returning import giving_back
from chalicelib.handlers import jobs, logs
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.mail import Mail
from chalicelib.rules.measures import MEASURES
from chalicelib.rules.money.payments import Payment
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from local.demo.people import ADA
from tests.journeys.neighbours import Administrator, Applicant
from tests.journeys.street import Street
from tests.people import a_person, signed_in
from tests.shop import ADMIN, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.tiers import PROJECT
from tests.world import ENVIRONMENT, World, links_in

CANARY = "Quillfeather"


class Lines(logging.Handler):
    """A handler with memory, which writes as Lambda's does."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def told(self) -> list[dict[str, Any]]:
        """Every line, read as CloudWatch reads it."""
        return [json.loads(line) for line in self.lines]

    def errors(self) -> list[dict[str, Any]]:
        return [line for line in self.told() if "error" in line]


@contextmanager
def in_production() -> Iterator[Lines]:
    """Log as a Lambda function does."""
    lines, root, ours = Lines(), logging.getLogger(), logging.getLogger(logs.OURS)
    before = root.level, ours.level
    root.addHandler(lines)
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        root.removeHandler(lines)
        root.setLevel(before[0])
        ours.setLevel(before[1])


# The canary: whoever sings in a log line was in somebody's data


def test_no_line_of_a_whole_story_holds_anything_of_a_person(shop: Shop) -> None:
    """From the application to the refund and back through the door: no name, no address, no
    text, no network address, no link that opens somebody's page."""
    street = Street(shop)
    whole = a_recruiting_term(shop.world)
    a_person(shop.world, ADA, ("administrator",))
    with in_production() as log:
        ada, bird = Administrator(street), Applicant(street, f"Dr Canary {CANARY}")
        bird.applies()
        ada.comes_in()
        ada.finds_the_application(bird.name)
        ada.invites_to_a_talk()
        ada.writes_down_the_talk()
        ada.accepts()
        ada.makes_the_offer()
        bird.opens_the_offer()
        page = bird.accepts()
        page.pay("4000 0000 0000 0002")
        shop.world.postbox.refuse_next = 1
        bird.comes_back(page.pays())
        shop.hear_all()
        street.it_is(2027, 1, 14, 21)
        shop.close_register(whole, 1)
        back(shop)
        bird.browser.get("/sign-in")
        bird.browser.submit({"email": bird.email})
        bird.browser.get(street.link(bird.email, "Your link to sign in", "/sign-in/"))
        bird.browser.submit()
        jobs.nightly({}, None)
    assert {"balint.jobs", "balint.webhooks"} <= {line["logger"] for line in log.told()}
    assert_silent(log, shop.world)


def back(shop: Shop) -> None:
    """A part of the fee goes back; the desk's page has its own tests."""
    [paid] = [
        row
        for row in reads.everything(tables.Payments)
        if isinstance(row, Payment) and row.state == "paid"
    ]
    wish = giving_back.Wish(reason=f"{CANARY} asked for it", amount_minor=3600)
    giving_back.request(shop.world.outside, ADMIN, paid.obligation_id, wish)
    shop.settle_down()


def assert_silent(log: Lines, world: World) -> None:
    """No line holds the canary, an address, or what opens somebody's door."""
    tokens = {
        part
        for letter in world.postbox.letters
        for path in links_in(letter)
        for part in path.split("/")
        if len(part) > 20
    }
    for line in log.lines:
        assert CANARY.lower() not in line.lower(), line
        assert "@" not in line, line
        assert "203.0.113." not in line, line
        assert not [token for token in tokens if token in line], line


def test_a_bug_at_a_door_is_told_without_what_it_met(world: World) -> None:
    """A row that cannot be read: the error's own message quotes it, the log does not."""
    person = a_person(world, ADA, ("administrator",))
    broken = {"person_id": {"S": person.person_id}, "row_kind": {"S": "Person"}}
    broken |= {"email": {"S": ADA}, "created_at": {"S": f"Canary {CANARY}"}}
    browser = signed_in(world)
    tables.connection().client.put_item(TableName="test-people", Item=broken)
    with in_production() as log:
        assert browser.get("/me").status == 500
    [line] = log.errors()
    assert line["message"] == "bug path=/me"
    assert line["error"]["type"] in ("ValueError", "AttributeDeserializationError")
    assert any("handlers/doors.py" in place for place in line["error"]["at"])
    assert_silent(log, world)


def test_a_broken_mail_is_told_without_its_reader(world: World) -> None:
    """The part of a job that fails, and the group of errors it ends with."""
    a_circle(world)
    mail = Mail(
        message_key="receipt#canary",
        template="receipt",
        to=f"{CANARY}@example.org",
        facts={"full_name": CANARY},
        queued_at=world.now,
        due_at=world.now,
    )
    commit(Change.of(Create(mail)))
    with in_production() as log, pytest.raises(jobs.JobFailed):
        jobs.send_mails({}, SimpleNamespace(aws_request_id="request-7"))
    assert {line["request_id"] for line in log.told()} == {"request-7"}
    failed = log.errors()[-1]["error"]
    assert failed["type"] == "SomeMailsBroken"
    assert failed["parts"][0]["type"] == "UndefinedError"
    assert_silent(log, world)


# The shape of a line


def the_line(message: str = "hello", **more: Any) -> dict[str, Any]:
    with in_production() as log:
        logging.getLogger("balint.test").warning(message, **more)
    [line] = log.told()
    return line


def test_a_line_has_level_logger_message_request_and_function() -> None:
    logs.begins(SimpleNamespace(aws_request_id="request-1"))
    line = the_line("moved_on payment=%s", extra={"facts": {"count": 3}})
    logs.begins(None)
    assert line == {
        "level": "WARNING",
        "logger": "balint.test",
        "message": "moved_on payment=%s",
        "request_id": "request-1",
        "function": "",
        "count": 3,
    }


def test_a_line_break_in_a_message_makes_no_second_line() -> None:
    with in_production() as log:
        logging.getLogger("balint.test").warning("one\ntwo\r\nthree")
    assert "\n" not in log.lines[0]


def test_other_peoples_libraries_are_told_without_their_arguments() -> None:
    with in_production() as log:
        logging.getLogger("botocore.parsers").warning("cannot read %s", f"{CANARY}@example.org")
    assert [line["message"] for line in log.told()] == ["cannot read %s"]


def test_causes_and_parts_of_an_error_are_told_by_type_code_and_place() -> None:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as cause:
            raise ExceptionGroup("two", [StoreBusy(), KeyError(CANARY)]) from cause
    except ExceptionGroup:
        with in_production() as log:
            logging.getLogger("balint.test").exception("broken")
    [line] = log.told()
    assert line["error"]["cause"]["type"] == "ValueError"
    assert [part["type"] for part in line["error"]["parts"]] == ["StoreBusy", "KeyError"]
    assert line["error"]["parts"][0]["code"] == "StoreBusy"
    assert CANARY not in log.lines[0]


def test_numbers_for_cloudwatch_are_in_the_line_itself() -> None:
    """Its embedded metric format: `_aws` says which members of the line are numbers to keep."""
    line = the_line("health", extra=logs.measured("test", {"OutboxAge": 90, "Waiting": 0}))
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Balint"
    assert directive["Dimensions"] == [["Deployment"]]
    assert directive["Metrics"] == [
        {"Name": "OutboxAge", "Unit": "Seconds"},
        {"Name": "Waiting", "Unit": "Count"},
    ]
    assert (line["Deployment"], line["OutboxAge"], line["Waiting"]) == ("test", 90, 0)
    assert isinstance(line["_aws"]["Timestamp"], int)


def test_every_tick_writes_down_the_numbers_that_alarms_watch(shop: Shop) -> None:
    a_recruiting_term(shop.world)
    with in_production() as log:
        assert jobs.tick({}, None)["health"] == {}
    [line] = [one for one in log.told() if one["message"] == "health"]
    assert set(MEASURES) <= set(line)
    [job] = [one for one in log.told() if one["message"] == "job=tick"]
    assert job["parts"]["payments"] == {}


def test_at_most_ten_numbers_are_kept_since_ten_cost_nothing() -> None:
    assert len(MEASURES) <= 10


ENTRIES = {  # what Lambda imports -> a first call; nothing answers it, which is an error to tell
    "app": "import app; app.app({'requestContext': {'resourcePath': '/', 'httpMethod': 'GET', "
    "'path': '/'}, 'headers': {}, 'pathParameters': None, 'multiValueQueryStringParameters': "
    "None, 'stageVariables': None, 'body': None}, None)",
    "jobs": "from chalicelib.handlers import jobs; jobs.tick({}, None)",
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("function", ["stack-Tick-1", ""])
def test_a_lambda_function_logs_json_and_a_laptop_as_it_likes(function: str, entry: str) -> None:
    """In a process of its own: the runtime's handler on the root logger gets our formatter, also
    where Lambda imports the jobs alone."""
    code = (
        "import contextlib, logging, sys\n"
        "logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))\n"
        f"with contextlib.suppress(Exception): {ENTRIES[entry]}\n"
        "logging.getLogger('balint.jobs').info('job=%s', 'tick')\n"
        "logging.getLogger('botocore').info('chatter')\n"
        "logging.getLogger('chalice').error('Caught exception for %s', 'a view')\n"
    )
    named = {"AWS_LAMBDA_FUNCTION_NAME": function} if function else {}
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **ENVIRONMENT, **nowhere, **named},
        capture_output=True,
        text=True,
        check=True,
    )
    if not function:
        assert done.stdout.endswith("Caught exception for a view\n")
        return
    *_, first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["message"], first["function"], first["level"]) == ("job=tick", function, "INFO")
    assert second["message"] == "Caught exception for %s"
